"""Log streams: made, listed, deleted."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.logs import chunks, errors
from groundcloud.services.logs.names import (
    either,
    find_group,
    find_stream,
    milliseconds,
    named,
    on_either,
    on_stream,
    plane,
)
from groundcloud.services.logs.pages import page
from groundcloud.services.logs.records import Erasure, LogStream
from groundcloud.store import Transaction
from groundcloud.store.keys import after_prefix


@operation(on=on_stream)
async def create_log_stream(ctx: Context, log_group_name: str, log_stream_name: str) -> None:
    if ":" in log_stream_name or "*" in log_stream_name:
        raise errors.invalid(
            f"1 validation error detected: Value '{log_stream_name}' at 'logStreamName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [^:*]*"
        )
    owner = named(ctx, log_group_name)
    now = milliseconds(ctx)
    stream_id = ctx.random(8).hex()

    def work(tx: Transaction) -> None:
        find_group(tx, owner)
        if tx.get(LogStream, *owner, log_stream_name) is not None:
            raise errors.StreamExists()
        tx.put(LogStream(*owner, log_stream_name, stream_id=stream_id, creation_time=now))

    await plane(ctx).submit(work)


@operation(on=on_stream)
async def delete_log_stream(ctx: Context, log_group_name: str, log_stream_name: str) -> None:
    owner = named(ctx, log_group_name)

    def work(tx: Transaction) -> None:
        group = find_group(tx, owner)
        stream = find_stream(tx, owner, log_stream_name)
        tx.delete(stream)
        low = chunks.prefix_of(group.group_id, stream.stream_id)
        tx.put(Erasure(low=low, high=after_prefix(low)))

    await plane(ctx).submit(work)


@operation(on=on_either, read=True, page_size=50)
def describe_log_streams(
    ctx: Context,
    log_group_name: str = "",
    log_group_identifier: str = "",
    log_stream_name_prefix: str = "",
    order_by: str = "LogStreamName",
    descending: bool = False,
) -> object:
    owner = either(ctx, log_group_name, log_group_identifier)
    by_time = order_by == "LastEventTime"
    if by_time and log_stream_name_prefix:
        raise errors.invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    with plane(ctx).snapshot() as tx:
        find_group(tx, owner)
    return {
        "log_streams": page(
            ctx,
            LogStream,
            *owner,
            begins=log_stream_name_prefix,
            name=lambda stream: stream.log_stream_name,
            each=shown,
            index="by_time" if by_time else "",
            reverse=descending,
        )
    }


def shown(stream: LogStream) -> dict[str, Any]:
    """A stream as DescribeLogStreams shows it. `storedBytes` is 0 for streams since 2019, as the reference says."""
    group = f"arn:aws:logs:{stream.region}:{stream.account}:log-group:{stream.log_group_name}"
    found: dict[str, Any] = {
        "log_stream_name": stream.log_stream_name,
        "creation_time": stream.creation_time,
        "arn": f"{group}:log-stream:{stream.log_stream_name}",
        "upload_sequence_token": f"{49039859000000000000000000000000000000 + stream.chunks}",
        "stored_bytes": 0,
    }
    if stream.chunks:
        found["first_event_timestamp"] = stream.first_event
        found["last_event_timestamp"] = stream.last_event
        found["last_ingestion_time"] = stream.last_ingestion
    return found
