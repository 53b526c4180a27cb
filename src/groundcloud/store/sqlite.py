"""The embedded store: SQLite in WAL mode with `synchronous=FULL`, and group commit.

Waiting writes are run one after another on the event loop, each in a savepoint of its own, and then one COMMIT (one
fsync) in a thread of its own lets all their answers go. The Python of a write thus never competes for the interpreter
with the loop, and the loop answers reads while the disk works. Several processes may share the file.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from groundcloud.store import FORMAT, FeedTrimmed, StoreUnavailable, feed
from groundcloud.store.feed import Change, change_of
from groundcloud.store.records import NewerData
from groundcloud.store.transaction import Transaction
from groundcloud.store.wal import WalIndex

T = TypeVar("T")

_LARGEST_BATCH = 256
_LONG_LOG = 1_000
"""Pages of the log that are moved into the database at once, as SQLite itself does."""
_WAIT_FOR_OTHERS = 30.0
"""Seconds that a write waits for the lock of another process before it is refused."""

# `kv` has row ids: without them a row is a key of the tree, and a search reads all of every large value that it passes.
_SCHEMA = """
create table if not exists kv (k blob primary key, v blob not null);
create table if not exists changes (revision integer primary key autoincrement, k blob not null);
create table if not exists meta (name text primary key, value integer not null) without rowid;
"""


_FORWARD = "select k, v from kv where k>=? and k<? order by k limit ?"
_BACKWARD = "select k, v from kv where k>=? and k<? order by k desc limit ?"
_THROUGH = (
    "select i.k, r.v from kv as i left join kv as r on r.k=i.v where i.k>=? and i.k<? order by i.k limit ?",
    "select i.k, r.v from kv as i left join kv as r on r.k=i.v where i.k>=? and i.k<? order by i.k desc limit ?",
)
_MANY = 64
_BY_KEYS = f"select k, v from kv where k in ({','.join('?' * _MANY)})"  # noqa: S608  # question marks alone


class _Table:
    """The ordered table of bytes on one connection."""

    __slots__ = ("_execute",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def get(self, key: bytes) -> bytes | None:
        row = self._execute("select v from kv where k=?", (key,)).fetchone()
        return row[0] if row else None

    def set(self, key: bytes, value: bytes) -> None:
        self._execute("insert into kv values (?,?) on conflict (k) do update set v=excluded.v", (key, value))

    def delete(self, key: bytes) -> None:
        self._execute("delete from kv where k=?", (key,))

    def through(self, low: bytes, high: bytes, limit: int, reverse: bool) -> list[tuple[bytes, bytes | None]]:
        return self._execute(_THROUGH[reverse], (low, high, limit)).fetchall()

    def many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for start in range(0, len(keys), _MANY):
            asked = (*keys[start : start + _MANY],)
            asked += asked[-1:] * (_MANY - len(asked))  # one statement, prepared once
            found.update(self._execute(_BY_KEYS, asked))
        return found

    def range(self, low: bytes, high: bytes, limit: int, reverse: bool) -> list[tuple[bytes, bytes]]:
        return self._execute(_BACKWARD if reverse else _FORWARD, (low, high, limit)).fetchall()


class _Reader:
    """One thread's connection for reading, and the snapshot that is open on it.

    On the event loop a snapshot stays open until somebody commits: the calls between two commits all see the same
    data, begin no transaction each, and share what was worked out from those data (`Transaction.memo`).
    """

    __slots__ = ("_depth", "_execute", "_index", "_seen", "_table", "_transaction", "connection")

    def __init__(self, connection: sqlite3.Connection, index: WalIndex) -> None:
        self.connection = connection
        self._execute = connection.execute
        self._index = index
        self._table = _Table(connection)
        self._seen = b""
        self._depth = 0
        self._transaction = Transaction(self._table, writable=False)

    def __enter__(self) -> Transaction:
        if self._depth == 0:
            state = self._index.state()  # before the snapshot begins: it may be newer than this says, never older
            if state != self._seen:
                self.rest()
                self._execute("begin")
                self._execute("select 1 from meta").fetchone()  # the first read is what fixes the snapshot
                self._seen = state
                self._transaction = Transaction(self._table, writable=False)
        self._depth += 1  # a read within a read sees the same snapshot
        return self._transaction

    def __exit__(self, *error: object) -> None:
        self._depth -= 1
        if self._depth == 0 and asyncio._get_running_loop() is None:
            self.rest()

    def rest(self) -> None:
        """End the snapshot, so that SQLite may clear its log up to here."""
        if self._depth == 0 and self._seen:
            self._execute("rollback")
            self._seen = b""


class _Waiting(NamedTuple):
    work: Callable[[Transaction], Any]
    answer: asyncio.Future[Any]


class SqliteStore:
    reads_block = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._listeners: list[Callable[[], None]] = []
        self._waiting: list[_Waiting] = []
        self._busy = threading.Lock()
        """Held by whoever has a write transaction open on the writer's connection."""
        self._running: asyncio.Task[None] | None = None
        self._committer = ThreadPoolExecutor(1, "commit")
        try:
            self._writer = self._connect()
            self._prepare()
            self._index = WalIndex(path)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{path}: {error}") from error
        self._table = _Table(self._writer)
        self._stirs = False
        """Whether the batch that is running has more than quiet records."""
        self._since_trim = 0
        self._moved = 0
        """Pages of the log that are in the database already."""

    # -- reading

    def snapshot(self) -> _Reader:
        try:
            reader: _Reader = self._local.reader
        except AttributeError:
            reader = self._local.reader = _Reader(self._connect(), self._index)
        return reader

    def rest(self) -> None:
        self.snapshot().rest()

    # -- writing

    def write(self, work: Callable[[Transaction], T]) -> T:
        if asyncio._get_running_loop() is not None:
            raise RuntimeError("on the event loop, submit: it would wait for itself here")
        with self._busy:
            self._begin(_WAIT_FOR_OTHERS)
            transaction = Transaction(self._table, writable=True)
            try:
                result = work(transaction)
                self._note_changes(transaction)
            except sqlite3.Error as error:
                self._undo()
                raise StoreUnavailable(str(error)) from error
            except BaseException:
                self._undo()
                raise
            self._commit()
            if self._log_is_long():
                self._move_log()
        if not transaction.quiet:
            self._tell()
        return result

    async def submit(self, work: Callable[[Transaction], T]) -> T:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.append(_Waiting(work, answer))
        if self._running is None or self._running.done():
            self._running = loop.create_task(self._run_batches())
        return await answer

    async def _run_batches(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:_LARGEST_BATCH], self._waiting[_LARGEST_BATCH:]
            try:
                await self._open_batch(loop)
            except StoreUnavailable as error:
                _refuse(batch, error)
                continue
            try:
                done = self._run(batch)
                await loop.run_in_executor(self._committer, self._commit)
                if self._log_is_long():
                    await self._shorten_log(loop)
            except StoreUnavailable as error:
                _refuse(batch, error)
                continue
            finally:
                self._busy.release()
            for answer, result in done:
                if not answer.done():
                    answer.set_result(result)
            if self._stirs:
                self._tell()

    async def _open_batch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take the lock; only when someone else has it, wait for it off the loop."""
        if not self._busy.acquire(blocking=False):
            await loop.run_in_executor(self._committer, self._busy.acquire)
        try:
            try:
                self._begin(0)
            except StoreUnavailable:
                await loop.run_in_executor(self._committer, self._begin, _WAIT_FOR_OTHERS)
        except BaseException:
            self._busy.release()
            raise

    def _run(self, batch: list[_Waiting]) -> list[tuple[asyncio.Future[Any], Any]]:
        """Run each waiting write in its savepoint. One that raises is undone and answered at once: it has nothing to
        wait for."""
        execute = self._writer.execute
        done = []
        self._stirs = False
        for work, answer in batch:
            if answer.cancelled():
                continue
            transaction = Transaction(self._table, writable=True)
            try:
                execute("savepoint s")
                try:
                    result = work(transaction)
                    self._note_changes(transaction)
                except sqlite3.Error:
                    raise
                except Exception as error:  # the writer answers for others too: each error goes to its own caller
                    execute("rollback to s")
                    answer.set_exception(error)
                else:
                    done.append((answer, result))
                    self._stirs = self._stirs or not transaction.quiet
                execute("release s")
            except sqlite3.Error as error:  # the disk, not the work: SQLite may have undone the whole batch
                self._undo()
                raise StoreUnavailable(str(error)) from error
        return done

    def _note_changes(self, transaction: Transaction) -> None:
        if transaction.changed:
            self._writer.executemany("insert into changes (k) values (?)", [(key,) for key in transaction.changed])
            self._since_trim += len(transaction.changed)

    def _begin(self, wait: float) -> None:
        self._writer.execute(f"pragma busy_timeout={int(wait * 1000)}")
        try:
            self._writer.execute("begin immediate")
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    def _commit(self) -> None:
        try:
            if self._since_trim > feed.TRIM_EVERY:
                self._writer.execute(
                    "delete from changes where revision <= (select max(revision) from changes) - ?", (feed.KEPT,)
                )
                self._since_trim = 0
            self._writer.execute("commit")
        except sqlite3.Error as error:
            self._undo()
            raise StoreUnavailable(str(error)) from error

    def _undo(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("rollback")

    # -- the write-ahead log. SQLite would move it into the database inside a COMMIT, but a reader that came before
    # that COMMIT keeps it from finishing, and on a busy loop there always is one: the log would grow for ever.

    def _log_is_long(self) -> bool:
        frames = self._index.frames()
        if frames < self._moved:
            self._moved = 0
        return frames - self._moved > _LONG_LOG

    async def _shorten_log(self, loop: asyncio.AbstractEventLoop) -> None:
        """After a commit: readers begin at what is newest, and keep the log from nothing."""
        self.rest()
        await loop.run_in_executor(self._committer, self._move_log)
        self.rest()

    def _move_log(self) -> None:
        self._moved = self._index.frames()
        self._writer.execute("pragma wal_checkpoint(passive)").fetchone()

    # -- the change feed

    def changes(self, after: int) -> list[Change]:
        with self.snapshot():
            execute = self._local.reader.connection.execute
            oldest = execute("select min(revision) from changes").fetchone()[0]
            if oldest is not None and after + 1 < oldest:
                raise FeedTrimmed(after)
            rows = execute("select revision, k from changes where revision > ? order by revision", (after,))
            return [change_of(revision, key) for revision, key in rows]

    def revision(self) -> int:
        with self.snapshot():
            return int(
                self._local.reader.connection.execute("select coalesce(max(revision), 0) from changes").fetchone()[0]
            )

    def on_commit(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    # -- opening and closing

    def close(self) -> None:
        self._committer.shutdown()
        for connection in self._connections:
            with suppress(sqlite3.Error):
                connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, cached_statements=64)
        connection.execute("pragma busy_timeout=10000")
        connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=full")
        connection.execute("pragma cache_size=-16384")
        connection.execute("pragma wal_autocheckpoint=0")
        self._connections.append(connection)
        return connection

    def _prepare(self) -> None:
        """Make the tables, or bring older ones forward. Raises `NewerData` for newer ones, before it writes."""
        tables = self._writer.execute("select count(*) from sqlite_master where name='meta'").fetchone()[0]
        found = FORMAT
        if tables:
            row = self._writer.execute("select value from meta where name='format'").fetchone()
            found = row[0] if row else FORMAT
        if found > FORMAT:
            raise NewerData(f"{self._path} has format {found}; this Groundcloud knows up to {FORMAT}: use a newer one")
        self._writer.executescript(_SCHEMA)
        self._writer.execute("insert or replace into meta values ('format', ?)", (FORMAT,))


def _refuse(batch: list[_Waiting], error: StoreUnavailable) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
