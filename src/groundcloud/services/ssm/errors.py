"""The errors Parameter Store answers with, in AWS's words."""

from groundcloud.errors import AwsError


class NoSuchParameter(AwsError, code="ParameterNotFound"):
    """ """


class NoSuchVersion(AwsError, code="ParameterVersionNotFound"):
    """Systems Manager could not find version {selector} of {name}. Verify the version and try again."""


class ParameterExists(AwsError, code="ParameterAlreadyExists"):
    """The parameter already exists. To overwrite this value, set the overwrite option in the request to true."""


class ValidationException(AwsError):
    """{reason}"""


class InvalidName(AwsError, code="ValidationException"):
    """Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths
    divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"""


class InvalidPath(AwsError, code="ValidationException"):
    """The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash
    "/". It can't be prefixed with \\"aws\\" or \\"ssm\\" (case-insensitive). It must use only letters, numbers, or the
    following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if
    specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_."""


class ReservedName(AwsError, code="AccessDeniedException"):
    """No access to reserved parameter name: {name}."""


class TooManyLevels(AwsError, code="HierarchyLevelLimitExceededException"):
    """Hierarchies are limited to a maximum of 15 levels."""


class TypeMismatch(AwsError, code="HierarchyTypeMismatchException"):
    """Parameter Store doesn't support changing a parameter type. You must create a new, unique parameter."""


class PatternMismatch(AwsError, code="ParameterPatternMismatchException"):
    """Parameter value, cannot be validated against allowedPattern: {pattern}"""


class InvalidPattern(AwsError, code="InvalidAllowedPatternException"):
    """The request does not meet the regular expression requirement: {pattern}"""


class OldestVersionLabelled(AwsError, code="ParameterMaxVersionLimitExceeded"):
    """You attempted to create a new version of {name} by calling the PutParameter API with the overwrite flag. Version
    {version}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another
    version of the parameter, and try again."""


class TooManyLabels(AwsError, code="ParameterVersionLabelLimitExceeded"):
    """A parameter version can have maximum 10 labels. Move one or more labels to another version and try again."""


class InvalidKey(AwsError, code="InvalidKeyId"):
    """{reason}"""


class InvalidPolicyType(AwsError, code="InvalidPolicyTypeException"):
    """{reason}"""


class InvalidPolicyAttribute(AwsError, code="InvalidPolicyAttributeException"):
    """{reason}"""


class PolicyNotWritten(AwsError, code="NotImplemented", status=501):
    """Groundcloud sends no parameter events yet, so it does not take the policy {type}."""


class DataTypeNotWritten(AwsError, code="NotImplemented", status=501):
    """Groundcloud does not check parameters of the data type {data_type} yet."""


class InvalidFilterKey(AwsError):
    """{reason}"""


class InvalidFilterOption(AwsError):
    """{reason}"""


class InvalidFilterValue(AwsError):
    """{reason}"""


class InvalidNextToken(AwsError):
    """The specified token is not valid."""


class InvalidResourceType(AwsError):
    """{resource_type} is not supported."""


class InvalidResourceId(AwsError):
    """The resource ID is not valid. Verify that you entered the correct ID and try again."""


class TooManyTags(AwsError, code="TooManyTagsError"):
    """The resource can have at most 50 tags."""
