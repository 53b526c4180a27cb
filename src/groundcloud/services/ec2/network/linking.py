"""What the network side remembers of ways out of a VPC: NAT gateways, peering, endpoints, prefix lists, flow logs."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import field

from groundcloud.services.ec2.common import Tagged, register
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.records import Facts, InVpc
from groundcloud.services.ec2.network.routing import GatewayAttachment
from groundcloud.store import Key, Part, Record


class EgressOnlyInternetGateway(Tagged):
    table = "ec2.egress_only_internet_gateway"
    key = ("owner_id", "region", "egress_only_internet_gateway_id")
    indexes = {
        "by_vpc": lambda gateway: [(gateway.owner_id, gateway.region, each.vpc_id) for each in gateway.attachments]
    }
    absent = faults.EgressOnlyGatewayNotFound
    prefix, resource_type = "eigw", "egress-only-internet-gateway"

    owner_id: str
    region: str
    egress_only_internet_gateway_id: str
    attachments: list[GatewayAttachment] = []


class NatAddress(Part):
    private_ip: str
    network_interface_id: str
    is_primary: bool = False
    allocation_id: str | None = None
    association_id: str | None = None
    public_ip: str | None = None
    status: str = "succeeded"


class NatGateway(InVpc):
    table = "ec2.nat_gateway"
    key = ("owner_id", "region", "nat_gateway_id")
    indexes = {
        "by_vpc": lambda nat: [(nat.owner_id, nat.region, nat.vpc_id)] if nat.is_there else [],
        "by_subnet": lambda nat: [(nat.owner_id, nat.region, nat.subnet_id)] if nat.is_there else [],
    }
    absent = faults.NatGatewayNotFound
    prefix, resource_type = "nat", "natgateway"

    owner_id: str
    region: str
    nat_gateway_id: str
    subnet_id: str
    create_time: datetime
    connectivity_type: str = "public"
    state: str = "pending"
    """pending, available, deleting, deleted (shown for an hour) or failed."""
    nat_gateway_addresses: list[NatAddress] = []
    delete_time: datetime | None = None
    failure_code: str | None = None
    failure_message: str | None = None

    @property
    def is_there(self) -> bool:
        return self.state in ("pending", "available", "deleting")


class PeeringOptions(Part):
    allow_dns_resolution_from_remote_vpc: bool | None = False
    allow_egress_from_local_classic_link_to_remote_vpc: bool | None = False
    allow_egress_from_local_vpc_to_remote_classic_link: bool | None = False


class PeerBlock(Part):
    cidr_block: str


class PeerVpc(Part):
    """One side of a peering connection."""

    owner_id: str
    vpc_id: str
    region: str
    cidr_block: str | None = None
    cidr_block_set: list[PeerBlock] | None = None
    peering_options: PeeringOptions | None = None


class PeeringStatus(Part):
    code: str
    message: str


class VpcPeeringConnection(Tagged):
    """A peering connection as one side has it: each account and Region keeps its own record, with its own tags."""

    table = "ec2.vpc_peering_connection"
    key = ("owner_id", "region", "vpc_peering_connection_id")
    indexes = {"by_vpc": lambda peering: _sides(peering)}
    absent = faults.PeeringNotFound
    prefix, resource_type = "pcx", "vpc-peering-connection"

    owner_id: str
    region: str
    vpc_peering_connection_id: str
    requester_vpc_info: PeerVpc
    accepter_vpc_info: PeerVpc
    status: PeeringStatus
    expiration_time: datetime | None = None
    ended: datetime | None = None
    """When it came to its end; it is shown for a while."""

    def other(self, vpc_id: str) -> PeerVpc:
        """The side that is not this VPC."""
        first = self.requester_vpc_info
        return self.accepter_vpc_info if first.vpc_id == vpc_id else first

    def sides(self) -> set[tuple[str, str]]:
        """The accounts and Regions that keep a record of it."""
        return {(each.owner_id, each.region) for each in (self.requester_vpc_info, self.accepter_vpc_info)}

    def facts(self) -> Facts:
        first, second = self.requester_vpc_info, self.accepter_vpc_info
        return {
            "ec2:requestervpc": f"arn:aws:ec2:{first.region}:{first.owner_id}:vpc/{first.vpc_id}",
            "ec2:acceptervpc": f"arn:aws:ec2:{second.region}:{second.owner_id}:vpc/{second.vpc_id}",
            "ec2:vpcpeeringconnectionid": self.vpc_peering_connection_id,
        }


def _sides(peering: VpcPeeringConnection) -> Iterator[Key]:
    if peering.ended is None:
        for each in (peering.requester_vpc_info, peering.accepter_vpc_info):
            if (each.owner_id, each.region) == (peering.owner_id, peering.region):
                yield peering.owner_id, peering.region, each.vpc_id


class VpcEndpoint(InVpc):
    table = "ec2.vpc_endpoint"
    key = ("owner_id", "region", "vpc_endpoint_id")
    indexes = {"by_vpc": ("owner_id", "region", "vpc_id")}
    absent = faults.EndpointNotFound
    prefix, resource_type = "vpce", "vpc-endpoint"

    owner_id: str
    region: str
    vpc_endpoint_id: str
    service_name: str
    policy_document: str
    creation_timestamp: datetime
    route_table_ids: list[str] = []
    vpc_endpoint_type: str = "Gateway"
    state: str = "available"

    def facts(self) -> Facts:
        return {**super().facts(), "ec2:vpceservicename": self.service_name}


class PrefixListEntry(Part):
    cidr: str
    description: str | None = None


class ManagedPrefixList(Tagged):
    table = "ec2.managed_prefix_list"
    key = ("owner_id", "region", "prefix_list_id")
    absent = faults.PrefixListNotFound
    prefix, resource_type = "pl", "prefix-list"

    owner_id: str
    region: str
    prefix_list_id: str
    prefix_list_name: str
    address_family: str
    max_entries: int
    version_number: int = 1
    state: str = "create-complete"
    entries: list[PrefixListEntry] = []


class PrefixListVersion(Record):
    """The entries of a version of a prefix list that is not the newest."""

    table = "ec2.prefix_list_version"
    key = ("owner_id", "region", "prefix_list_id", "version_number")
    watched = False

    owner_id: str
    region: str
    prefix_list_id: str
    version_number: int
    entries: list[PrefixListEntry] = []


class FlowLog(Tagged):
    table = "ec2.flow_log"
    key = ("owner_id", "region", "flow_log_id")
    indexes = {"by_resource": ("owner_id", "region", "resource_id")}
    absent = faults.FlowLogNotFound
    prefix, resource_type = "fl", "vpc-flow-log"

    owner_id: str
    region: str
    flow_log_id: str
    resource_id: str
    creation_time: datetime
    log_format: str
    traffic_type: str | None = None
    log_destination_type: str = "cloud-watch-logs"
    log_destination: str | None = None
    log_group_name: str | None = None
    deliver_logs_permission_arn: str | None = None
    max_aggregation_interval: int = 600
    flow_log_status: str = "ACTIVE"
    deliver_logs_status: str = "SUCCESS"
    """Or `FAILED`."""
    deliver_logs_error_message: str | None = None
    hive_compatible_partitions: bool = False
    per_hour_partition: bool = False

    @property
    def group(self) -> str:
        """The log group's name."""
        return self.log_group_name or (self.log_destination or "").removesuffix(":*").split(":", 6)[-1]

    @property
    def destination_options(self) -> dict[str, object] | None:
        if self.log_destination_type != "s3":
            return None
        return {
            "file_format": "plain-text",
            "hive_compatible_partitions": self.hive_compatible_partitions,
            "per_hour_partition": self.per_hour_partition,
        }


class PermissionState(Part):
    state: str = "granted"
    status_message: str | None = None


class NetworkInterfacePermission(Tagged):
    """That another account may attach an interface."""

    table = "ec2.network_interface_permission"
    key = ("owner_id", "region", "network_interface_permission_id")
    indexes = {"by_interface": ("owner_id", "region", "network_interface_id")}
    absent = faults.InterfacePermissionNotFound
    prefix, resource_type = "eni-perm", "network-interface-permission"

    owner_id: str
    region: str
    network_interface_permission_id: str
    network_interface_id: str
    permission: str
    aws_account_id: str | None = None
    aws_service: str | None = None
    permission_state: PermissionState = field(default_factory=PermissionState)


register(
    EgressOnlyInternetGateway,
    NatGateway,
    VpcPeeringConnection,
    VpcEndpoint,
    ManagedPrefixList,
    FlowLog,
)
