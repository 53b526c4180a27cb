"""Tables: made, shown, listed, deleted. UpdateTable is in `table_updates.py`.

A table needs nothing of the world, so it is there when CreateTable answers; the answer says CREATING, as AWS's does.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import errors, history
from groundcloud.services.dynamodb.descriptions import INACCESSIBLE, described
from groundcloud.services.dynamodb.encryption import check_specification, is_inaccessible, new_encryption
from groundcloud.services.dynamodb.errors import invalid_value
from groundcloud.services.dynamodb.records import (
    AttributeDefinition,
    Backup,
    Erasure,
    Index,
    IndexDefinition,
    KeySchemaElement,
    OnDemandThroughput,
    ProvisionedThroughput,
    Restore,
    SseSpecification,
    StreamSpecification,
    Table,
    Tag,
)
from groundcloud.services.dynamodb.schema import named, plane, resource
from groundcloud.services.dynamodb.streams import follow_table
from groundcloud.services.dynamodb.table_checks import (
    check_definitions,
    check_indexes,
    check_key_schema,
    check_name,
    check_throughput,
)
from groundcloud.services.dynamodb.tag_rules import merged
from groundcloud.store import Transaction
from groundcloud.store.keys import after_prefix, pack


def _new_table(ctx: Context, table_name: str, tags: Sequence[Tag], resource_policy: str) -> list[Resource]:
    """To make a table with tags takes the permission to tag it, too (service authorization reference)."""
    found = resource(ctx, table_name)
    wanted = [found]
    if tags:
        wanted.append(found._replace(action="dynamodb:TagResource"))
    if resource_policy:
        wanted.append(found._replace(action="dynamodb:PutResourcePolicy"))
    return wanted


@operation(on=_new_table, harmless=("WarmThroughput",))
async def create_table(
    ctx: Context,
    table_name: str,
    attribute_definitions: Sequence[AttributeDefinition] = (),
    key_schema: Sequence[KeySchemaElement] = (),
    local_secondary_indexes: Sequence[IndexDefinition] = (),
    global_secondary_indexes: Sequence[IndexDefinition] = (),
    billing_mode: str = "PROVISIONED",
    provisioned_throughput: ProvisionedThroughput | None = None,
    stream_specification: StreamSpecification | None = None,
    sse_specification: SseSpecification | None = None,
    tags: Sequence[Tag] = (),
    table_class: str = "STANDARD",
    deletion_protection_enabled: bool = False,
    resource_policy: str = "",
    on_demand_throughput: OnDemandThroughput | None = None,
) -> object:
    account, region, name = named(ctx, table_name)
    check_name(name)
    check_specification(sse_specification)
    table = new_table(
        ctx, (account, region, name), attribute_definitions, key_schema, local_secondary_indexes,
        global_secondary_indexes, billing_mode, provisioned_throughput, on_demand_throughput,
    )  # fmt: skip
    table.table_class = table_class
    table.deletion_protection = deletion_protection_enabled
    table.tags = merged({}, tags)
    table.policy = resource_policy
    table.policy_revision = str(int(table.created.timestamp() * 1000)) if resource_policy else ""
    set_stream(ctx, table, stream_specification)
    return {"table_description": described(await _keep(ctx, table, sse_specification), "CREATING")}


async def _keep(ctx: Context, table: Table, encryption: SseSpecification | None) -> Table:
    """Store a new table, with its key if it has one. Raises `ResourceInUseException`."""
    place = table.key_values()

    def check_free(tx: Transaction) -> None:
        if tx.get(Table, *place) is not None or tx.get(Restore, *place) is not None:
            raise errors.TableExists(table_name=table.table_name)

    if encryption is not None:
        with plane(ctx).snapshot() as tx:
            check_free(tx)
        table.encryption = await new_encryption(ctx, table.table_name, encryption)

    def work(tx: Transaction) -> Table:
        check_free(tx)
        follow_table(tx, None, table, table.created)
        return tx.put(table)

    return await plane(ctx).submit(work)


def new_table(
    ctx: Context, place: tuple[str, str, str], attribute_definitions: Sequence[AttributeDefinition],
    key_schema: Sequence[KeySchemaElement], local_secondary_indexes: Sequence[IndexDefinition],
    global_secondary_indexes: Sequence[IndexDefinition], billing_mode: str,
    provisioned_throughput: ProvisionedThroughput | None, on_demand_throughput: OnDemandThroughput | None,
) -> Table:  # fmt: skip
    """A table at a place (account, region, name) that is not stored yet. Raises `ValidationException`."""
    if not key_schema:
        raise invalid_value("KeySchema must be specified")
    check_key_schema(key_schema)
    check_throughput(billing_mode, provisioned_throughput)
    check_indexes(key_schema, local_secondary_indexes, global_secondary_indexes, billing_mode)
    indexes = (*local_secondary_indexes, *global_secondary_indexes)
    check_definitions(attribute_definitions, key_schema, indexes)
    locals_ = {index.index_name for index in local_secondary_indexes}
    account, region, name = place
    now = ctx.now()
    return Table(
        account=account,
        region=region,
        table_name=name,
        table_id=new_uuid(ctx),
        created=now,
        attribute_definitions=list(attribute_definitions),
        key_schema=list(key_schema),
        secondary_indexes=[new_index(index, at, index.index_name in locals_) for at, index in enumerate(indexes, 1)],
        next_index=len(indexes) + 1,
        billing_mode=billing_mode,
        billing_changed=now if billing_mode == "PAY_PER_REQUEST" else None,
        provisioned_throughput=provisioned_throughput,
        on_demand_throughput=on_demand_throughput,
    )


def new_uuid(ctx: Context) -> str:
    digits = ctx.random(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_index(index: IndexDefinition, number: int, local: bool, status: str = "ACTIVE") -> Index:
    return Index(
        index_name=index.index_name,
        number=number,
        key_schema=index.key_schema,
        projection=index.projection,
        local=local,
        status=status,
        provisioned_throughput=index.provisioned_throughput,
        on_demand_throughput=index.on_demand_throughput,
    )


def set_stream(ctx: Context, table: Table, wanted: StreamSpecification | None) -> None:
    """Turn the stream on or off; each time it is turned on it is a new one with a label of its own."""
    if wanted is None:
        return
    if not wanted.stream_enabled:
        if wanted.stream_view_type:
            raise invalid_value("StreamViewType cannot be specified when StreamEnabled is false")
        table.stream_view = ""
        return
    if not wanted.stream_view_type:
        raise invalid_value("StreamViewType must be specified when StreamEnabled is true")
    table.stream_view = wanted.stream_view_type
    table.stream_number += 1
    table.stream_label = ctx.world.clock().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def on_table(ctx: Context, table_name: str) -> Resource:
    return resource(ctx, table_name)


@operation(on=on_table, read=True)
def describe_table(ctx: Context, table_name: str) -> object:
    with plane(ctx).snapshot() as tx:
        restoring = tx.get(Restore, *named(ctx, table_name))
        if restoring is not None:
            return {"table": described(restoring.definition, "CREATING")}
        found = find_table(ctx, tx, table_name)
    return {"table": described(found, INACCESSIBLE if is_inaccessible(ctx, found) else "")}


def find_table(ctx: Context, tx: Transaction, table_name: str) -> Table:
    """Raises `ResourceNotFoundException`, with the table's name."""
    account, region, name = named(ctx, table_name)
    found = tx.get(Table, account, region, name)
    if found is None:
        raise errors.TableNotFound(table_name=name)
    return found


@operation(on=on_table)
async def delete_table(ctx: Context, table_name: str) -> object:
    def work(tx: Transaction) -> Table:
        table = find_table(ctx, tx, table_name)
        if table.deletion_protection:
            raise errors.invalid(
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first."
            )
        if any(index.status == "CREATING" for index in table.secondary_indexes):
            raise errors.TableInUse(table_name=table.table_name)
        if history.in_use(tx, table):
            raise errors.TableInUse(table_name=table.table_name)
        tx.delete(table)
        follow_table(tx, table, None, ctx.now())
        if table.history_since is not None:
            history.forget(tx, table)
            tx.put(_last_backup(ctx, table))
            return table
        low = pack(("dynamodb.item", table.table_id))
        tx.put(Erasure(low=low, high=after_prefix(low)))
        return table

    return {"table_description": described(await plane(ctx).submit(work), "DELETING", brief=True)}


def _last_backup(ctx: Context, table: Table) -> Backup:
    """What AWS keeps for 35 days of a table that was deleted while it had point-in-time recovery on. The controller
    removes the table's own items when the backup has them."""
    name, now = f"{table.table_name}$DeletedTableBackup", ctx.now()
    expires = now + timedelta(days=history.LONGEST)
    place = (table.account, table.region, table.table_name)
    return Backup(*place, new_backup_id(ctx), name, now, table, expires=expires)


def new_backup_id(ctx: Context) -> str:
    """The time in milliseconds and some chance, as AWS's ids of backups, exports and imports."""
    return f"{ctx.milliseconds:014d}-{ctx.random(4).hex()}"


@operation(on="*", read=True)
def list_tables(ctx: Context, exclusive_start_table_name: str = "", limit: int = 100) -> object:
    names: list[str] = []
    with plane(ctx).snapshot() as tx:
        after = pack((exclusive_start_table_name,)) if exclusive_start_table_name else b""
        for table in tx.scan(Table, ctx.account, ctx.region, after=after):
            names.append(table.table_name)
            if len(names) > limit:
                break
    answer: dict[str, Any] = {"table_names": names[:limit]}
    if len(names) > limit:
        answer["last_evaluated_table_name"] = names[limit - 1]
    return answer
