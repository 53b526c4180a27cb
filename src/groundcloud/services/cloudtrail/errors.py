"""CloudTrail's errors. Sources: the API reference, and the messages that AWS answers."""

from groundcloud.errors import AwsError


class TrailNotFound(AwsError, code="TrailNotFoundException"):
    """Unknown trail: {name} for the user: {account}"""


class TrailExists(AwsError, code="TrailAlreadyExistsException"):
    """Trail {name} already exists for customer: {account}"""


class TooManyTrails(AwsError, code="MaximumNumberOfTrailsExceededException"):
    """User: {account} already has 5 trails in {region}."""


class InvalidTrailName(AwsError, code="InvalidTrailNameException"):
    """{reason}"""


class InvalidHomeRegion(AwsError, code="InvalidHomeRegionException"):
    """Trail {name} can only be changed in its home region {region}."""


class InvalidArn(AwsError, code="CloudTrailARNInvalidException"):
    """The ARN {arn} is not valid."""


class NoSuchBucket(AwsError, code="S3BucketDoesNotExistException"):
    """S3 bucket {bucket} does not exist!"""


class InsufficientBucketPolicy(AwsError, code="InsufficientS3BucketPolicyException"):
    """Incorrect S3 bucket policy is detected for bucket: {bucket}"""


class InvalidPrefix(AwsError, code="InvalidS3PrefixException"):
    """The prefix {prefix} is not valid."""


class InvalidCombination(AwsError, code="InvalidParameterCombinationException"):
    """{reason}"""


class InvalidEventSelectors(AwsError, code="InvalidEventSelectorsException"):
    """{reason}"""


class InsightNotEnabled(AwsError, code="InsightNotEnabledException"):
    """Trail {name} does not have Insights enabled."""


class InvalidTimeRange(AwsError, code="InvalidTimeRangeException"):
    """The start time must be before the end time."""


class InvalidLookupAttributes(AwsError, code="InvalidLookupAttributesException"):
    """{reason}"""


class InvalidMaxResults(AwsError, code="InvalidMaxResultsException"):
    """The maximum number of results must be from 1 to 50."""


class InvalidNextToken(AwsError, code="InvalidNextTokenException"):
    """Invalid next token."""


class InvalidToken(AwsError, code="InvalidTokenException"):
    """Invalid token."""


class TagsLimitExceeded(AwsError, code="TagsLimitExceededException"):
    """A trail can have at most 50 tags."""


class OrganizationTrailNotWritten(AwsError, code="NotImplemented", status=501):
    """Groundcloud does not have trails of organizations yet."""
