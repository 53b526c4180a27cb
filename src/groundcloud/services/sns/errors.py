"""The errors SNS answers with, in AWS's words."""

from groundcloud.errors import AwsError


class TopicNotFound(AwsError, code="NotFound", status=404):
    """Topic does not exist"""


class SubscriptionNotFound(AwsError, code="NotFound", status=404):
    """Subscription does not exist"""


class TagsResourceNotFound(AwsError, code="ResourceNotFound", status=404):
    """Resource does not exist"""


class InvalidParameter(AwsError):
    """Invalid parameter: {reason}"""


class InvalidParameterValue(AwsError, code="ParameterValueInvalid"):
    """{reason}"""


class AuthorizationError(AwsError, status=403):
    """{reason}"""


class FilterPolicyTooLarge(AwsError, code="FilterPolicyLimitExceeded", status=403):
    """{reason}"""


class TagLimitExceeded(AwsError):
    """Could not complete request: tag quota of per resource exceeded"""


class EmptyBatchRequest(AwsError):
    """The batch request doesn't contain any entries."""


class TooManyEntries(AwsError, code="TooManyEntriesInBatchRequest"):
    """The batch request contains more entries than permissible."""


class BatchEntryIdsNotDistinct(AwsError):
    """Two or more batch entries in the request have the same Id."""


class InvalidBatchEntryId(AwsError):
    """The Id of a batch entry in a batch request doesn't abide by the specification."""


class BatchRequestTooLong(AwsError):
    """The length of all the batch messages put together is more than the limit."""


class PlatformApplicationNotFound(AwsError, code="NotFound", status=404):
    """PlatformApplication does not exist"""


class EndpointNotFound(AwsError, code="NotFound", status=404):
    """Endpoint does not exist"""


class EndpointDisabled(AwsError):
    """Endpoint is disabled"""


class PlatformApplicationDisabled(AwsError):
    """Platform application is disabled"""


class OptedOut(AwsError):
    """The phone number {number} opted out of receiving SMS messages from your account"""


class PhoneNumberNotFound(AwsError, code="ResourceNotFound", status=404):
    """The phone number is not in the SMS sandbox of this account"""


class VerificationFailed(AwsError, code="VerificationException"):
    """The one-time password is not valid for this phone number"""


class UserError(AwsError):
    """{reason}"""
