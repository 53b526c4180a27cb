"""The errors IAM answers with, in AWS's words."""

from groundcloud.errors import AwsError


class NoSuchUser(AwsError, code="NoSuchEntity", status=404):
    """The user with name {user_name} cannot be found."""


class NoSuchGroup(AwsError, code="NoSuchEntity", status=404):
    """The group with name {group_name} cannot be found."""


class NoSuchRole(AwsError, code="NoSuchEntity", status=404):
    """The role with name {role_name} cannot be found."""


class NoSuchAccessKey(AwsError, code="NoSuchEntity", status=404):
    """The Access Key with id {access_key_id} cannot be found."""


class NoSuchPolicy(AwsError, code="NoSuchEntity", status=404):
    """Policy {policy_arn} does not exist or is not attachable."""


class NoSuchInlinePolicy(AwsError, code="NoSuchEntity", status=404):
    """The {kind} policy with name {policy_name} cannot be found."""


class UserExists(AwsError, code="EntityAlreadyExists", status=409):
    """User with name {user_name} already exists."""


class DeleteConflict(AwsError, status=409):
    """{reason}"""


class LimitExceeded(AwsError, status=409):
    """{reason}"""


class MalformedPolicyDocument(AwsError, status=400):
    """{reason}"""


class ValidationError(AwsError, status=400):
    """{reason}"""
