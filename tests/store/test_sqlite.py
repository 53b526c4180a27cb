"""What only the embedded store has to stand: a full disk, and writes that outlive the process."""

import asyncio
import sqlite3

import pytest

from groundcloud.store import Record, StoreUnavailable, Transaction
from groundcloud.store.sqlite import SqliteStore


class Blob(Record):
    table = "test.blob"
    key = ("name",)

    name: str
    data: bytes = b""


def fill(store: SqliteStore, pages: int) -> None:
    """Leave the database room for a few pages more, as a full disk would."""
    used = store._writer.execute("pragma page_count").fetchone()[0]
    store._writer.execute(f"pragma max_page_count={used + pages}")


def test_a_full_disk_refuses_the_write_and_hurts_nothing_else(tmp_path):
    store = SqliteStore(tmp_path / "store.db")
    store.write(lambda tx: tx.put(Blob(name="small")))
    fill(store, 3)

    async def run() -> list[object]:
        works = [
            store.submit(lambda tx: tx.put(Blob(name="large", data=bytes(200_000)))),
            store.submit(lambda tx: tx.put(Blob(name="beside"))),
        ]
        return await asyncio.gather(*works, return_exceptions=True)

    first, second = asyncio.run(run())
    assert isinstance(first, StoreUnavailable)
    with pytest.raises(StoreUnavailable):
        store.write(lambda tx: tx.put(Blob(name="large", data=bytes(200_000))))
    store._writer.execute("pragma max_page_count=1000000")
    asyncio.run(store.submit(lambda tx: tx.put(Blob(name="after"))))
    with store.snapshot() as tx:
        found = [blob.name for blob in tx.scan(Blob)]
    assert found == ["after", "small"] if isinstance(second, StoreUnavailable) else ["after", "beside", "small"]
    store.close()


def test_a_write_on_the_event_loop_is_refused_instead_of_waiting_for_itself(tmp_path):
    store = SqliteStore(tmp_path / "store.db")

    async def run() -> None:
        with pytest.raises(RuntimeError, match="submit"):
            store.write(lambda tx: None)

    asyncio.run(run())
    store.close()


def test_a_thread_and_the_loop_write_side_by_side(tmp_path):
    """Controllers write from a thread of their own while the loop's batches are under way."""
    store = SqliteStore(tmp_path / "store.db")

    def in_thread(number: int) -> None:
        store.write(lambda tx: tx.put(Blob(name=f"thread {number}")))

    async def run() -> None:
        threads = [asyncio.to_thread(in_thread, number) for number in range(20)]
        loop = [store.submit(lambda tx, n=number: tx.put(Blob(name=f"loop {n}"))) for number in range(20)]
        await asyncio.gather(*threads, *loop)

    asyncio.run(run())
    with store.snapshot() as tx:
        assert len(list(tx.scan(Blob))) == 40
    store.close()


def test_a_process_that_holds_the_lock_is_waited_for(tmp_path):
    store = SqliteStore(tmp_path / "store.db")
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")

    async def run() -> None:
        waiting = asyncio.ensure_future(store.submit(lambda tx: tx.put(Blob(name="a"))))
        await asyncio.sleep(0)
        await asyncio.to_thread(other.execute, "commit")
        await waiting

    asyncio.run(run())
    other.close()
    store.close()


def test_an_answer_that_nobody_waits_for_hurts_no_other(tmp_path):
    store = SqliteStore(tmp_path / "store.db")

    async def run() -> None:
        gone = asyncio.ensure_future(store.submit(lambda tx: tx.put(Blob(name="gone"))))
        await asyncio.sleep(0)
        gone.cancel()
        await store.submit(lambda tx: tx.put(Blob(name="b")))

    asyncio.run(run())
    with store.snapshot() as tx:
        assert tx.get(Blob, "b")
    store.close()


def test_the_largest_batch_is_cut_and_all_of_it_is_written(tmp_path):
    store = SqliteStore(tmp_path / "store.db")

    def work(number: int):
        def put(tx: Transaction) -> None:
            tx.put(Blob(name=f"{number:04}"))

        return put

    async def run() -> None:
        await asyncio.gather(*(store.submit(work(number)) for number in range(1000)))

    asyncio.run(run())
    with store.snapshot() as tx:
        assert len(list(tx.scan(Blob))) == 1000
    store.close()


def test_calls_on_the_loop_share_a_snapshot_until_anybody_commits(tmp_path):
    store, other = SqliteStore(tmp_path / "store.db"), SqliteStore(tmp_path / "store.db")
    worked: list[str] = []

    def count() -> int:
        with store.snapshot() as tx:
            return tx.remembered("count", lambda: worked.append("x") or len(list(tx.scan(Blob))))

    async def run() -> None:
        assert [count(), count()] == [0, 0]
        assert len(worked) == 1
        await store.submit(lambda tx: tx.put(Blob(name="a")))
        assert [count(), count()] == [1, 1]
        await asyncio.to_thread(other.write, lambda tx: tx.put(Blob(name="b")))
        assert [count(), count()] == [2, 2]
        assert len(worked) == 3
        store.rest()
        assert count() == 2

    asyncio.run(run())
    store.close()
    other.close()


def test_a_snapshot_that_is_held_does_not_keep_the_log_from_being_cleared(tmp_path):
    """SQLite starts its log anew only when no reader needs what is in it."""
    store = SqliteStore(tmp_path / "store.db")

    async def run() -> None:
        for number in range(30):
            with store.snapshot() as tx:
                tx.get(Blob, "none")
            await store.submit(lambda tx, n=number: tx.put(Blob(name=f"{n}", data=bytes(400_000))))
        with store.snapshot() as tx:
            tx.get(Blob, "none")
        store.rest()

    asyncio.run(run())
    assert (tmp_path / "store.db-wal").stat().st_size < 30 * 400_000
    store.close()


def test_quiet_records_wake_nobody_unless_others_come_with_them(tmp_path):
    class Silent(Blob):
        table = "test.silent"
        quiet = True

    store = SqliteStore(tmp_path / "store.db")
    heard: list[int] = []
    store.on_commit(lambda: heard.append(1))

    def both(tx):
        tx.put(Silent(name="b"))
        tx.put(Blob(name="b"))

    async def run() -> None:
        await store.submit(lambda tx: tx.put(Silent(name="a")))
        await asyncio.to_thread(store.write, lambda tx: tx.delete(Silent(name="a")))
        assert not heard
        await store.submit(both)
        assert len(heard) == 1
        await asyncio.gather(
            store.submit(lambda tx: tx.put(Silent(name="c"))), store.submit(lambda tx: tx.put(Blob(name="d")))
        )
        assert len(heard) == 2

    asyncio.run(run())
    store.close()
