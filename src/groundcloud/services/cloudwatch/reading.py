"""Reading a metric's points in periods: the store's points, gathered."""

from datetime import UTC, datetime

from groundcloud.metrics import Dimensions, Metric, Point, points
from groundcloud.metrics.records import dimension_key
from groundcloud.metrics.retention import TIERS
from groundcloud.store import Transaction

Periods = dict[tuple[int, str], Point]
"""By the beginning of the period, in seconds since 1970, and unit."""


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def find(
    tx: Transaction, account: str, region: str, namespace: str, name: str, dimensions: Dimensions
) -> Metric | None:
    return tx.get(Metric, account, region, namespace, name, dimension_key(dimensions))


def gather(tx: Transaction, metric: Metric, start: int, end: int, period: int, unit: str | None, now: int) -> Periods:
    """The points of each period from `start` on; None as the unit keeps units apart. What is older than its tier is
    kept is not shown, also before it is removed."""
    found: Periods = {}
    for tier in TIERS if period >= 60 else TIERS[:1]:
        if period >= 60 and tier.resolution == 1:
            continue
        begin = max(start, now - tier.kept) if not tier.next else start
        for placed in points.read(tx, tier.resolution, metric.number, begin, end):
            if unit is not None and placed.unit != unit:
                continue
            key = (placed.at - (placed.at - start) % period, placed.unit)
            known = found.get(key)
            if known is None:
                found[key] = placed.point
            else:
                known.add(placed.point)
    return dict(sorted(found.items()))


def rounded_start(start: float, now: float, period: int) -> int:
    """The start as AWS rounds it: to a minute, to five minutes after 15 days, to an hour after 63; to the period where
    that is shorter than a minute (GetMetricStatistics in the API reference)."""
    age = now - start
    grain = period if period < 60 else 60 if age < 15 * 86400 else 300 if age < 63 * 86400 else 3600
    return int(start) - int(start) % grain
