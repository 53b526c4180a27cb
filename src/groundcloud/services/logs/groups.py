"""Log groups: made, listed, deleted; retention, encryption and protection against deletion."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.logs import chunks, errors
from groundcloud.services.logs.keys import new_data_key
from groundcloud.services.logs.names import (
    find_group,
    milliseconds,
    named,
    on_group,
    plane,
    resource,
)
from groundcloud.services.logs.pages import page
from groundcloud.services.logs.records import Erasure, LogGroup, LogStream, MetricFilter, SubscriptionFilter
from groundcloud.store import Transaction
from groundcloud.store.keys import after_prefix

RETENTIONS = frozenset(
    (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)
_MOST_TAGS = 50


def _new(ctx: Context, log_group_name: str, tags: Mapping[str, str]) -> list[Resource]:
    found = resource(ctx, named(ctx, log_group_name))
    return [found, found._replace(action="logs:TagResource")] if tags else [found]


@operation(on=_new)
async def create_log_group(
    ctx: Context,
    log_group_name: str,
    kms_key_id: str = "",
    tags: Mapping[str, str] = {},
    log_group_class: str = "STANDARD",
    deletion_protection_enabled: bool = False,
) -> None:
    if log_group_name.startswith("aws/"):
        raise errors.invalid("Log groups starting with AWS/ are reserved for AWS.")
    if log_group_class == "DELIVERY":
        raise errors.invalid("Groundcloud has no log groups of the class DELIVERY.")
    owner = named(ctx, log_group_name)
    group = LogGroup(
        *owner,
        group_id=ctx.random(8).hex(),
        creation_time=milliseconds(ctx),
        log_group_class=log_group_class,
        deletion_protection_enabled=deletion_protection_enabled,
        tags=dict(tags),
    )
    if kms_key_id:
        group.kms_key_id, wrapped = await new_data_key(ctx, group.log_group_arn, kms_key_id)
        group.data_keys = [wrapped]

    def work(tx: Transaction) -> None:
        if tx.get(LogGroup, *owner) is not None:
            raise errors.GroupExists()
        tx.put(group)

    await plane(ctx).submit(work)


@operation(on=on_group)
async def delete_log_group(ctx: Context, log_group_name: str) -> None:
    owner = named(ctx, log_group_name)

    def work(tx: Transaction) -> None:
        group = find_group(tx, owner)
        if group.deletion_protection_enabled:
            raise errors.ValidationException(reason="Deletion protection is enabled for the log group.")
        for kind in (LogStream, MetricFilter, SubscriptionFilter):
            for record in list(tx.scan(kind, *owner)):
                tx.delete(record)
        tx.delete(group)
        low = chunks.group_prefix(group.group_id)
        tx.put(Erasure(low=low, high=after_prefix(low)))

    await plane(ctx).submit(work)


def _listed(ctx: Context) -> Resource:
    return resource(ctx, (ctx.account, ctx.region, ""))


@operation(on=_listed, read=True, page_size=50)
def describe_log_groups(
    ctx: Context,
    log_group_name_prefix: str = "",
    log_group_name_pattern: str = "",
    log_group_class: str = "",
    log_group_identifiers: Sequence[str] = (),
    account_identifiers: Sequence[str] = (),
    include_linked_accounts: bool = False,
) -> object:
    if log_group_name_prefix and log_group_name_pattern:
        raise errors.invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    if account_identifiers or include_linked_accounts:
        raise errors.invalid("This account is not a monitoring account.")
    names = {named(ctx, each)[2] for each in log_group_identifiers}
    pattern = log_group_name_pattern.lower()

    def wanted(group: LogGroup) -> bool:
        return (
            (not pattern or pattern in group.log_group_name.lower())
            and (not names or group.log_group_name in names)
            and (not log_group_class or group.log_group_class == log_group_class)
        )

    return {
        "log_groups": page(
            ctx,
            LogGroup,
            ctx.account,
            ctx.region,
            begins=log_group_name_prefix,
            name=lambda group: group.log_group_name,
            where=wanted,
            each=shown,
        )
    }


def shown(group: LogGroup) -> dict[str, Any]:
    return {
        "log_group_name": group.log_group_name,
        "creation_time": group.creation_time,
        "retention_in_days": group.retention_in_days,
        "metric_filter_count": group.metric_filter_count,
        "arn": group.arn,
        "stored_bytes": group.stored_bytes,
        "kms_key_id": group.kms_key_id,
        "log_group_class": group.log_group_class,
        "log_group_arn": group.log_group_arn,
        "deletion_protection_enabled": group.deletion_protection_enabled or None,
    }


@operation(on="*", read=True, page_size=1000)
def list_log_groups(ctx: Context, log_group_name_pattern: str = "", log_group_class: str = "") -> object:
    try:
        pattern = re.compile(re.escape(log_group_name_pattern).replace(r"\^", "^").replace(r"\|", "|"))
    except re.error as error:
        raise errors.invalid("Invalid logGroupNamePattern") from error
    return {
        "log_groups": page(
            ctx,
            LogGroup,
            ctx.account,
            ctx.region,
            where=lambda group: (
                pattern.search(group.log_group_name) is not None
                and (not log_group_class or group.log_group_class == log_group_class)
            ),
        )
    }


async def _change(ctx: Context, owner: tuple[str, str, str], **fields: Any) -> None:
    def work(tx: Transaction) -> None:
        group = find_group(tx, owner)
        for name, value in fields.items():
            setattr(group, name, value)
        tx.put(group)

    await plane(ctx).submit(work)


@operation(on=on_group)
async def put_retention_policy(ctx: Context, log_group_name: str, retention_in_days: int) -> None:
    if retention_in_days not in RETENTIONS:
        raise errors.invalid(
            f"1 validation error detected: Value '{retention_in_days}' at 'retentionInDays' failed to satisfy "
            f"constraint: Member must satisfy enum value set: {sorted(RETENTIONS)}"
        )
    await _change(ctx, named(ctx, log_group_name), retention_in_days=retention_in_days)


@operation(on=on_group)
async def delete_retention_policy(ctx: Context, log_group_name: str) -> None:
    await _change(ctx, named(ctx, log_group_name), retention_in_days=None)


def _of_key(ctx: Context, log_group_name: str, resource_identifier: str) -> Resource:
    return resource(ctx, _target(ctx, log_group_name, resource_identifier))


def _target(ctx: Context, log_group_name: str, resource_identifier: str) -> tuple[str, str, str]:
    if bool(log_group_name) == bool(resource_identifier):
        raise errors.invalid("Exactly one of logGroupName and resourceIdentifier must be specified.")
    return named(ctx, log_group_name or resource_identifier)


@operation(on=_of_key)
async def associate_kms_key(
    ctx: Context, kms_key_id: str, log_group_name: str = "", resource_identifier: str = ""
) -> None:
    owner = _target(ctx, log_group_name, resource_identifier)
    with plane(ctx).snapshot() as tx:
        group = find_group(tx, owner)
    arn, wrapped = await new_data_key(ctx, group.log_group_arn, kms_key_id)
    await _change(ctx, owner, kms_key_id=arn, data_keys=[*group.data_keys, wrapped])


@operation(on=_of_key)
async def disassociate_kms_key(ctx: Context, log_group_name: str = "", resource_identifier: str = "") -> None:
    await _change(ctx, _target(ctx, log_group_name, resource_identifier), kms_key_id=None)


def _identified(ctx: Context, log_group_identifier: str) -> Resource:
    return resource(ctx, named(ctx, log_group_identifier))


@operation(on=_identified)
async def put_log_group_deletion_protection(
    ctx: Context, log_group_identifier: str, deletion_protection_enabled: bool
) -> None:
    await _change(ctx, named(ctx, log_group_identifier), deletion_protection_enabled=deletion_protection_enabled)
