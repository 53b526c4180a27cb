"""EC2's errors. Source: "Error codes for the Amazon EC2 API" in the EC2 Developer Guide, and public threads.

Where the message differs from use to use, `{reason}` is all of it. `{named}` is one id or several with the verb that
goes with them ("s 'a, b' do").
"""

from groundcloud.errors import AwsError


class DryRunOperation(AwsError, status=412):
    """Request would have succeeded, but DryRun flag is set."""


class MissingParameter(AwsError):
    """The request must contain the parameter {name}"""


class InvalidParameterValue(AwsError):
    """{reason}"""


class InvalidParameterCombination(AwsError):
    """{reason}"""


class InvalidParameter(AwsError):
    """{reason}"""


class InvalidRequest(AwsError):
    """{reason}"""


class UnknownFilter(AwsError, code="InvalidParameterValue"):
    """The filter '{name}' is invalid"""


class FilterLimitExceeded(AwsError):
    """The maximum number of filter values specified on a single call is 200"""


class InvalidNextToken(AwsError):
    """The specified NextToken is not valid."""


class TagLimitExceeded(AwsError):
    """The maximum number of Tags for a resource has been reached."""


class InvalidId(AwsError, code="InvalidID"):
    """The ID '{id}' is not valid"""


class OperationNotPermitted(AwsError):
    """{reason}"""


class UnsupportedOperation(AwsError):
    """{reason}"""


class Unsupported(AwsError):
    """{reason}"""


class IdempotentParameterMismatch(AwsError):
    """The client token '{token}' was used with different parameters before."""


class InvalidState(AwsError):
    """{reason}"""


class IncorrectState(AwsError):
    """{reason}"""


class DependencyViolation(AwsError):
    """{reason}"""


class ResourceAlreadyAssociated(AwsError, code="Resource.AlreadyAssociated"):
    """{reason}"""


# -- VPCs and subnets


class VpcNotFound(AwsError, code="InvalidVpcID.NotFound"):
    """The vpc ID{named} not exist"""


class InvalidVpcRange(AwsError, code="InvalidVpc.Range"):
    """The CIDR '{cidr}' is invalid."""


class VpcLimitExceeded(AwsError):
    """The maximum number of VPCs has been reached."""


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


class NoDefaultVpc(AwsError, code="VPCIdNotSpecified"):
    """No default VPC for this user"""


class InvalidZone(AwsError, code="InvalidParameterValue"):
    """Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following
    availability zones: {zones}."""


# -- security groups


class GroupNotFound(AwsError, code="InvalidGroup.NotFound"):
    """{reason}"""


class GroupDuplicate(AwsError, code="InvalidGroup.Duplicate"):
    """The security group '{name}' already exists for VPC '{vpc_id}'"""


class GroupReserved(AwsError, code="InvalidGroup.Reserved"):
    """Cannot use reserved security group name: default"""


class GroupInUse(AwsError, code="InvalidGroup.InUse"):
    """{reason}"""


class CannotDelete(AwsError):
    """the specified group: "{group_id}" name: "default" cannot be deleted by a user"""


class GroupMalformed(AwsError, code="InvalidGroupId.Malformed"):
    """Invalid id: "{group_id}" (expecting "sg-...")"""


class RuleDuplicate(AwsError, code="InvalidPermission.Duplicate"):
    """the specified rule "{rule}" already exists"""


class RuleNotFound(AwsError, code="InvalidPermission.NotFound"):
    """{reason}"""


class RuleMalformed(AwsError, code="InvalidPermission.Malformed"):
    """{reason}"""


class RuleIdNotFound(AwsError, code="InvalidSecurityGroupRuleId.NotFound"):
    """The security group rule ID{named} not exist"""


class RulesPerGroupLimit(AwsError, code="RulesPerSecurityGroupLimitExceeded"):
    """The maximum number of rules per security group has been reached."""


class GroupLimitExceeded(AwsError, code="SecurityGroupLimitExceeded"):
    """The maximum number of security groups for the VPC has been reached."""


class GroupsPerInterfaceLimit(AwsError, code="SecurityGroupsPerInterfaceLimitExceeded"):
    """The maximum number of security groups per interface has been reached."""


# -- interfaces and addresses


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


# -- routes, gateways, lists


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


# -- instances, images and key pairs


class IncorrectInstanceState(AwsError):
    """{reason}"""


class InstanceLimitExceeded(AwsError):
    """You have requested more instances ({wanted}) than your current instance limit of {limit} allows."""


class InsufficientInstanceCapacity(AwsError, status=500):
    """{reason}"""


class EgressOnlyGatewayNotFound(AwsError, code="InvalidEgressOnlyInternetGatewayId.NotFound"):
    """The egress only internet gateway ID{named} not exist"""


class NatGatewayNotFound(AwsError, code="NatGatewayNotFound"):
    """The Nat Gateway ID{named} not exist"""


class PeeringNotFound(AwsError, code="InvalidVpcPeeringConnectionID.NotFound"):
    """The vpcPeeringConnection ID{named} not exist"""


class PeeringState(AwsError, code="InvalidStateTransition"):
    """Invalid state transition for {id}, attempted to transition from {old} to {new}"""


class PeeringExists(AwsError, code="VpcPeeringConnectionAlreadyExists"):
    """A VPC peering connection already exists between the VPCs: {id}"""


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


class AssociationNotFound(AwsError, code="InvalidAssociationID.NotFound"):
    """The association ID '{id}' does not exist"""


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


class InstanceNotFound(AwsError, code="InvalidInstanceID.NotFound"):
    """The instance ID{named} not exist"""


class InvalidInstanceId(AwsError, code="InvalidInstanceID"):
    """{reason}"""


class InvalidInstanceAttribute(AwsError, code="InvalidInstanceAttributeValue"):
    """{reason}"""


class InvalidInstanceType(AwsError):
    """{reason}"""


class NoSuchImage(AwsError, code="InvalidAMIID.NotFound"):
    """The image{named} not exist"""


class MalformedImageId(AwsError, code="InvalidAMIID.Malformed"):
    """Invalid id: "{id}" (expecting "ami-...")"""


class ImageUnavailable(AwsError, code="InvalidAMIID.Unavailable"):
    """The image ID '{id}' is not available to be launched yet."""


class NoSuchKeyPair(AwsError, code="InvalidKeyPair.NotFound"):
    """The key pair '{name}' does not exist"""


class NoSuchKeyPairId(AwsError, code="InvalidKeyPair.NotFound"):
    """The key pair ID{named} not exist"""


class KeyPairDuplicate(AwsError, code="InvalidKeyPair.Duplicate"):
    """The keypair already exists"""


class InvalidKeyFormat(AwsError, code="InvalidKey.Format"):
    """Key is not in valid OpenSSH public key format"""


class MalformedUserData(AwsError, code="InvalidUserData.Malformed"):
    """Invalid BASE64 encoding of user data."""


class NoDefaultSubnet(AwsError, code="MissingInput"):
    """No default subnet for availability zone: '{zone}'"""


# -- volumes and snapshots


class NoSuchVolume(AwsError, code="InvalidVolume.NotFound"):
    """The volume{named} not exist."""


class NoSuchSnapshot(AwsError, code="InvalidSnapshot.NotFound"):
    """The snapshot{named} not exist."""


class InvalidBlockDeviceMapping(AwsError):
    """{reason}"""


class UnknownVolumeType(AwsError):
    """The volume type '{volume_type}' is not known."""


class AddressOwnedByService(AwsError, code="AuthFailure"):
    """You do not have permission to access the specified resource."""


class CidrLimitExceeded(AwsError, code="CidrBlockLimitExceeded"):
    """The VPC '{vpc_id}' has reached its limit of {most} CIDR blocks"""


class CidrInUse(AwsError, code="InvalidCidrBlock.InUse"):
    """The CIDR block with association ID {id} may not be disassociated. It is in use."""


class SubnetCidrAssociationNotFound(AwsError, code="InvalidSubnetCidrBlockAssociationID.NotFound"):
    """The subnet CIDR block association ID '{id}' does not exist"""


class VolumeInUse(AwsError):
    """{reason}"""


class IncorrectVolumeState(AwsError, code="IncorrectState"):
    """{reason}"""


class VolumeZoneMismatch(AwsError, code="InvalidVolume.ZoneMismatch"):
    """{reason}"""


class VolumeAttachmentNotFound(AwsError, code="InvalidAttachment.NotFound"):
    """{reason}"""


class IncorrectModificationState(AwsError):
    """{reason}"""


class NoSuchModification(AwsError, code="InvalidVolumeModification.NotFound"):
    """Modification for volume '{id}' does not exist."""


class PrefixListVersionNotFound(AwsError, code="InvalidPrefixListVersion.NotFound"):
    """The prefix list '{id}' has no version {version}"""


class SnapshotInUse(AwsError, code="InvalidSnapshot.InUse"):
    """The snapshot {snapshot} is currently in use by {image}"""


class MalformedImageName(AwsError, code="InvalidAMIName.Malformed"):
    """AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-',
    '/' and '_'"""


class DuplicateImageName(AwsError, code="InvalidAMIName.Duplicate"):
    """AMI name {name} is already in use by AMI {image}"""


class AuthFailure(AwsError):
    """{reason}"""
