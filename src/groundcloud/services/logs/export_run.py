"""The copy of events to a bucket: gzipped lines, one object after another for each stream.

Source: "Export log data to Amazon S3" in the CloudWatch Logs guide (names of the objects, form of a line).
"""

import gzip
from datetime import UTC, datetime
from io import BytesIO

from groundcloud.context import Context
from groundcloud.services.logs import chunks
from groundcloud.services.logs.chunks import Place
from groundcloud.services.logs.keys import opener
from groundcloud.services.logs.names import find_group, plane
from groundcloud.services.logs.records import ExportTask, LogGroup, LogStream

_LARGEST = 64 * 1024 * 1024
"""Bytes of lines in one object."""


async def export(ctx: Context, task: ExportTask) -> None:
    """Do a task. Raises S3's errors."""
    owner = (task.account, task.region, task.log_group_name)
    with plane(ctx).snapshot() as tx:
        group = find_group(tx, owner)
        streams = [
            stream
            for stream in tx.scan(LogStream, *owner)
            if stream.log_stream_name.startswith(task.log_stream_name_prefix)
        ]
    for stream in streams:
        await _stream(ctx, task, group, stream)


async def _stream(ctx: Context, task: ExportTask, group: LogGroup, stream: LogStream) -> None:
    position = Place(task.from_, 0, 0)
    name = stream.log_stream_name.replace("/", "-")
    part = 0
    while True:
        body, following = _lines(ctx, task, group, stream, position)
        if body:
            key = f"{task.destination_prefix}/{task.task_id}/{name}/{part:06}.gz"
            await ctx.wait("s3", "put_object", bucket=task.destination, key=key, body=body)
            part += 1
        if following is None:
            return
        position = following


def _lines(
    ctx: Context, task: ExportTask, group: LogGroup, stream: LogStream, begin: Place
) -> tuple[bytes, Place | None]:
    """One object's bytes, and where the next one begins."""
    made = BytesIO()
    size = 0
    following: Place | None = None
    with gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as packed, plane(ctx).snapshot() as tx:
        end = Place(task.to + 1, 0, 0)
        for event in chunks.forward(tx, group, stream, begin, end, opener(ctx, group)):
            if size >= _LARGEST:
                following = event.place
                break
            time = datetime.fromtimestamp(event.place.timestamp / 1000, UTC)
            line = f"{time:%Y-%m-%dT%H:%M:%S}.{event.place.timestamp % 1000:03}Z {event.message}\n".encode()
            size += len(line)
            packed.write(line)
    return (made.getvalue() if size else b""), following
