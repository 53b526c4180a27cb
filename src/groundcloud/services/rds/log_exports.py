"""Logs that go to CloudWatch Logs: which an instance has chosen, and the writing of them.

Source: "Publishing database logs to Amazon CloudWatch Logs" in the RDS user guide. AWS's service-linked role may write
to `/aws/rds/*`; here the account itself does.
"""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.controllers import Act
from groundcloud.errors import AwsError
from groundcloud.services.rds import errors
from groundcloud.services.rds.engines import Engine
from groundcloud.services.rds.records import DBInstance
from groundcloud.store import Part

_AT_ONCE = 5_000
_BYTES = 900_000
_DAY = 86_400_000
_OVERHEAD = 26
"""What PutLogEvents counts for each event besides its text."""


class CloudwatchLogsExportConfiguration(Part):
    enable_log_types: list[str] = []
    disable_log_types: list[str] = []


def checked_exports(engine: Engine, wanted: Sequence[str]) -> list[str]:
    """Kinds of logs that the engine has. Raises `InvalidParameterCombination`."""
    if unknown := [each for each in wanted if each not in engine.log_types]:
        raise errors.InvalidParameterCombination(
            reason=f"You cannot use the log types '{', '.join(unknown)}' with engine version {engine.name} "
            f"{engine.version}. For supported log types, see the documentation."
        )
    return list(dict.fromkeys(wanted))


def changed_exports(engine: Engine, instance: DBInstance, change: CloudwatchLogsExportConfiguration) -> list[str]:
    """The kinds that are exported after a change. Raises `InvalidParameterCombination`."""
    both = set(change.enable_log_types) & set(change.disable_log_types)
    if both:
        raise errors.InvalidParameterCombination(
            reason=f"The log types {', '.join(sorted(both))} cannot be enabled and disabled at once."
        )
    wanted = checked_exports(engine, [*instance.enabled_cloudwatch_logs_exports, *change.enable_log_types])
    return [each for each in wanted if each not in checked_exports(engine, change.disable_log_types)]


def export(act: Act, instance: DBInstance, kind: str, events: list[tuple[int, str]]) -> None:
    """Write entries (milliseconds, text) to the log group of an instance. It blocks. Raises CloudWatch Logs' errors."""
    name = instance.db_instance_identifier
    stream = f"{name}.0" if kind == "postgresql" else name
    where = {"log_group_name": f"/aws/rds/instance/{name}/{kind}", "log_stream_name": stream}

    async def work(ctx: Context) -> None:
        for batch in _batches(sorted((int(at), str(text)) for at, text in events if text)):
            given = [{"timestamp": at, "message": text} for at, text in batch]
            try:
                await ctx.wait("logs", "put_log_events", **where, log_events=given)
            except AwsError as error:
                if error.code != "ResourceNotFoundException":
                    raise
                await _make(ctx, **where)
                await ctx.wait("logs", "put_log_events", **where, log_events=given)

    if kind in instance.enabled_cloudwatch_logs_exports:
        act(instance.account, instance.region, "rds", "", work)


async def _make(ctx: Context, log_group_name: str, log_stream_name: str) -> None:
    for operation, names in (
        ("create_log_group", {"log_group_name": log_group_name}),
        ("create_log_stream", {"log_group_name": log_group_name, "log_stream_name": log_stream_name}),
    ):
        try:
            await ctx.wait("logs", operation, **names)
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise


def _batches(events: list[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """As PutLogEvents takes them: so many, so large, within a day."""
    found: list[list[tuple[int, str]]] = []
    size = 0
    for at, text in events:
        length = len(text.encode()) + _OVERHEAD
        if not found or len(found[-1]) >= _AT_ONCE or size + length > _BYTES or at - found[-1][0][0] >= _DAY:
            found.append([])
            size = 0
        found[-1].append((at, text))
        size += length
    return found
