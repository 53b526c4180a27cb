"""The band that a metric's values are expected in: ANOMALY_DETECTION_BAND. Pure.

The model is simple and says so: at each time the mean of what came before at about the same time of day (within the
same half hour and those beside it), give or take some standard deviations. Until there are enough of these, everything
that came before counts; until there is enough of that, nothing is expected. AWS's model, which it does not publish,
learns trends and weeks as well.
"""

import math
from collections.abc import Iterable

from groundcloud.services.cloudwatch.math.values import Series

HISTORY = 14 * 86400
"""Seconds before the first time for which a band is asked that are learnt from: as with AWS, two weeks."""
_SLOT = 1800
_SLOTS = 86400 // _SLOT
_LEAST_IN_SLOTS, _LEAST = 6, 15


class _Seen:
    """How many values, their sum, and the sum of their squares, around the first one."""

    __slots__ = ("count", "squares", "total")

    def __init__(self) -> None:
        self.count, self.total, self.squares = 0, 0.0, 0.0

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.squares += value * value


def band(known: Series, times: Iterable[int], deviations: float) -> list[Series]:
    """The upper and the lower bound at these times, in order, from the values that came before each."""
    slots = [_Seen() for _ in range(_SLOTS)]
    whole = _Seen()
    upper, lower = dict[int, float](), dict[int, float]()
    points = iter(sorted(known.points.items()))
    following = next(points, None)
    shift = following[1] if following is not None else 0.0  # keeps the squares small
    for at in times:
        while following is not None and following[0] < at:
            for seen in (slots[following[0] % 86400 // _SLOT], whole):
                seen.add(following[1] - shift)
            following = next(points, None)
        found = _expected(slots, whole, at % 86400 // _SLOT)
        if found is not None:
            middle, spread = found
            upper[at], lower[at] = shift + middle + deviations * spread, shift + middle - deviations * spread
    return [Series(upper, known.period, f"{known.label} upper"), Series(lower, known.period, f"{known.label} lower")]


def _expected(slots: list[_Seen], whole: _Seen, slot: int) -> tuple[float, float] | None:
    """Mean and standard deviation, where there is enough to say."""
    near = [slots[(slot + step) % _SLOTS] for step in (-1, 0, 1)]
    if sum(seen.count for seen in near) < _LEAST_IN_SLOTS or whole.count < _LEAST:
        near = [whole] if whole.count >= _LEAST else []
    count = sum(seen.count for seen in near)
    if not count:
        return None
    middle = sum(seen.total for seen in near) / count
    return middle, math.sqrt(max(0.0, sum(seen.squares for seen in near) / count - middle * middle))
