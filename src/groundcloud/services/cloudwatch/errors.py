"""The errors of CloudWatch. Codes are those of the query protocol; botocore's model has their names in the others."""

from groundcloud.errors import AwsError


class InvalidParameterValue(AwsError):
    """{reason}"""


class MissingParameter(AwsError):
    """{reason}"""


class InvalidParameterCombination(AwsError):
    """{reason}"""


class ValidationError(AwsError):
    """{reason}"""


class InvalidNextToken(AwsError):
    """The value for parameter NextToken is invalid."""


class ResourceNotFound(AwsError, status=404):
    """{reason}"""


class ResourceNotFoundException(AwsError, status=404):
    """Unknown: {arn}"""


class AnomalyDetectorNotFound(AwsError, code="ResourceNotFoundException", status=404):
    """The anomaly detector does not exist."""


class InvalidFormat(AwsError):
    """{reason}"""


class LimitExceeded(AwsError):
    """{reason}"""


class DashboardInvalidInputError(AwsError, code="InvalidParameterInput"):
    """{reason}"""
