"""The errors STS answers with, in AWS's words."""

from groundcloud.errors import AwsError


class AccessDenied(AwsError, status=403):
    """{reason}"""


class ValidationError(AwsError):
    """{reason}"""


class InvalidParameterValue(AwsError):
    """{reason}"""


class MalformedPolicyDocument(AwsError):
    """{reason}"""


class PackedPolicyTooLarge(AwsError):
    """Packed size of session policies and session tags consumes {percent}% of allotted space."""


class InvalidIdentityToken(AwsError):
    """{reason}"""


class IDPRejectedClaim(AwsError, status=403):
    """{reason}"""


class IDPCommunicationError(AwsError):
    """Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity
    documentation for requirements"""


class ExpiredTokenException(AwsError):
    """{reason}"""


class InvalidAuthorizationMessageException(AwsError):
    """Message cannot be decoded: it was not issued for this account or is corrupt."""
