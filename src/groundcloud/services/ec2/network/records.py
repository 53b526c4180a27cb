"""What the network side remembers: VPCs, subnets, groups, interfaces, addresses. What routes is in `routing.py`.

Lists are kept in the form in which AWS shows them. An index that a function makes finds a record by what it refers to.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import field

from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tagged, register
from groundcloud.services.ec2.network import faults
from groundcloud.store import Key, Part, Record, Transaction

Facts = dict[str, str | Sequence[str]]


def arn_of(record: Tagged, resource: str) -> str:
    return f"arn:aws:ec2:{record.place}:{record.owner}:{resource}"


class InVpc(Tagged, kw_only=True):
    """What belongs to a VPC."""

    vpc_id: str

    def facts(self) -> Facts:
        return {"ec2:vpc": arn_of(self, f"vpc/{self.vpc_id}"), "ec2:vpcid": self.vpc_id}

    def related(self) -> Facts:
        return InVpc.facts(self)


class CidrState(Part):
    state: str = "associated"
    status_message: str | None = None


class CidrAssociation(Part):
    association_id: str
    cidr_block: str
    cidr_block_state: CidrState = field(default_factory=CidrState)


class Ipv6Association(Part):
    association_id: str
    ipv6_cidr_block: str
    ipv6_cidr_block_state: CidrState = field(default_factory=CidrState)
    network_border_group: str | None = None
    ipv6_pool: str | None = None
    ip_source: str | None = "amazon"
    ipv6_address_attribute: str | None = "public"


class Vpc(Tagged):
    table = "ec2.vpc"
    key = ("owner_id", "region", "vpc_id")
    indexes = {
        "by_default": lambda vpc: [(vpc.owner_id, vpc.region)] if vpc.is_default else [],
        "by_id": ("vpc_id",),
    }
    absent = faults.VpcNotFound
    prefix = resource_type = "vpc"

    owner_id: str
    region: str
    vpc_id: str
    cidr_block: str
    dhcp_options_id: str
    instance_tenancy: str = "default"
    is_default: bool = False
    state: str = "available"
    cidr_block_association_set: list[CidrAssociation] = []
    ipv6_cidr_block_association_set: list[Ipv6Association] = []
    enable_dns_support: bool = True
    enable_dns_hostnames: bool = False
    enable_network_address_usage_metrics: bool = False

    def facts(self) -> Facts:
        return {"ec2:vpcid": self.vpc_id, "ec2:tenancy": self.instance_tenancy}

    def related(self) -> Facts:
        return {"ec2:vpc": self.arn, "ec2:vpcid": self.vpc_id}

    def blocks(self) -> list[str]:
        """Its IPv4 ranges."""
        return [each.cidr_block for each in self.cidr_block_association_set]


class NameOptions(Part):
    """Which names the machines of a subnet have inside."""

    hostname_type: str | None = "ip-name"
    enable_resource_name_dns_a_record: bool | None = False
    enable_resource_name_dns_aaaa_record: bool | None = False


class Subnet(InVpc):
    table = "ec2.subnet"
    key = ("owner_id", "region", "subnet_id")
    indexes = {"by_vpc": ("owner_id", "region", "vpc_id"), "by_zone": ("owner_id", "region", "availability_zone")}
    absent = faults.SubnetNotFound
    prefix = resource_type = "subnet"

    owner_id: str
    region: str
    subnet_id: str
    cidr_block: str
    availability_zone: str
    availability_zone_id: str
    available_ip_address_count: int
    default_for_az: bool = False
    map_public_ip_on_launch: bool = False
    assign_ipv6_address_on_creation: bool = False
    ipv6_native: bool = False
    enable_dns64: bool = False
    map_customer_owned_ip_on_launch: bool = False
    state: str = "available"
    ipv6_cidr_block_association_set: list[Ipv6Association] = []
    private_dns_name_options_on_launch: NameOptions = field(default_factory=NameOptions)

    @property
    def subnet_arn(self) -> str:
        return self.arn

    def facts(self) -> Facts:
        return {**super().facts(), "ec2:availabilityzone": self.availability_zone, "ec2:subnetid": self.subnet_id}

    def related(self) -> Facts:
        return {**super().related(), "ec2:subnet": self.arn, "ec2:availabilityzone": self.availability_zone}


class UsedAddress(Record):
    """A private address that an interface, a NAT gateway or the like has in a subnet."""

    table = "ec2.used_address"
    key = ("owner_id", "region", "subnet_id", "address")
    watched = False

    owner_id: str
    region: str
    subnet_id: str
    address: str
    by: str
    """The interface's id."""


class PublicAddress(Record):
    """An address of the installation's pool that is in use, whoever uses it."""

    table = "ec2.public_address"
    key = ("address",)
    watched = False

    address: str
    owner_id: str
    region: str


class SecurityGroup(InVpc):
    table = "ec2.security_group"
    key = ("owner_id", "region", "group_id")
    indexes = {"by_name": ("owner_id", "region", "vpc_id", "group_name")}
    absent = errors.GroupNotFound
    prefix, resource_type = "sg", "security-group"

    owner_id: str
    region: str
    group_id: str
    group_name: str
    description: str

    @property
    def security_group_arn(self) -> str:
        return self.arn

    def facts(self) -> Facts:
        return {**super().facts(), "ec2:securitygroupid": self.group_id}


class SecurityGroupRule(Tagged):
    """A rule lets in, or out, one protocol and range of ports from or to one source."""

    table = "ec2.security_group_rule"
    key = ("owner_id", "region", "security_group_rule_id")
    indexes = {
        "by_group": ("owner_id", "region", "group_id"),
        "by_reference": lambda rule: [(rule.referenced_group_id,)] if rule.referenced_group_id else [],
        "by_list": lambda rule: [(rule.owner_id, rule.region, rule.prefix_list_id)] if rule.prefix_list_id else [],
    }
    absent = faults.RuleIdNotFound
    prefix, resource_type = "sgr", "security-group-rule"

    owner_id: str
    region: str
    security_group_rule_id: str
    group_id: str
    is_egress: bool
    ip_protocol: str
    from_port: int = -1
    to_port: int = -1
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    prefix_list_id: str | None = None
    referenced_group_id: str | None = None
    referenced_owner: str | None = None
    referenced_peering: str | None = None
    """The peering connection through which a group of another VPC is named."""
    description: str | None = None


class GroupIdentifier(Part):
    group_id: str = ""
    group_name: str = ""


class Association(Part):
    """The public address that stands for a private one."""

    public_ip: str
    ip_owner_id: str
    """`amazon` for an address that was assigned by itself, else the account of the elastic address."""
    allocation_id: str | None = None
    association_id: str | None = None


class PrivateAddress(Part):
    private_ip_address: str
    primary: bool = False
    association: Association | None = None


class Ipv6Address(Part):
    ipv6_address: str = ""
    is_primary_ipv6: bool | None = None


class Attachment(Part):
    attachment_id: str
    device_index: int
    attach_time: datetime
    instance_id: str | None = None
    instance_owner_id: str = ""
    status: str = "attached"
    delete_on_termination: bool = False
    network_card_index: int = 0


class NetworkInterface(InVpc):
    table = "ec2.network_interface"
    key = ("owner_id", "region", "network_interface_id")
    indexes = {
        "by_vpc": ("owner_id", "region", "vpc_id"),
        "by_subnet": ("owner_id", "region", "subnet_id"),
        "by_group": lambda eni: [(eni.owner_id, eni.region, group.group_id) for group in eni.groups],
        "by_instance": lambda eni: _attached(eni, "instance_id"),
        "by_attachment": lambda eni: _attached(eni, "attachment_id"),
        "by_address": lambda eni: [
            (eni.vpc_id, each)
            for each in (
                *(private.private_ip_address for private in eni.private_ip_addresses),
                *(address.ipv6_address for address in eni.ipv6_addresses),
            )
        ],
        "by_public": lambda eni: [
            (each.association.public_ip,) for each in eni.private_ip_addresses if each.association is not None
        ],
    }
    absent = faults.InterfaceNotFound
    prefix, resource_type = "eni", "network-interface"

    owner_id: str
    region: str
    network_interface_id: str
    subnet_id: str
    availability_zone: str
    mac_address: str
    private_ip_addresses: list[PrivateAddress]
    """The primary one first."""
    description: str = ""
    groups: list[GroupIdentifier] = []
    ipv6_addresses: list[Ipv6Address] = []
    source_dest_check: bool = True
    interface_type: str = "interface"
    requester_id: str | None = None
    requester_managed: bool = False
    attachment: Attachment | None = None
    auto_public: bool = False
    """Whether it has a public address of the pool whenever no elastic one stands for it and its instance is up."""
    at_rest: bool = False
    """Its instance is stopped."""
    used_by: str | None = None
    """What of AWS's own uses it (a NAT gateway's id), so that nobody else may delete it."""

    @property
    def primary(self) -> PrivateAddress:
        return self.private_ip_addresses[0]

    @property
    def private_ip_address(self) -> str:
        return self.primary.private_ip_address

    @property
    def association(self) -> Association | None:
        return self.primary.association

    @property
    def status(self) -> str:
        return "in-use" if self.attachment is not None or self.used_by else "available"

    def facts(self) -> Facts:
        subnet = arn_of(self, f"subnet/{self.subnet_id}")
        return {
            **super().facts(),
            "ec2:subnet": subnet,
            "ec2:availabilityzone": self.availability_zone,
            "ec2:networkinterfaceid": self.network_interface_id,
        }


def interface_at(tx: Transaction, vpc_id: str, address: str) -> NetworkInterface | None:
    """Whose a private address is: for what machines ask of the metadata service and the resolver."""
    return next(tx.scan(NetworkInterface, vpc_id, address, index="by_address"), None)


def interface_behind(tx: Transaction, public_ip: str) -> NetworkInterface | None:
    """For what interface a public address stands."""
    return next(tx.scan(NetworkInterface, public_ip, index="by_public"), None)


def vpc_of(tx: Transaction, vpc_id: str) -> Vpc | None:
    """The VPC of any account and Region."""
    return next(tx.scan(Vpc, vpc_id, index="by_id"), None)


def _attached(eni: NetworkInterface, field: str) -> Iterator[Key]:
    value = getattr(eni.attachment, field) if eni.attachment is not None else None
    if value:
        yield eni.owner_id, eni.region, value


class Address(Tagged):
    """An elastic address."""

    table = "ec2.address"
    key = ("owner_id", "region", "allocation_id")
    indexes = {
        "by_public_ip": ("owner_id", "region", "public_ip"),
        "by_association": lambda address: (
            [(address.owner_id, address.region, address.association_id)] if address.association_id else []
        ),
    }
    absent = faults.AllocationNotFound
    prefix, resource_type = "eipalloc", "elastic-ip"

    owner_id: str
    region: str
    allocation_id: str
    public_ip: str
    network_border_group: str
    public_ipv4_pool: str = "amazon"
    domain: str = "vpc"
    association_id: str | None = None
    instance_id: str | None = None
    network_interface_id: str | None = None
    network_interface_owner_id: str | None = None
    private_ip_address: str | None = None
    reverse_name: str | None = None
    """What `ModifyAddressAttribute` set as its reverse DNS name."""

    def facts(self) -> Facts:
        return {"ec2:allocationid": self.allocation_id, "ec2:publicipaddress": self.public_ip}


class FirstUse(Record):
    """That an account has used EC2 in a Region, and got its default VPC."""

    table = "ec2.first_use"
    key = ("owner_id", "region")

    owner_id: str
    region: str
    dhcp_options_id: str
    """The options that new VPCs have."""


register(Vpc, Subnet, SecurityGroup, SecurityGroupRule, NetworkInterface, Address)
