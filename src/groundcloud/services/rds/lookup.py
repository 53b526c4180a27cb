"""What operations of RDS look for, and what a call acts on."""

import re
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.resource import Resource
from groundcloud.services.rds import errors
from groundcloud.services.rds.cluster_records import DBCluster
from groundcloud.services.rds.event_messages import notice_of
from groundcloud.services.rds.records import DBInstance, DBParameterGroup, DBSnapshot, DBSubnetGroup, Event, Tag
from groundcloud.services.rds.subscription_records import EventSubscription

_IDENTIFIER = re.compile(r"[a-z](-?[a-z0-9])*")
_LONGEST = 63

KINDS: dict[str, tuple[type[Any], str]] = {
    "db": (DBInstance, "db-instance"),
    "snapshot": (DBSnapshot, "db-snapshot"),
    "subgrp": (DBSubnetGroup, ""),
    "pg": (DBParameterGroup, "db-parameter-group"),
    "es": (EventSubscription, ""),
    "cluster": (DBCluster, "db-cluster"),
}
"""By the part of an ARN that names the kind."""


def identifier(name: str, what: str = "DBInstanceIdentifier") -> str:
    """A name as RDS keeps it, in lower case. Raises `InvalidParameterValue`."""
    found = name.lower()
    if not _IDENTIFIER.fullmatch(found) or len(found) > _LONGEST:
        raise errors.InvalidParameterValue(
            reason=f"The parameter {what} is not a valid identifier. Identifiers must begin with a letter; must "
            "contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two "
            "consecutive hyphens."
        )
    return found


def named(name: str) -> str:
    """A name, or the one at the end of an ARN."""
    return name.rpartition(":")[2].lower() if name.startswith("arn:") else name.lower()


def instance_named(ctx: Context, name: str) -> DBInstance:
    """By its identifier, its ARN or its resource id. Raises `DBInstanceNotFound`."""
    found = ctx.get(DBInstance, named(name))
    if found is None and name.startswith("db-"):
        found = next(ctx.scan(DBInstance, name, index="by_resource"), None)
    if found is None:
        raise errors.DBInstanceNotFound(db_instance_identifier=named(name))
    return found


def cluster_named(ctx: Context, name: str) -> DBCluster:
    """By its identifier or its ARN. Raises `DBClusterNotFound`."""
    return ctx.find(DBCluster, named(name))


def snapshot_named(ctx: Context, name: str) -> DBSnapshot:
    """Also an automated one (`rds:...`), and one of another account that is shared. Raises `DBSnapshotNotFound`."""
    account, rest = ctx.account, name.lower()
    if name.startswith("arn:"):
        account, rest = name.split(":")[4], name.split(":snapshot:")[-1].lower()
    found = ctx.tx.get(DBSnapshot, account, ctx.region, rest)
    if found is None or (account != ctx.account and not {"all", ctx.account} & set(found.shared_with)):
        raise errors.DBSnapshotNotFound(db_snapshot_identifier=rest)
    return found


def on(kind: str, argument: str) -> Callable[..., Resource]:
    """The resource of a call that names one, with its tags."""

    def of(ctx: Context, **arguments: str) -> Resource:
        name = arguments[argument] or "*"
        short = name.partition(f":{kind}:")[2] if name.startswith("arn:") else name
        found = ctx.get(KINDS[kind][0], short.lower())
        tags = {each.key: each.value for each in found.tags} if found is not None else None
        return Resource(name if name.startswith("arn:") else ctx.arn(f"{kind}:{short.lower()}"), tags=tags)

    either = Parameter.POSITIONAL_OR_KEYWORD
    parameters = [Parameter("ctx", either, annotation=Context), Parameter(argument, either, annotation=str)]
    of.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # the core reads it
    return of


def merged(tags: Sequence[Tag], more: Sequence[Tag]) -> list[Tag]:
    """Tags with others put over them. Raises `InvalidParameterValue` for more than AWS takes."""
    found = {each.key: each for each in tags} | {each.key: each for each in more}
    if len(found) > 50:
        raise errors.InvalidParameterValue(reason="Tag limit exceeded: at most 50 tags are allowed.")
    return list(found.values())


def note(ctx: Context, instance: DBInstance, message: str, *categories: str) -> None:
    """Write down an event of an instance."""
    note_event(ctx, instance.db_instance_identifier, "db-instance", instance.arn, message, categories)


def note_cluster(ctx: Context, cluster: DBCluster, message: str, *categories: str) -> None:
    """Write down an event of a cluster."""
    note_event(ctx, cluster.db_cluster_identifier, "db-cluster", cluster.arn, message, categories)


def note_event(
    ctx: Context, source: str, source_type: str, arn: str, message: str, categories: Sequence[str] = ()
) -> None:
    moment = ctx.world.clock()
    event_id = f"{int(moment.timestamp() * 1000):015d}-{ctx.random_text('0123456789abcdef', 8)}"
    event = ctx.put(
        Event(ctx.account, ctx.region, event_id, source, source_type, message, moment, list(categories), arn)
    )
    for each in ctx.scan(EventSubscription):
        if _wants(each, event):
            ctx.notify(each.sns_topic_arn, notice_of(event))


def _wants(subscription: EventSubscription, event: Event) -> bool:
    categories = subscription.event_categories_list
    return (
        subscription.enabled
        and subscription.source_type in ("", event.source_type)
        and (not subscription.source_ids_list or event.source_identifier in subscription.source_ids_list)
        and (not categories or bool(set(categories) & set(event.event_categories)))
    )


def ec2(ctx: Context, operation: str, **arguments: Any) -> Any:
    """What EC2 knows, asked as the caller. Raises EC2's errors."""
    return ctx.call("ec2", operation, **arguments)


def subnets_named(ctx: Context, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Raises `InvalidSubnet`."""
    try:
        found: list[dict[str, Any]] = ec2(ctx, "describe_subnets", subnet_ids=list(ids))["subnets"]
    except AwsError as error:
        if not error.code.startswith("InvalidSubnet"):
            raise
        raise errors.InvalidSubnet(reason=error.message) from error
    return found


def default_groups(ctx: Context, vpc_id: str) -> list[str]:
    """The VPC's default security group."""
    filters = [{"name": "vpc-id", "values": [vpc_id]}, {"name": "group-name", "values": ["default"]}]
    return [each["group_id"] for each in ec2(ctx, "describe_security_groups", filters=filters)["security_groups"]]


def checked_groups(ctx: Context, vpc_id: str, ids: Sequence[str]) -> list[str]:
    """Security groups of a VPC. Raises `InvalidParameterCombination`, `InvalidParameterValue`."""
    try:
        found = ec2(ctx, "describe_security_groups", group_ids=list(ids))["security_groups"]
    except AwsError as error:
        if not error.code.startswith("InvalidGroup"):
            raise
        raise errors.InvalidParameterValue(reason=f"Invalid security group , groupId= {', '.join(ids)}.") from error
    for each in found:
        if each["vpc_id"] != vpc_id:
            raise errors.InvalidVPCNetworkState(
                reason="The DB instance and EC2 security group are in different VPCs. The DB instance is in "
                f"{vpc_id} and the EC2 security group is in {each['vpc_id']}"
            )
    return list(dict.fromkeys(ids))
