"""Tags of tables."""

from collections.abc import Callable, Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import errors
from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.records import Table, Tag
from groundcloud.services.dynamodb.schema import named, plane, resource
from groundcloud.services.dynamodb.tag_rules import merged
from groundcloud.store import Transaction


def on_arn(ctx: Context, resource_arn: str) -> Resource:
    """The table of an ARN. Raises `ValidationException` for what is no table's."""
    if not resource_arn.startswith("arn:aws:dynamodb:"):
        raise invalid(f"Invalid TableArn: Invalid ResourceArn provided as input {resource_arn}")
    return resource(ctx, resource_arn)


def table_of(ctx: Context, tx: Transaction, arn: str) -> Table:
    """Raises `ResourceNotFoundException`."""
    found = tx.get(Table, *named(ctx, arn))
    if found is None:
        raise errors.ResourceArnNotFound(arn=arn)
    return found


def changed(ctx: Context, arn: str, change: Callable[[Table], None]) -> Callable[[Transaction], Table]:
    """Work that changes a table."""

    def work(tx: Transaction) -> Table:
        table = table_of(ctx, tx, arn)
        change(table)
        return tx.put(table)

    return work


@operation(on=on_arn)
async def tag_resource(ctx: Context, resource_arn: str, tags: Sequence[Tag]) -> None:
    def change(table: Table) -> None:
        table.tags = merged(table.tags, tags)

    await plane(ctx).submit(changed(ctx, resource_arn, change))


@operation(on=on_arn)
async def untag_resource(ctx: Context, resource_arn: str, tag_keys: Sequence[str]) -> None:
    def change(table: Table) -> None:
        table.tags = {key: value for key, value in table.tags.items() if key not in tag_keys}

    await plane(ctx).submit(changed(ctx, resource_arn, change))


@operation(on=on_arn, read=True, harmless=("NextToken",))
def list_tags_of_resource(ctx: Context, resource_arn: str) -> object:
    with plane(ctx).snapshot() as tx:
        table = table_of(ctx, tx, resource_arn)
    return {"tags": [{"key": key, "value": value} for key, value in sorted(table.tags.items())]}
