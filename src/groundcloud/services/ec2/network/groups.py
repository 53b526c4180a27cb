"""Security groups: made, described and deleted. Their rules are in `group_rules.py`."""

import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, as_resource, find, made
from groundcloud.services.ec2.filters import Filter, Filters, matcher, only_values
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.making import new_group
from groundcloud.services.ec2.network.records import NetworkInterface, SecurityGroup, SecurityGroupRule, Vpc
from groundcloud.services.ec2.network.rule_parts import permissions
from groundcloud.services.ec2.tags import tags_for

_NAME = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")
_MOST_GROUPS = 2500
"""Security groups of a Region. Source: "Amazon VPC quotas"."""


def default_vpc(ctx: Context) -> Vpc:
    """Raises `VPCIdNotSpecified` for an account that has deleted its default VPC."""
    found = next(ctx.scan(Vpc, index="by_default"), None)
    if found is None:
        raise errors.NoDefaultVpc()
    return found


def group(ctx: Context, group_id: str = "", group_name: str = "") -> SecurityGroup:
    """A group by its id, or by its name in the default VPC. Raises `InvalidGroup.NotFound`, `MissingParameter`."""
    if group_id:
        return by_id(ctx, group_id)
    if not group_name:
        raise errors.MissingParameter(name="groupName or groupId")
    vpc = next(ctx.scan(Vpc, index="by_default"), None)
    found = next(ctx.scan(SecurityGroup, vpc.vpc_id, group_name, index="by_name"), None) if vpc is not None else None
    if found is None:
        where = "None" if vpc is None else vpc.vpc_id
        raise errors.GroupNotFound(reason=f"The security group '{group_name}' does not exist in default VPC '{where}'")
    return found


def by_id(ctx: Context, group_id: str) -> SecurityGroup:
    """Raises `InvalidGroupId.Malformed`, `InvalidGroup.NotFound`."""
    if not re.fullmatch(r"sg-[0-9a-z]+", group_id):
        raise faults.GroupMalformed(group_id=group_id)
    found = ctx.get(SecurityGroup, group_id)
    if found is None:
        raise errors.GroupNotFound(reason=f"The security group '{group_id}' does not exist")
    return found


def acted_on(ctx: Context, group_id: str, group_name: str) -> Resource:
    """The group that a call names, as policies see it."""
    try:
        return as_resource(group(ctx, group_id or "", group_name or ""))
    except (errors.GroupNotFound, faults.GroupMalformed, errors.MissingParameter):
        return Resource(ctx.arn(f"security-group/{group_id or '*'}"))


def _creating(ctx: Context, vpc_id: str, tag_specifications: Sequence[TagSpecification]) -> list[Resource]:
    vpc = ctx.get(Vpc, vpc_id) if vpc_id else next(ctx.scan(Vpc, index="by_default"), None)
    found = [as_resource(vpc)] if vpc is not None else []
    facts = {"ec2:region": ctx.region, **(vpc.related() if vpc is not None else {})}
    return found + made(ctx, "security-group", "CreateSecurityGroup", tag_specifications, facts)


@operation(on=_creating)
def create_security_group(
    ctx: Context,
    description: str,
    group_name: str,
    vpc_id: str = "",
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    vpc = find(ctx, Vpc, vpc_id) if vpc_id else default_vpc(ctx)
    for name, value in (("groupName", group_name), ("GroupDescription", description)):
        if not value:
            raise errors.MissingParameter(name=name)
        if not _NAME.fullmatch(value):
            raise errors.InvalidParameterValue(
                reason=f"Value ({value}) for parameter {name} is invalid. "
                "Character sets beyond ASCII are not supported."
            )
    if group_name == "default":
        raise faults.GroupReserved()
    if group_name.startswith("sg-"):
        raise errors.InvalidParameterValue(
            reason=f"Value ({group_name}) for parameter groupName is invalid. "
            "Group names may not be in the format sg-*."
        )
    if ctx.exists(SecurityGroup, vpc.vpc_id, group_name, index="by_name"):
        raise faults.GroupDuplicate(name=group_name, vpc_id=vpc.vpc_id)
    tags = tags_for(tag_specifications, "security-group")
    created = new_group(ctx, vpc.vpc_id, group_name, description, tags=tags)
    return {
        "group_id": created.group_id,
        "security_group_arn": created.arn,
        "tags": created.tags or None,
    }


@operation(on=acted_on)
def delete_security_group(ctx: Context, group_id: str = "", group_name: str = "") -> object:
    found = group(ctx, group_id, group_name)
    if found.group_name == "default":
        raise faults.CannotDelete(group_id=found.group_id)
    referring = list(ctx.tx.scan(SecurityGroupRule, found.group_id, index="by_reference"))
    elsewhere = [rule for rule in referring if rule.group_id != found.group_id]
    if elsewhere or ctx.exists(NetworkInterface, found.group_id, index="by_group"):
        raise faults.DependencyViolation(reason=f"resource {found.group_id} has a dependent object")
    forget_group(ctx, found)
    return {"return_": True, "group_id": found.group_id}


def forget_group(ctx: Context, found: SecurityGroup) -> None:
    """Delete a group with its rules."""
    for rule in rules_of(ctx, found):
        ctx.delete(rule)
    ctx.delete(found)


def rules_of(ctx: Context, found: SecurityGroup) -> list[SecurityGroupRule]:
    return list(ctx.tx.scan(SecurityGroupRule, found.owner_id, found.region, found.group_id, index="by_group"))


class _Described:
    """A group with its rules, read once for filters and answer."""

    def __init__(self, ctx: Context, found: SecurityGroup) -> None:
        self.ctx = ctx
        self.group = found
        self.tags = found.tags
        rules = rules_of(ctx, found)
        self.inbound = [rule for rule in rules if not rule.is_egress]
        self.outbound = [rule for rule in rules if rule.is_egress]

    def shown(self) -> dict[str, Any]:
        """The group as Describe calls show it."""
        found = self.group
        return {
            "group_id": found.group_id,
            "group_name": found.group_name,
            "description": found.description,
            "owner_id": found.owner_id,
            "vpc_id": found.vpc_id,
            "security_group_arn": found.arn,
            "tags": found.tags or None,
            "ip_permissions": permissions(self.ctx, self.inbound),
            "ip_permissions_egress": permissions(self.ctx, self.outbound),
        }


def _rule_filters(prefix: str, side: str) -> Filters:
    """The filters on rules, for one direction."""

    def of(field: str) -> Any:
        return lambda one: (getattr(rule, field) for rule in getattr(one, side))

    return {
        f"{prefix}.cidr": of("cidr_ipv4"),
        f"{prefix}.ipv6-cidr": of("cidr_ipv6"),
        f"{prefix}.prefix-list-id": of("prefix_list_id"),
        f"{prefix}.group-id": of("referenced_group_id"),
        f"{prefix}.user-id": of("referenced_owner"),
        f"{prefix}.from-port": of("from_port"),
        f"{prefix}.to-port": of("to_port"),
        f"{prefix}.protocol": of("ip_protocol"),
        f"{prefix}.group-name": lambda one: _names_of_sources(one, side),
    }


def _names_of_sources(one: _Described, side: str) -> Iterable[str]:
    for rule in getattr(one, side):
        named = one.ctx.get(SecurityGroup, rule.referenced_group_id) if rule.referenced_group_id else None
        if named is not None:
            yield named.group_name


_FILTERS: Filters = {
    "description": lambda one: one.group.description,
    "group-id": lambda one: one.group.group_id,
    "group-name": lambda one: one.group.group_name,
    "owner-id": lambda one: one.group.owner_id,
    "vpc-id": lambda one: one.group.vpc_id,
    **_rule_filters("ip-permission", "inbound"),
    **_rule_filters("egress.ip-permission", "outbound"),
}


@operation(on="*", read=True)
def describe_security_groups(
    ctx: Context, group_ids: Sequence[str] = (), group_names: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    passes = matcher(filters, _FILTERS)
    named = _named(ctx, group_ids, group_names, filters)
    if named is None:
        page = ctx.page(SecurityGroup, each=partial(_Described, ctx))
        return {"security_groups": _passing(page, passes)}
    found = [_Described(ctx, each) for each in named]
    return {"security_groups": _passing(page_of(found, lambda one: one.group.group_id), passes)}


def _passing(page: Page, passes: Any) -> Page:
    return Page(lambda after: ((place, one.shown()) for place, one in page.start(after) if passes(one)))


def _named(
    ctx: Context, group_ids: Sequence[str], group_names: Sequence[str], filters: Sequence[Filter]
) -> list[SecurityGroup] | None:
    """The groups that a call names, or that an index finds; None where all have to be looked at."""
    if group_ids or group_names:
        found = [by_id(ctx, each) for each in group_ids] + [group(ctx, "", each) for each in group_names]
        return list({each.group_id: each for each in found}.values())
    if (values := only_values(filters, "group-id")) is not None:
        return [each for value in dict.fromkeys(values) if (each := ctx.get(SecurityGroup, value)) is not None]
    if (values := only_values(filters, "vpc-id")) is not None:
        return [each for value in dict.fromkeys(values) for each in ctx.scan(SecurityGroup, value, index="by_name")]
    return None
