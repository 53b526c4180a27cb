"""What the network side remembers, second part: route tables, internet gateways, network ACLs, DHCP options."""

from msgspec import field

from groundcloud.services.ec2.common import Tagged, register
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.records import InVpc
from groundcloud.store import Part


class AssociationState(Part):
    state: str = "associated"
    status_message: str | None = None


class RouteTableAssociation(Part):
    route_table_association_id: str
    route_table_id: str
    main: bool = False
    subnet_id: str | None = None
    gateway_id: str | None = None
    association_state: AssociationState = field(default_factory=AssociationState)


class Route(Part):
    """A route; exactly one destination and one target."""

    destination_cidr_block: str | None = None
    destination_ipv6_cidr_block: str | None = None
    destination_prefix_list_id: str | None = None
    gateway_id: str | None = None
    """An internet gateway, a gateway endpoint, a virtual private gateway, or `local`."""
    nat_gateway_id: str | None = None
    network_interface_id: str | None = None
    instance_id: str | None = None
    instance_owner_id: str | None = None
    vpc_peering_connection_id: str | None = None
    egress_only_internet_gateway_id: str | None = None
    origin: str = "CreateRoute"
    state: str = "active"


class PropagatingVgw(Part):
    gateway_id: str


class RouteTable(InVpc):
    table = "ec2.route_table"
    key = ("owner_id", "region", "route_table_id")
    indexes = {
        "by_vpc": ("owner_id", "region", "vpc_id"),
        "by_main": lambda table: (
            [(table.owner_id, table.region, table.vpc_id)] if any(each.main for each in table.associations) else []
        ),
        "by_subnet": lambda table: [
            (table.owner_id, table.region, each.subnet_id) for each in table.associations if each.subnet_id
        ],
        "by_association": lambda table: [
            (table.owner_id, table.region, each.route_table_association_id) for each in table.associations
        ],
        "by_list": lambda table: [
            (table.owner_id, table.region, each.destination_prefix_list_id)
            for each in table.routes
            if each.destination_prefix_list_id
        ],
    }
    absent = faults.RouteTableNotFound
    prefix, resource_type = "rtb", "route-table"

    owner_id: str
    region: str
    route_table_id: str
    routes: list[Route] = []
    associations: list[RouteTableAssociation] = []
    propagating_vgws: list[PropagatingVgw] = []


class GatewayAttachment(Part):
    vpc_id: str
    state: str = "available"


class InternetGateway(Tagged):
    table = "ec2.internet_gateway"
    key = ("owner_id", "region", "internet_gateway_id")
    indexes = {
        "by_vpc": lambda gateway: [(gateway.owner_id, gateway.region, each.vpc_id) for each in gateway.attachments]
    }
    absent = faults.InternetGatewayNotFound
    prefix, resource_type = "igw", "internet-gateway"

    owner_id: str
    region: str
    internet_gateway_id: str
    attachments: list[GatewayAttachment] = []


class IcmpTypeCode(Part):
    code: int | None = None
    type: int | None = None


class PortRange(Part):
    from_: int | None = None
    to: int | None = None


class AclEntry(Part):
    rule_number: int
    protocol: str
    rule_action: str
    egress: bool
    cidr_block: str | None = None
    ipv6_cidr_block: str | None = None
    icmp_type_code: IcmpTypeCode | None = None
    port_range: PortRange | None = None


class AclAssociation(Part):
    network_acl_association_id: str
    network_acl_id: str
    subnet_id: str


class NetworkAcl(InVpc):
    table = "ec2.network_acl"
    key = ("owner_id", "region", "network_acl_id")
    indexes = {
        "by_vpc": ("owner_id", "region", "vpc_id"),
        "by_subnet": lambda acl: [(acl.owner_id, acl.region, each.subnet_id) for each in acl.associations],
        "by_association": lambda acl: [
            (acl.owner_id, acl.region, each.network_acl_association_id) for each in acl.associations
        ],
    }
    absent = faults.NetworkAclNotFound
    prefix, resource_type = "acl", "network-acl"

    owner_id: str
    region: str
    network_acl_id: str
    is_default: bool = False
    entries: list[AclEntry] = []
    associations: list[AclAssociation] = []


class DhcpValue(Part):
    value: str


class DhcpConfiguration(Part):
    key: str
    values: list[DhcpValue]


class DhcpOptions(Tagged):
    table = "ec2.dhcp_options"
    key = ("owner_id", "region", "dhcp_options_id")
    absent = faults.DhcpOptionsNotFound
    prefix, resource_type = "dopt", "dhcp-options"

    owner_id: str
    region: str
    dhcp_options_id: str
    dhcp_configurations: list[DhcpConfiguration] = []


register(RouteTable, InternetGateway, NetworkAcl, DhcpOptions)
