"""Server access logging: where a bucket's log goes, and the lines of it that wait to be delivered.

The log is best effort, as AWS's is: the lines of the last second are lost when the process is killed. From then on they
are in the store until `log_controller.py` has delivered them. Source: S3 User Guide, "Logging requests with server
access logging".
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import find_bucket, of_bucket
from groundcloud.services.s3.owners import canonical_id
from groundcloud.services.s3.records import Bucket, PendingLog, Setting
from groundcloud.services.s3.rules import logging
from groundcloud.services.s3.rules.acl import BUCKET_OWNER_ENFORCED, LOG_DELIVERY
from groundcloud.services.s3.rules.logging import BucketLoggingStatus, Entry
from groundcloud.services.s3.settings import drop, keep
from groundcloud.store import Transaction

LARGEST = 60 * 1024
"""Bytes of a log object: it lies in the store, and its commit is that which forgets the lines."""


@operation(on=of_bucket)
def put_bucket_logging(ctx: Context, bucket: str, bucket_logging_status: BucketLoggingStatus) -> None:
    found = find_bucket(ctx, bucket)
    wanted = bucket_logging_status.logging_enabled
    if wanted is None:
        drop(ctx, bucket, "logging")
        return
    target = ctx.tx.get(Bucket, wanted.target_bucket)
    reason = _unfit(found, target)
    if reason or target is None:
        raise errors.InvalidTargetBucketForLogging(reason=reason, target_bucket=wanted.target_bucket)
    logging.check_logging(bucket_logging_status, target_takes_acls=target.ownership != BUCKET_OWNER_ENFORCED)
    keep(ctx, bucket, "logging", bucket_logging_status)


def _unfit(source: Bucket, target: Bucket | None) -> str:
    """Why a bucket cannot take the log of another; empty when it can."""
    if target is None:
        return "The target bucket for logging does not exist"
    if target.account != source.account:
        return "The owner for the bucket to be logged and the target bucket must be the same."
    if target.region != source.region:
        return "The target bucket for logging must be in the same region as the source bucket"
    if target.ownership != BUCKET_OWNER_ENFORCED and target.policy is None and not takes_logs(target):
        return "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket"
    return ""


def takes_logs(target: Bucket) -> bool:
    """Whether a bucket's own list lets the log-delivery group in."""
    given = {grant.permission for grant in target.acl or () if grant.grantee.uri == LOG_DELIVERY}
    return "FULL_CONTROL" in given or {"WRITE", "READ_ACP"} <= given


@operation(on=of_bucket, read=True)
def get_bucket_logging(ctx: Context, bucket: str) -> dict[str, Any]:
    find_bucket(ctx, bucket)
    found = ctx.tx.get(Setting, bucket, "logging", "")
    return found.document if found is not None else {}


def keep_lines(tx: Transaction, entries: Sequence[Entry]) -> list[str]:
    """Keep the lines of those requests whose buckets are logged; the buckets that are not."""
    quiet = []
    by_bucket: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_bucket[entry.bucket].append(entry)
    for name, found in by_bucket.items():
        if tx.get(Setting, name, "logging", "") is None or (bucket := tx.get(Bucket, name)) is None:
            quiet.append(name)
            continue
        owner = canonical_id(bucket.account)
        lines = [logging.line(msgspec.structs.replace(entry, bucket_owner=owner)) for entry in found]
        first = found[0]
        for number, some in enumerate(_batches(lines)):
            batch = f"{first.time:%Y%m%d%H%M%S%f}-{first.request_id}-{number:06}"
            tx.put(PendingLog(bucket=name, batch=batch, since=first.time, lines=some))
    return quiet


def _batches(lines: Sequence[str]) -> Iterator[list[str]]:
    """Lines that fit into one log object; one that is longer than that by itself is left out."""
    some: list[str] = []
    size = 0
    for line in lines:
        length = size_of(line)
        if length > LARGEST:
            continue
        if size + length > LARGEST:
            yield some
            some, size = [], 0
        some.append(line)
        size += length
    if some:
        yield some


def size_of(line: str) -> int:
    """Bytes of a line with its end."""
    return len(line.encode()) + 1
