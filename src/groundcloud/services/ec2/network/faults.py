"""EC2's errors that only the network side has. Source: "Error codes for the Amazon EC2 API" and public threads.

`{reason}` and `{named}` are filled as in `errors.py`.
"""

from groundcloud.errors import AwsError


class Unsupported(AwsError):
    """{reason}"""


class DependencyViolation(AwsError):
    """{reason}"""


class ResourceAlreadyAssociated(AwsError, code="Resource.AlreadyAssociated"):
    """{reason}"""


class VpcNotFound(AwsError, code="InvalidVpcID.NotFound"):
    """The vpc ID{named} not exist"""


class InvalidVpcRange(AwsError, code="InvalidVpc.Range"):
    """The CIDR '{cidr}' is invalid."""


class DefaultVpcAlreadyExists(AwsError):
    """A Default VPC already exists for this account in this region."""


class CidrConflict(AwsError, code="InvalidVpc.Conflict"):
    """The CIDR '{cidr}' conflicts with another range of the VPC."""


class CidrAssociationNotFound(AwsError, code="InvalidCidrBlockAssociationID.NotFound"):
    """The vpc CIDR block association ID '{id}' does not exist"""


class SubnetNotFound(AwsError, code="InvalidSubnetID.NotFound"):
    """The subnet ID{named} not exist"""


class InvalidSubnetRange(AwsError, code="InvalidSubnet.Range"):
    """The CIDR '{cidr}' is invalid."""


class SubnetConflict(AwsError, code="InvalidSubnet.Conflict"):
    """The CIDR '{cidr}' conflicts with another subnet"""


class DefaultSubnetAlreadyExists(AwsError, code="DefaultSubnetAlreadyExistsInAvailabilityZone"):
    """'{subnet}' is already the default subnet in {zone}."""


class DefaultVpcDoesNotExist(AwsError):
    """No default VPC exists for this account in this region."""


class GroupDuplicate(AwsError, code="InvalidGroup.Duplicate"):
    """The security group '{name}' already exists for VPC '{vpc_id}'"""


class GroupReserved(AwsError, code="InvalidGroup.Reserved"):
    """Cannot use reserved security group name: default"""


class CannotDelete(AwsError):
    """the specified group: "{group_id}" name: "default" cannot be deleted by a user"""


class GroupMalformed(AwsError, code="InvalidGroupId.Malformed"):
    """Invalid id: "{group_id}" (expecting "sg-...")"""


class RuleDuplicate(AwsError, code="InvalidPermission.Duplicate"):
    """the specified rule "{rule}" already exists"""


class RuleNotFound(AwsError, code="InvalidPermission.NotFound"):
    """{reason}"""


class RuleIdNotFound(AwsError, code="InvalidSecurityGroupRuleId.NotFound"):
    """The security group rule ID{named} not exist"""


class RulesPerGroupLimit(AwsError, code="RulesPerSecurityGroupLimitExceeded"):
    """The maximum number of rules per security group has been reached."""


class GroupsPerInterfaceLimit(AwsError, code="SecurityGroupsPerInterfaceLimitExceeded"):
    """The maximum number of security groups per interface has been reached."""


class InterfaceNotFound(AwsError, code="InvalidNetworkInterfaceID.NotFound"):
    """The networkInterface ID{named} not exist"""


class InterfaceInUse(AwsError, code="InvalidNetworkInterface.InUse"):
    """{reason}"""


class AttachmentNotFound(AwsError, code="InvalidAttachmentID.NotFound"):
    """The network interface attachment '{id}' does not exist"""


class AddressInUse(AwsError, code="InvalidIPAddress.InUse"):
    """{reason}"""


class InsufficientFreeAddresses(AwsError, code="InsufficientFreeAddressesInSubnet"):
    """There are not enough free addresses in subnet '{subnet_id}' to satisfy the request."""


class InsufficientAddressCapacity(AwsError, status=500):
    """The pool of public addresses of this cloud is used up."""


class AllocationNotFound(AwsError, code="InvalidAllocationID.NotFound"):
    """The allocation ID{named} not exist"""


class AddressNotFound(AwsError, code="InvalidAddress.NotFound"):
    """{reason}"""


class RouteTableNotFound(AwsError, code="InvalidRouteTableID.NotFound"):
    """The routeTable ID{named} not exist"""


class InternetGatewayNotFound(AwsError, code="InvalidInternetGatewayID.NotFound"):
    """The internetGateway ID{named} not exist"""


class NetworkAclNotFound(AwsError, code="InvalidNetworkAclID.NotFound"):
    """The networkAcl ID{named} not exist"""


class DhcpOptionsNotFound(AwsError, code="InvalidDhcpOptionID.NotFound"):
    """The dhcpOption ID{named} not exist"""


class InvalidAddressUnavailable(AwsError, code="InvalidAddress.NotFound"):
    """The address '{address}' is not available in the pool."""


class InsufficientCidrBlocks(AwsError):
    """There are no more free ranges for a default subnet in the default VPC."""


class EgressOnlyGatewayNotFound(AwsError, code="InvalidEgressOnlyInternetGatewayId.NotFound"):
    """The egress only internet gateway ID{named} not exist"""


class NatGatewayNotFound(AwsError, code="NatGatewayNotFound"):
    """The Nat Gateway ID{named} not exist"""


class PeeringNotFound(AwsError, code="InvalidVpcPeeringConnectionID.NotFound"):
    """The vpcPeeringConnection ID{named} not exist"""


class PeeringState(AwsError, code="InvalidStateTransition"):
    """Invalid state transition for {id}, attempted to transition from {old} to {new}"""


class EndpointNotFound(AwsError, code="InvalidVpcEndpointId.NotFound"):
    """The Vpc Endpoint Id{named} not exist"""


class InvalidServiceName(AwsError):
    """The Vpc Endpoint Service '{name}' does not exist"""


class InterfaceEndpoint(AwsError, code="NotImplemented", status=501):
    """Groundcloud does not have VPC endpoints of the type {type} yet; Gateway endpoints for s3 and dynamodb work."""


class PrefixListNotFound(AwsError, code="InvalidPrefixListID.NotFound"):
    """The prefix list ID{named} not exist"""


class PrefixListVersionMismatch(AwsError):
    """The prefix list has the incorrect version number."""


class PrefixListMaxEntries(AwsError, code="PrefixListMaxEntriesExceeded"):
    """You've reached the maximum number of entries ({most}) for the prefix list."""


class FlowLogNotFound(AwsError, code="InvalidFlowLogId.NotFound"):
    """The flow log ID{named} not exist"""


class FlowLogExists(AwsError, code="FlowLogAlreadyExists"):
    """Error. There is an existing Flow Log with the same configuration and log destination."""


class InterfacePermissionNotFound(AwsError, code="InvalidPermissionID.NotFound"):
    """The network interface permission ID{named} not exist"""


class RouteAlreadyExists(AwsError):
    """The route identified by {destination} already exists."""


class RouteNotFound(AwsError, code="InvalidRoute.NotFound"):
    """no route with destination-cidr-block {destination} in route table {table}"""


class GatewayNotAttached(AwsError, code="Gateway.NotAttached"):
    """resource {gateway} is not attached to network {vpc_id}"""


class AclEntryExists(AwsError, code="NetworkAclEntryAlreadyExists"):
    """The network acl entry identified by {number} already exists."""


class AclEntryNotFound(AwsError, code="InvalidNetworkAclEntry.NotFound"):
    """The {direction} rule number {number} does not exist in network ACL {acl}"""


class AddressAssociated(AwsError, code="InvalidIPAddress.InUse"):
    """Address {address} is in use."""


class GatewayNotFound(AwsError, code="InvalidGatewayID.NotFound"):
    """The gateway ID '{id}' does not exist"""


class AddressOwnedByService(AwsError, code="AuthFailure"):
    """You do not have permission to access the specified resource."""


class CidrLimitExceeded(AwsError, code="CidrBlockLimitExceeded"):
    """The VPC '{vpc_id}' has reached its limit of {most} CIDR blocks"""


class CidrInUse(AwsError, code="InvalidCidrBlock.InUse"):
    """The CIDR block with association ID {id} may not be disassociated. It is in use."""


class SubnetCidrAssociationNotFound(AwsError, code="InvalidSubnetCidrBlockAssociationID.NotFound"):
    """The subnet CIDR block association ID '{id}' does not exist"""


class PrefixListVersionNotFound(AwsError, code="InvalidPrefixListVersion.NotFound"):
    """The prefix list '{id}' has no version {version}"""
