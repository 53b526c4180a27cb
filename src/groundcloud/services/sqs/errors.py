"""The errors SQS answers with, in AWS's words."""

from groundcloud.errors import AwsError


class QueueDoesNotExist(AwsError):
    """The specified queue does not exist."""


class QueueNameExists(AwsError):
    """A queue already exists with the same name and a different value for attribute {attribute}"""


class QueueDeletedRecently(AwsError):
    """You must wait 60 seconds after deleting a queue before you can create another with the same name."""


class PurgeQueueInProgress(AwsError):
    """Only one PurgeQueue operation on {name} is allowed every 60 seconds."""


class InvalidAddress(AwsError, status=404):
    """The address {address} is not valid for this endpoint."""


class InvalidParameterValue(AwsError):
    """{reason}"""


class InvalidAttributeName(AwsError):
    """Unknown Attribute {name}."""


class InvalidAttributeValue(AwsError):
    """{reason}"""


class MissingParameter(AwsError):
    """The request must contain the parameter {name}."""


class InvalidMessageContents(AwsError):
    """Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD |
    #x10000 to #x10FFFF"""


class ReceiptHandleIsInvalid(AwsError, status=404):
    """The input receipt handle "{handle}" is not a valid receipt handle."""


class MessageNotInflight(AwsError):
    """The specified message isn't in flight."""


class EmptyBatchRequest(AwsError):
    """There should be at least one {entry} in the request."""


class TooManyEntries(AwsError, code="TooManyEntriesInBatchRequest"):
    """Maximum number of entries per request are 10. You have sent {count}."""


class BatchEntryIdsNotDistinct(AwsError):
    """Id {id} repeated."""


class InvalidBatchEntryId(AwsError):
    """A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters
    long."""


class BatchRequestTooLong(AwsError):
    """Batch requests cannot be longer than 1048576 bytes. You have sent {size} bytes."""


class OverLimit(AwsError, status=403):
    """{reason}"""


class UnsupportedOperation(AwsError):
    """{reason}"""


class ResourceNotFound(AwsError, code="ResourceNotFoundException", status=404):
    """{reason}"""


class InvalidNextToken(AwsError, code="InvalidParameterValue"):
    """Invalid or expired next token."""


class KmsAccessDenied(AwsError):
    """{reason}"""


class KmsDisabled(AwsError):
    """{reason}"""


class KmsInvalidState(AwsError):
    """{reason}"""


class KmsNotFound(AwsError):
    """{reason}"""


class KmsInvalidKeyUsage(AwsError):
    """{reason}"""


def invalid_value(value: object, parameter: str, reason: str) -> InvalidParameterValue:
    """The form that most of SQS's refusals of a parameter have."""
    return InvalidParameterValue(reason=f"Value {value} for parameter {parameter} is invalid. Reason: {reason}")
