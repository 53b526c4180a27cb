"""How VPCs, subnets and what always comes with them are made. The operations check first and then call this."""

from collections.abc import Sequence
from ipaddress import IPv4Network

from groundcloud.context import Context
from groundcloud.services.ec2.common import Tag
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.names import private_domain
from groundcloud.services.ec2.network.pool import RESERVED
from groundcloud.services.ec2.network.records import (
    CidrAssociation,
    FirstUse,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Vpc,
)
from groundcloud.services.ec2.network.routing import (
    AclAssociation,
    AclEntry,
    DhcpConfiguration,
    DhcpOptions,
    DhcpValue,
    GatewayAttachment,
    InternetGateway,
    NetworkAcl,
    Route,
    RouteTable,
    RouteTableAssociation,
)
from groundcloud.services.ec2.regions import Zone, zones

DEFAULT_BLOCK = "172.31.0.0/16"
DENY_RULE = 32767
"""The number of the entry that every network ACL ends with; AWS shows it as `*`."""


def new_vpc(
    ctx: Context, block: str, *, is_default: bool = False, tenancy: str = "default", tags: Sequence[Tag] = ()
) -> Vpc:
    """A VPC with its main route table, default network ACL and default security group."""
    vpc = Vpc(
        owner_id=ctx.account, region=ctx.region, vpc_id=ctx.new_id("vpc"), cidr_block=block,
        dhcp_options_id=default_dhcp_options(ctx), instance_tenancy=tenancy, is_default=is_default,
        enable_dns_hostnames=is_default, tags=list(tags),
        cidr_block_association_set=[CidrAssociation(ctx.new_id("vpc-cidr-assoc"), block)],
    )  # fmt: skip
    ctx.put(vpc)
    _new_main_table(ctx, vpc)
    new_acl(ctx, vpc, is_default=True)
    new_group(ctx, vpc.vpc_id, "default", "default VPC security group", from_itself=True)
    network_changed(ctx, vpc.vpc_id)
    return vpc


def local_routes(vpc: Vpc) -> list[Route]:
    """The routes that every table of a VPC has: to its own ranges."""
    blocks6 = [each.ipv6_cidr_block for each in vpc.ipv6_cidr_block_association_set]
    return [
        *(Route(destination_cidr_block=each, gateway_id="local", origin="CreateRouteTable") for each in vpc.blocks()),
        *(Route(destination_ipv6_cidr_block=each, gateway_id="local", origin="CreateRouteTable") for each in blocks6),
    ]


def _new_main_table(ctx: Context, vpc: Vpc) -> RouteTable:
    table_id = ctx.new_id("rtb")
    association = RouteTableAssociation(ctx.new_id("rtbassoc"), table_id, main=True)
    return ctx.put(
        RouteTable(
            owner_id=ctx.account, region=ctx.region, route_table_id=table_id, vpc_id=vpc.vpc_id,
            routes=local_routes(vpc), associations=[association],
        )
    )  # fmt: skip


def new_acl(ctx: Context, vpc: Vpc, *, is_default: bool = False, tags: Sequence[Tag] = ()) -> NetworkAcl:
    """A network ACL: the default one allows everything, any other nothing yet."""
    entries = [
        entry
        for egress in (True, False)
        for entry in (
            AclEntry(100, "-1", "allow", egress, cidr_block="0.0.0.0/0"),
            AclEntry(DENY_RULE, "-1", "deny", egress, cidr_block="0.0.0.0/0"),
        )
        if is_default or entry.rule_number == DENY_RULE
    ]
    return ctx.put(
        NetworkAcl(
            owner_id=ctx.account, region=ctx.region, network_acl_id=ctx.new_id("acl"), vpc_id=vpc.vpc_id,
            is_default=is_default, entries=entries, tags=list(tags),
        )
    )  # fmt: skip


def new_group(
    ctx: Context, vpc_id: str, name: str, description: str, *, from_itself: bool = False, tags: Sequence[Tag] = ()
) -> SecurityGroup:
    """A security group that lets everything out, and nothing in but, if so asked, what comes from its own members."""
    group = SecurityGroup(
        owner_id=ctx.account, region=ctx.region, group_id=ctx.new_id("sg"), group_name=name, description=description,
        vpc_id=vpc_id, tags=list(tags),
    )  # fmt: skip
    ctx.put(group)
    if from_itself:
        _all_traffic(ctx, group, is_egress=False, referenced_group_id=group.group_id)
    _all_traffic(ctx, group, is_egress=True, cidr_ipv4="0.0.0.0/0")
    return group


def _all_traffic(
    ctx: Context, group: SecurityGroup, *, is_egress: bool, cidr_ipv4: str | None = None,
    referenced_group_id: str | None = None,
) -> None:  # fmt: skip
    ctx.put(
        SecurityGroupRule(
            owner_id=ctx.account, region=ctx.region, security_group_rule_id=ctx.new_id("sgr"), group_id=group.group_id,
            is_egress=is_egress, ip_protocol="-1", cidr_ipv4=cidr_ipv4, referenced_group_id=referenced_group_id,
            referenced_owner=ctx.account if referenced_group_id else None,
        )
    )  # fmt: skip


def new_subnet(
    ctx: Context, vpc: Vpc, block: str, zone: Zone, *, is_default: bool = False, tags: Sequence[Tag] = ()
) -> Subnet:
    """A subnet, under the VPC's main route table and default network ACL."""
    subnet = Subnet(
        owner_id=ctx.account, region=ctx.region, subnet_id=ctx.new_id("subnet"), vpc_id=vpc.vpc_id, cidr_block=block,
        availability_zone=zone.zone_name, availability_zone_id=zone.zone_id,
        available_ip_address_count=IPv4Network(block).num_addresses - RESERVED,
        default_for_az=is_default, map_public_ip_on_launch=is_default, tags=list(tags),
    )  # fmt: skip
    ctx.put(subnet)
    acl = next(acl for acl in ctx.scan(NetworkAcl, vpc.vpc_id, index="by_vpc") if acl.is_default)
    acl.associations.append(AclAssociation(ctx.new_id("aclassoc"), acl.network_acl_id, subnet.subnet_id))
    ctx.put(acl)
    network_changed(ctx, vpc.vpc_id)
    return subnet


def default_dhcp_options(ctx: Context) -> str:
    """The id of the options that new VPCs have: Amazon's resolver, and the domain of private names."""
    known = ctx.get(FirstUse)
    if known is not None and ctx.get(DhcpOptions, known.dhcp_options_id) is not None:
        return known.dhcp_options_id
    options = DhcpOptions(
        owner_id=ctx.account, region=ctx.region, dhcp_options_id=ctx.new_id("dopt"),
        dhcp_configurations=[
            DhcpConfiguration("domain-name", [DhcpValue(private_domain(ctx.region))]),
            DhcpConfiguration("domain-name-servers", [DhcpValue("AmazonProvidedDNS")]),
        ],
    )  # fmt: skip
    ctx.put(options)
    ctx.put(FirstUse(ctx.account, ctx.region, options.dhcp_options_id))
    return options.dhcp_options_id


def new_default_vpc(ctx: Context) -> Vpc:
    """The default VPC: a public subnet in each zone, and an internet gateway that the main route table leads to."""
    vpc = new_vpc(ctx, DEFAULT_BLOCK, is_default=True)
    for zone, block in zip(
        zones(ctx.account, ctx.region), IPv4Network(DEFAULT_BLOCK).subnets(new_prefix=20), strict=False
    ):
        new_subnet(ctx, vpc, str(block), zone, is_default=True)
    gateway = InternetGateway(
        owner_id=ctx.account, region=ctx.region, internet_gateway_id=ctx.new_id("igw"),
        attachments=[GatewayAttachment(vpc.vpc_id)],
    )  # fmt: skip
    ctx.put(gateway)
    table = next(ctx.scan(RouteTable, vpc.vpc_id, index="by_main"))
    table.routes.append(Route(destination_cidr_block="0.0.0.0/0", gateway_id=gateway.internet_gateway_id))
    ctx.put(table)
    network_changed(ctx, vpc.vpc_id)
    return vpc


def has_been_used(ctx: Context) -> bool:
    """Whether the account has used EC2 in this Region before. Then it has, or had, its default VPC."""
    return ctx.get(FirstUse) is not None


def make_at_first_use(ctx: Context) -> None:
    new_default_vpc(ctx)
