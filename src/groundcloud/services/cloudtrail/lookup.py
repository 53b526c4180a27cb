"""LookupEvents: the management events of the last 90 days, newest first, by one attribute.

A lookup by time is a range of the store. One by another attribute goes through the events of its span, in a thread of
its own: what cannot match is passed over without being decoded.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.cloudtrail import errors
from groundcloud.services.cloudtrail.resources import resources_of
from groundcloud.store import Part, Store, Transaction
from groundcloud.store.keys import pack
from groundcloud.trail import EventBatch

_KEPT = timedelta(days=90)
_MOST = 50
_PURPOSE = "cloudtrail lookup"
_LAST = 2**62
_decode = msgspec.json.Decoder().decode
Matches = Callable[[dict[str, Any]], bool]


class LookupAttribute(Part):
    attribute_key: str
    attribute_value: str


class Position(msgspec.Struct, array_like=True):
    """The last event that a page showed."""

    milliseconds: int
    batch_id: str
    number: int


@operation(on="*", read=True)
async def lookup_events(
    ctx: Context,
    lookup_attributes: Sequence[LookupAttribute] = (),
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    event_category: str = "",
    max_results: int = _MOST,
    next_token: str = "",
) -> object:
    if not 1 <= max_results <= _MOST:
        raise errors.InvalidMaxResults()
    if start_time is not None and end_time is not None and start_time > end_time:
        raise errors.InvalidTimeRange()
    if len(lookup_attributes) > 1:
        raise errors.InvalidLookupAttributes(reason="You can specify only one lookup attribute.")
    if event_category:
        return {"events": []}  # the one category besides management events is Insights, which is off
    after: Position | None = None
    if next_token:
        opened = ctx.open_text(next_token, _PURPOSE)
        if opened is None:
            raise errors.InvalidNextToken()
        after = msgspec.msgpack.decode(opened, type=Position)
    oldest = ctx.now() - _KEPT
    low = int(max(start_time or oldest, oldest).timestamp() * 1000)
    high = int(end_time.timestamp() * 1000) + 1000 if end_time is not None else _LAST
    needle, matches = _wanted(lookup_attributes[0]) if lookup_attributes else (b"", lambda event: True)
    found, last = await ctx.compute(
        _search, ctx.world.store, ctx.account, ctx.region, low, high, needle, matches, max_results, after
    )
    answer: dict[str, Any] = {"events": [_shown(event, raw) for event, raw in found]}
    if last is not None:
        answer["next_token"] = ctx.seal_text(msgspec.msgpack.encode(last), _PURPOSE)
    return answer


_BY_TEXT: dict[str, Callable[[dict[str, Any]], Any]] = {
    "EventId": lambda event: event["eventID"],
    "EventName": lambda event: event["eventName"],
    "EventSource": lambda event: event["eventSource"],
    "AccessKeyId": lambda event: event["userIdentity"].get("accessKeyId"),
    "Username": lambda event: username(event),
    "ReadOnly": lambda event: "true" if event["readOnly"] else "false",
}


def _wanted(attribute: LookupAttribute) -> tuple[bytes, Matches]:
    """What an event's bytes must have in them, and what it must be. Raises `InvalidLookupAttributesException`."""
    key, value = attribute.attribute_key, attribute.attribute_value
    if not value:
        raise errors.InvalidLookupAttributes(reason="An attribute value must be specified.")
    if key == "ResourceType":
        return b"", lambda event: any(one["resource_type"] == value for one in resources_of(event))
    if key == "ResourceName":
        return _inside(value), lambda event: any(one["resource_name"] == value for one in resources_of(event))
    read = _BY_TEXT[key]
    needle = b"" if key == "ReadOnly" else _inside(value)
    return needle, lambda event: read(event) == value


def _inside(value: str) -> bytes:
    """A text as it stands in JSON."""
    return msgspec.json.encode(value)[1:-1]


def username(event: dict[str, Any]) -> str | None:
    """The user that CloudTrail names for an event: an IAM user, `root`, or a session's name."""
    identity = event["userIdentity"]
    if identity.get("type") == "Root":
        return "root"
    if "userName" in identity:
        return str(identity["userName"])
    principal = str(identity.get("principalId", ""))
    return principal.partition(":")[2] or None


def _search(
    store: Store,
    account: str,
    region: str,
    low: int,
    high: int,
    needle: bytes,
    matches: Matches,
    most: int,
    after: Position | None,
) -> tuple[list[tuple[dict[str, Any], bytes]], Position | None]:
    """Up to `most` events from the newest on, and where the next page begins, if there is one."""
    found: list[tuple[dict[str, Any], bytes]] = []
    last: Position | None = None
    with store.snapshot() as tx:
        for position, raw in _events(tx, account, region, low, high, after):
            if needle not in raw:
                continue
            event = _decode(raw)
            if not event.get("managementEvent", True) or not matches(event):
                continue
            if len(found) == most:
                return _sorted(found), last
            found.append((event, raw))
            last = position
    return _sorted(found), None


def _sorted(found: list[tuple[dict[str, Any], bytes]]) -> list[tuple[dict[str, Any], bytes]]:
    """Events that were written together lie beside those of the same second."""
    return sorted(found, key=lambda pair: str(pair[0]["eventTime"]), reverse=True)


def _events(
    tx: Transaction, account: str, region: str, low: int, high: int, after: Position | None
) -> Iterator[tuple[Position, bytes]]:
    high = min(high, after.milliseconds + 1) if after is not None else high
    begin = pack((high,))
    for batch in tx.scan(EventBatch, account, region, after=begin, reverse=True):
        if batch.milliseconds < low:
            return
        known = after is not None and (batch.milliseconds, batch.batch_id) == (after.milliseconds, after.batch_id)
        if after is not None and (batch.milliseconds, batch.batch_id) > (after.milliseconds, after.batch_id):
            continue
        for number in range(len(batch.events) - 1, -1, -1):
            if known and after is not None and number >= after.number:
                continue
            yield Position(batch.milliseconds, batch.batch_id, number), batch.events[number]


def _shown(event: dict[str, Any], raw: bytes) -> dict[str, Any]:
    return {
        "event_id": event["eventID"],
        "event_name": event["eventName"],
        "read_only": "true" if event["readOnly"] else "false",
        "access_key_id": event["userIdentity"].get("accessKeyId"),
        "event_time": datetime.fromisoformat(event["eventTime"].replace("Z", "+00:00")),
        "event_source": event["eventSource"],
        "username": username(event),
        "resources": resources_of(event),
        "cloud_trail_event": raw.decode(),
    }
