"""How long points are kept, and in what they go on: seconds for 3 hours, minutes for 15 days, five minutes for 63 days,
hours for 455 days ("Metrics retention" in "Metrics concepts" of the CloudWatch user guide)."""

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from groundcloud.controllers import Outcome
from groundcloud.metrics import points
from groundcloud.metrics.records import Activity, Metric
from groundcloud.store import Key, Store, Transaction

_DAY = 86400
_AT_ONCE = 500
_LOOK_EVERY = 3600.0


class Tier(NamedTuple):
    """Points of a resolution, for how many seconds they are kept, and the resolution they become then; 0 for none."""

    resolution: int
    kept: int
    next: int


TIERS = (Tier(1, 3 * 3600, 0), Tier(60, 15 * _DAY, 300), Tier(300, 63 * _DAY, 3600), Tier(3600, 455 * _DAY, 0))


class Retention:
    """Gathers what is old into coarser points, and forgets what is too old."""

    name = "cloudwatch.retention"
    kind = Metric

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def reconcile(self, key: Key, wanted: Metric | None) -> Outcome:
        if wanted is None:
            return Outcome()
        now = int(self._clock().timestamp())
        for tier in TIERS:
            while self._due(wanted, tier, now) and self._store.write(lambda tx, tier=tier: _age(tx, wanted, tier, now)):  # type: ignore[misc]  # mypy infers no lambda with a default
                pass
        with self._store.snapshot() as tx:
            activity = tx.get(Activity, wanted.number)
        if activity is not None and activity.at < now - TIERS[-1].kept - _DAY:
            return Outcome(lambda tx: _forget(tx, wanted, activity.at))
        return Outcome(again=_LOOK_EVERY)

    def _due(self, metric: Metric, tier: Tier, now: int) -> bool:
        """Most of the time nothing is, and nothing is written."""
        with self._store.snapshot() as tx:
            return next(points.read(tx, tier.resolution, metric.number, 0, _limit(tier, now)), None) is not None


def _limit(tier: Tier, now: int) -> int:
    """Whole points of the next tier are moved, or none."""
    limit = now - tier.kept
    return limit - limit % tier.next if tier.next else limit


def _age(tx: Transaction, metric: Metric, tier: Tier, now: int) -> bool:
    """Whether there may be more."""
    old = list(islice(points.read(tx, tier.resolution, metric.number, 0, _limit(tier, now)), _AT_ONCE))
    for placed in old:
        if tier.next:
            at = placed.at - placed.at % tier.next
            points.add(tx, tier.next, metric.number, at, placed.unit, placed.point)
        points.remove(tx, tier.resolution, metric.number, placed)
    return len(old) == _AT_ONCE


def _forget(tx: Transaction, metric: Metric, at: int) -> None:
    activity = tx.get(Activity, metric.number)
    if activity is not None and activity.at == at:
        tx.delete(activity)
        tx.delete(metric)
