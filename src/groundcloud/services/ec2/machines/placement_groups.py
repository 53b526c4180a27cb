"""Placement groups: names that launches give. There is one host, so that a strategy changes nothing."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tagged, TagSpecification, as_resource, made, register
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.machines.records import TERMINATED, Instance
from groundcloud.services.ec2.tags import tags_for

_STRATEGIES = ("cluster", "spread", "partition")
_MOST_PARTITIONS = 7


class PlacementGroup(Tagged):
    table = "ec2.placement_group"
    key = ("owner_id", "region", "group_id")
    indexes = {"by_name": ("owner_id", "region", "group_name")}
    absent = errors.NoSuchPlacementGroupId
    prefix, resource_type = "pg", "placement-group"

    owner_id: str
    region: str
    group_id: str
    group_name: str
    strategy: str
    partition_count: int | None = None
    spread_level: str | None = None

    @property
    def arn_name(self) -> str:
        return self.group_name


register(PlacementGroup)


def _view(group: PlacementGroup) -> dict[str, Any]:
    return {
        "group_name": group.group_name,
        "state": "available",
        "strategy": group.strategy,
        "partition_count": group.partition_count,
        "group_id": group.group_id,
        "tags": group.tags or None,
        "group_arn": group.arn,
        "spread_level": group.spread_level,
    }


def group_named(ctx: Context, name: str) -> PlacementGroup:
    """Raises `InvalidPlacementGroup.Unknown`."""
    found = next(ctx.scan(PlacementGroup, name, index="by_name"), None)
    if found is None:
        raise errors.NoSuchPlacementGroup(name=name)
    return found


def _new(ctx: Context, group_name: str, tag_specifications: Sequence[TagSpecification]) -> list[Resource]:
    facts = {"ec2:region": ctx.region}
    return made(ctx, "placement-group", "CreatePlacementGroup", tag_specifications, facts, group_name or "*")


@operation(on=_new)
def create_placement_group(
    ctx: Context,
    group_name: str = "",
    strategy: str = "cluster",
    partition_count: int | None = None,
    spread_level: str | None = None,
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    if not group_name:
        raise errors.MissingParameter(name="GroupName")
    if strategy not in _STRATEGIES:
        raise errors.InvalidParameterValue(reason=f"Value ({strategy}) for parameter strategy is invalid.")
    if partition_count is not None and (strategy != "partition" or not 0 < partition_count <= _MOST_PARTITIONS):
        raise errors.InvalidParameterCombination(
            reason="PartitionCount is between 1 and 7, and goes with the partition strategy only."
        )
    if spread_level is not None and (strategy != "spread" or spread_level not in ("rack", "host")):
        raise errors.InvalidParameterCombination(
            reason="SpreadLevel is rack or host, and goes with the spread strategy."
        )
    if next(ctx.scan(PlacementGroup, group_name, index="by_name"), None) is not None:
        raise errors.DuplicatePlacementGroup(name=group_name)
    group = PlacementGroup(
        owner_id=ctx.account, region=ctx.region, group_id=ctx.new_id("pg"), group_name=group_name, strategy=strategy,
        partition_count=partition_count or (2 if strategy == "partition" else None),
        spread_level=spread_level or ("rack" if strategy == "spread" else None),
        tags=tags_for(tag_specifications, "placement-group"),
    )  # fmt: skip
    return {"placement_group": _view(ctx.put(group))}


_FILTERS: Filters = {
    "group-arn": lambda group: group.arn,
    "group-name": lambda group: group.group_name,
    "group-id": lambda group: group.group_id,
    "spread-level": lambda group: group.spread_level,
    "state": lambda group: "available",
    "strategy": lambda group: group.strategy,
}


@operation(on="*", read=True)
def describe_placement_groups(
    ctx: Context, group_ids: Sequence[str] = (), group_names: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> dict[str, Page]:
    ids = [*group_ids, *(group_named(ctx, name).group_id for name in group_names)]
    indexes = {"group-name": "by_name"}
    return {"placement_groups": listed(ctx, PlacementGroup, ids, filters, _FILTERS, indexes=indexes, each=_view)}


def _existing(ctx: Context, group_name: str) -> list[Resource]:
    found = next(ctx.scan(PlacementGroup, group_name, index="by_name"), None)
    return [as_resource(found) if found is not None else Resource(ctx.arn(f"placement-group/{group_name}"))]


@operation(on=_existing)
def delete_placement_group(ctx: Context, group_name: str) -> None:
    group = group_named(ctx, group_name)
    if any(each.placement_group == group_name and each.state != TERMINATED for each in ctx.scan(Instance)):
        raise errors.PlacementGroupInUse(name=group_name)
    ctx.delete(group)
