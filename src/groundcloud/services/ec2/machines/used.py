"""What machines have used between two looks, out of counters that only grow and begin anew with each life. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from groundcloud.engines.machines.wanted import DiskUse, Usage
from groundcloud.engines.network.wanted import Traffic


class Look(NamedTuple):
    """What was counted of one machine until a moment."""

    at: float
    """Unix time."""
    usage: Usage
    traffic: Mapping[str, Traffic]
    """By network interface."""


class Used(NamedTuple):
    """What one machine has used in some seconds."""

    seconds: float
    processor_seconds: float
    traffic: Traffic
    disks: Mapping[str, DiskUse]
    """By volume: differences, but for the operations that are in flight."""
    stalled: bool
    """Whether a disk has had something to do all the time, and done nothing."""


def used(before: Look | None, now: Look, known_since: float) -> Used | None:
    """What was used since an earlier look. A life that has begun after `known_since`, the time of the last look at all
    machines, began with nothing; of one that was found running, nothing can be said before the second look."""
    again = before is not None and before.usage.started == now.usage.started
    if not again and now.usage.started < known_since:
        return None
    start = before if again else None
    since = start.at if start is not None else now.usage.started
    if now.at <= since:
        return None
    base = start.usage.processor_seconds if start is not None else 0.0
    old = start.traffic if start is not None else {}
    disks = {
        name: _disk(start.usage.disks[name], disk)
        for name, disk in now.usage.disks.items()
        if start is not None and name in start.usage.disks and start.usage.disks[name].device == disk.device
    }
    return Used(
        seconds=now.at - since,
        processor_seconds=_grown(base, now.usage.processor_seconds),
        traffic=_sum([_more(old.get(name, Traffic()), each) for name, each in now.traffic.items()]),
        disks=disks,
        stalled=start is not None and any(_stalled(start.usage.disks[name], now.usage.disks[name]) for name in disks),
    )


def together(one: Used | None, other: Used | None) -> Used | None:
    """What was used in one stretch of time and in another."""
    if one is None or other is None:
        return one or other
    disks = dict(one.disks)
    for name, disk in other.disks.items():
        known = disks.get(name)
        disks[name] = disk if known is None else _both(known, disk)
    return Used(
        one.seconds + other.seconds,
        one.processor_seconds + other.processor_seconds,
        _sum([one.traffic, other.traffic]),
        disks,
        other.stalled,
    )


def _both(one: DiskUse, other: DiskUse) -> DiskUse:
    sums: dict[str, Any] = {name: getattr(one, name) + getattr(other, name) for name in _COUNTED}
    return DiskUse(device=other.device, in_flight=other.in_flight, **sums)


def _grown(before: float, now: float) -> float:
    """How much a counter has grown; one that is less than before has begun anew."""
    return now - before if now >= before else now


def _more(before: Traffic, now: Traffic) -> Traffic:
    anew = now.bytes_in < before.bytes_in or now.bytes_out < before.bytes_out
    if anew:
        return now
    return Traffic(
        now.bytes_in - before.bytes_in,
        now.packets_in - before.packets_in,
        now.bytes_out - before.bytes_out,
        now.packets_out - before.packets_out,
    )


def _sum(each: list[Traffic]) -> Traffic:
    return Traffic(
        sum(one.bytes_in for one in each),
        sum(one.packets_in for one in each),
        sum(one.bytes_out for one in each),
        sum(one.packets_out for one in each),
    )


_COUNTED = (
    "reads", "bytes_read", "read_seconds", "writes", "bytes_written", "write_seconds", "busy_seconds", "waited_seconds",
)  # fmt: skip


def _disk(before: DiskUse, now: DiskUse) -> DiskUse:
    grown: dict[str, Any] = {name: _grown(getattr(before, name), getattr(now, name)) for name in _COUNTED}
    return DiskUse(device=now.device, in_flight=now.in_flight, **grown)


def _stalled(before: DiskUse, now: DiskUse) -> bool:
    done = (before.reads, before.writes) != (now.reads, now.writes)
    return bool(before.in_flight and now.in_flight) and not done
