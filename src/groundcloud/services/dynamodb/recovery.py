"""Point-in-time recovery: turned on and off, shown, and tables restored as they were at a second.

Source: "Point-in-time backups for DynamoDB" in the developer guide. The copy is `backup_controller.py`'s.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import errors, history
from groundcloud.services.dynamodb.backups import WRITES, Overrides, key_override, put_restore
from groundcloud.services.dynamodb.descriptions import described
from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.reads import on_table
from groundcloud.services.dynamodb.records import (
    PointInTimeRecoverySpecification,
    ProvisionedThroughput,
    SseSpecification,
    Table,
)
from groundcloud.services.dynamodb.schema import named, plane, resource
from groundcloud.services.dynamodb.table_checks import check_name
from groundcloud.services.dynamodb.tables import new_uuid
from groundcloud.store import Transaction


def _find(tx: Transaction, place: tuple[str, str, str]) -> Table:
    found = tx.get(Table, *place)
    if found is None:
        raise errors.NoSuchTable(table_name=place[2])
    return found


@operation(on=on_table, read=True)
def describe_continuous_backups(ctx: Context, table_name: str) -> object:
    with plane(ctx).snapshot() as tx:
        return _shown(_find(tx, named(ctx, table_name)), ctx.now())


@operation(on=on_table)
async def update_continuous_backups(
    ctx: Context, table_name: str, point_in_time_recovery_specification: PointInTimeRecoverySpecification
) -> object:
    wanted, now = point_in_time_recovery_specification, ctx.now()
    if wanted.recovery_period_in_days is not None and not wanted.point_in_time_recovery_enabled:
        raise invalid("RecoveryPeriodInDays can only be specified when PointInTimeRecoveryEnabled is true")

    def work(tx: Transaction) -> Table:
        table = _find(tx, named(ctx, table_name))
        if wanted.point_in_time_recovery_enabled:
            if table.history_since is None:
                table.history_since, table.history_number = now, table.history_number + 1
                table.history_days = history.LONGEST
            table.history_days = wanted.recovery_period_in_days or table.history_days
        elif table.history_since is not None:
            if history.in_use(tx, table):
                raise errors.ContinuousBackupsUnavailable(table_name=table.table_name)
            history.forget(tx, table)
            table.history_since = None
        return tx.put(table)

    return _shown(await plane(ctx).submit(work), now)


def _shown(table: Table, now: datetime) -> dict[str, Any]:
    """ContinuousBackupsDescription. Backups are always on; what is turned on and off is the recovery by time."""
    found: dict[str, Any] = {"point_in_time_recovery_status": "DISABLED"}
    if table.history_since is not None:
        found = {
            "point_in_time_recovery_status": "ENABLED",
            "recovery_period_in_days": table.history_days,
            "earliest_restorable_date_time": history.earliest(table, now),
            "latest_restorable_date_time": now,
        }
    return {
        "continuous_backups_description": {
            "continuous_backups_status": "ENABLED",
            "point_in_time_recovery_description": found,
        }
    }


def _source(ctx: Context, arn: str, name: str) -> str:
    """The table that a restore names. Raises `ValidationException`."""
    if not arn and not name:
        raise invalid("SourceTableArn or SourceTableName must be provided")
    if arn and named(ctx, arn)[:2] != (ctx.account, ctx.region):
        raise invalid(f"Invalid Request: SourceTableArn {arn} is of another account or Region")
    return named(ctx, arn)[2] if arn else name


def _restoring(
    ctx: Context, target_table_name: str, source_table_arn: str = "", source_table_name: str = ""
) -> list[Resource]:
    """A restore needs the permission on both tables, and all that writes items (service authorization reference)."""
    source = resource(ctx, _source(ctx, source_table_arn, source_table_name))
    target = resource(ctx, target_table_name)
    return [source, target, *(target._replace(action=f"dynamodb:{name}") for name in WRITES)]


@operation(on=_restoring)
async def restore_table_to_point_in_time(
    ctx: Context,
    target_table_name: str,
    source_table_arn: str = "",
    source_table_name: str = "",
    use_latest_restorable_time: bool = False,
    restore_date_time: datetime | None = None,
    billing_mode_override: str = "",
    provisioned_throughput_override: ProvisionedThroughput | None = None,
    global_secondary_index_override: Sequence[Any] | None = None,
    local_secondary_index_override: Sequence[Any] | None = None,
    sse_specification_override: SseSpecification | None = None,
) -> object:
    check_name(target_table_name)
    if use_latest_restorable_time == (restore_date_time is not None):
        raise invalid("Exactly one of RestoreDateTime and UseLatestRestorableTime must be specified")
    name = _source(ctx, source_table_arn, source_table_name)
    now = ctx.world.clock()
    table_id = new_uuid(ctx)
    overrides = Overrides(
        global_secondary_index_override, local_secondary_index_override, billing_mode_override,
        provisioned_throughput_override, await key_override(ctx, target_table_name, sse_specification_override),
    )  # fmt: skip

    def work(tx: Transaction) -> Table:
        source = _find(tx, (ctx.account, ctx.region, name))
        moment = history.moment_of(tx, source, restore_date_time, now)
        place = (ctx.account, ctx.region, target_table_name, table_id)
        return put_restore(tx, source, place, ctx.now(), overrides, moment=moment)

    return {"table_description": described(await plane(ctx).submit(work), "CREATING")}
