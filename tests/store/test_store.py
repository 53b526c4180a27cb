"""What every store must do, on SQLite and on PostgreSQL alike."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from groundcloud.store import FORMAT, FeedTrimmed, NewerData, Part, ReadOnly, Record, Store, Transaction, feed


class Label(Part):
    key: str
    value: str = ""


def by_label(thing: "Thing") -> list[tuple[str, ...]]:
    return [(thing.account, label.key) for label in thing.labels]


class Thing(Record):
    table = "test.thing"
    key = ("account", "name")
    indexes = {"by_colour": ("account", "colour"), "by_label": by_label}

    account: str
    name: str
    colour: str = "red"
    count: int = 0
    labels: list[Label] = []


def names(tx: Transaction, *prefix: str, **options) -> list[str]:
    return [thing.name for thing in tx.scan(Thing, *prefix, **options)]


def put(store: Store, *things: Thing) -> None:
    store.write(lambda tx: [tx.put(thing) for thing in things])


def test_a_record_comes_back_as_it_was_put(store):
    thing = Thing(account="1", name="a", count=3, labels=[Label(key="x", value="ü")])
    put(store, thing)
    with store.snapshot() as tx:
        assert tx.get(Thing, "1", "a") == thing
        assert tx.get(Thing, "1", "b") is None


def test_records_come_in_the_order_of_their_keys(store):
    put(store, *(Thing(account="1", name=name) for name in ("b", "", "a\0", "a", "ab", "ä", "a b")))
    put(store, Thing(account="10", name="other"), Thing(account="0", name="other"))
    with store.snapshot() as tx:
        found = names(tx, "1")
        assert found == sorted(found, key=str.encode)
        assert len(found) == 7
        assert names(tx, "1", reverse=True) == found[::-1]


def test_a_scan_goes_on_after_a_position_whatever_changed(store):
    put(store, *(Thing(account="1", name=f"{number:05}") for number in range(300)))
    with store.snapshot() as tx:
        position = [position for position, _ in tx.scan_from(Thing, "1")][149]
    store.write(lambda tx: tx.delete(Thing(account="1", name="00149")))
    put(store, Thing(account="1", name="00149a"))
    with store.snapshot() as tx:
        rest = names(tx, "1", after=position)
        assert rest[:2] == ["00149a", "00150"]
        assert len(rest) == 151
        backwards = [thing.name for _, thing in tx.scan_from(Thing, "1", after=position, reverse=True)]
        assert backwards[0] == "00148"
        assert len(backwards) == 149


def test_an_index_follows_its_record(store):
    put(store, Thing(account="1", name="a", labels=[Label(key="x"), Label(key="y")]), Thing(account="1", name="b"))
    put(store, Thing(account="1", name="a", colour="blue", labels=[Label(key="y")]))
    with store.snapshot() as tx:
        assert names(tx, "1", "red", index="by_colour") == ["b"]
        assert names(tx, "1", "blue", index="by_colour") == ["a"]
        assert names(tx, "1", "x", index="by_label") == []
        assert names(tx, "1", "y", index="by_label") == ["a"]
        assert tx.exists(Thing, "1", "y", index="by_label")
        assert not tx.exists(Thing, "1", "x", index="by_label")
    store.write(lambda tx: tx.delete(Thing(account="1", name="a")))
    with store.snapshot() as tx:
        assert names(tx, "1", index="by_colour") == ["b"]
        assert names(tx, "1", index="by_label") == []


def test_a_long_scan_of_an_index_gives_each_record_once_in_order(store):
    put(store, *(Thing(account="1", name=f"{number:04}", colour=f"{number % 7}") for number in range(500)))
    expected = sorted((f"{number % 7}", f"{number:04}") for number in range(500))
    with store.snapshot() as tx:
        assert [(each.colour, each.name) for each in tx.scan(Thing, "1", index="by_colour")] == expected
        assert [each.name for each in tx.scan(Thing, "1", index="by_colour", reverse=True)] == [
            name for _, name in reversed(expected)
        ]


def test_a_writer_that_scans_an_index_sees_what_it_has_changed_meanwhile(store):
    put(store, *(Thing(account="1", name=f"{number:04}") for number in range(300)))

    def work(tx):
        seen = []
        for thing in tx.scan(Thing, "1", "red", index="by_colour"):
            seen.append(thing.name)
            tx.delete(thing)
            if thing.name < "0299":
                following = tx.get(Thing, "1", f"{int(thing.name) + 1:04}")
                tx.put(Thing(account="1", name=following.name, count=following.count + 1))
        return seen, tx.exists(Thing, "1")

    assert store.write(work) == ([f"{number:04}" for number in range(300)], False)


def test_records_that_are_read_ahead_are_those_of_the_snapshot(store):
    put(store, *(Thing(account="1", name=f"{number:04}") for number in range(200)))
    keys = [("1", f"{number:04}") for number in range(0, 300, 2)]
    with store.snapshot() as tx:
        tx.read_ahead(Thing, keys)
        assert [tx.get(Thing, *key) is not None for key in keys] == [number < 200 for number in range(0, 300, 2)]

    def work(tx):
        tx.read_ahead(Thing, keys)
        tx.delete(tx.get(Thing, *keys[0]))
        return tx.get(Thing, *keys[0])

    assert store.write(work) is None


def test_what_raises_writes_nothing(store):
    def work(tx: Transaction) -> None:
        tx.put(Thing(account="1", name="a"))
        raise ValueError

    with pytest.raises(ValueError):
        store.write(work)
    with store.snapshot() as tx:
        assert names(tx) == []
    assert store.changes(0) == []


def test_who_only_looks_shares_a_record_and_who_writes_has_one_of_their_own(store):
    put(store, Thing(account="1", name="a"))
    with store.snapshot() as tx:
        assert tx.view(Thing, "1", "a") is tx.view(Thing, "1", "a")
        assert tx.get(Thing, "1", "a") is not tx.view(Thing, "1", "a")
        assert tx.view(Thing, "1", "b") is None

    def work(tx: Transaction) -> None:
        found = tx.view(Thing, "1", "a")
        found.colour = "blue"
        assert tx.view(Thing, "1", "a").colour == "red"
        tx.put(found)
        assert tx.view(Thing, "1", "a").colour == "blue"

    store.write(work)
    with store.snapshot() as tx:
        assert tx.view(Thing, "1", "a").colour == "blue"


def test_a_reader_cannot_write(store):
    with store.snapshot() as tx, pytest.raises(ReadOnly):
        tx.put(Thing(account="1", name="a"))


def test_a_snapshot_stands_still(store):
    put(store, Thing(account="1", name="a"))
    with store.snapshot() as tx:
        assert names(tx) == ["a"]
        writer = threading.Thread(target=put, args=(store, Thing(account="1", name="b")))
        writer.start()
        writer.join()
        assert names(tx) == ["a"]
    with store.snapshot() as tx:
        assert names(tx) == ["a", "b"]


def test_of_writes_that_wait_together_only_the_one_that_raises_is_undone(store):
    async def run() -> list[object]:
        def good(name: str) -> Callable[[Transaction], str]:
            return lambda tx: tx.put(Thing(account="1", name=name)).name

        def bad(tx: Transaction) -> None:
            tx.put(Thing(account="1", name="bad"))
            raise ValueError("no")

        works = [store.submit(good("a")), store.submit(bad), store.submit(good("c"))]
        return await asyncio.gather(*works, return_exceptions=True)

    first, second, third = asyncio.run(run())
    assert (first, third) == ("a", "c")
    assert isinstance(second, ValueError)
    with store.snapshot() as tx:
        assert names(tx) == ["a", "c"]


def test_no_increment_is_lost_between_two_processes_worth_of_writers(opened):
    """Read, add, write, from two stores over the same data at once: each sees the other's."""
    stores = [opened(), opened()]
    put(stores[0], Thing(account="1", name="counter"))

    def increment(tx: Transaction) -> None:
        thing = tx.get(Thing, "1", "counter")
        assert thing is not None
        thing.count += 1
        tx.put(thing)

    def many(store: Store) -> None:
        async def run() -> None:
            await asyncio.gather(*(store.submit(increment) for _ in range(25)))

        asyncio.run(run())

    threads = [threading.Thread(target=many, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores[0].snapshot() as tx:
        assert tx.get(Thing, "1", "counter").count == 50


def test_the_feed_tells_what_changed_in_order_and_from_any_position(opened):
    store, other = opened(), opened()
    put(store, Thing(account="1", name="a"))
    position = store.revision()
    put(other, Thing(account="1", name="b"), Thing(account="1", name="c"))
    store.write(lambda tx: tx.delete(Thing(account="1", name="a")))
    assert [(change.table, change.key) for change in store.changes(position)] == [
        ("test.thing", ("1", "b")),
        ("test.thing", ("1", "c")),
        ("test.thing", ("1", "a")),
    ]
    newest = store.changes(position)[-1].revision
    assert store.changes(newest) == []
    assert other.revision() == newest


def test_old_changes_are_trimmed_and_who_missed_them_is_told(opened, monkeypatch):
    monkeypatch.setattr(feed, "KEPT", 5)
    monkeypatch.setattr(feed, "TRIM_EVERY", 10)
    store = opened()
    put(store, Thing(account="1", name="first"))
    start = store.revision()
    for number in range(12):
        put(store, Thing(account="1", name=f"thing{number}"))
    with pytest.raises(FeedTrimmed):
        store.changes(start)
    newest = store.revision()
    put(store, Thing(account="1", name="last"))
    assert [change.key for change in opened().changes(newest)] == [("1", "last")]


def test_a_put_that_changes_nothing_is_no_change(store):
    put(store, Thing(account="1", name="a"))
    position = store.revision()
    put(store, Thing(account="1", name="a"))
    assert store.changes(position) == []


def test_listeners_hear_of_commits(store):
    heard: list[int] = []
    store.on_commit(lambda: heard.append(1))
    put(store, Thing(account="1", name="a"))
    assert heard


class OldThing(Record):
    table = "test.evolving"
    key = ("name",)

    name: str
    size: str


class NewThing(Record):
    table = "test.evolving"
    key = ("name",)
    version = 3

    name: str
    bytes_: int
    note: str = "none"

    @classmethod
    def upgrade(cls, old, version):
        if version == 1:
            return {"name": old["name"], "bytes": int(old["size"])}
        return {"name": old["name"], "bytes_": old["bytes"]}


def test_a_record_of_an_older_version_is_brought_forward(store):
    store.write(lambda tx: tx.put(OldThing(name="a", size="12")))
    with store.snapshot() as tx:
        assert tx.get(NewThing, "a") == NewThing(name="a", bytes_=12)


def test_a_record_of_a_newer_version_is_refused(store):
    store.write(lambda tx: tx.put(NewThing(name="a", bytes_=1)))
    with store.snapshot() as tx, pytest.raises(NewerData, match="version 3"):
        tx.get(OldThing, "a")


def test_data_of_a_newer_format_are_refused_with_a_clear_message(opened, address, monkeypatch):
    monkeypatch.setattr("groundcloud.store.sqlite.FORMAT", FORMAT + 1)
    monkeypatch.setattr("groundcloud.store.postgres.FORMAT", FORMAT + 1)
    put(opened(), Thing(account="1", name="a"))
    monkeypatch.undo()
    with pytest.raises(NewerData, match=f"has format {FORMAT + 1}; this Groundcloud knows up to {FORMAT}"):
        opened()
