"""UpdateTable: throughput, billing, class, protection, streams, and global secondary indexes.

A new index is filled by the controller; until then it is CREATING and cannot be read.
"""

from collections.abc import Callable, Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.dynamodb import errors
from groundcloud.services.dynamodb.descriptions import described
from groundcloud.services.dynamodb.encryption import changed_encryption, check_specification
from groundcloud.services.dynamodb.errors import invalid, invalid_value
from groundcloud.services.dynamodb.reads import on_table
from groundcloud.services.dynamodb.records import (
    AttributeDefinition,
    GlobalSecondaryIndexUpdate,
    Index,
    IndexDefinition,
    OnDemandThroughput,
    ProvisionedThroughput,
    SseSpecification,
    StreamSpecification,
    Table,
)
from groundcloud.services.dynamodb.schema import plane
from groundcloud.services.dynamodb.streams import follow_table
from groundcloud.services.dynamodb.table_checks import (
    MOST_GLOBAL,
    check_key_schema,
    check_name,
    check_projection,
    check_throughput,
)
from groundcloud.services.dynamodb.tables import find_table, new_index, set_stream
from groundcloud.store import Transaction


@operation(on=on_table, harmless=("WarmThroughput",))
async def update_table(
    ctx: Context,
    table_name: str,
    attribute_definitions: Sequence[AttributeDefinition] = (),
    billing_mode: str = "",
    provisioned_throughput: ProvisionedThroughput | None = None,
    global_secondary_index_updates: Sequence[GlobalSecondaryIndexUpdate] = (),
    stream_specification: StreamSpecification | None = None,
    sse_specification: SseSpecification | None = None,
    table_class: str = "",
    deletion_protection_enabled: bool | None = None,
    on_demand_throughput: OnDemandThroughput | None = None,
) -> object:
    _check_any(
        billing_mode, provisioned_throughput, global_secondary_index_updates, stream_specification, sse_specification,
        table_class, deletion_protection_enabled is not None, on_demand_throughput,
    )  # fmt: skip
    change_key = await _new_key(ctx, table_name, sse_specification)

    def work(tx: Transaction) -> Table:
        table = find_table(ctx, tx, table_name)
        if any(index.status != "ACTIVE" for index in table.secondary_indexes):
            raise errors.TableInUse(table_name=table.table_name)
        _set_billing(ctx, table, billing_mode, provisioned_throughput)
        if table_class:
            table.table_class = table_class
        if deletion_protection_enabled is not None:
            table.deletion_protection = deletion_protection_enabled
        table.on_demand_throughput = on_demand_throughput or table.on_demand_throughput
        _set_stream(ctx, table, stream_specification)
        change_key(table)
        follow_table(tx, find_table(ctx, tx, table_name), table, ctx.now())
        _change_indexes(table, attribute_definitions, global_secondary_index_updates)
        return tx.put(table)

    return {"table_description": described(await plane(ctx).submit(work), "UPDATING")}


def _check_any(*wanted: object) -> None:
    """Raises `ValidationException` for a call that changes nothing."""
    if not any(wanted):
        raise invalid(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
            "SSESpecification or ReplicaUpdates is required"
        )


async def _new_key(ctx: Context, table_name: str, wanted: SseSpecification | None) -> Callable[[Table], None]:
    """Asks KMS for what is wanted; what it gave is then put into the table, if nobody else has come before."""
    if wanted is None:
        return lambda table: None
    check_specification(wanted)
    with plane(ctx).snapshot() as tx:
        found = find_table(ctx, tx, table_name)
    before = found.encryption
    made = await changed_encryption(ctx, found, wanted)

    def change(table: Table) -> None:
        if (table.encryption and table.encryption.data_key) != (before and before.data_key):
            raise errors.TableInUse(table_name=table.table_name)  # two keys for the same items would lose some
        table.encryption = made

    return change


def _set_billing(ctx: Context, table: Table, mode: str, throughput: ProvisionedThroughput | None) -> None:
    if not mode and throughput is None:
        return
    check_throughput(mode or table.billing_mode, throughput)
    if not mode and throughput == table.provisioned_throughput:
        raise invalid(
            "The provisioned throughput for the table will not change. The requested value equals the current value."
        )
    if mode == "PAY_PER_REQUEST" and table.billing_mode != mode:
        table.billing_changed = ctx.now()
    table.billing_mode = mode or table.billing_mode
    table.provisioned_throughput = throughput


def _set_stream(ctx: Context, table: Table, wanted: StreamSpecification | None) -> None:
    if wanted is not None and wanted.stream_enabled and table.stream_view:
        raise invalid("Table already has an enabled stream: TableName: " + table.table_name)
    if wanted is not None and not wanted.stream_enabled and not table.stream_view:
        raise invalid("Table has no stream to disable: TableName: " + table.table_name)
    set_stream(ctx, table, wanted)


def _change_indexes(
    table: Table, definitions: Sequence[AttributeDefinition], updates: Sequence[GlobalSecondaryIndexUpdate]
) -> None:
    known = {one.attribute_name: one for one in table.attribute_definitions}
    for one in definitions:
        if one.attribute_name in known and known[one.attribute_name].attribute_type != one.attribute_type:
            raise invalid_value(f"Cannot change the type of attribute {one.attribute_name}")
        known[one.attribute_name] = one
    table.attribute_definitions = list(known.values())
    if sum(update.create is not None or update.delete is not None for update in updates) > 1:
        raise errors.LimitExceeded(
            message="Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        )
    for update in updates:
        if update.create is not None:
            _create(table, update.create)
        elif update.delete is not None:
            _global(table, update.delete.index_name).status = "DELETING"
        elif update.update is not None:
            index = _global(table, update.update.index_name)
            index.provisioned_throughput = update.update.provisioned_throughput or index.provisioned_throughput
            index.on_demand_throughput = update.update.on_demand_throughput or index.on_demand_throughput
        else:
            raise invalid("One of GlobalSecondaryIndexUpdate's Create, Update or Delete is required")
    used = {one.attribute_name for one in table.key_schema}
    for index in table.secondary_indexes:
        used |= {one.attribute_name for one in index.key_schema}
    table.attribute_definitions = [one for one in table.attribute_definitions if one.attribute_name in used]


def _create(table: Table, wanted: IndexDefinition) -> None:
    check_name(wanted.index_name, "IndexName")
    if any(index.index_name == wanted.index_name for index in table.secondary_indexes):
        raise invalid(f"Attempting to create an index which already exists: {wanted.index_name}")
    if sum(not index.local for index in table.secondary_indexes) >= MOST_GLOBAL:
        raise errors.LimitExceeded(message=f"GlobalSecondaryIndex count exceeds the per-table limit of {MOST_GLOBAL}")
    check_key_schema(wanted.key_schema, wanted.index_name)
    check_projection(wanted.projection, wanted.index_name)
    check_throughput(table.billing_mode, wanted.provisioned_throughput, wanted.index_name)
    defined = [one.attribute_name for one in table.attribute_definitions]
    for element in wanted.key_schema:
        if element.attribute_name not in defined:
            raise invalid_value(
                "Some index key attributes are not defined in AttributeDefinitions. "
                f"Keys: [{element.attribute_name}], AttributeDefinitions: [{', '.join(defined)}]"
            )
    table.secondary_indexes.append(new_index(wanted, table.next_index, local=False, status="CREATING"))
    table.next_index += 1


def _global(table: Table, name: str) -> Index:
    """Raises `ResourceNotFoundException`."""
    for index in table.secondary_indexes:
        if index.index_name == name and not index.local:
            return index
    raise errors.ResourceNotFound()
