"""The errors S3 answers with, in AWS's words ("Error responses" in the S3 API reference).

Those that rules raise as well are theirs.
"""

from functools import cache
from types import new_class

from groundcloud.errors import AwsError
from groundcloud.services.s3.rules.errors import (
    EntityTooLarge,
    InvalidBucketAclWithObjectOwnership,
    MalformedXML,
    MethodNotAllowed,
    NoSuchKey,
    PreconditionFailed,
)

__all__ = [
    "EntityTooLarge",
    "InvalidBucketAclWithObjectOwnership",
    "MalformedXML",
    "MethodNotAllowed",
    "NoSuchKey",
    "PreconditionFailed",
]


class AccessDenied(AwsError, status=403):
    """{reason}"""


class AccessPointAlreadyOwnedByYou(AwsError, status=409):
    """Your previous request to create the named accesspoint succeeded and you already own it."""


class AccessControlListNotSupported(AwsError, status=400):
    """The bucket does not allow ACLs"""


class AuthorizationHeaderMalformed(AwsError, status=400):
    """The authorization header is malformed; {reason}"""


class BadDigest(AwsError, status=400):
    """{reason}"""


class ChecksumMismatch(AwsError, code="BadDigest", status=400):
    """The {algorithm} you specified did not match the calculated checksum."""


class BucketAlreadyExists(AwsError, status=409):
    """The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please
    select a different name and try again."""


class BucketAlreadyOwnedByYou(AwsError, status=409):
    """Your previous request to create the named bucket succeeded and you already own it."""


class BucketHasAccessPointsAttached(AwsError, status=409):
    """The bucket you tried to delete has access points attached. Delete your access points and try again."""


class BucketNotEmpty(AwsError, status=409):
    """The bucket you tried to delete is not empty"""


class VersionedBucketNotEmpty(AwsError, code="BucketNotEmpty", status=409):
    """The bucket you tried to delete is not empty. You must delete all versions in the bucket."""


class EntityTooSmall(AwsError, status=400):
    """Your proposed upload is smaller than the minimum allowed size"""


class IllegalLocationConstraint(AwsError, code="IllegalLocationConstraintException", status=400):
    """{reason}"""


class IncompleteBody(AwsError, status=400):
    """You did not provide the number of bytes specified by the Content-Length HTTP header"""


class InternalError(AwsError, status=500):
    """We encountered an internal error. Please try again."""


class InvalidArgument(AwsError, status=400):
    """{reason}"""


class InvalidBucketState(AwsError, status=409):
    """{reason}"""


class InvalidEncryptionAlgorithm(AwsError, code="InvalidEncryptionAlgorithmError", status=400):
    """The encryption request you specified is not valid. Supported value: AES256."""


class InvalidLocationConstraint(AwsError, status=400):
    """The specified location-constraint is not valid"""


class InvalidObjectState(AwsError, status=403):
    """The operation is not valid for the object's storage class"""


class RestoreNotAllowed(AwsError, code="InvalidObjectState", status=403):
    """Restore is not allowed for the object's current storage class"""


class ObjectNotInActiveTier(AwsError, code="ObjectNotInActiveTierError", status=403):
    """The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier."""


class InvalidPart(AwsError, status=400):
    """One or more of the specified parts could not be found. The part may not have been uploaded, or the specified
    entity tag may not match the part's entity tag."""


class InvalidPartOrder(AwsError, status=400):
    """The list of parts was not in ascending order. Parts must be ordered by part number."""


class InvalidRequest(AwsError, status=400):
    """{reason}"""


class InvalidStorageClass(AwsError, status=400):
    """The storage class you specified is not valid"""


class InvalidTag(AwsError, status=400):
    """{reason}"""


class InvalidTargetBucketForLogging(AwsError, status=400):
    """{reason}"""


class MalformedPolicy(AwsError, status=400):
    """{reason}"""


class MetadataTooLarge(AwsError, status=400):
    """Your metadata headers exceed the maximum allowed metadata size"""


class MissingContentLength(AwsError, status=411):
    """You must provide the Content-Length HTTP header."""


class MissingRequestBody(AwsError, code="MissingRequestBodyError", status=400):
    """Request Body is empty"""


class NoSuchAccessPoint(AwsError, status=404):
    """The specified accesspoint does not exist"""


class NoSuchAccessPointPolicy(AwsError, status=404):
    """The specified accesspoint policy does not exist"""


class NoSuchBucket(AwsError, status=404):
    """The specified bucket does not exist"""


class NoSuchBucketPolicy(AwsError, status=404):
    """The bucket policy does not exist"""


class NoSuchCorsConfiguration(AwsError, code="NoSuchCORSConfiguration", status=404):
    """The CORS configuration does not exist"""


class NoSuchConfiguration(AwsError, status=404):
    """The specified configuration does not exist."""


class NoSuchLifecycleConfiguration(AwsError, status=404):
    """The lifecycle configuration does not exist"""


class NoSuchObjectLockConfiguration(AwsError, code="ObjectLockConfigurationNotFoundError", status=404):
    """Object Lock configuration does not exist for this bucket"""


class NoSuchObjectLock(AwsError, code="NoSuchObjectLockConfiguration", status=404):
    """The specified object does not have a ObjectLock configuration"""


class NoSuchOwnershipControls(AwsError, code="OwnershipControlsNotFoundError", status=404):
    """The bucket ownership controls were not found"""


class NoSuchPublicAccessBlock(AwsError, code="NoSuchPublicAccessBlockConfiguration", status=404):
    """The public access block configuration was not found"""


class NoSuchReplicationConfiguration(AwsError, code="ReplicationConfigurationNotFoundError", status=404):
    """The replication configuration was not found"""


class NoSuchTagSet(AwsError, status=404):
    """The TagSet does not exist"""


class NoSuchUpload(AwsError, status=404):
    """The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or
    completed."""


class NoSuchVersion(AwsError, status=404):
    """The specified version does not exist."""


class NoSuchWebsiteConfiguration(AwsError, status=404):
    """The specified bucket does not have a website configuration"""


class PermanentRedirect(AwsError, status=301):
    """The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future
    requests to this endpoint."""

    def __init__(self, bucket: str, region: str) -> None:
        self.headers = [("x-amz-bucket-region", region)]
        super().__init__(endpoint=f"{bucket}.s3.{region}.amazonaws.com", bucket=bucket)


class WrongRegion(AuthorizationHeaderMalformed, code="AuthorizationHeaderMalformed", status=400):
    """The authorization header is malformed; the region '{signed}' is wrong; expecting '{region}'"""

    def __init__(self, signed: str, region: str) -> None:
        self.headers = [("x-amz-bucket-region", region)]
        super().__init__(signed=signed, region=region)


class ServiceUnavailable(AwsError, status=503):
    """Please reduce your request rate."""


class TooManyTags(AwsError, code="BadRequest", status=400):
    """{kind} tags cannot be greater than {most}"""


class MarkerMethodNotAllowed(AwsError, code="MethodNotAllowed", status=405):
    """The specified method is not allowed against this resource."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        self.headers = headers
        super().__init__(method="GET", resource_type="DeleteMarker")


class InvalidRedirectLocation(AwsError, status=400):
    """The website redirect location must have a prefix of 'http://' or 'https://' or '/'."""


class MfaDeleteNotAvailable(AwsError, code="NotImplemented", status=501):
    """Groundcloud does not support MFA delete."""


class IllegalVersioning(AwsError, code="IllegalVersioningConfigurationException", status=400):
    """The Versioning element must be specified"""


class TooManyConfigurations(AwsError, status=400):
    """You are attempting to create a new configuration but have already reached the 1,000-configuration limit."""


@cache
def of_kms(code: str) -> type[AwsError]:
    """What KMS refuses, under the code by which S3 hands it on (`KMS.DisabledException`)."""
    return new_class(f"Kms{code}", (AwsError,), {"code": f"KMS.{code}"}, lambda body: body.update(__doc__="{reason}"))
