"""Evaluates alarms: at every tick of the clock, and at once when data come for a time that was looked at already."""

from collections.abc import Callable
from datetime import datetime

from groundcloud.context import Context
from groundcloud.controllers import Outcome
from groundcloud.metrics import Arrival, Watched
from groundcloud.services.cloudwatch import alarm_rules, states
from groundcloud.services.cloudwatch.judging import Judgement, judge, watched_metrics
from groundcloud.services.cloudwatch.records import Alarm
from groundcloud.store import Key, Store, Transaction

Within = Callable[[Transaction, str, str], Context]
"""A context of CloudWatch's for an account and a Region."""


class Evaluations:
    """Looks at every metric alarm each minute, or every ten seconds where its period is shorter than a minute."""

    name = "cloudwatch.evaluations"
    kind = Alarm

    def __init__(self, metrics: Store, within: Within, clock: Callable[[], datetime]) -> None:
        self._metrics = metrics
        self._within = within
        self._clock = clock

    def reconcile(self, key: Key, wanted: Alarm | None) -> Outcome:
        self._watch(key, wanted)
        if wanted is None or wanted.composite:
            return Outcome()
        now = self._clock().timestamp()
        if now < wanted.held_until:
            return Outcome(again=wanted.held_until - now)
        found = evaluated(self._metrics, wanted, now)
        again = alarm_rules.next_tick(wanted, now) - now
        return Outcome(written(self._within, wanted, found) if found is not None else None, again)

    def _watch(self, key: Key, wanted: Alarm | None) -> None:
        """Let whoever writes data know which alarms look at them."""
        with self._metrics.snapshot() as tx:
            known = tx.get(Watched, *key)
        metrics = watched_metrics(wanted) if wanted is not None else []
        if metrics == (known.metrics if known is not None else []):
            return
        account, region, name = map(str, key)
        made = Watched(account, region, name, metrics)

        def work(tx: Transaction) -> None:
            if metrics:
                tx.put(made)
                return
            for old in (tx.get(Watched, *key), tx.get(Arrival, *key)):
                if old is not None:
                    tx.delete(old)

        self._metrics.write(work)


class Arrivals:
    """Looks at an alarm again when data came late. Its loop is that of the metrics' store."""

    name = "cloudwatch.arrivals"
    kind = Arrival

    def __init__(self, store: Store, metrics: Store, within: Within, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._metrics = metrics
        self._within = within
        self._clock = clock

    def reconcile(self, key: Key, wanted: Arrival | None) -> Outcome:
        with self._store.snapshot() as tx:
            alarm = tx.get(Alarm, *key)
        now = self._clock().timestamp()
        if wanted is None or alarm is None or alarm.composite or now < alarm.held_until:
            return Outcome()
        found = evaluated(self._metrics, alarm, now)
        if found is not None:
            self._store.write(written(self._within, alarm, found))
        return Outcome()


def evaluated(metrics: Store, alarm: Alarm, now: float) -> Judgement | None:
    """What the data say, where it is not what the alarm says already."""
    with metrics.snapshot() as tx:
        found = judge(tx, alarm, now)
    return found if found.state is not None and found.state != alarm.state_value else None


def written(within: Within, seen: Alarm, found: Judgement) -> Callable[[Transaction], None]:
    """Writes a new state down, unless the alarm has become another one meanwhile."""

    def work(tx: Transaction) -> None:
        ctx = within(tx, seen.account, seen.region)
        alarm = ctx.get(Alarm, seen.alarm_name)
        if alarm is not None and alarm == seen and found.state is not None:
            states.turn(ctx, alarm, found.state, found.reason, found.data)

    return work
