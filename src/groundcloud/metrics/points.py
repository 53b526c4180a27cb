"""Points: what is known of a metric in one second, minute, five minutes or hour, with the distribution of its values.

They lie in the store's ordered table by resolution, metric, time and unit. Up to `_MOST` values are kept exactly; more
are gathered in logarithmic classes that are one per cent wide.
"""

import math
from collections.abc import Iterator

import msgspec

from groundcloud.store import Transaction
from groundcloud.store.keys import pack, unpack

_TABLE = "metric.point"
_MOST = 400
_CLASS = math.log(1.01)


class Point(msgspec.Struct, array_like=True):
    """Several samples as one. `values` has each value and how often it came; None where only sums are known."""

    count: float
    total: float
    low: float
    high: float
    values: dict[float, float] | None = None

    def add(self, other: "Point") -> None:
        """Take in another point's samples."""
        self.count += other.count
        self.total += other.total
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)
        if self.values is None or other.values is None:
            self.values = None
            return
        for value, count in other.values.items():
            self.values[value] = self.values.get(value, 0.0) + count
        if len(self.values) > _MOST:
            self.values = _coarse(self.values)


class Placed(msgspec.Struct):
    """A point with its time, in seconds since 1970, and its unit."""

    at: int
    unit: str
    point: Point


def _coarse(values: dict[float, float]) -> dict[float, float]:
    found: dict[float, float] = {}
    for value, count in values.items():
        near = math.copysign(math.exp(round(math.log(abs(value)) / _CLASS) * _CLASS), value) if value else 0.0
        found[near] = found.get(near, 0.0) + count
    return found


def of_values(values: list[float], counts: list[float]) -> Point:
    """A point of values and how often each came."""
    distribution: dict[float, float] = {}
    for value, count in zip(values, counts, strict=True):
        distribution[value] = distribution.get(value, 0.0) + count
    total = sum(value * count for value, count in distribution.items())
    return Point(sum(distribution.values()), total, min(distribution), max(distribution), distribution)


def of_set(count: float, total: float, low: float, high: float) -> Point:
    """A point of a statistic set. Its distribution is known where all samples are alike: then percentiles can be
    worked out (GetMetricStatistics in the API reference)."""
    alike = low == high or count == 1
    return Point(count, total, low, high, {low: count} if alike else None)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Point).decode


def _place(resolution: int, number: int, at: int, unit: str) -> bytes:
    return pack((_TABLE, resolution, number, at, unit))


def add(tx: Transaction, resolution: int, number: int, at: int, unit: str, point: Point) -> None:
    """Let the point at that time have these samples, too."""
    place = _place(resolution, number, at, unit)
    known = tx.table.get(place)
    if known is None:
        tx.table.set(place, _encode(point))
        return
    found = _decode(known)
    found.add(point)
    tx.table.set(place, _encode(found))


def remove(tx: Transaction, resolution: int, number: int, placed: Placed) -> None:
    tx.table.delete(_place(resolution, number, placed.at, placed.unit))


def read(tx: Transaction, resolution: int, number: int, start: int, end: int) -> Iterator[Placed]:
    """The points of a resolution with start <= time < end, in order of time."""
    low, high = pack((_TABLE, resolution, number, start)), pack((_TABLE, resolution, number, end))
    while True:
        rows = tx.table.range(low, high, 1000, False)
        for place, data in rows:
            _, _, _, at, unit = unpack(place)
            yield Placed(int(at), str(unit), _decode(data))
        if len(rows) < 1000:
            return
        low = rows[-1][0] + b"\0"
