"""From an alarm's data points to its state: a pure function.

Source: "Configuring how CloudWatch alarms treat missing data" in the CloudWatch user guide, whose tables are the tests.
"""

import operator
from collections.abc import Callable, Sequence
from typing import NamedTuple

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
BANDS: dict[str, Callable[[float, float, float], bool]] = {
    "LessThanLowerOrGreaterThanUpperThreshold": lambda value, lower, upper: value < lower or value > upper,
    "LessThanLowerThreshold": lambda value, lower, upper: value < lower,
    "GreaterThanUpperThreshold": lambda value, lower, upper: value > upper,
}
"""Comparisons with a band of expected values."""
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
EXTRA = 2
"""Periods that are looked at beyond the evaluation periods. AWS names no number; its tables show five for three."""


class Rule(NamedTuple):
    """What an alarm asks for: `needed` breaching data points out of `periods`."""

    periods: int
    needed: int
    missing: str = "missing"

    @property
    def range(self) -> int:
        """How many periods are looked at."""
        return self.periods + EXTRA


class Verdict(NamedTuple):
    """The state; None where the present one is kept. `used` are the places of the data points that decided, the newest
    first, and `filled` says how many missing ones were filled in."""

    state: str | None
    used: tuple[int, ...] = ()
    breaching: int = 0
    filled: int = 0


def evaluate(rule: Rule, points: Sequence[bool | None]) -> Verdict:
    """`points`: the newest last; whether each is breaching, None for a missing one."""
    recent = points[-rule.range :]
    offset = len(points) - len(recent)
    real = [offset + place for place, point in enumerate(recent) if point is not None][-rule.periods :]
    used = tuple(reversed(real))
    breaching = sum(1 for place in real if points[place])
    filled = rule.periods - len(real)

    def verdict(state: str | None) -> Verdict:
        return Verdict(state, used, breaching, filled)

    if breaching >= rule.needed:
        return verdict(ALARM)
    if filled == 0:
        return verdict(OK)
    if rule.missing == "breaching":
        return verdict(ALARM if breaching + filled >= rule.needed else OK)
    if rule.missing == "notBreaching" or breaching < len(real):
        return verdict(OK)
    if rule.missing == "ignore":
        return verdict(None)
    # Nothing but breaching points, and too few: an alarm all the same, once the oldest is as old as it takes.
    long_ago = bool(real) and len(points) - real[0] >= rule.needed
    return verdict(ALARM if long_ago else INSUFFICIENT)
