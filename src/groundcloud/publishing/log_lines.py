"""Lines for log groups on their way to CloudWatch Logs, written by the role that their owner names.

A group or stream that is not there is made, if the role may; what the role may not write is lost, and the server's log
says so.
"""

import logging
from datetime import UTC, datetime

import msgspec

from groundcloud.context import Context, Facts, World
from groundcloud.errors import AwsError
from groundcloud.gateway.invoke import Invoker, of_service
from groundcloud.operation import Service
from groundcloud.outbox import Line, Parcel
from groundcloud.publishing.publisher import Finish, Retry

log = logging.getLogger(__name__)

_LATER = 60.0


class LogLines:
    """Writes lines one by one: they are few."""

    def __init__(self, world: World, invoker: Invoker, logs: Service) -> None:
        self._world = world
        self._invoker = invoker
        self._logs = logs

    async def deliver(self, parcel: Parcel) -> Finish | None:
        """Fulfils `publisher.Handler`."""
        line = msgspec.msgpack.decode(parcel.payload, type=Line)
        try:
            await self._write(line)
        except AwsError as error:
            if error.status >= 500:
                raise Retry(_LATER) from error
            log.warning("%s does not let a line into %s: %s", line.role_arn, line.group, error.message)
        return None

    async def _write(self, line: Line) -> None:
        source = f"arn:aws:{line.service.split('.')[0]}:{line.region}:{line.account}:*"
        put = self._logs.operation("PutLogEvents")
        service = of_service(line.service)
        with self._world.store.snapshot() as tx:
            asking = self._invoker.context(put, service, line.region, "", Facts(), tx)
            role = asking.as_role(line.role_arn, line.service, "delivery-status", source).principal
        ctx = self._invoker.context(put, role, line.region, "", Facts(source_ip=line.service), None)
        day = datetime.fromtimestamp(line.milliseconds / 1000, UTC)
        where = {"log_group_name": line.group, "log_stream_name": f"{day:%Y/%m/%d}"}
        event = {"timestamp": line.milliseconds, "message": line.text}
        try:
            await ctx.wait("logs", "put_log_events", **where, log_events=[event])
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            await _make(ctx, where)
            await ctx.wait("logs", "put_log_events", **where, log_events=[event])


async def _make(ctx: Context, where: dict[str, str]) -> None:
    for operation, names in (("create_log_group", ("log_group_name",)), ("create_log_stream", tuple(where))):
        try:
            await ctx.wait("logs", operation, **{name: where[name] for name in names})
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise
