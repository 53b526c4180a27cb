"""The controller loop, with a controller that runs pretend machines."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from groundcloud.controllers import Loop, Outcome, troubles
from groundcloud.store import FeedTrimmed, Record, Store, open_store


class Machine(Record):
    table = "test.machine"
    key = ("id",)

    id: str
    wanted: str = "running"
    state: str = "pending"


class Name(Record):
    table = "test.name"
    key = ("name",)

    name: str


class Machines:
    """Starts and stops machines; fails as often as it is told to."""

    name = "test.machines"
    kind = Machine

    def __init__(self) -> None:
        self.alive: set[str] = set()
        self.broken = 0
        self.looks = 0

    def reconcile(self, key, wanted):
        self.looks += 1
        if self.broken:
            self.broken -= 1
            raise OSError("no room")
        if wanted is None or wanted.wanted != "running":
            self.alive.discard(key[0])
        else:
            self.alive.add(key[0])
        return Outcome(lambda tx: self.observe(tx, key))

    def observe(self, tx, key):
        machine = tx.get(Machine, *key)
        if machine is not None:
            machine.state = "running" if key[0] in self.alive else "stopped"
            tx.put(machine)


class Seconds:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)


@pytest.fixture()
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(str(tmp_path / "store.db"))
    yield made
    made.close()


@pytest.fixture()
def clock() -> Seconds:
    return Seconds()


def loop_of(store: Store, clock: Seconds, *controllers) -> Loop:
    return Loop(store, controllers, now=clock.now, monotonic=clock)


def put(store: Store, record: Record) -> None:
    store.write(lambda tx: tx.put(record))


def state(store: Store, id: str) -> str:
    with store.snapshot() as tx:
        return tx.get(Machine, id).state


def test_what_is_wanted_is_made_so_and_written_down(store, clock):
    machines = Machines()
    loop = loop_of(store, clock, machines)
    loop.settle()
    put(store, Machine("i-1"))
    loop.settle()
    assert machines.alive == {"i-1"}
    assert state(store, "i-1") == "running"
    put(store, Machine("i-1", wanted="stopped"))
    loop.settle()
    assert state(store, "i-1") == "stopped"


def test_a_deleted_record_is_cleaned_up(store, clock):
    machines = Machines()
    loop = loop_of(store, clock, machines)
    put(store, Machine("i-1"))
    loop.settle()
    store.write(lambda tx: tx.delete(tx.get(Machine, "i-1")))
    loop.settle()
    assert not machines.alive


def test_every_key_is_looked_at_once_at_start(store, clock):
    put(store, Machine("i-1", state="running"))
    put(store, Machine("i-2", state="running"))
    machines = Machines()
    loop_of(store, clock, machines).settle()
    assert machines.alive == {"i-1", "i-2"}
    assert machines.looks == 2


def test_a_failure_is_tried_again_after_twice_as_long_each_time_up_to_five_minutes(store, clock):
    machines = Machines()
    machines.broken = 1000
    put(store, Machine("i-1"))
    loop = loop_of(store, clock, machines)
    loop.settle()
    waited = []
    for _ in range(11):
        looks, start = machines.looks, clock.time
        while machines.looks == looks:
            clock.time += 1
            loop.settle()
        waited.append(clock.time - start)
    assert waited == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_failure_is_visible_until_it_is_over(store, clock):
    machines = Machines()
    machines.broken = 2
    put(store, Machine("i-1"))
    loop = loop_of(store, clock, machines)
    loop.settle()
    clock.time += 1
    loop.settle()
    with store.snapshot() as tx:
        (trouble,) = troubles(tx)
    assert (trouble.controller, trouble.record_key) == ("test.machines", ("i-1",))
    assert trouble.error == "OSError: no room"
    assert trouble.attempts == 2
    assert (trouble.next_attempt - trouble.since).total_seconds() == 3
    clock.time += 2
    loop.settle()
    with store.snapshot() as tx:
        assert troubles(tx) == []
    assert machines.alive == {"i-1"}


def test_a_failure_of_before_the_restart_is_forgotten_with_its_record(store, clock):
    machines = Machines()
    machines.broken = 1
    put(store, Machine("i-1"))
    loop_of(store, clock, machines).settle()
    store.write(lambda tx: tx.delete(tx.get(Machine, "i-1")))
    loop_of(store, clock, machines).settle()
    with store.snapshot() as tx:
        assert troubles(tx) == []


def test_a_change_of_the_record_ends_the_wait_of_a_failure(store, clock):
    machines = Machines()
    machines.broken = 4
    put(store, Machine("i-1"))
    loop = loop_of(store, clock, machines)
    loop.settle()
    for seconds in (1, 2, 4):
        clock.time += seconds
        loop.settle()
    put(store, Machine("i-1", state="asked again"))
    loop.settle()
    assert state(store, "i-1") == "running"


def test_one_broken_key_keeps_no_other_waiting(store, clock):
    class Picky(Machines):
        def reconcile(self, key, wanted):
            if key == ("i-1",):
                raise OSError("never")
            return super().reconcile(key, wanted)

    machines = Picky()
    put(store, Machine("i-1"))
    put(store, Machine("i-2"))
    loop_of(store, clock, machines).settle()
    assert machines.alive == {"i-2"}


def test_a_crash_between_the_work_and_its_write_down_repeats_harmlessly(store, clock):
    class Crash(BaseException):
        pass

    class Crashing(Machines):
        crash = True

        def observe(self, tx, key):
            super().observe(tx, key)
            if self.crash:
                raise Crash

    machines = Crashing()
    put(store, Machine("i-1"))
    with pytest.raises(Crash):
        loop_of(store, clock, machines).settle()
    assert machines.alive == {"i-1"}
    assert state(store, "i-1") == "pending"
    machines.crash = False
    loop_of(store, clock, machines).settle()
    assert machines.alive == {"i-1"}
    assert state(store, "i-1") == "running"


def test_two_controllers_share_a_table(store, clock):
    class Names:
        """Gives each machine a name."""

        name = "test.names"
        kind = Machine

        def reconcile(self, key, wanted):
            return Outcome(lambda tx: tx.put(Name(key[0])))

    machines = Machines()
    loop = loop_of(store, clock, machines, Names())
    loop.settle()
    put(store, Machine("i-1"))
    loop.settle()
    assert machines.alive == {"i-1"}
    with store.snapshot() as tx:
        assert tx.get(Name, "i-1") == Name("i-1")


def test_a_change_during_the_work_is_not_lost(store, clock):
    class Slow(Machines):
        """While it starts a machine, somebody asks for it to be stopped."""

        def reconcile(self, key, wanted):
            outcome = super().reconcile(key, wanted)
            if self.looks == 1:
                put(store, Machine("i-1", wanted="stopped"))
            return outcome

    machines = Slow()
    put(store, Machine("i-1"))
    loop_of(store, clock, machines).settle()
    assert not machines.alive
    assert state(store, "i-1") == "stopped"


def test_time_alone_wakes_a_controller_that_asks_for_it(store, clock):
    class Watch(Machines):
        def reconcile(self, key, wanted):
            self.looks += 1
            return Outcome(again=60)

    watch = Watch()
    put(store, Machine("i-1"))
    loop = loop_of(store, clock, watch)
    loop.settle()
    clock.time += 59
    loop.settle()
    assert watch.looks == 1
    clock.time += 1
    loop.settle()
    assert watch.looks == 2


def test_when_the_feed_is_trimmed_everything_is_looked_at_again(store, clock, monkeypatch):
    machines = Machines()
    loop = loop_of(store, clock, machines)
    loop.settle()
    put(store, Machine("i-1"))
    changes = store.changes

    def trimmed(after):
        monkeypatch.setattr(store, "changes", changes)
        raise FeedTrimmed(after)

    monkeypatch.setattr(store, "changes", trimmed)
    loop.settle()
    assert machines.alive == {"i-1"}


def test_in_its_thread_the_loop_wakes_on_a_commit_and_stops_when_told(store):
    done = threading.Event()

    class Signal(Machines):
        def reconcile(self, key, wanted):
            done.set()
            return super().reconcile(key, wanted)

    loop = Loop(store, [Signal()], now=lambda: datetime.now(UTC))
    loop.start()
    put(store, Machine("i-1"))
    assert done.wait(10)
    loop.stop()
    assert "controllers" not in {thread.name for thread in threading.enumerate()}


def test_commits_of_another_process_are_seen_without_a_hint(store, tmp_path):
    done = threading.Event()

    class Signal(Machines):
        def reconcile(self, key, wanted):
            done.set()
            return super().reconcile(key, wanted)

    loop = Loop(store, [Signal()], now=lambda: datetime.now(UTC))
    loop.start()
    other = open_store(str(tmp_path / "store.db"))
    put(other, Machine("i-1"))
    assert done.wait(10)
    loop.stop()
    other.close()
