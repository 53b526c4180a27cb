"""Subscription filters: where else a group's events go.

The destinations (Kinesis, Firehose, Lambda, other accounts) are not in this cloud yet, so a filter is refused as AWS
refuses one whose destination it cannot reach. The engine `subscriptions` is where they come.
"""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.logs import errors
from groundcloud.services.logs.metrics import pattern_of
from groundcloud.services.logs.names import find_group, named, on_group, plane
from groundcloud.services.logs.pages import page
from groundcloud.services.logs.records import SubscriptionFilter
from groundcloud.store import Transaction

_REFUSALS = {
    "lambda": "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute "
    "your function.",
    "kinesis": "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in "
    "ACTIVE state.",
    "firehose": "Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in "
    "ACTIVE state.",
    "logs": "Could not deliver test message to specified destination. Check if the destination is valid.",
}


@operation(on=on_group)
async def put_subscription_filter(
    ctx: Context,
    log_group_name: str,
    filter_name: str,
    filter_pattern: str,
    destination_arn: str,
    role_arn: str | None = None,
    distribution: str = "ByLogStream",
) -> None:
    pattern_of(filter_pattern)
    with plane(ctx).snapshot() as tx:
        find_group(tx, named(ctx, log_group_name))
    parts = destination_arn.split(":")
    vendor = parts[2] if len(parts) > 5 else ""
    raise errors.invalid(_REFUSALS.get(vendor, "PutSubscriptionFilter operation cannot work with destinationArn for "
                                       f"vendor {vendor}"))  # fmt: skip


@operation(on=on_group)
async def delete_subscription_filter(ctx: Context, log_group_name: str, filter_name: str) -> None:
    owner = named(ctx, log_group_name)

    def work(tx: Transaction) -> None:
        find_group(tx, owner)
        found = tx.get(SubscriptionFilter, *owner, filter_name)
        if found is None:
            raise errors.SubscriptionNotFound()
        tx.delete(found)

    await plane(ctx).submit(work)


@operation(on=on_group, read=True, page_size=50)
def describe_subscription_filters(ctx: Context, log_group_name: str, filter_name_prefix: str = "") -> object:
    owner = named(ctx, log_group_name)
    with plane(ctx).snapshot() as tx:
        find_group(tx, owner)
    return {
        "subscription_filters": page(
            ctx, SubscriptionFilter, *owner, begins=filter_name_prefix, name=lambda each: each.filter_name
        )
    }
