"""On-demand backups, and tables restored from them. The controller (`backup_controller.py`) copies the items.

Source: "Backing up a DynamoDB table" and "Restoring a DynamoDB table from a backup" in the developer guide.
Point-in-time recovery is in `recovery.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import errors
from groundcloud.services.dynamodb.descriptions import described, table_arn
from groundcloud.services.dynamodb.encryption import check_specification, new_encryption
from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.keys import after
from groundcloud.services.dynamodb.reads import on_table
from groundcloud.services.dynamodb.records import (
    Backup,
    Erasure,
    Index,
    ProvisionedThroughput,
    Restore,
    SseSpecification,
    Table,
    TableEncryption,
)
from groundcloud.services.dynamodb.schema import named, plane, resource
from groundcloud.services.dynamodb.table_checks import check_name
from groundcloud.services.dynamodb.tables import new_backup_id, new_uuid
from groundcloud.services.dynamodb.transfers import on_arn, parts_of
from groundcloud.store import Transaction

WRITES = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")


@operation(on=on_table)
async def create_backup(ctx: Context, table_name: str, backup_name: str) -> object:
    account, region, name = named(ctx, table_name)
    now = ctx.now()
    backup_id = new_backup_id(ctx)

    def work(tx: Transaction) -> Backup:
        table = tx.get(Table, account, region, name)
        if table is None:
            raise errors.NoSuchTable(table_name=name)
        if any(index.status == "CREATING" for index in table.secondary_indexes):
            raise errors.TableInUse(table_name=name)
        return tx.put(Backup(account, region, name, backup_id, backup_name, now, table))

    return {"backup_details": _details(await plane(ctx).submit(work))}


def _find(tx: Transaction, arn: str) -> Backup:
    found = tx.get(Backup, *parts_of(arn, "backup"))
    if found is None:
        raise errors.BackupNotFound(arn=arn)
    return found


def on_backup(ctx: Context, backup_arn: str) -> Resource:
    return on_arn(ctx, backup_arn, "backup")


@operation(on=on_backup, read=True)
def describe_backup(ctx: Context, backup_arn: str) -> object:
    with plane(ctx).snapshot() as tx:
        return {"backup_description": _described(_find(tx, backup_arn))}


@operation(on=on_backup)
async def delete_backup(ctx: Context, backup_arn: str) -> object:
    def work(tx: Transaction) -> Backup:
        found = _find(tx, backup_arn)
        restoring = (one.backup_id for one in tx.scan(Restore, found.account, found.region))
        if found.status == "CREATING" or found.backup_id in restoring:
            raise errors.BackupInUse(arn=backup_arn)
        tx.delete(found)
        tx.put(Erasure(low=found.prefix, high=after(found.prefix)))
        found.status = "DELETED"
        return found

    return {"backup_description": _described(await plane(ctx).submit(work))}


@operation(on="*", read=True)
def list_backups(
    ctx: Context,
    table_name: str = "",
    limit: int = 100,
    time_range_lower_bound: datetime | None = None,
    time_range_upper_bound: datetime | None = None,
    exclusive_start_backup_arn: str = "",
    backup_type: str = "ALL",
) -> object:
    prefix = (named(ctx, table_name)[2],) if table_name else ()
    with plane(ctx).snapshot() as tx:
        found = [
            backup
            for backup in tx.scan(Backup, ctx.account, ctx.region, *prefix)
            if backup.arn > exclusive_start_backup_arn
            and (time_range_lower_bound is None or backup.created >= time_range_lower_bound)
            and (time_range_upper_bound is None or backup.created < time_range_upper_bound)
            and backup_type in ("ALL", _type(backup))
        ]
    found.sort(key=lambda backup: backup.arn)
    answer: dict[str, Any] = {"backup_summaries": [_summary(backup) for backup in found[:limit]]}
    if len(found) > limit:
        answer["last_evaluated_backup_arn"] = found[limit - 1].arn
    return answer


def _type(backup: Backup) -> str:
    return "USER" if backup.expires is None else "SYSTEM"


def _details(backup: Backup) -> dict[str, Any]:
    return {
        "backup_arn": backup.arn,
        "backup_name": backup.backup_name,
        "backup_size_bytes": backup.size_bytes,
        "backup_status": backup.status,
        "backup_type": _type(backup),
        "backup_creation_date_time": backup.created,
        "backup_expiry_date_time": backup.expires,
    }


def _summary(backup: Backup) -> dict[str, Any]:
    table = backup.definition
    return {
        **_details(backup),
        "table_name": table.table_name,
        "table_id": table.table_id,
        "table_arn": table_arn(table),
    }


def _described(backup: Backup) -> dict[str, Any]:
    table = backup.definition
    throughput = table.provisioned_throughput or ProvisionedThroughput(0, 0)
    features: dict[str, Any] = {}
    locals_ = [index for index in table.secondary_indexes if index.local]
    globals_ = [index for index in table.secondary_indexes if not index.local]
    if locals_:
        features["local_secondary_indexes"] = [_index(index) for index in locals_]
    if globals_:
        features["global_secondary_indexes"] = [
            {**_index(index), "provisioned_throughput": index.provisioned_throughput} for index in globals_
        ]
    return {
        "backup_details": _details(backup),
        "source_table_details": {
            "table_name": table.table_name,
            "table_id": table.table_id,
            "table_arn": table_arn(table),
            "table_size_bytes": backup.size_bytes,
            "key_schema": table.key_schema,
            "table_creation_date_time": table.created,
            "provisioned_throughput": throughput,
            "item_count": backup.item_count,
            "billing_mode": table.billing_mode,
        },
        "source_table_feature_details": features,
    }


def _index(index: Index) -> dict[str, Any]:
    return {"index_name": index.index_name, "key_schema": index.key_schema, "projection": index.projection}


# -- restoring


def _restoring(ctx: Context, target_table_name: str, backup_arn: str) -> list[Resource]:
    """A restore needs the permission on the backup and the table, and all that writes items (service authorization
    reference, RestoreTableFromBackup)."""
    table = resource(ctx, target_table_name)
    return [on_backup(ctx, backup_arn), table, *(table._replace(action=f"dynamodb:{name}") for name in WRITES)]


@operation(on=_restoring)
async def restore_table_from_backup(
    ctx: Context,
    target_table_name: str,
    backup_arn: str,
    billing_mode_override: str = "",
    provisioned_throughput_override: ProvisionedThroughput | None = None,
    global_secondary_index_override: Sequence[Any] | None = None,
    local_secondary_index_override: Sequence[Any] | None = None,
    sse_specification_override: SseSpecification | None = None,
) -> object:
    check_name(target_table_name)
    table_id, now = new_uuid(ctx), ctx.now()
    overrides = Overrides(
        global_secondary_index_override, local_secondary_index_override, billing_mode_override,
        provisioned_throughput_override, await key_override(ctx, target_table_name, sse_specification_override),
    )  # fmt: skip

    def work(tx: Transaction) -> Table:
        backup = _find(tx, backup_arn)
        if backup.status != "AVAILABLE":
            raise errors.BackupInUse(arn=backup_arn)
        place = (ctx.account, ctx.region, target_table_name, table_id)
        return put_restore(tx, backup.definition, place, now, overrides, backup.backup_id)

    return {"table_description": described(await plane(ctx).submit(work), "CREATING")}


class Overrides(NamedTuple):
    """What a restored table shall have of its own. `encryption` has one element where it is asked for: a table key, or
    None for AWS's own."""

    globals_: Sequence[Any] | None
    locals_: Sequence[Any] | None
    billing_mode: str
    throughput: ProvisionedThroughput | None
    encryption: tuple[TableEncryption | None, ...] = ()


async def key_override(
    ctx: Context, table_name: str, wanted: SseSpecification | None
) -> tuple[TableEncryption | None, ...]:
    """Raises `ValidationException` and `AccessDeniedException`."""
    check_specification(wanted)
    return () if wanted is None else (await new_encryption(ctx, table_name, wanted),)


def put_restore(
    tx: Transaction, old: Table, place: tuple[str, str, str, str], now: datetime, overrides: Overrides,
    backup_id: str = "", moment: int = -1,
) -> Table:  # fmt: skip
    """Begin a restore of a table (or of its backup) at a place: account, region, name, and the new table's id.

    Raises `ValidationException`, `TableAlreadyExistsException`.
    """
    if overrides.globals_ or overrides.locals_:
        raise invalid("An override of indexes can only be empty: it leaves them out")
    account, region, name, table_id = place
    if tx.get(Table, *place[:3]) is not None or tx.get(Restore, *place[:3]) is not None:
        raise errors.TableAlreadyExists(table_name=name)
    left_out = {True: overrides.locals_, False: overrides.globals_}
    kept = [index for index in old.secondary_indexes if index.status == "ACTIVE" and left_out[index.local] is None]
    made = _restored(old, place[:3], table_id, now, kept)
    if overrides.billing_mode:
        made.billing_mode = overrides.billing_mode
        made.billing_changed = now if overrides.billing_mode == "PAY_PER_REQUEST" else None
    if overrides.throughput is not None:
        made.provisioned_throughput = overrides.throughput
    if overrides.encryption:
        (made.encryption,) = overrides.encryption
    tx.put(Restore(account, region, name, old.table_name, backup_id, made, moment))
    return made


def _restored(old: Table, place: tuple[str, str, str], table_id: str, now: datetime, indexes: list[Index]) -> Table:
    """A table like another one; what the guide says is to be set up again (stream, time to live, tags) is not there."""
    account, region, name = place
    return Table(
        account=account,
        region=region,
        table_name=name,
        table_id=table_id,
        created=now,
        attribute_definitions=old.attribute_definitions,
        key_schema=old.key_schema,
        secondary_indexes=[msgspec.structs.replace(index, item_count=0, size_bytes=0) for index in indexes],
        next_index=old.next_index,
        billing_mode=old.billing_mode,
        billing_changed=old.billing_changed,
        provisioned_throughput=old.provisioned_throughput,
        on_demand_throughput=old.on_demand_throughput,
        table_class=old.table_class,
        encryption=old.encryption and msgspec.structs.replace(old.encryption, pending=False, inaccessible_since=None),
    )
