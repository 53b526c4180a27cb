"""DB subnet groups: in which subnets of a VPC an instance may be."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.rds import errors
from groundcloud.services.rds.lookup import ec2, merged, on, subnets_named
from groundcloud.services.rds.records import DBInstance, DBSubnetGroup, Tag


def default_group(ctx: Context) -> DBSubnetGroup:
    """The group `default` of the default VPC's subnets, made when it is first needed. Raises
    `InvalidVPCNetworkState`."""
    found = ctx.get(DBSubnetGroup, "default")
    if found is not None:
        return found
    vpcs = ec2(ctx, "describe_vpcs", filters=[{"name": "is-default", "values": ["true"]}])["vpcs"]
    if not vpcs:
        raise errors.InvalidVPCNetworkState(
            reason="No default VPC exists in this account and Region: name a DB subnet group."
        )
    vpc_id = vpcs[0]["vpc_id"]
    filters = [{"name": "vpc-id", "values": [vpc_id]}, {"name": "default-for-az", "values": ["true"]}]
    subnets = ec2(ctx, "describe_subnets", filters=filters)["subnets"]
    return ctx.put(
        DBSubnetGroup(ctx.account, ctx.region, "default", "default", vpc_id, [_subnet(each) for each in subnets])
    )


def _subnet(each: dict[str, Any]) -> tuple[str, str]:
    return each["subnet_id"], each["availability_zone"]


def group_of(ctx: Context, instance: DBInstance) -> DBSubnetGroup | None:
    return ctx.get(DBSubnetGroup, instance.subnet_group)


def shown(group: DBSubnetGroup | None) -> dict[str, Any] | None:
    if group is None:
        return None
    return {
        "db_subnet_group_name": group.db_subnet_group_name,
        "db_subnet_group_description": group.db_subnet_group_description,
        "vpc_id": group.vpc_id,
        "subnet_group_status": "Complete",
        "subnets": [
            {
                "subnet_identifier": subnet,
                "subnet_availability_zone": {"name": zone},
                "subnet_outpost": {},
                "subnet_status": "Active",
            }
            for subnet, zone in group.subnets
        ],
        "db_subnet_group_arn": group.arn,
        "supported_network_types": ["IPV4"],
    }


def _covering(ctx: Context, ids: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    """The VPC and subnets of a request. Raises `InvalidSubnet`, `DBSubnetGroupDoesNotCoverEnoughAZs`."""
    found = subnets_named(ctx, list(dict.fromkeys(ids)))
    vpcs = {each["vpc_id"] for each in found}
    if len(vpcs) != 1:
        raise errors.InvalidSubnet(reason="The subnets are not all in the same VPC.")
    zones = sorted({each["availability_zone"] for each in found})
    if len(zones) < 2:
        raise errors.DBSubnetGroupDoesNotCoverEnoughAZs(zones=", ".join(zones))
    return vpcs.pop(), [_subnet(each) for each in found]


@operation(on=on("subgrp", "db_subnet_group_name"))
def create_db_subnet_group(
    ctx: Context,
    db_subnet_group_name: str,
    db_subnet_group_description: str,
    subnet_ids: Sequence[str],
    tags: Sequence[Tag] = (),
) -> object:
    name = db_subnet_group_name.lower()
    if name == "default" or not name or len(name) > 255:
        raise errors.InvalidParameterValue(reason=f"The parameter DBSubnetGroupName is not valid: {name}")
    if ctx.exists(DBSubnetGroup, name):
        raise errors.DBSubnetGroupAlreadyExists(name=name)
    vpc_id, subnets = _covering(ctx, subnet_ids)
    made = DBSubnetGroup(ctx.account, ctx.region, name, db_subnet_group_description, vpc_id, subnets, merged((), tags))
    return {"db_subnet_group": shown(ctx.put(made))}


@operation(on=on("subgrp", "db_subnet_group_name"))
def modify_db_subnet_group(
    ctx: Context, db_subnet_group_name: str, subnet_ids: Sequence[str], db_subnet_group_description: str | None = None
) -> object:
    group = ctx.find(DBSubnetGroup, db_subnet_group_name.lower())
    vpc_id, subnets = _covering(ctx, subnet_ids)
    if vpc_id != group.vpc_id:
        raise errors.InvalidSubnet(reason="The new Subnets are not in the same Vpc as the existing subnet group")
    group.subnets = subnets
    if db_subnet_group_description is not None:
        group.db_subnet_group_description = db_subnet_group_description
    return {"db_subnet_group": shown(ctx.put(group))}


@operation(on=on("subgrp", "db_subnet_group_name"))
def delete_db_subnet_group(ctx: Context, db_subnet_group_name: str) -> None:
    group = ctx.find(DBSubnetGroup, db_subnet_group_name.lower())
    for user in ctx.scan(DBInstance, group.db_subnet_group_name, index="by_subnet_group"):
        raise errors.InvalidDBSubnetGroupState(name=group.db_subnet_group_name, user=user.db_instance_identifier)
    ctx.delete(group)


@operation(on="subgrp:*", read=True, harmless=["Filters"])
def describe_db_subnet_groups(ctx: Context, db_subnet_group_name: str = "") -> object:
    if db_subnet_group_name:
        return {"db_subnet_groups": [shown(ctx.find(DBSubnetGroup, db_subnet_group_name.lower()))]}
    return {"db_subnet_groups": ctx.page(DBSubnetGroup, each=shown)}


def zones_of(ctx: Context, instance: DBInstance) -> list[str]:
    """The zones that an instance may be in."""
    group = group_of(ctx, instance)
    return sorted({zone for _, zone in group.subnets}) if group is not None else []
