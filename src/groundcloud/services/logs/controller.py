"""What happens to logs by itself: retention, removal of what was deleted, exports, queries."""

from collections.abc import Callable
from datetime import datetime

from groundcloud.controllers import Act, Outcome
from groundcloud.errors import AwsError
from groundcloud.services.logs import chunks
from groundcloud.services.logs.export_run import export
from groundcloud.services.logs.query_run import run_query
from groundcloud.services.logs.reading import oldest
from groundcloud.services.logs.records import ExportTask, LogGroup, LogStream, Query, QueryResults
from groundcloud.store import Key, Store, Transaction
from groundcloud.store.erase import AT_ONCE

_EVERY = 3600.0
_KEPT = 7 * 86_400_000
"""How long a query's results can be read (API reference of GetQueryResults)."""


def _milliseconds(clock: Callable[[], datetime]) -> int:
    return int(clock().timestamp() * 1000)


class Retention:
    """Removes events that are older than their group keeps them, and counts each group's bytes."""

    name = "logs.retention"
    kind = LogGroup

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def reconcile(self, key: Key, wanted: LogGroup | None) -> Outcome:
        if wanted is None:
            return Outcome()
        with self._store.snapshot() as tx:
            streams = list(tx.scan(LogStream, *key))
        before = oldest(wanted, _milliseconds(self._clock))
        if before:
            for stream in streams:
                if stream.chunks and stream.first_event < before:
                    self._trim(wanted, stream, before)
        return Outcome(write=lambda tx: self._count(tx, key), again=_EVERY)

    def _trim(self, group: LogGroup, stream: LogStream, before: int) -> None:
        prefix = chunks.prefix_of(group.group_id, stream.stream_id)

        def work(tx: Transaction) -> int:
            places = chunks.expired(tx, prefix, before, AT_ONCE)
            for place in places:
                tx.table.delete(place)
            found = tx.get(LogStream, *stream.key_values())
            if found is not None:
                found.first_event = max(found.first_event, min(before, found.last_event))
                tx.put(found)
            return len(places)

        while self._store.write(work) == AT_ONCE:
            pass

    def _count(self, tx: Transaction, key: Key) -> None:
        group = tx.get(LogGroup, *key)
        if group is not None:
            size = sum(stream.size for stream in tx.scan(LogStream, *key))
            if size != group.stored_bytes:
                group.stored_bytes = size
                tx.put(group)


class Exports:
    """Copies what export tasks name to their buckets, as the service `logs`."""

    name = "logs.exports"
    kind = ExportTask

    def __init__(self, clock: Callable[[], datetime], act: Act) -> None:
        self._clock = clock
        self._act = act

    def reconcile(self, key: Key, wanted: ExportTask | None) -> Outcome:
        if wanted is None or wanted.code not in ("PENDING", "RUNNING"):
            return Outcome()
        code, message = "COMPLETED", "Completed successfully"
        try:
            self._act(
                wanted.account, wanted.region, "logs", f"logs.{wanted.region}.amazonaws.com",
                lambda ctx: export(ctx, wanted),
                f"arn:aws:logs:{wanted.region}:{wanted.account}:log-group:{wanted.log_group_name}:*",
            )  # fmt: skip
        except AwsError as error:
            code, message = "FAILED", error.message
        return Outcome(write=lambda tx: self._settle(tx, key, code, message))

    def _settle(self, tx: Transaction, key: Key, code: str, message: str) -> None:
        task = tx.get(ExportTask, *key)
        if task is not None and task.code in ("PENDING", "RUNNING"):
            task.code, task.message, task.completion_time = code, message, _milliseconds(self._clock)
            tx.put(task)


class Queries:
    """Runs queries, and forgets them after a week."""

    name = "logs.queries"
    kind = Query

    def __init__(self, clock: Callable[[], datetime], act: Act) -> None:
        self._clock = clock
        self._act = act

    def reconcile(self, key: Key, wanted: Query | None) -> Outcome:
        if wanted is None:
            return Outcome()
        if wanted.status != "Scheduled":
            left = wanted.create_time + _KEPT - _milliseconds(self._clock)
            if left > 0:
                return Outcome(again=min(left / 1000, _EVERY))
            return Outcome(write=lambda tx: self._forget(tx, key))
        rows: bytes | None = None
        try:
            rows = self._act(
                wanted.account, wanted.region, "logs", f"logs.{wanted.region}.amazonaws.com",
                lambda ctx: run_query(ctx, wanted),
            )  # fmt: skip
            wanted.status = "Complete"
        except AwsError:
            wanted.status = "Failed"
        wanted.duration = max(0, _milliseconds(self._clock) - wanted.create_time)
        return Outcome(write=lambda tx: self._settle(tx, wanted, rows), again=_EVERY)

    def _settle(self, tx: Transaction, done: Query, rows: bytes | None) -> None:
        found = tx.get(Query, *done.key_values())
        if found is not None and found.status == "Scheduled":  # it may have been stopped meanwhile
            tx.put(done)
            if rows is not None:
                tx.put(QueryResults(done.account, done.region, done.query_id, rows))

    def _forget(self, tx: Transaction, key: Key) -> None:
        for kind in (Query, QueryResults):
            found = tx.get(kind, *key)
            if found is not None:
                tx.delete(found)
