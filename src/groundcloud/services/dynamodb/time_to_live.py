"""Time to live: the attribute that says when an item ends. `controller.py` removes what has ended."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.reads import on_table
from groundcloud.services.dynamodb.records import TimeToLiveSpecification
from groundcloud.services.dynamodb.schema import plane
from groundcloud.services.dynamodb.tables import find_table
from groundcloud.store import Transaction


@operation(on=on_table)
async def update_time_to_live(
    ctx: Context, table_name: str, time_to_live_specification: TimeToLiveSpecification
) -> object:
    wanted = time_to_live_specification

    def work(tx: Transaction) -> None:
        table = find_table(ctx, tx, table_name)
        if wanted.enabled == table.ttl_enabled:
            raise invalid(f"TimeToLive is already {'enabled' if wanted.enabled else 'disabled'}")
        if not wanted.enabled and wanted.attribute_name != table.ttl_attribute:
            raise invalid(
                f"TimeToLive is active on a different AttributeName: current AttributeName is {table.ttl_attribute}"
            )
        table.ttl_enabled = wanted.enabled
        table.ttl_attribute = wanted.attribute_name
        table.ttl_indexed = False
        if wanted.enabled:
            table.ttl_number, table.next_index = table.next_index, table.next_index + 1
        tx.put(table)

    await plane(ctx).submit(work)
    return {"time_to_live_specification": wanted}


@operation(on=on_table, read=True)
def describe_time_to_live(ctx: Context, table_name: str) -> object:
    with plane(ctx).snapshot() as tx:
        table = find_table(ctx, tx, table_name)
    if not table.ttl_enabled:
        return {"time_to_live_description": {"time_to_live_status": "DISABLED"}}
    return {"time_to_live_description": {"time_to_live_status": "ENABLED", "attribute_name": table.ttl_attribute}}
