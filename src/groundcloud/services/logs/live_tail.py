"""StartLiveTail: events as they arrive, once a second, for three hours at most.

Of a second's events at most 500 are sent; then the answer says that it is a sample. Events whose own time lies more
than three hours back are not seen.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.logs import chunks, errors
from groundcloud.services.logs.keys import opener
from groundcloud.services.logs.metrics import pattern_of
from groundcloud.services.logs.names import Owner, find_group, milliseconds, named, plane, resource
from groundcloud.services.logs.patterns import Pattern
from groundcloud.services.logs.records import LogGroup, LogStream
from groundcloud.store import Transaction

_EVERY = 1.0
_LASTS = 3 * 3_600_000
_LOOKS_BACK = 3 * 3_600_000
_MOST = 500


class SessionTimeout(AwsError, code="SessionTimeoutException"):
    """The Live Tail session has timed out."""


class Session:
    """What one session wants, and what it has seen of each stream."""

    def __init__(
        self, ctx: Context, groups: Sequence[Owner], names: Sequence[str], prefixes: Sequence[str], pattern: Pattern
    ) -> None:
        self._ctx = ctx
        self._groups = groups
        self._names = frozenset(names)
        self._prefixes = tuple(prefixes)
        self._match = pattern.match
        self._seen: dict[str, int] = {}
        self._begun = milliseconds(ctx)
        with plane(ctx).snapshot() as tx:
            for group in groups:
                for stream in self._streams(tx, find_group(tx, group)):
                    self._seen[stream.stream_id] = stream.chunks

    @property
    def over(self) -> bool:
        return milliseconds(self._ctx) - self._begun > _LASTS

    def news(self) -> tuple[list[dict[str, Any]], bool]:
        """What has arrived since the last look, and whether that is only a part of it."""
        found: list[dict[str, Any]] = []
        with plane(self._ctx).snapshot() as tx:
            for owner in self._groups:
                group = tx.get(LogGroup, *owner)
                if group is not None:
                    for stream in self._streams(tx, group):
                        found += self._of(tx, group, stream)
        found.sort(key=lambda event: event["timestamp"])
        return found[:_MOST], len(found) > _MOST

    def _streams(self, tx: Transaction, group: LogGroup) -> Iterator[LogStream]:
        for stream in tx.scan(LogStream, group.account, group.region, group.log_group_name):
            name = stream.log_stream_name
            if (not self._names or name in self._names) and (not self._prefixes or name.startswith(self._prefixes)):
                yield stream

    def _of(self, tx: Transaction, group: LogGroup, stream: LogStream) -> Iterator[dict[str, Any]]:
        seen = self._seen.get(stream.stream_id, 0)
        self._seen[stream.stream_id] = stream.chunks
        if stream.chunks == seen:
            return
        prefix = chunks.prefix_of(group.group_id, stream.stream_id)
        for chunk in chunks.chunks(tx, prefix, milliseconds(self._ctx) - _LOOKS_BACK, 2**62):
            if chunk.number < seen:
                continue
            for event in chunk.events(opener(self._ctx, group)):
                if self._match(event.message) is not None:
                    yield {
                        "log_stream_name": stream.log_stream_name,
                        "log_group_identifier": f"{group.account}:{group.log_group_name}",
                        "message": event.message,
                        "timestamp": event.place.timestamp,
                        "ingestion_time": event.ingestion_time,
                    }


def _on_groups(ctx: Context, log_group_identifiers: Sequence[str]) -> list[Resource]:
    return [resource(ctx, named(ctx, each)) for each in log_group_identifiers]


@operation(on=_on_groups, read=True)
async def start_live_tail(
    ctx: Context,
    log_group_identifiers: Sequence[str],
    log_stream_names: Sequence[str] = (),
    log_stream_name_prefixes: Sequence[str] = (),
    log_event_filter_pattern: str = "",
) -> object:
    if (log_stream_names or log_stream_name_prefixes) and len(log_group_identifiers) != 1:
        raise errors.invalid("Log streams can be given for one log group only.")
    if log_stream_names and log_stream_name_prefixes:
        raise errors.invalid("logStreamNames and logStreamNamePrefixes are mutually exclusive.")
    if any(not each.startswith("arn:") for each in log_group_identifiers):
        raise errors.invalid("logGroupIdentifiers must be ARNs.")
    groups = [named(ctx, each) for each in log_group_identifiers]
    session = Session(ctx, groups, log_stream_names, log_stream_name_prefixes, pattern_of(log_event_filter_pattern))
    start = {
        "request_id": ctx.request_id,
        "session_id": ctx.random(16).hex(),
        "log_group_identifiers": list(log_group_identifiers),
        "log_stream_names": list(log_stream_names),
        "log_stream_name_prefixes": list(log_stream_name_prefixes),
        "log_event_filter_pattern": log_event_filter_pattern,
    }
    return {"response_stream": _updates(session, start)}


async def _updates(session: Session, start: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    yield {"session_start": start}
    while not session.over:
        await asyncio.sleep(_EVERY)
        found, sampled = session.news()
        yield {"session_update": {"session_metadata": {"sampled": sampled}, "session_results": found}}
    raise SessionTimeout()
