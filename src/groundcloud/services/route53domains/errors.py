"""The errors Route 53 Domains answers with, in AWS's words."""

from groundcloud.errors import AwsError


class InvalidInput(AwsError):
    """{reason}"""


class NoSuchDomain(AwsError, code="InvalidInput"):
    """Domain {name} not found in {account} account"""


class NoSuchOperation(AwsError, code="InvalidInput"):
    """Operation {operation_id} not found"""


class DuplicateRequest(AwsError):
    """The request is already in progress for the domain {name}."""


class UnsupportedTLD(AwsError):
    """The top-level domain of {name} is not supported."""
