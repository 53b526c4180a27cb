"""Gives health checks to the engine, and writes down what its checkers see."""

from collections.abc import Callable
from datetime import datetime

from groundcloud.controllers import Outcome
from groundcloud.engines.probes.board import Checker, Health, Seen
from groundcloud.engines.probes.prober import Rounds
from groundcloud.services.route53.health_chores import checks, repeat
from groundcloud.services.route53.health_records import HealthCheck, HealthState, Observation
from groundcloud.services.route53.health_rules import check_of
from groundcloud.store import Key, Store, StoreUnavailable, Transaction

_EVERY = 2.0
"""Seconds between two times that observations are written down. DNS answers do not wait for it."""


class HealthChecks:
    """Implements `Controller`."""

    name = "route53.health_checks"
    kind = HealthCheck

    def __init__(self, store: Store, rounds: Rounds) -> None:
        self._store = store
        self._rounds = rounds

    def reconcile(self, key: Key, wanted: HealthCheck | None) -> Outcome:
        if wanted is None:
            self._rounds.forget(str(key[1]))
            return Outcome()
        with self._store.snapshot() as tx:
            state = tx.get(HealthState, wanted.account, wanted.id)
        self._rounds.watch(check_of(wanted), state.healthy if state is not None else None)
        return Outcome()


class Witness:
    """Writes down what was seen, now and then."""

    def __init__(self, store: Store, rounds: Rounds, now: Callable[[], datetime]) -> None:
        self._store = store
        self._rounds = rounds
        self._now = now

    async def run(self) -> None:
        """Until it is cancelled."""
        await repeat(_EVERY, self.write, "observations of health checks wait")

    async def write(self) -> None:
        """Everything that is new, in one transaction."""
        dirty, self._rounds.dirty = self._rounds.dirty, set()
        board = self._rounds.board.all
        seen = {id_: _observed(board[id_]) for id_ in dirty if id_ in board}
        if not seen:
            return
        now = self._now()

        def work(tx: Transaction) -> None:
            for found in checks(tx, seen):
                healthy, observations, failures = seen[found.id]
                known = tx.get(HealthState, found.account, found.id)
                changed = known.changed if known is not None and known.healthy == healthy else now
                tx.put(HealthState(found.account, found.id, healthy, changed, observations, failures))

        try:
            await self._store.submit(work)
        except StoreUnavailable:
            self._rounds.dirty |= dirty
            raise


def _observed(found: Health) -> tuple[bool, list[Observation], list[Observation]]:
    last = [_observation(each, each.last, each.last_at) for each in found.checkers if each.last]
    failures = [_observation(each, each.failure, each.failure_at) for each in found.checkers if each.failure]
    return found.healthy, last, failures


def _observation(checker: Checker, seen: Seen | None, at: datetime | None) -> Observation:
    assert seen is not None
    assert at is not None
    return Observation(checker.region, seen.address or "127.0.0.1", seen.text, at)
