"""The same store on PostgreSQL, for an installation that outgrows one machine.

Every write is a serializable transaction that is run again when another one was in its way; commits that come
together share a flush of PostgreSQL's own. Works with everything that speaks its protocol and keeps its isolation.
"""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import errors as pg

from groundcloud.store import FORMAT, FeedTrimmed, StoreUnavailable, feed
from groundcloud.store.feed import Change, change_of
from groundcloud.store.records import NewerData
from groundcloud.store.transaction import Transaction

T = TypeVar("T")
Connection = psycopg.Connection[Any]

_CONNECTIONS = 16
_TRIES = 40

_SCHEMA = """
create table if not exists kv (k bytea primary key, v bytea not null);
create table if not exists changes (
    revision bigint not null default (pg_current_xact_id()::text::bigint), seq bigserial, k bytea not null,
    primary key (revision, seq));
create table if not exists trimmed (revision bigint not null);
create table if not exists meta (name text primary key, value integer not null);
"""
_SCHEMA_LOCK = 0x67726F75  # any number that is ours: two processes may start at once


class _Table:
    """The ordered table of bytes on one connection."""

    __slots__ = ("_execute",)

    def __init__(self, connection: Connection) -> None:
        self._execute = connection.execute

    def get(self, key: bytes) -> bytes | None:
        row = self._execute("select v from kv where k=%s", (key,), prepare=True).fetchone()
        return row[0] if row else None

    def set(self, key: bytes, value: bytes) -> None:
        self._execute(
            "insert into kv values (%s,%s) on conflict (k) do update set v=excluded.v", (key, value), prepare=True
        )

    def delete(self, key: bytes) -> None:
        self._execute("delete from kv where k=%s", (key,), prepare=True)

    def through(self, low: bytes, high: bytes, limit: int, reverse: bool) -> list[tuple[bytes, bytes | None]]:
        return self._execute(_THROUGH[reverse], (low, high, limit), prepare=True).fetchall()

    def many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        return dict(self._execute("select k, v from kv where k = any(%s)", (list(keys),), prepare=True))

    def range(self, low: bytes, high: bytes, limit: int, reverse: bool) -> list[tuple[bytes, bytes]]:
        query = _BACKWARD if reverse else _FORWARD
        return self._execute(query, (low, high, limit), prepare=True).fetchall()


_FORWARD = "select k, v from kv where k>=%s and k<%s order by k limit %s"
_BACKWARD = "select k, v from kv where k>=%s and k<%s order by k desc limit %s"
_THROUGH = (
    "select i.k, r.v from kv as i left join kv as r on r.k=i.v where i.k>=%s and i.k<%s order by i.k limit %s",
    "select i.k, r.v from kv as i left join kv as r on r.k=i.v where i.k>=%s and i.k<%s order by i.k desc limit %s",
)


class PostgresStore:
    reads_block = True

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: list[Connection] = []
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(_CONNECTIONS, "store")
        self._listeners: list[Callable[[], None]] = []
        self._closed = False
        self._since_trim = 0
        self._prepare()

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        with self._connection() as connection:
            connection.execute("begin isolation level repeatable read read only")
            try:
                yield Transaction(_Table(connection), writable=False)
            finally:
                connection.execute("rollback")

    def rest(self) -> None:
        """Nothing is held between two snapshots."""

    def write(self, work: Callable[[Transaction], T]) -> T:
        for attempt in range(_TRIES):
            try:
                result = self._try(work)
            except (pg.SerializationFailure, pg.DeadlockDetected):
                time.sleep(random.uniform(0, 0.002 * 2 ** min(attempt, 7)))
                continue
            for listener in self._listeners:
                listener()
            if self._since_trim > feed.TRIM_EVERY:
                self._since_trim = 0
                self._trim()
            return result
        raise StoreUnavailable("too many writes change the same records at once")

    def _try(self, work: Callable[[Transaction], T]) -> T:
        with self._connection() as connection:
            connection.execute("begin isolation level serializable")
            transaction = Transaction(_Table(connection), writable=True)
            try:
                result = work(transaction)
                for key in transaction.changed:
                    connection.execute("insert into changes (k) values (%s)", (key,), prepare=True)
                connection.execute("commit")
                self._since_trim += len(transaction.changed)  # about: threads may miss one another's
            except BaseException:
                if not connection.broken:
                    connection.execute("rollback")
                raise
            return result

    def _trim(self) -> None:
        """Forget the oldest changes. Revisions have gaps, so what was forgotten is written down."""
        with self._connection() as connection, connection.transaction():
            row = connection.execute(
                "select revision from changes order by revision desc, seq desc offset %s limit 1", (feed.KEPT,)
            ).fetchone()
            if row is not None:
                connection.execute("delete from trimmed")
                connection.execute("insert into trimmed values (%s)", row)
                connection.execute("delete from changes where revision <= %s", row)

    async def submit(self, work: Callable[[Transaction], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.write, work)

    def changes(self, after: int) -> list[Change]:
        """A transaction's number is its revision. Those of transactions that may still commit before the newest are
        held back, so that nobody who follows the feed misses one."""
        with self._connection() as connection:
            rows = connection.execute(
                "select revision, k from changes where revision > %s"
                " and revision < pg_snapshot_xmin(pg_current_snapshot())::text::bigint order by revision, seq",
                (after,),
            )
            found = [change_of(revision, key) for revision, key in rows]
            if connection.execute("select 1 from trimmed where revision > %s", (after,)).fetchone():
                raise FeedTrimmed(after)
            return found

    def revision(self) -> int:
        with self._connection() as connection:
            row = connection.execute(
                "select coalesce(max(revision), 0) from changes"
                " where revision < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
            ).fetchone()
            return int(row[0]) if row else 0

    def on_commit(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def close(self) -> None:
        self._closed = True
        self._threads.shutdown()
        while self._free:
            self._free.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection of our own for a while; a broken one is dropped and its error is `StoreUnavailable`."""
        with self._lock:
            connection = self._free.pop() if self._free else None
        try:
            if connection is None:
                connection = psycopg.connect(self._url, autocommit=True)
            yield connection
        except (pg.SerializationFailure, pg.DeadlockDetected):
            raise
        except psycopg.Error as error:
            raise StoreUnavailable(str(error)) from error
        finally:
            if connection is not None:
                if connection.broken or connection.closed or self._closed:
                    connection.close()
                else:
                    with self._lock:
                        self._free.append(connection)

    def _prepare(self) -> None:
        """Make the tables, or bring older ones forward. Raises `NewerData` for newer ones, before it writes."""
        with self._connection() as connection, connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
            table = connection.execute("select to_regclass('meta')").fetchone()
            if table and table[0] is not None:
                row = connection.execute("select value from meta where name='format'").fetchone()
                if row and row[0] > FORMAT:
                    raise NewerData(f"the database has format {row[0]}; this Groundcloud knows up to {FORMAT}")
            connection.execute(_SCHEMA)
            connection.execute(
                "insert into meta values ('format', %s) on conflict (name) do update set value=excluded.value",
                (FORMAT,),
            )
