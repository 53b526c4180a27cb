"""Backups: none are written yet, and so the answer to who asks is that they are off."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.dynamodb import errors
from groundcloud.services.dynamodb.reads import on_table
from groundcloud.services.dynamodb.schema import find_schema, named, plane


@operation(on=on_table, read=True)
def describe_continuous_backups(ctx: Context, table_name: str) -> object:
    account, region, name = named(ctx, table_name)
    with plane(ctx).snapshot() as tx:
        if find_schema(tx, account, region, name) is None:
            raise errors.NoSuchTable(table_name=name)
    return {
        "continuous_backups_description": {
            "continuous_backups_status": "DISABLED",
            "point_in_time_recovery_description": {"point_in_time_recovery_status": "DISABLED"},
        }
    }
