"""The rules of security groups: added and taken away."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.ec2.common import TagSpecification, made
from groundcloud.services.ec2.network import faults, groups
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.prefix_list_reads import prefix_list
from groundcloud.services.ec2.network.records import SecurityGroup, SecurityGroupRule, Vpc
from groundcloud.services.ec2.network.rule_parts import IpPermission, RuleKey, key_of, permissions, rule_shown
from groundcloud.services.ec2.network.rule_requests import Wanted, plain
from groundcloud.services.ec2.network.rule_requests import wanted as wanted_rules
from groundcloud.services.ec2.tags import tags_for

_MOST_RULES = 60
"""Of each direction and family. Source: "Amazon VPC quotas"."""


def _authorizing(name: str) -> Any:
    def resources(
        ctx: Context, group_id: str, group_name: str, tag_specifications: Sequence[TagSpecification]
    ) -> list[Resource]:
        group = groups.acted_on(ctx, group_id, group_name)
        tagging = made(ctx, "security-group-rule", name, tag_specifications, {"ec2:region": ctx.region})[1:]
        return [group, *tagging]

    return resources


def _group(ctx: Context, group_id: str, group_name: str | None) -> SecurityGroup:
    """The group that a call names: by its id, or by its name where the call may have one."""
    return groups.by_id(ctx, group_id) if group_name is None else groups.group(ctx, group_id, group_name)


def _authorize(
    ctx: Context,
    group_id: str,
    tag_specifications: Sequence[TagSpecification],
    *,
    egress: bool,
    group_name: str | None = None,
    **asked: Any,
) -> dict[str, Any]:
    group = _group(ctx, group_id, group_name)
    wanted = wanted_rules(ctx, group, plain(**asked))
    known = [rule for rule in groups.rules_of(ctx, group) if rule.is_egress is egress]
    keys = {key_of(rule) for rule in known}
    for rule in wanted:
        if rule.key in keys:
            raise faults.RuleDuplicate(rule=rule.key)
    check_limit(ctx, [*keys, *(rule.key for rule in wanted)])
    tags = tags_for(tag_specifications, "security-group-rule")
    added = [_add(ctx, group, rule, egress, tags) for rule in wanted]
    network_changed(ctx, group.vpc_id)
    return {"return_": True, "security_group_rules": [rule_shown(ctx, rule) for rule in added]}


def check_limit(ctx: Context, keys: Sequence[RuleKey]) -> None:
    """A prefix list counts for as many rules as it may have entries; a group counts in both families."""
    weights = {"4": 0, "6": 0}
    for key in keys:
        peer = key.peer
        weight = prefix_list(ctx, peer.prefix_list_id).max_entries if peer.prefix_list_id else 1
        for family in "4" if peer.cidr_ipv4 else "6" if peer.cidr_ipv6 else "46":
            weights[family] += weight
    if max(weights.values()) > _MOST_RULES:
        raise faults.RulesPerGroupLimit()


def _add(ctx: Context, group: SecurityGroup, rule: Wanted, egress: bool, tags: Any) -> SecurityGroupRule:
    about, peer = rule.key
    return ctx.put(
        SecurityGroupRule(
            owner_id=group.owner_id, region=group.region, security_group_rule_id=ctx.new_id("sgr"),
            group_id=group.group_id, is_egress=egress, ip_protocol=about.protocol, from_port=about.from_port,
            to_port=about.to_port, cidr_ipv4=peer.cidr_ipv4, cidr_ipv6=peer.cidr_ipv6,
            prefix_list_id=peer.prefix_list_id, referenced_group_id=peer.group_id,
            referenced_owner=rule.owner or None, referenced_peering=rule.peering or None,
            description=rule.description, tags=list(tags),
        )
    )  # fmt: skip


@operation(on=_authorizing("AuthorizeSecurityGroupIngress"))
def authorize_security_group_ingress(
    ctx: Context,
    group_id: str = "",
    group_name: str = "",
    ip_permissions: Sequence[IpPermission] = (),
    ip_protocol: str = "",
    from_port: int | None = None,
    to_port: int | None = None,
    cidr_ip: str = "",
    source_security_group_name: str = "",
    source_security_group_owner_id: str = "",
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    return _authorize(egress=False, **locals())


def _egress_group(ctx: Context, group_id: str, tag_specifications: Sequence[TagSpecification]) -> list[Resource]:
    resources: list[Resource] = _authorizing("AuthorizeSecurityGroupEgress")(ctx, group_id, "", tag_specifications)
    return resources


@operation(on=_egress_group)
def authorize_security_group_egress(
    ctx: Context,
    group_id: str,
    ip_permissions: Sequence[IpPermission] = (),
    ip_protocol: str = "",
    from_port: int | None = None,
    to_port: int | None = None,
    cidr_ip: str = "",
    source_security_group_name: str = "",
    source_security_group_owner_id: str = "",
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    return _authorize(egress=True, **locals())


# -- revoke


def _revoke(
    ctx: Context,
    group_id: str,
    security_group_rule_ids: Sequence[str],
    *,
    egress: bool,
    group_name: str | None = None,
    **asked: Any,
) -> dict[str, Any]:
    group = _group(ctx, group_id, group_name)
    known = [rule for rule in groups.rules_of(ctx, group) if rule.is_egress is egress]
    if security_group_rule_ids:
        gone, unknown = _by_ids(known, security_group_rule_ids), []
    else:
        wanted = wanted_rules(ctx, group, plain(**asked))
        by_key = {key_of(rule): rule for rule in known}
        gone = [by_key[rule.key] for rule in wanted if rule.key in by_key]
        unknown = [rule for rule in wanted if rule.key not in by_key]
    if unknown and not _in_default_vpc(ctx, group):
        raise faults.RuleNotFound(reason="The specified rule does not exist in this security group.")
    for rule in gone:
        ctx.delete(rule)
    network_changed(ctx, group.vpc_id)
    return {
        "return_": True,
        "revoked_security_group_rules": [_revoked(rule) for rule in gone],
        "unknown_ip_permissions": permissions(ctx, [_unknown(group, rule, egress) for rule in unknown]) or None,
    }


def _by_ids(known: Sequence[SecurityGroupRule], rule_ids: Sequence[str]) -> list[SecurityGroupRule]:
    by_id = {rule.security_group_rule_id: rule for rule in known}
    absent = [one for one in rule_ids if one not in by_id]
    if absent:
        raise faults.RuleIdNotFound(named=f" '{absent[0]}' does")
    return [by_id[one] for one in dict.fromkeys(rule_ids)]


def _in_default_vpc(ctx: Context, group: SecurityGroup) -> bool:
    """There, rules that are not there are reported and not refused (RevokeSecurityGroupIngress)."""
    vpc = ctx.get(Vpc, group.vpc_id)
    return vpc is not None and vpc.is_default


def _unknown(group: SecurityGroup, rule: Wanted, egress: bool) -> SecurityGroupRule:
    about, peer = rule.key
    return SecurityGroupRule(
        group.owner_id, group.region, "", group.group_id, egress, about.protocol, about.from_port, about.to_port,
        peer.cidr_ipv4, peer.cidr_ipv6, peer.prefix_list_id, peer.group_id, rule.owner or None,
    )  # fmt: skip


def _revoked(rule: SecurityGroupRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in rule.__struct_fields__}


def _revocable(ctx: Context, group_id: str, group_name: str) -> Resource:
    return groups.acted_on(ctx, group_id, group_name)


@operation(on=_revocable)
def revoke_security_group_ingress(
    ctx: Context,
    group_id: str = "",
    group_name: str = "",
    ip_permissions: Sequence[IpPermission] = (),
    security_group_rule_ids: Sequence[str] = (),
    ip_protocol: str = "",
    from_port: int | None = None,
    to_port: int | None = None,
    cidr_ip: str = "",
    source_security_group_name: str = "",
    source_security_group_owner_id: str = "",
) -> object:
    return _revoke(egress=False, **locals())


@operation(on=lambda ctx, group_id: groups.acted_on(ctx, group_id, ""))
def revoke_security_group_egress(
    ctx: Context,
    group_id: str,
    ip_permissions: Sequence[IpPermission] = (),
    security_group_rule_ids: Sequence[str] = (),
    ip_protocol: str = "",
    from_port: int | None = None,
    to_port: int | None = None,
    cidr_ip: str = "",
    source_security_group_name: str = "",
    source_security_group_owner_id: str = "",
) -> object:
    return _revoke(egress=True, **locals())
