"""The errors that S3's rules raise, in S3's words (API Reference, "Error responses").

Facts other than the message become elements of the error's XML (`argument_name` is `ArgumentName`).
"""

from groundcloud.errors import AwsError


class InvalidArgument(AwsError, status=400):
    """{message}"""


class InvalidRequest(AwsError, status=400):
    """{message}"""


class MalformedXML(AwsError, status=400):
    """The XML you provided was not well-formed or did not validate against our published schema"""


class NotImplementedHeader(AwsError, code="NotImplemented", status=501):
    """A header you provided implies functionality that is not implemented"""


class AccessDenied(AwsError, status=403):
    """Access Denied"""


class AccessDeniedBecause(AwsError, code="AccessDenied", status=403):
    """{message}"""


class InvalidBucketName(AwsError, status=400):
    """The specified bucket is not valid."""


class KeyTooLong(AwsError, code="KeyTooLongError", status=400):
    """Your key is too long"""


class NoSuchKey(AwsError, status=404):
    """The specified key does not exist."""


class InvalidRange(AwsError, status=416):
    """The requested range is not satisfiable"""


class InvalidPartNumber(AwsError, status=416):
    """The requested partnumber is not satisfiable"""


class PreconditionFailed(AwsError, status=412):
    """At least one of the pre-conditions you specified did not hold"""


class NotModified(AwsError, status=304):
    """Not Modified"""


class BadDigest(AwsError, status=400):
    """{message}"""


class InvalidDigest(AwsError, status=400):
    """The Content-MD5 you specified was invalid."""


class AccessForbidden(AwsError, status=403):
    """{message}"""


class AccessControlListNotSupported(AwsError, status=400):
    """The bucket does not allow ACLs"""


class UnresolvableGrant(AwsError, code="UnresolvableGrantByEmailAddress", status=400):
    """The email address you provided does not match any account on record."""


class MalformedACLError(AwsError, status=400):
    """The XML you provided was not well-formed or did not validate against our published schema"""


class InvalidBucketAclWithObjectOwnership(AwsError, status=400):
    """Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"""


class MalformedPOSTRequest(AwsError, status=400):
    """The body of your POST request is not well-formed multipart/form-data."""


class MaxPostPreDataLengthExceeded(AwsError, code="MaxPostPreDataLengthExceededError", status=400):
    """Your POST request fields preceding the upload file were too large."""


class IncorrectNumberOfFilesInPostRequest(AwsError, status=400):
    """POST requires exactly one file upload per request."""


class PostFieldMissing(AwsError, code="InvalidArgument", status=400):
    """{message}"""


class EntityTooLarge(AwsError, status=400):
    """Your proposed upload exceeds the maximum allowed size"""


class InvalidBucketState(AwsError, status=409):
    """{message}"""


class BadRequest(AwsError, status=400):
    """{message}"""


class InvalidRedirectLocation(AwsError, status=400):
    """{message}"""


class MethodNotAllowed(AwsError, status=405):
    """The specified method is not allowed against this resource."""


class UnexpectedContent(AwsError, status=400):
    """This request does not support content"""


class MissingSecurityHeader(AwsError, status=400):
    """Your request was missing a required header"""
