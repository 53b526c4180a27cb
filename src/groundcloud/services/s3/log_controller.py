"""Delivers server access logs: the lines of each bucket together, as an object in the bucket that is to have them.

A target that does not let the log delivery in gets nothing, and the lines are dropped, as AWS does. Sources: S3 User
Guide, "Enabling Amazon S3 server access logging", "Permissions for log delivery".
"""

import logging as warnings
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from groundcloud.context import Context
from groundcloud.controllers import Outcome
from groundcloud.errors import AwsError
from groundcloud.identity import Principal
from groundcloud.resource import Resource
from groundcloud.services.s3.access import ARN
from groundcloud.services.s3.access_log import LARGEST, size_of, takes_logs
from groundcloud.services.s3.inline import put_inline
from groundcloud.services.s3.owners import canonical_id
from groundcloud.services.s3.records import Bucket, PendingLog, Setting
from groundcloud.services.s3.rules import logging
from groundcloud.services.s3.rules.acl import BUCKET_OWNER_ENFORCED, Grant, user
from groundcloud.services.s3.rules.logging import BucketLoggingStatus, LoggingEnabled
from groundcloud.store import Key, Store, Transaction

log = warnings.getLogger(__name__)

WAIT = timedelta(minutes=1)
"""How long lines wait for others, so that they make one object. AWS takes up to hours."""
_UNIQUE = "0123456789ABCDEF"
DELIVERY = Principal(type="Service", account="", arn="logging.s3.amazonaws.com", service="logging.s3.amazonaws.com")

Within = Callable[[Transaction, str], Context]


class AccessLogs:
    """Implements `Controller`."""

    name = "s3.access_logs"
    kind = PendingLog

    def __init__(self, store: Store, within: Within, now: Callable[[], datetime]) -> None:
        self._store = store
        self._within = within
        self._now = now

    def reconcile(self, key: Key, wanted: PendingLog | None) -> Outcome:
        if wanted is None:
            return Outcome()
        left = wanted.since + WAIT - self._now()
        if left > timedelta():
            return Outcome(again=left.total_seconds())
        return Outcome(lambda tx: self._deliver(tx, wanted.bucket))

    def _deliver(self, tx: Transaction, name: str) -> None:
        batches: list[PendingLog] = []
        size = 0
        for batch in tx.scan(PendingLog, name):
            size += sum(map(size_of, batch.lines))
            if batches and size > LARGEST:
                break
            batches.append(batch)
        if not batches:
            return
        source, setting = tx.get(Bucket, name), tx.get(Setting, name, "logging", "")
        if source is not None and setting is not None:
            target = msgspec.convert(setting.document, BucketLoggingStatus).logging_enabled
            assert target is not None  # one that says nothing is not kept
            _put(self._within(tx, source.account), source, target, batches)
        for batch in batches:
            tx.delete(batch)


def _put(ctx: Context, source: Bucket, wanted: LoggingEnabled, batches: Sequence[PendingLog]) -> None:
    target = ctx.tx.get(Bucket, wanted.target_bucket)
    if target is None or target.account != source.account:
        log.warning("the access log of %s has no bucket %s to go to", source.name, wanted.target_bucket)
        return
    key = logging.target_key(
        wanted,
        account=source.account,
        region=source.region,
        bucket=source.name,
        event_time=batches[0].since,
        delivery_time=ctx.now(),
        unique=ctx.random_text(_UNIQUE, 16),
    )
    try:
        _check(ctx, source, target, key)
        data = "".join(f"{line}\n" for batch in batches for line in batch.lines).encode()
        put_inline(ctx, target, key, data, "text/plain", _grants(target, wanted))
    except AwsError as error:
        log.warning("the access log of %s is not delivered to %s: %s", source.name, target.name, error.message)


def _check(ctx: Context, source: Bucket, target: Bucket, key: str) -> None:
    """Raises `AccessDenied` unless the target's list or policy lets the log delivery in."""
    if target.ownership != BUCKET_OWNER_ENFORCED and takes_logs(target):
        return
    facts = {"aws:sourcearn": ARN + source.name, "aws:sourceaccount": source.account}
    wanted = Resource(f"{ARN}{target.name}/{key}", account=target.account, policy=target.policy, facts=facts)
    ctx.authorize("s3:PutObject", wanted, DELIVERY)


def _grants(target: Bucket, wanted: LoggingEnabled) -> list[Grant] | None:
    if target.ownership == BUCKET_OWNER_ENFORCED or not wanted.target_grants:
        return None
    given = [Grant(each.grantee, each.permission) for each in wanted.target_grants if each.grantee and each.permission]
    return [Grant(user(canonical_id(target.account)), "FULL_CONTROL"), *given]
