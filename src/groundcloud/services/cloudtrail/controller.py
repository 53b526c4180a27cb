"""Delivers events to the buckets of trails every few minutes, and a signed digest of what was delivered every hour."""

import gzip
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from groundcloud.accounts import Account
from groundcloud.context import Context
from groundcloud.controllers import Act, Outcome
from groundcloud.errors import AwsError
from groundcloud.sealing import Sealer
from groundcloud.services.cloudtrail.digests import digest, new_pair
from groundcloud.services.cloudtrail.records import Delivery, DigestKey, LogFile, Trail, TrailStatus
from groundcloud.services.cloudtrail.selectors import takes
from groundcloud.services.cloudtrail.trails import SERVICE, base_of
from groundcloud.store import Key, Store, Transaction
from groundcloud.store.erase import erase
from groundcloud.store.keys import after_prefix, pack, unpack
from groundcloud.trail import DataEventBatch, EventBatch

_EVERY = 300.0
"""AWS delivers within about five minutes."""
_LAG = timedelta(seconds=60)
"""How old an event must be: those of calls that began before it have been written by then."""
_HOUR = timedelta(hours=1)
_KEY_LASTS = timedelta(days=365)
_MOST_EVENTS = 20_000
"""Events in one file."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_PURPOSE = "cloudtrail digest key"
_decode = msgspec.json.Decoder().decode


class _Taken(NamedTuple):
    """Events for one file, and where the next file begins."""

    events: list[bytes]
    times: list[str]
    after: bytes
    more: bool


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

    def reconcile(self, key: Key, wanted: Trail | None) -> Outcome:
        if wanted is None or not wanted.logging:
            return Outcome()
        status: dict[str, Any] = {}
        for region in self._regions(wanted):
            delivery = self._delivery(wanted, region)
            self._attempt(wanted, delivery, status)
        return Outcome(write=lambda tx: self._note(tx, key, status), again=_EVERY)

    def _regions(self, trail: Trail) -> list[str]:
        """The regions whose events a trail takes: its own, or all that have events."""
        if not trail.is_multi_region_trail:
            return [trail.region]
        kinds = (EventBatch, DataEventBatch)
        return sorted({trail.region, *(each for kind in kinds for each in regions(self._store, kind, trail.account))})

    def _delivery(self, trail: Trail, region: str) -> Delivery:
        """Where the delivery of a region stands; a new start of logging begins anew."""
        assert trail.start_logging_time is not None
        place = (trail.account, trail.region, trail.name, region)
        with self._store.snapshot() as tx:
            found = tx.get(Delivery, *place)
        if found is not None and found.started == trail.start_logging_time:
            return found
        begin = pack((int(trail.start_logging_time.timestamp() * 1000),))
        return Delivery(
            *place,
            started=trail.start_logging_time,
            events=begin,
            data_events=begin,
            digest_start=trail.start_logging_time,
        )

    def _attempt(self, trail: Trail, delivery: Delivery, status: dict[str, Any]) -> None:
        now = self._clock().replace(microsecond=0)
        status["latest_delivery_attempt"] = now
        try:
            if self._deliver(trail, delivery):
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

    def _note(self, tx: Transaction, key: Key, status: dict[str, Any]) -> None:
        trail = tx.get(Trail, *key)
        if trail is not None:
            found = tx.get(TrailStatus, *key) or TrailStatus(trail.account, trail.region, trail.name)
            for name, value in status.items():
                setattr(found, name, value)
            tx.put(found)

    # -- log files

    def _deliver(self, trail: Trail, delivery: Delivery) -> bool:
        """Write files of what is new; whether there was anything."""
        any_file = False
        more = True
        while more:
            management = self._take(trail, delivery, EventBatch, delivery.events)
            data = self._take(trail, delivery, DataEventBatch, delivery.data_events) if trail.data else None
            more = management.more or (data is not None and data.more)
            events = [*management.events, *(data.events if data is not None else ())]
            times = [*management.times, *(data.times if data is not None else ())]
            if events:
                self._write_file(trail, delivery, events, times)
                any_file = True
            delivery.events = management.after
            delivery.data_events = data.after if data is not None else delivery.data_events
            self._store.write(lambda tx: tx.put(delivery))
        return any_file

    def _take(self, trail: Trail, delivery: Delivery, kind: type[EventBatch], after: bytes) -> _Taken:
        until = int((self._clock() - _LAG).timestamp() * 1000)
        taken: list[bytes] = []
        times: list[str] = []
        with self._store.snapshot() as tx:
            for position, batch in tx.scan_from(kind, trail.account, delivery.region, after=after):
                if batch.milliseconds > until:
                    break
                if len(taken) >= _MOST_EVENTS:
                    return _Taken(taken, times, after, True)
                after = position
                for raw, event in self._wanted(trail, batch):
                    taken.append(raw)
                    times.append(str(event["eventTime"]))
        return _Taken(taken, times, after, False)

    def _wanted(self, trail: Trail, batch: EventBatch) -> Iterator[tuple[bytes, dict[str, Any]]]:
        for raw in batch.events:
            event = _decode(raw)
            if takes(trail, event):
                yield raw, event

    def _write_file(self, trail: Trail, delivery: Delivery, events: list[bytes], times: list[str]) -> None:
        content = b'{"Records":[' + b",".join(events) + b"]}"
        now = self._clock()
        unique = "".join(_LETTERS[byte % len(_LETTERS)] for byte in self._entropy(16))
        key = (
            f"{base_of(trail)}CloudTrail/{delivery.region}/{now:%Y/%m/%d}/{trail.account}_CloudTrail_{delivery.region}_"
            f"{now:%Y%m%dT%H%MZ}_{unique}.json.gz"
        )
        self._put(trail, key, content, {})
        found = hashlib.sha256(content).hexdigest()
        delivery.files.append(LogFile(key, trail.s3_bucket_name, found, max(times), min(times)))

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
        while delivery.digest_start is not None and self._clock() >= delivery.digest_start + _HOUR + _LAG:
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
            begins=now - _HOUR - _LAG,
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
