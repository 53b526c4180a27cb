"""Rules of security groups one by one: changed, described; and what refers to a group."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import find, on
from groundcloud.services.ec2.filters import Filter, Filters, listed, matcher
from groundcloud.services.ec2.network import faults, groups
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.group_rules import check_limit
from groundcloud.services.ec2.network.linking import VpcPeeringConnection
from groundcloud.services.ec2.network.records import SecurityGroup, SecurityGroupRule, Vpc
from groundcloud.services.ec2.network.rule_parts import (
    IpPermission,
    IpRange,
    Ipv6Range,
    PrefixListId,
    UserIdGroupPair,
    key_of,
    permissions,
    rule_shown,
)
from groundcloud.services.ec2.network.rule_requests import checked, of_permission, wanted
from groundcloud.store import Part


class SecurityGroupRuleRequest(Part):
    ip_protocol: str = ""
    from_port: int | None = None
    to_port: int | None = None
    cidr_ipv4: str = ""
    cidr_ipv6: str = ""
    prefix_list_id: str = ""
    referenced_group_id: str = ""
    description: str | None = None


class SecurityGroupRuleUpdate(Part):
    security_group_rule_id: str
    security_group_rule: SecurityGroupRuleRequest | None = None


def _modified(ctx: Context, group_id: str, security_group_rules: Sequence[SecurityGroupRuleUpdate]) -> list[Resource]:
    rules = [
        Resource(ctx.arn(f"security-group-rule/{each.security_group_rule_id}"), facts={"ec2:region": ctx.region})
        for each in security_group_rules
    ]
    return [groups.acted_on(ctx, group_id, ""), *rules]


@operation(on=_modified)
def modify_security_group_rules(
    ctx: Context, group_id: str, security_group_rules: Sequence[SecurityGroupRuleUpdate]
) -> object:
    group = groups.by_id(ctx, group_id)
    known = {rule.security_group_rule_id: rule for rule in groups.rules_of(ctx, group)}
    for update in security_group_rules:
        rule = known.get(update.security_group_rule_id)
        if rule is None:
            raise faults.RuleIdNotFound(named=f" '{update.security_group_rule_id}' does")
        if update.security_group_rule is None:
            raise errors.MissingParameter(name="SecurityGroupRule")
        _change(ctx, group, rule, update.security_group_rule)
    for egress in (True, False):
        keys = [key_of(rule) for rule in known.values() if rule.is_egress is egress]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise faults.RuleDuplicate(rule=twice)
        check_limit(ctx, keys)
    for rule in known.values():
        ctx.put(rule)
    network_changed(ctx, group.vpc_id)
    return {"return_": True}


def _change(ctx: Context, group: SecurityGroup, rule: SecurityGroupRule, new: SecurityGroupRuleRequest) -> None:
    """A rule as it is asked for; its direction stays."""
    given = IpPermission(new.ip_protocol, new.from_port, new.to_port)
    if new.cidr_ipv4:
        given.ip_ranges = [IpRange(new.cidr_ipv4)]
    if new.cidr_ipv6:
        given.ipv6_ranges = [Ipv6Range(new.cidr_ipv6)]
    if new.prefix_list_id:
        given.prefix_list_ids = [PrefixListId(new.prefix_list_id)]
    if new.referenced_group_id:
        given.user_id_group_pairs = [UserIdGroupPair(new.referenced_group_id)]
    asked = list(of_permission(ctx, group, given))
    if len(asked) != 1:
        raise errors.InvalidParameterCombination(
            reason="Exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId must be specified"
        )
    about, peer = asked[0].key
    rule.ip_protocol, rule.from_port, rule.to_port = about
    rule.cidr_ipv4, rule.cidr_ipv6, rule.prefix_list_id, rule.referenced_group_id = peer
    rule.referenced_owner, rule.referenced_peering = asked[0].owner or None, asked[0].peering or None
    rule.description = checked(new.description)


_FILTERS: Filters = {
    "group-id": lambda rule: rule.group_id,
    "security-group-rule-id": lambda rule: rule.security_group_rule_id,
}


@operation(on="*", read=True)
def describe_security_group_rules(
    ctx: Context, filters: Sequence[Filter] = (), security_group_rule_ids: Sequence[str] = ()
) -> object:
    found = listed(
        ctx, SecurityGroupRule, security_group_rule_ids, filters, _FILTERS,
        indexes={"group-id": "by_group"}, each=lambda rule: rule_shown(ctx, rule),
    )  # fmt: skip
    return {"security_group_rules": found}


class SecurityGroupRuleDescription(Part):
    security_group_rule_id: str = ""
    description: str | None = None


def _describe_rules(
    ctx: Context,
    group: SecurityGroup,
    given: Sequence[IpPermission],
    by_id: Sequence[SecurityGroupRuleDescription],
    egress: bool,
) -> dict[str, bool]:
    """New descriptions for rules that are there."""
    if bool(given) == bool(by_id):
        raise errors.InvalidParameterCombination(
            reason="Exactly one of IpPermissions and SecurityGroupRuleDescriptions must be specified"
        )
    known = [rule for rule in groups.rules_of(ctx, group) if rule.is_egress is egress]
    new: dict[Any, str | None] = {each.security_group_rule_id: checked(each.description) for each in by_id}
    new |= {each.key: each.description for each in wanted(ctx, group, given)}
    for rule in known:
        for name in (rule.security_group_rule_id, key_of(rule)):
            if name in new:
                rule.description = new.pop(name)
                ctx.put(rule)
    if new:
        raise faults.RuleNotFound(reason="The specified rule does not exist in this security group.")
    return {"return_": True}


@operation(on=groups.acted_on)
def update_security_group_rule_descriptions_ingress(
    ctx: Context,
    group_id: str = "",
    group_name: str = "",
    ip_permissions: Sequence[IpPermission] = (),
    security_group_rule_descriptions: Sequence[SecurityGroupRuleDescription] = (),
) -> object:
    group = groups.group(ctx, group_id, group_name)
    return _describe_rules(ctx, group, ip_permissions, security_group_rule_descriptions, egress=False)


@operation(on=groups.acted_on)
def update_security_group_rule_descriptions_egress(
    ctx: Context,
    group_id: str = "",
    group_name: str = "",
    ip_permissions: Sequence[IpPermission] = (),
    security_group_rule_descriptions: Sequence[SecurityGroupRuleDescription] = (),
) -> object:
    group = groups.group(ctx, group_id, group_name)
    return _describe_rules(ctx, group, ip_permissions, security_group_rule_descriptions, egress=True)


@operation(on="*", read=True)
def describe_security_group_references(ctx: Context, group_id: Sequence[str]) -> object:
    """The VPCs on the other side of peering connections whose groups name these."""
    found = {}
    for one in group_id:
        groups.by_id(ctx, one)
        for rule in ctx.tx.scan(SecurityGroupRule, one, index="by_reference"):
            named_in = ctx.tx.get(SecurityGroup, rule.owner_id, rule.region, rule.group_id)
            if rule.referenced_peering and named_in is not None:
                found[one, named_in.vpc_id] = {
                    "group_id": one,
                    "referencing_vpc_id": named_in.vpc_id,
                    "vpc_peering_connection_id": rule.referenced_peering,
                }
    return {"security_group_reference_set": list(found.values())}


@operation(on="*", read=True)
def describe_stale_security_groups(ctx: Context, vpc_id: str) -> object:
    """The groups with rules that name groups which are gone, or cannot be reached any more."""
    find(ctx, Vpc, vpc_id)
    stale = []
    for group in ctx.scan(SecurityGroup, vpc_id, index="by_name"):
        rules = [rule for rule in groups.rules_of(ctx, group) if rule.referenced_peering and not _alive(ctx, rule)]
        if rules:
            stale.append(
                {
                    "group_id": group.group_id,
                    "group_name": group.group_name,
                    "description": group.description,
                    "vpc_id": vpc_id,
                    "stale_ip_permissions": _stale(ctx, [rule for rule in rules if not rule.is_egress]),
                    "stale_ip_permissions_egress": _stale(ctx, [rule for rule in rules if rule.is_egress]),
                }
            )
    return {"stale_security_group_set": page_of(stale, lambda group: str(group["group_id"]))}


def _alive(ctx: Context, rule: SecurityGroupRule) -> bool:
    """Whether the group of the other VPC is there, and the connection to it."""
    owner = rule.referenced_owner or ""
    source = ctx.tx.get(SecurityGroup, owner, ctx.region, rule.referenced_group_id or "")
    peering = ctx.get(VpcPeeringConnection, rule.referenced_peering or "")
    return source is not None and peering is not None and peering.status.code == "active"


def _stale(ctx: Context, rules: Sequence[SecurityGroupRule]) -> list[dict[str, Any]]:
    return [{**each, "ip_ranges": [], "prefix_list_ids": []} for each in permissions(ctx, rules)]


@operation(on=on("vpc_id"), read=True)
def get_security_groups_for_vpc(ctx: Context, vpc_id: str, filters: Sequence[Filter] = ()) -> object:
    find(ctx, Vpc, vpc_id)
    known: Filters = {
        "group-id": lambda group: group.group_id,
        "description": lambda group: group.description,
        "group-name": lambda group: group.group_name,
        "owner-id": lambda group: group.owner_id,
        "primary-vpc-id": lambda group: group.vpc_id,
    }
    passes = matcher(filters, known)
    found = ctx.page(SecurityGroup, vpc_id, index="by_name", where=passes, each=_for_vpc)
    return {"security_group_for_vpcs": found}


def _for_vpc(group: SecurityGroup) -> dict[str, Any]:
    return {
        "group_id": group.group_id,
        "group_name": group.group_name,
        "description": group.description,
        "owner_id": group.owner_id,
        "tags": group.tags,
        "primary_vpc_id": group.vpc_id,
    }
