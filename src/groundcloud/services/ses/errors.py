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


class EventDestinationAlreadyExists(AwsError):
    """Event destination <{name}> already exists in configuration set <{configuration_set}>."""


class EventDestinationDoesNotExist(AwsError):
    """Event destination <{name}> does not exist in configuration set <{configuration_set}>."""


class InvalidDeliveryOptions(AwsError):
    """{reason}"""


class AccountSendingPaused(AwsError, code="AccountSendingPausedException"):
    """Email sending is disabled for your Amazon SES account."""


class ConfigurationSetSendingPaused(AwsError, code="ConfigurationSetSendingPausedException"):
    """Email sending is disabled for the configuration set <{name}>."""


class SendingPausedException(AwsError):
    """{reason}"""


class InvalidSNSDestination(AwsError):
    """{reason}"""


class InvalidRenderingParameter(AwsError):
    """{reason}"""


class MissingRenderingAttribute(AwsError):
    """{reason}"""


class NotFoundException(AwsError, status=404):
    """{reason}"""


class AlreadyExistsException(AwsError):
    """{reason}"""


class BadRequestException(AwsError):
    """{reason}"""
