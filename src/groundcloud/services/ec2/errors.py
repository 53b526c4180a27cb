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


class InvalidParameterDependency(AwsError):
    """{reason}"""


class UnsupportedOperation(AwsError):
    """{reason}"""


class IdempotentParameterMismatch(AwsError):
    """The client token '{token}' was used with different parameters before."""


class IncorrectState(AwsError):
    """{reason}"""


class NoDefaultVpc(AwsError, code="VPCIdNotSpecified"):
    """No default VPC for this user"""


class InvalidZone(AwsError, code="InvalidParameterValue"):
    """Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following
    availability zones: {zones}."""


class GroupNotFound(AwsError, code="InvalidGroup.NotFound"):
    """{reason}"""


class IncorrectInstanceState(AwsError):
    """{reason}"""


class InstanceLimitExceeded(AwsError):
    """You have requested more instances ({wanted}) than your current instance limit of {limit} allows."""


class AssociationNotFound(AwsError, code="InvalidAssociationID.NotFound"):
    """The association ID '{id}' does not exist"""


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


class NoSuchVolume(AwsError, code="InvalidVolume.NotFound"):
    """The volume{named} not exist."""


class NoSuchSnapshot(AwsError, code="InvalidSnapshot.NotFound"):
    """The snapshot{named} not exist."""


class InvalidBlockDeviceMapping(AwsError):
    """{reason}"""


class UnknownVolumeType(AwsError):
    """The volume type '{volume_type}' is not known."""


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


class SnapshotInUse(AwsError, code="InvalidSnapshot.InUse"):
    """The snapshot {snapshot} is currently in use by {image}"""


class MalformedImageName(AwsError, code="InvalidAMIName.Malformed"):
    """AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-',
    '/' and '_'"""


class DuplicateImageName(AwsError, code="InvalidAMIName.Duplicate"):
    """AMI name {name} is already in use by AMI {image}"""


class AuthFailure(AwsError):
    """{reason}"""


class NoSuchLaunchTemplate(AwsError, code="InvalidLaunchTemplateId.NotFound"):
    """The specified launch template, with template ID{named} not exist."""


class NoSuchLaunchTemplateName(AwsError, code="InvalidLaunchTemplateName.NotFoundException"):
    """At least one of the launch templates specified in the request does not exist."""


class NoSuchLaunchTemplateVersion(AwsError, code="InvalidLaunchTemplateId.VersionNotFound"):
    """Could not find launch template version {version} of {id}."""


class LaunchTemplateExists(AwsError, code="InvalidLaunchTemplateName.AlreadyExistsException"):
    """Launch template name already in use."""


class NoSuchSpotRequest(AwsError, code="InvalidSpotInstanceRequestID.NotFound"):
    """The spot instance request ID{named} not exist"""


class InvalidInstanceCreditSpecification(AwsError):
    """{reason}"""


class NoSuchPlacementGroup(AwsError, code="InvalidPlacementGroup.Unknown"):
    """The placement group '{name}' is unknown."""


class NoSuchPlacementGroupId(AwsError, code="InvalidPlacementGroupId.NotFound"):
    """The placement group id{named} not exist"""


class DuplicatePlacementGroup(AwsError, code="InvalidPlacementGroup.Duplicate"):
    """The placement group '{name}' already exists."""


class PlacementGroupInUse(AwsError, code="InvalidPlacementGroup.InUse"):
    """The placement group '{name}' is in use and may not be deleted."""
