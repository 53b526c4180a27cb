"""CloudWatch Logs' errors. Sources: the API reference, and the messages that AWS answers."""

from groundcloud.errors import AwsError


class InvalidParameter(AwsError, code="InvalidParameterException"):
    """{reason}"""


class GroupExists(AwsError, code="ResourceAlreadyExistsException"):
    """The specified log group already exists"""


class StreamExists(AwsError, code="ResourceAlreadyExistsException"):
    """The specified log stream already exists"""


class GroupNotFound(AwsError, code="ResourceNotFoundException"):
    """The specified log group does not exist."""


class StreamNotFound(AwsError, code="ResourceNotFoundException"):
    """The specified log stream does not exist."""


class FilterNotFound(AwsError, code="ResourceNotFoundException"):
    """The specified metric filter does not exist."""


class SubscriptionNotFound(AwsError, code="ResourceNotFoundException"):
    """The specified subscription filter does not exist."""


class PolicyNotFound(AwsError, code="ResourceNotFoundException"):
    """Policy with name [{policy_name}] does not exist."""


class QueryNotFound(AwsError, code="ResourceNotFoundException"):
    """Query {query_id} does not exist."""


class DefinitionNotFound(AwsError, code="ResourceNotFoundException"):
    """The specified query definition does not exist."""


class ExportNotFound(AwsError, code="ResourceNotFoundException"):
    """The specified export task does not exist."""


class ResourceNotFound(AwsError, code="ResourceNotFoundException"):
    """The specified resource does not exist."""


class LimitExceeded(AwsError, code="LimitExceededException"):
    """{reason}"""


class InvalidOperation(AwsError, code="InvalidOperationException"):
    """{reason}"""


class ValidationException(AwsError):
    """{reason}"""


class TooManyTags(AwsError, code="TooManyTagsException"):
    """The resource can have at most 50 tags."""


class MalformedQuery(AwsError, code="MalformedQueryException"):
    """{reason}"""


class InvalidNextToken(AwsError, code="InvalidParameterException"):
    """The specified nextToken is invalid."""


def invalid(reason: str) -> InvalidParameter:
    """Logs' one error for requests that are wrong."""
    return InvalidParameter(reason=reason)
