"""Delivers events to the buckets of trails every few minutes, and a signed digest of what was delivered every hour; a
topic is told of each file. What goes to log groups is in `log_groups.py`."""

import gzip
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from groundcloud.accounts import Account
from groundcloud.context import Context
from groundcloud.controllers import Act, Outcome
from groundcloud.errors import AwsError
from groundcloud.sealing import Sealer
from groundcloud.services.cloudtrail.destinations import SERVICE, base_of, notice
from groundcloud.services.cloudtrail.digests import digest, new_pair
from groundcloud.services.cloudtrail.log_groups import LogGroups
from groundcloud.services.cloudtrail.records import (
    Delivery,
    DigestKey,
    LogFile,
    MemberDelivery,
    Trail,
    TrailStatus,
)
from groundcloud.services.cloudtrail.taking import LAG, Taken, take_both
from groundcloud.store import Key, Store, Transaction
from groundcloud.store.erase import erase
from groundcloud.store.keys import after_prefix, pack, unpack
from groundcloud.trail import DataEventBatch, EventBatch

_EVERY = 300.0
"""AWS delivers within about five minutes."""
_HOUR = timedelta(hours=1)
_KEY_LASTS = timedelta(days=365)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_PURPOSE = "cloudtrail digest key"


def regions(store: Store, kind: type[EventBatch], account: str) -> list[str]:
    """The regions in which an account has events: one look for each."""
    found: list[str] = []
    low = pack((kind.table, account))
    high = after_prefix(low)
    with store.snapshot() as tx:
        while pairs := tx.table.range(low, high, 1, False):
            found.append(str(unpack(pairs[0][0])[2]))
            low = after_prefix(pack((kind.table, account, found[-1])))
    return found


class Deliveries:
    """Implements `Controller` for trails."""

    name = "cloudtrail.deliveries"
    kind = Trail

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        entropy: Callable[[int], bytes],
        sealer: Sealer,
        act: Act,
    ) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._sealer = sealer
        self._act = act
        self._logs = LogGroups(store, clock, act)

    def reconcile(self, key: Key, wanted: Trail | None) -> Outcome:
        if wanted is None or not wanted.logging:
            return Outcome()
        status: dict[str, Any] = {}
        for account in self._accounts(wanted):
            for region in self._regions(wanted, account):
                self._attempt(wanted, self._delivery(wanted, account, region), status)
        return Outcome(write=lambda tx: self._note(tx, key, status), again=_EVERY)

    def _accounts(self, trail: Trail) -> list[str]:
        """The accounts whose events a trail takes: its own, or all of its organization."""
        if not trail.organization_id:
            return [trail.account]

        async def work(ctx: Context) -> list[str]:
            found: list[str] = []
            page: dict[str, Any] = {}
            with ctx.snapshot() as inner:
                while not page or page.get("next_token"):
                    more = {"next_token": page["next_token"]} if page else {}
                    page = inner.call("organizations", "list_accounts", **more)
                    found += [each["id"] for each in page["accounts"]]
            return found

        return self._act(trail.account, trail.region, "cloudtrail", "", work)

    def _regions(self, trail: Trail, account: str) -> list[str]:
        """The regions whose events a trail takes: its own, or all that have events."""
        if not trail.is_multi_region_trail:
            return [trail.region]
        kinds = (EventBatch, DataEventBatch)
        return sorted({trail.region, *(each for kind in kinds for each in regions(self._store, kind, account))})

    def _delivery(self, trail: Trail, account: str, region: str) -> Delivery:
        """Where the delivery of an account's events of a region stands; a new start of logging begins anew."""
        assert trail.start_logging_time is not None
        own = account == trail.account
        kind, member = (Delivery, ()) if own else (MemberDelivery, (account,))
        with self._store.snapshot() as tx:
            found = tx.get(kind, trail.account, trail.region, trail.name, *member, region)
        begin = pack((int(trail.start_logging_time.timestamp() * 1000),))
        if found is None or found.started != trail.start_logging_time:
            found = kind(
                trail.account, trail.region, trail.name, region, trail.start_logging_time, begin, begin,
                digest_start=trail.start_logging_time, member="" if own else account,
            )  # fmt: skip
        if trail.logs_since is not None:
            since = max(begin, pack((int(trail.logs_since.timestamp() * 1000),)))
            found.log_events, found.log_data_events = max(found.log_events, since), max(found.log_data_events, since)
        return found

    def _attempt(self, trail: Trail, delivery: Delivery, status: dict[str, Any]) -> None:
        now = self._clock().replace(microsecond=0)
        status["latest_delivery_attempt"] = now
        if trail.cloud_watch_logs_log_group_arn is not None:
            self._attempt_logs(trail, delivery, status, now)
        try:
            if self._deliver(trail, delivery, status):
                status["latest_delivery_time"] = now
            status.setdefault("latest_delivery_error", None)
        except AwsError as error:
            status["latest_delivery_error"] = error.code
            return
        if trail.log_file_validation_enabled:
            try:
                if self._sign(trail, delivery):
                    status["latest_digest_delivery_time"] = now
                status.setdefault("latest_digest_delivery_error", None)
            except AwsError as error:
                status["latest_digest_delivery_error"] = error.code

    def _attempt_logs(self, trail: Trail, delivery: Delivery, status: dict[str, Any], now: datetime) -> None:
        """The same for the log group; a bucket that fails holds nothing up."""
        try:
            if self._logs.deliver(trail, delivery):
                status["latest_cloud_watch_logs_delivery_time"] = now
            status.setdefault("latest_cloud_watch_logs_delivery_error", None)
        except AwsError as error:
            status["latest_cloud_watch_logs_delivery_error"] = error.message

    def _note(self, tx: Transaction, key: Key, status: dict[str, Any]) -> None:
        trail = tx.get(Trail, *key)
        if trail is not None:
            found = tx.get(TrailStatus, *key) or TrailStatus(trail.account, trail.region, trail.name)
            for name, value in status.items():
                setattr(found, name, value)
            tx.put(found)

    # -- log files

    def _deliver(self, trail: Trail, delivery: Delivery, status: dict[str, Any]) -> bool:
        """Write files of what is new; whether there was anything."""
        any_file = False
        more = True
        while more:
            taken = take_both(self._store, self._clock, trail, delivery, delivery.events, delivery.data_events)
            more = taken.more
            if taken.events:
                self._write_file(trail, delivery, taken, status)
                any_file = True
            delivery.events, delivery.data_events = taken.after, taken.after_data
            self._store.write(lambda tx: tx.put(delivery))
        return any_file

    def _write_file(self, trail: Trail, delivery: Delivery, taken: Taken, status: dict[str, Any]) -> None:
        content = b'{"Records":[' + b",".join(taken.events) + b"]}"
        now, account = self._clock(), delivery.of_account
        unique = "".join(_LETTERS[byte % len(_LETTERS)] for byte in self._entropy(16))
        key = (
            f"{base_of(trail, account)}CloudTrail/{delivery.region}/{now:%Y/%m/%d}/{account}_CloudTrail_"
            f"{delivery.region}_{now:%Y%m%dT%H%MZ}_{unique}.json.gz"
        )
        self._put(trail, key, content, {})
        if trail.sns_topic_arn is not None:
            self._notify(trail, trail.sns_topic_arn, key, status)
        found = hashlib.sha256(content).hexdigest()
        delivery.files.append(LogFile(key, trail.s3_bucket_name, found, max(taken.times), min(taken.times)))

    def _notify(self, trail: Trail, topic: str, key: str, status: dict[str, Any]) -> None:
        """Tell the topic of a file ("Configuring Amazon SNS notifications for CloudTrail")."""
        now = self._clock().replace(microsecond=0)
        message = msgspec.json.encode({"s3Bucket": trail.s3_bucket_name, "s3ObjectKey": [key]}).decode()
        told = notice(trail, message)

        async def work(ctx: Context) -> bool:
            with ctx.snapshot() as inner:
                if not inner.admits(topic, told):
                    return False
            await ctx.submit(lambda inner: inner.notify(topic, told))
            return True

        status["latest_notification_attempt"] = now
        if self._act(trail.account, trail.region, "cloudtrail", SERVICE, work, trail.trail_arn):
            status["latest_notification_time"] = now
            status.setdefault("latest_notification_error", None)
        else:
            status["latest_notification_error"] = "AuthorizationError"

    def _put(self, trail: Trail, key: str, content: bytes, metadata: dict[str, str]) -> None:
        """Write an object, gzipped, as the service. Raises S3's errors."""

        async def work(ctx: Context) -> None:
            await ctx.wait(
                "s3", "put_object", bucket=trail.s3_bucket_name, key=key, body=gzip.compress(content, mtime=0),
                acl="bucket-owner-full-control", content_type="application/json", content_encoding="gzip",
                metadata=metadata,
            )  # fmt: skip

        self._act(trail.account, trail.region, "cloudtrail", SERVICE, work, trail.trail_arn)

    # -- digests

    def _sign(self, trail: Trail, delivery: Delivery) -> bool:
        """Write the digests of the hours that are over; whether there was one."""
        any_digest = False
        while delivery.digest_start is not None and self._clock() >= delivery.digest_start + _HOUR + LAG:
            end = delivery.digest_start + _HOUR
            key = self._key(delivery.region)
            private = self._sealer.open(key.sealed, _PURPOSE)
            made = digest(trail, delivery, end, delivery.files, private, key.fingerprint)
            self._put(trail, made.key, made.content, made.metadata)
            delivery.files = []
            delivery.digest_start = end
            delivery.previous_bucket, delivery.previous_object = trail.s3_bucket_name, made.key
            delivery.previous_hash, delivery.previous_signature = made.hash, made.signature
            self._store.write(lambda tx: tx.put(delivery))
            any_digest = True
        return any_digest

    def _key(self, region: str) -> DigestKey:
        """The region's pair of today."""
        now = self._clock().replace(microsecond=0)
        with self._store.snapshot() as tx:
            for known in tx.scan(DigestKey, region):
                if known.begins <= now < known.ends:
                    return known
        private, public, fingerprint = new_pair()
        made = DigestKey(
            region=region,
            fingerprint=fingerprint,
            public=public,
            sealed=self._sealer.seal(private, _PURPOSE),
            begins=now - _HOUR - LAG,
            ends=now + _KEY_LASTS,
        )
        return self._store.write(lambda tx: tx.put(made))


class Forgetting:
    """Removes management events after 90 days, and data events after two, by when every trail has had them."""

    name = "cloudtrail.forgetting"
    kind = Account

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def reconcile(self, key: Key, wanted: Account | None) -> Outcome:
        if wanted is None:
            return Outcome()
        for kind, days in ((EventBatch, 90), (DataEventBatch, 2)):
            before = int((self._clock() - timedelta(days=days)).timestamp() * 1000)
            for region in regions(self._store, kind, wanted.account):
                low = pack((kind.table, wanted.account, region))
                erase(self._store, low, low + pack((before,)))
        return Outcome(again=24 * 3600.0)
