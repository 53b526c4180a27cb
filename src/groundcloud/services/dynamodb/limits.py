"""What DynamoDB says of itself: its limits and its endpoint."""

from groundcloud.context import Context
from groundcloud.operation import NO_PERMISSION, operation


@operation(on="*", read=True)
def describe_limits(ctx: Context) -> dict[str, int]:
    """The quotas of a new account in most regions (developer guide, "Quotas"); no throughput is limited here."""
    return {
        "account_max_read_capacity_units": 80_000,
        "account_max_write_capacity_units": 80_000,
        "table_max_read_capacity_units": 40_000,
        "table_max_write_capacity_units": 40_000,
    }


@operation(on=NO_PERMISSION, read=True)
def describe_endpoints(ctx: Context) -> object:
    address = f"dynamodb.{ctx.region}.amazonaws.com"
    return {"endpoints": [{"address": address, "cache_period_in_minutes": 1440}]}
