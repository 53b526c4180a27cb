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


class InvalidTopicName(AwsError, code="InvalidSnsTopicNameException"):
    """The SNS topic name {name} is not valid."""


class InsufficientTopicPolicy(AwsError, code="InsufficientSnsTopicPolicyException"):
    """SNS Topic does not exist or the topic policy is incorrect!"""


class InvalidLogGroupArn(AwsError, code="InvalidCloudWatchLogsLogGroupArnException"):
    """{reason}"""


class InvalidLogsRoleArn(AwsError, code="InvalidCloudWatchLogsRoleArnException"):
    """{reason}"""


class OrganizationsNotInUse(AwsError, code="OrganizationsNotInUseException"):
    """Your account is not a member of an organization."""


class NotManagementAccount(AwsError, code="NotOrganizationMasterAccountException"):
    """You must be the management account of an organization to make a trail for it."""


class OrganizationNotInAllFeaturesMode(AwsError, code="OrganizationNotInAllFeaturesModeException"):
    """The organization must have all features enabled."""


class AccessNotEnabled(AwsError, code="CloudTrailAccessNotEnabledException"):
    """The organization has to enable trusted access for cloudtrail.amazonaws.com."""


class NotOfThisAccount(AwsError, code="OperationNotPermittedException"):
    """Trail {name} belongs to the organization: only its management account can change it."""
