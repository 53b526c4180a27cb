"""GetLogEvents, FilterLogEvents, GetLogRecord, GetLogGroupFields."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.logs import chunks, errors
from groundcloud.services.logs.chunks import FIRST, LAST, Event, Place
from groundcloud.services.logs.keys import opener
from groundcloud.services.logs.metrics import pattern_of
from groundcloud.services.logs.names import (
    Owner,
    either,
    find_group,
    find_stream,
    milliseconds,
    on_either,
    on_either_stream,
    plane,
    resource,
)
from groundcloud.services.logs.records import LogGroup, LogStream
from groundcloud.store import Transaction

_DAY = 86_400_000
_MOST = 10_000
_LARGEST = 1_048_576
_OVERHEAD = 26
_NUMBERS, _INDEXES = 10**12, 10**6
_PURPOSE = "logs filter"


# -- positions as texts


def number_of(place: Place) -> int:
    """A place as one number, in the same order."""
    return (place.timestamp * _NUMBERS + place.number) * _INDEXES + place.at


def place_of(number: int) -> Place:
    rest, index = divmod(number, _INDEXES)
    timestamp, batch = divmod(rest, _NUMBERS)
    return Place(timestamp, batch, index)


def event_id(place: Place) -> str:
    """An event's id as AWS shows one: 56 digits."""
    return f"{number_of(place):056d}"


def _token(way: str, number: int) -> str:
    return f"{way}/{max(0, number):056d}/s"


def _read_token(text: str) -> tuple[str, int]:
    """Raises `InvalidParameterException`."""
    parts = text.split("/")
    if len(parts) != 3 or parts[0] not in ("f", "b") or len(parts[1]) != 56 or not parts[1].isascii():
        raise errors.invalid("The specified nextToken is invalid.")
    if not parts[1].isdigit():
        raise errors.invalid("The specified nextToken is invalid.")
    return parts[0], int(parts[1])


def oldest(group: LogGroup, now: int) -> int:
    """The time before which a group's events have expired."""
    return now - group.retention_in_days * _DAY if group.retention_in_days else 0


# -- one stream


@operation(on=on_either_stream, read=True, data_event=True, harmless=("unmask",))
def get_log_events(
    ctx: Context,
    log_stream_name: str,
    log_group_name: str = "",
    log_group_identifier: str = "",
    start_time: int = 0,
    end_time: int = -1,
    next_token: str = "",
    limit: int = _MOST,
    start_from_head: bool = False,
) -> object:
    owner = either(ctx, log_group_name, log_group_identifier)
    with plane(ctx).snapshot() as tx:
        group = find_group(tx, owner)
        stream = find_stream(tx, owner, log_stream_name)
        low = Place(max(start_time, oldest(group, milliseconds(ctx))), 0, 0)
        high = LAST if end_time < 0 else Place(end_time, 0, 0)
        ahead = start_from_head
        given: int | None = None
        if next_token:
            way, given = _read_token(next_token)
            ahead = way == "f"
            if ahead:
                low = max(low, place_of(given + 1))
            else:
                high = min(high, place_of(given))
        read = chunks.forward if ahead else chunks.backward
        events = _fitting(read(tx, group, stream, low, high, opener(ctx, group)), min(limit, _MOST))
    if not ahead:
        events.reverse()
    first, last = _ends(events, given, ahead, low)
    return {
        "events": [
            {"timestamp": event.place.timestamp, "message": event.message, "ingestionTime": event.ingestion_time}
            for event in events
        ],
        "next_forward_token": _token("f", last),
        "next_backward_token": _token("b", first),
    }


def _ends(events: list[Event], given: int | None, ahead: bool, low: Place) -> tuple[int, int]:
    """Where a page begins and ends, for its tokens."""
    if events:
        return number_of(events[0].place), number_of(events[-1].place)
    if given is not None:  # at an end: the token that was given stays as it is
        return (given + 1, given) if ahead else (given, given - 1)
    return number_of(low), number_of(low) - 1


def _fitting(events: Iterator[Event], limit: int) -> list[Event]:
    """As many events as fit in an answer: `limit`, and one mebibyte."""
    found: list[Event] = []
    size = 0
    for event in islice(events, limit):
        size += len(event.message) + _OVERHEAD
        if found and size > _LARGEST:
            break
        found.append(event)
    return found


# -- many streams


class Position(msgspec.Struct, array_like=True):
    """The last event that a page looked at."""

    timestamp: int
    stream: str
    number: int
    index: int


class Found(NamedTuple):
    """An event and its stream, in the order of FilterLogEvents."""

    timestamp: int
    stream: str
    event: Event


def _selected(
    tx: Transaction, group: LogGroup, names: Sequence[str], prefix: str, low: int, high: int
) -> Iterator[LogStream]:
    """The streams that may have events in a span of time."""
    owner = (group.account, group.region, group.log_group_name)
    if names:
        streams: Iterator[LogStream] = (find_stream(tx, owner, name) for name in sorted(set(names)))
    else:
        streams = tx.scan(LogStream, *owner)
    for stream in streams:
        within = stream.chunks and stream.last_event >= low and stream.first_event <= high
        if within and stream.log_stream_name.startswith(prefix):
            yield stream


def _of_stream(
    tx: Transaction, group: LogGroup, stream: LogStream, low: Place, high: Place, open_key: chunks.OpenKey
) -> Iterator[Found]:
    for event in chunks.forward(tx, group, stream, low, high, open_key):
        yield Found(event.place.timestamp, stream.log_stream_name, event)


def all_events(
    ctx: Context,
    tx: Transaction,
    group: LogGroup,
    start: int,
    until: int,
    names: Sequence[str] = (),
    prefix: str = "",
    after: Position | None = None,
) -> Iterator[Found]:
    """A group's events from `start` until before `until`, by time and then by stream."""
    start = max(start, oldest(group, milliseconds(ctx)))
    low = Place(max(start, after.timestamp if after is not None else 0), 0, 0)
    open_key = opener(ctx, group)
    sources = []
    for stream in _selected(tx, group, names, prefix, low.timestamp, until):
        begin = low
        if after is not None and stream.log_stream_name <= after.stream:
            begin = Place(after.timestamp + 1, 0, 0)
            if stream.log_stream_name == after.stream:
                begin = Place(after.timestamp, after.number, after.index + 1)
            begin = max(low, begin)
        sources.append(_of_stream(tx, group, stream, begin, Place(until, 0, 0), open_key))
    return merge(*sources)


@operation(on=on_either, read=True, data_event=True, harmless=("interleaved", "unmask"))
def filter_log_events(
    ctx: Context,
    log_group_name: str = "",
    log_group_identifier: str = "",
    log_stream_names: Sequence[str] = (),
    log_stream_name_prefix: str = "",
    start_time: int = 0,
    end_time: int = -1,
    filter_pattern: str = "",
    next_token: str = "",
    limit: int = _MOST,
) -> object:
    if log_stream_names and log_stream_name_prefix:
        raise errors.invalid("logStreamNames and logStreamNamePrefix are mutually exclusive.")
    match = pattern_of(filter_pattern).match
    after = _position(ctx, next_token) if next_token else None
    until = LAST.timestamp if end_time < 0 else end_time + 1  # this end belongs to the span
    found: list[dict[str, Any]] = []
    size = looked = 0
    last: Found | None = None
    more = False
    with plane(ctx).snapshot() as tx:
        group = find_group(tx, either(ctx, log_group_name, log_group_identifier))
        for one in all_events(ctx, tx, group, start_time, until, log_stream_names, log_stream_name_prefix, after):
            if len(found) >= min(limit, _MOST) or looked >= _MOST or size >= _LARGEST:
                more = True
                break
            looked += 1
            last = one
            if match(one.event.message) is not None:
                size += len(one.event.message) + _OVERHEAD
                found.append(_filtered(one))
    answer: dict[str, Any] = {"events": found, "searched_log_streams": []}
    if more and last is not None:
        place = last.event.place
        position = Position(last.timestamp, last.stream, place.number, place.at)
        answer["next_token"] = ctx.seal_text(msgspec.msgpack.encode(position), _PURPOSE)
    return answer


def _filtered(found: Found) -> dict[str, Any]:
    return {
        "logStreamName": found.stream,
        "timestamp": found.timestamp,
        "message": found.event.message,
        "ingestionTime": found.event.ingestion_time,
        "eventId": event_id(found.event.place),
    }


def _position(ctx: Context, token: str) -> Position:
    opened = ctx.open_text(token, _PURPOSE)
    if opened is None:
        raise errors.InvalidNextToken()
    return msgspec.msgpack.decode(opened, type=Position)


# -- one event, and what fields events have


class Pointer(msgspec.Struct, array_like=True):
    """What `@ptr` names."""

    account: str
    region: str
    log_group_name: str
    log_stream_name: str
    timestamp: int
    number: int
    index: int


def pointer(owner: Owner, found: Found) -> str:
    place = found.event.place
    made = Pointer(*owner, found.stream, place.timestamp, place.number, place.at)
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(made)).decode()


def _pointed(log_record_pointer: str) -> Pointer:
    """Raises `InvalidParameterException`."""
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(log_record_pointer), type=Pointer)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise errors.invalid("Invalid logRecordPointer") from error


def _of_pointer(ctx: Context, log_record_pointer: str) -> Resource:
    at = _pointed(log_record_pointer)
    return resource(ctx, (at.account, at.region, at.log_group_name))


@operation(on=_of_pointer, read=True, harmless=("unmask",))
def get_log_record(ctx: Context, log_record_pointer: str) -> object:
    from groundcloud.services.logs.insights.fields import fields_of

    at = _pointed(log_record_pointer)
    owner = (at.account, at.region, at.log_group_name)
    with plane(ctx).snapshot() as tx:
        group = find_group(tx, owner)
        stream = find_stream(tx, owner, at.log_stream_name)
        place = Place(at.timestamp, at.number, at.index)
        event = chunks.one(tx, group, stream, place, opener(ctx, group))
    if event is None:
        raise errors.ResourceNotFound()
    shown = fields_of(event.message)
    shown.update({"@timestamp": str(at.timestamp), "@message": event.message, "@logStream": at.log_stream_name})
    shown.update({"@ingestionTime": str(event.ingestion_time), "@log": f"{at.account}:{at.log_group_name}"})
    return {"log_record": {name: str(value) for name, value in shown.items()}}


@operation(on=on_either, read=True)
def get_log_group_fields(
    ctx: Context, log_group_name: str = "", log_group_identifier: str = "", time: int = 0
) -> object:
    """Names of fields in the events of 15 minutes before now, or of 8 minutes around `time` (API reference)."""
    from groundcloud.services.logs.insights.fields import fields_of

    now = milliseconds(ctx)
    start, until = (time * 1000 - 480_000, time * 1000 + 480_000) if time else (now - 900_000, now + 1)
    counts: dict[str, int] = {}
    looked = 0
    with plane(ctx).snapshot() as tx:
        group = find_group(tx, either(ctx, log_group_name, log_group_identifier))
        for found in islice(all_events(ctx, tx, group, start, until), _MOST):
            looked += 1
            for name in ("@timestamp", "@message", "@logStream", "@log", *fields_of(found.event.message)):
                counts[name] = counts.get(name, 0) + 1
    shown = sorted(counts.items(), key=lambda pair: -pair[1])
    return {"log_group_fields": [{"name": name, "percent": count * 100 // looked} for name, count in shown]}


__all__ = ["FIRST", "Found", "all_events", "event_id", "pointer"]
