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


class NoSuchInstance(AwsError, code="InvalidInstanceID.NotFound"):
    """The instance ID{named} not exist"""


class IncorrectInstanceState(AwsError):
    """{reason}"""


class InstanceLimitExceeded(AwsError):
    """You have requested more instances ({wanted}) than your current instance limit of {limit} allows."""


class InsufficientInstanceCapacity(AwsError, status=500):
    """{reason}"""


class InvalidInstanceId(AwsError, code="InvalidInstanceID"):
    """{reason}"""


class InvalidInstanceAttribute(AwsError, code="InvalidInstanceAttributeValue"):
    """{reason}"""


class InvalidInstanceType(AwsError):
    """{reason}"""


class NoSuchAssociation(AwsError, code="InvalidAssociationID.NotFound"):
    """The association ID '{id}' does not exist"""


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
