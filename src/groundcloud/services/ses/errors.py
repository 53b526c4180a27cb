"""The errors of SES; those that end in Exception are of its second API."""

from groundcloud.errors import AwsError


class MessageRejected(AwsError):
    """{reason}"""


class InvalidParameterValue(AwsError):
    """{reason}"""


class TemplateDoesNotExist(AwsError):
    """Template {template_name} does not exist."""


class InvalidTemplate(AwsError):
    """{reason}"""


class AlreadyExists(AwsError):
    """Template {template_name} already exists."""


class ConfigurationSetAlreadyExists(AwsError):
    """Configuration set <{name}> already exists."""


class ConfigurationSetDoesNotExist(AwsError):
    """Configuration set <{name}> does not exist."""


class NotFoundException(AwsError, status=404):
    """{reason}"""


class AlreadyExistsException(AwsError):
    """{reason}"""


class BadRequestException(AwsError):
    """{reason}"""
