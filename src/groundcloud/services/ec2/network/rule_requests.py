"""Rules of security groups as requests ask for them: checked, and each by itself."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network

from groundcloud.context import Context
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.network.peers import active_peering, peerings_of
from groundcloud.services.ec2.network.prefix_list_reads import prefix_list
from groundcloud.services.ec2.network.records import SecurityGroup
from groundcloud.services.ec2.network.rule_parts import (
    IpPermission,
    IpRange,
    Peer,
    RuleKey,
    UserIdGroupPair,
    block,
    traffic,
)

_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")


class Wanted:
    """A rule that a request is about: what tells it from others, and what comes with it."""

    def __init__(self, key: RuleKey, description: str | None = None, owner: str = "", peering: str = "") -> None:
        self.key = key
        self.description = checked(description)
        self.owner = owner
        self.peering = peering


def checked(description: str | None) -> str | None:
    if description is not None and not _DESCRIPTION.fullmatch(description):
        raise errors.InvalidParameterValue(
            reason="Invalid rule description. Valid descriptions are strings less than 256 characters from the "
            "following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
        )
    return description


def wanted(ctx: Context, group: SecurityGroup, given: Sequence[IpPermission]) -> list[Wanted]:
    """All rules of a request. Raises what is wrong with them; the same rule twice is `InvalidParameterValue`."""
    found = [rule for permission in given for rule in of_permission(ctx, group, permission)]
    keys = [rule.key for rule in found]
    if len(set(keys)) != len(keys):
        raise errors.InvalidParameterValue(reason="The same permission must not appear multiple times")
    return found


def of_permission(ctx: Context, group: SecurityGroup, given: IpPermission) -> Iterator[Wanted]:
    if not given.ip_protocol:
        raise errors.MissingParameter(name="ipProtocol")
    about = traffic(given.ip_protocol, given.from_port, given.to_port)
    count = 0
    for each in given.ip_ranges:
        count += 1
        yield Wanted(RuleKey(about, Peer(cidr_ipv4=block(each.cidr_ip, IPv4Network))), each.description)
    for each6 in given.ipv6_ranges:
        count += 1
        yield Wanted(RuleKey(about, Peer(cidr_ipv6=block(each6.cidr_ipv6, IPv6Network))), each6.description)
    for listed_one in given.prefix_list_ids:
        count += 1
        found = prefix_list(ctx, listed_one.prefix_list_id)
        yield Wanted(RuleKey(about, Peer(prefix_list_id=found.prefix_list_id)), listed_one.description)
    for pair in given.user_id_group_pairs:
        count += 1
        source, peering = _source(ctx, group, pair)
        yield Wanted(RuleKey(about, Peer(group_id=source.group_id)), pair.description, source.owner_id, peering)
    if not count:
        raise errors.InvalidParameterValue(reason="Either an IP range, a prefix list or a security group must be given")


def _source(ctx: Context, group: SecurityGroup, pair: UserIdGroupPair) -> tuple[SecurityGroup, str]:
    """The group that a rule names, and the peering connection that leads to it, if it is another VPC's."""
    if pair.group_id:
        source = ctx.tx.get(SecurityGroup, pair.user_id or ctx.account, ctx.region, pair.group_id)
        if source is None and not pair.user_id:
            source = _of_peer(ctx, group, pair.group_id)
    else:
        source = next(ctx.scan(SecurityGroup, group.vpc_id, pair.group_name, index="by_name"), None)
    if source is None:
        raise errors.GroupNotFound(reason=f"The security group '{pair.group_id or pair.group_name}' does not exist")
    if source.vpc_id == group.vpc_id:
        return source, ""
    peering = active_peering(ctx, group.vpc_id, source.vpc_id)
    if peering is None:
        raise errors.GroupNotFound(reason="You have specified two resources that belong to different networks.")
    return source, peering.vpc_peering_connection_id


def _of_peer(ctx: Context, group: SecurityGroup, group_id: str) -> SecurityGroup | None:
    """A group of another account whose VPC this one's VPC peers with."""
    for peering in peerings_of(ctx, group.owner_id, group.vpc_id):
        other = peering.other(group.vpc_id)
        source = ctx.tx.get(SecurityGroup, other.owner_id, ctx.region, group_id)
        if source is not None:
            return source
    return None


def plain(
    ip_permissions: Sequence[IpPermission],
    ip_protocol: str,
    from_port: int | None,
    to_port: int | None,
    cidr_ip: str,
    source_security_group_name: str = "",
    source_security_group_owner_id: str = "",
) -> list[IpPermission]:
    """A request's rules, whether it gives them as a list or, as in EC2's first days, one in the call's own members."""
    if ip_permissions or not (ip_protocol or cidr_ip or source_security_group_name):
        if not ip_permissions:
            raise errors.MissingParameter(name="ipPermissions")
        return list(ip_permissions)
    source = UserIdGroupPair(group_name=source_security_group_name, user_id=source_security_group_owner_id)
    pairs = [source] if source_security_group_name else []
    ranges = [IpRange(cidr_ip)] if cidr_ip else []
    return [IpPermission(ip_protocol or "-1", from_port, to_port, ip_ranges=ranges, user_id_group_pairs=pairs)]
