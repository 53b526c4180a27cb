"""The errors Route 53 answers with, in AWS's words."""

from groundcloud.errors import AwsError


class NoSuchHostedZone(AwsError, status=404):
    """No hosted zone found with ID: {id}"""


class NoSuchChange(AwsError, status=404):
    """A change with id {id} does not exist."""


class InvalidInput(AwsError):
    """{reason}"""


class InvalidArgument(AwsError):
    """{reason}"""


class InvalidDomainName(AwsError):
    """{reason}"""


class InvalidChangeBatch(AwsError):
    """[{reasons}]"""


class InvalidPaginationToken(AwsError):
    """The value that you specified to get the second or subsequent page of results is invalid."""


class HostedZoneAlreadyExists(AwsError, status=409):
    """A hosted zone has already been created with the specified caller reference."""


class HostedZoneNotEmpty(AwsError):
    """The specified hosted zone contains non-required resource record sets and so cannot be deleted."""


class HostedZoneNotFound(AwsError):
    """The specified hosted zone {id} does not exist."""


class HostedZoneNotPrivate(AwsError):
    """The specified hosted zone is a public hosted zone, not a private hosted zone."""


class ConflictingDomainExists(AwsError):
    """The VPC: {vpc} in region {region} has already been associated with the hosted zone {zone} with the same \
domain name."""


class InvalidVPCId(AwsError):
    """The VPC: {vpc} that you provided does not exist or is not authorized to make the association."""


class PublicZoneVPCAssociation(AwsError):
    """You're trying to associate a VPC with a public hosted zone. Route 53 doesn't support associating a VPC with \
a public hosted zone."""


class LastVPCAssociation(AwsError):
    """The VPC: {vpc} is the last VPC associated with the hosted zone {zone}. A private hosted zone must be \
associated with at least one VPC."""


class VPCAssociationNotFound(AwsError, status=404):
    """The VPC: {vpc} and the hosted zone {zone} are not associated."""


class VPCAssociationAuthorizationNotFound(AwsError, status=404):
    """The VPC: {vpc} is not authorized to be associated with the hosted zone {zone}."""


class NotAuthorized(AwsError, code="NotAuthorizedException", status=401):
    """Associating the specified VPC with the specified hosted zone has not been authorized."""


class DelegationSetAlreadyCreated(AwsError):
    """A delegation set with the same owner and caller reference combination has already been created."""


class DelegationSetAlreadyReusable(AwsError):
    """The specified delegation set has already been marked as reusable."""


class DelegationSetNotReusable(AwsError):
    """A reusable delegation set with the specified ID does not exist."""


class NoSuchDelegationSet(AwsError):
    """No delegation set found with ID: {id}"""


class DelegationSetInUse(AwsError):
    """The delegation set {id} is associated with at least one hosted zone and can't be deleted."""


class LimitsExceeded(AwsError):
    """{reason}"""


class NoSuchHealthCheck(AwsError, status=404):
    """A health check with id {id} does not exist."""


class HealthCheckAlreadyExists(AwsError, status=409):
    """A health check with caller reference {reference} and different settings already exists."""


class HealthCheckInUse(AwsError):
    """The health check {id} is a child of another health check and can't be deleted: {parent}"""


class HealthCheckVersionMismatch(AwsError, status=409):
    """The value of HealthCheckVersion ({given}) does not match the value that is in the health check ({version})."""


class CidrCollectionAlreadyExists(AwsError, code="CidrCollectionAlreadyExistsException"):
    """A CIDR collection with this name and a different caller reference already exists in this account."""


class CidrCollectionInUse(AwsError, code="CidrCollectionInUseException"):
    """The CIDR collection {id} is in use: {reason}"""


class CidrCollectionVersionMismatch(AwsError, code="CidrCollectionVersionMismatchException", status=409):
    """The CIDR collection version you provided, {given}, does not match the one in this collection, {version}."""


class NoSuchCidrCollection(AwsError, code="NoSuchCidrCollectionException", status=404):
    """The CIDR collection with id {id} does not exist."""


class NoSuchCidrLocation(AwsError, code="NoSuchCidrLocationException", status=404):
    """The CIDR location {name} does not exist in the collection."""


class CidrBlockInUse(AwsError, code="CidrBlockInUseException"):
    """The CIDR block {block} is already in use by the location {location}."""


class NoSuchGeoLocation(AwsError, status=404):
    """The geographic location {location} is not supported."""


class NoSuchQueryLoggingConfig(AwsError, status=404):
    """There is no DNS query logging configuration with the ID {id}."""


class QueryLoggingConfigAlreadyExists(AwsError, status=409):
    """You can create only one query logging configuration for a hosted zone, and a query logging configuration already
    exists for this hosted zone."""


class NoSuchCloudWatchLogsLogGroup(AwsError, status=404):
    """The specified CloudWatch Logs log group doesn't exist."""


class InsufficientCloudWatchLogsResourcePolicy(AwsError):
    """Amazon Route 53 doesn't have the permissions required to create log streams and send query logs to log
    streams."""


class NoRecoveryControl(AwsError, code="NotImplemented", status=501):
    """Groundcloud does not run Application Recovery Controller, so it has no routing control to follow."""


class NoSuchKeySigningKey(AwsError, status=404):
    """The specified key-signing key (KSK) doesn't exist."""


class KeySigningKeyAlreadyExists(AwsError, status=409):
    """You've already created a key-signing key (KSK) with this name or with the same customer managed key ARN."""


class KeySigningKeyInUse(AwsError):
    """The key-signing key (KSK) that you specified can't be deactivated because it's the only KSK for a \
currently-enabled DNSSEC."""


class KeySigningKeyWithActiveStatusNotFound(AwsError):
    """A key-signing key (KSK) with ACTIVE status wasn't found."""


class InvalidKeySigningKeyStatus(AwsError):
    """The key-signing key (KSK) status isn't valid or another KSK has the status INTERNAL_FAILURE."""


class InvalidKMSArn(AwsError):
    """{reason}"""


class InvalidSigningStatus(AwsError):
    """{reason}"""


class DNSSECNotFound(AwsError):
    """The hosted zone doesn't have any DNSSEC resources."""


class TooManyKeySigningKeys(AwsError):
    """You've reached the limit for the number of key-signing keys (KSKs) of a hosted zone."""


class InvalidTrafficPolicyDocument(AwsError):
    """The traffic policy document is not valid: {reason}"""


class NoSuchTrafficPolicy(AwsError, status=404):
    """No traffic policy exists with ID {id}."""


class NoSuchTrafficPolicyInstance(AwsError, status=404):
    """No traffic policy instance exists with ID {id}."""


class TrafficPolicyAlreadyExists(AwsError, status=409):
    """A traffic policy that has the same value for Name already exists."""


class TrafficPolicyInstanceAlreadyExists(AwsError, status=409):
    """There is already a traffic policy instance with this name and type in the hosted zone."""


class TrafficPolicyInUse(AwsError):
    """One or more traffic policy instances were created by using the specified traffic policy."""


class TooManyTrafficPolicyVersionsForCurrentPolicy(AwsError):
    """This traffic policy version can't be created because you've reached the limit of 1000 on the number of versions
    that you can create for the current traffic policy."""


class ConflictingTypes(AwsError):
    """You tried to update a traffic policy instance by using a traffic policy version that has a different DNS type
    than the current type for the instance."""
