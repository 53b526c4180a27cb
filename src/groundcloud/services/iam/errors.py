"""The errors IAM answers with, in AWS's words."""

from groundcloud.errors import AwsError

# -- what is not there


class NoSuchUser(AwsError, code="NoSuchEntity", status=404):
    """The user with name {user_name} cannot be found."""


class NoSuchGroup(AwsError, code="NoSuchEntity", status=404):
    """The group with name {group_name} cannot be found."""


class NoSuchRole(AwsError, code="NoSuchEntity", status=404):
    """The role with name {role_name} cannot be found."""


class NoSuchInstanceProfile(AwsError, code="NoSuchEntity", status=404):
    """Instance Profile {instance_profile_name} cannot be found."""


class NoSuchRoleInInstanceProfile(AwsError, code="NoSuchEntity", status=404):
    """Role {role_name} in Instance Profile {instance_profile_name} cannot be found."""


class NoSuchAccessKey(AwsError, code="NoSuchEntity", status=404):
    """The Access Key with id {access_key_id} cannot be found."""


class NoSuchPolicy(AwsError, code="NoSuchEntity", status=404):
    """Policy {policy_arn} was not found."""


class NotAttachable(AwsError, code="NoSuchEntity", status=404):
    """Policy {policy_arn} does not exist or is not attachable."""


class NoSuchBoundary(AwsError, code="NoSuchEntity", status=404):
    """Scope ARN: {policy_arn} does not exist or is not attachable."""


class NoSuchPolicyVersion(AwsError, code="NoSuchEntity", status=404):
    """Policy {policy_arn} version {version_id} does not exist or is not attachable."""


class NoSuchInlinePolicy(AwsError, code="NoSuchEntity", status=404):
    """The {kind} policy with name {policy_name} cannot be found."""


class NoSuchLoginProfile(AwsError, code="NoSuchEntity", status=404):
    """Login Profile for User {user_name} cannot be found."""


class NoSuchPasswordPolicy(AwsError, code="NoSuchEntity", status=404):
    """The Password Policy with domain name {account} cannot be found."""


class NoPasswordPolicyToDelete(AwsError, code="NoSuchEntity", status=404):
    """The account policy with name PasswordPolicy cannot be found."""


class NoSuchAccountAlias(AwsError, code="NoSuchEntity", status=404):
    """The account alias {account_alias} cannot be found."""


class NoSuchEntity(AwsError, status=404):
    """ARN {arn} was not found."""


# -- what is there already


class UserExists(AwsError, code="EntityAlreadyExists", status=409):
    """User with name {user_name} already exists."""


class GroupExists(AwsError, code="EntityAlreadyExists", status=409):
    """Group with name {group_name} already exists."""


class RoleExists(AwsError, code="EntityAlreadyExists", status=409):
    """Role with name {role_name} already exists."""


class InstanceProfileExists(AwsError, code="EntityAlreadyExists", status=409):
    """Instance Profile {instance_profile_name} already exists."""


class PolicyExists(AwsError, code="EntityAlreadyExists", status=409):
    """A policy called {policy_name} already exists. Duplicate names are not allowed."""


class LoginProfileExists(AwsError, code="EntityAlreadyExists", status=409):
    """Login Profile for user {user_name} already exists."""


class AccountAliasExists(AwsError, code="EntityAlreadyExists", status=409):
    """The account alias {account_alias} already exists."""


# -- what must not be


class DeleteConflict(AwsError, status=409):
    """{reason}"""


class StillNeeded(AwsError, code="DeleteConflict", status=409):
    """Cannot delete entity, must {first} first."""


class LimitExceeded(AwsError, status=409):
    """{reason}"""


class QuotaExceeded(AwsError, code="LimitExceeded", status=409):
    """Cannot exceed quota for {quota}: {limit}"""


class UnmodifiableEntity(AwsError, status=400):
    """Cannot perform the operation on the protected role '{role_name}' - this role is only modifiable by AWS"""


class PolicyNotAttachable(AwsError, status=400):
    """Cannot attach a Service Role Policy to a customer role."""


class MalformedPolicyDocument(AwsError, status=400):
    """{reason}"""


class ValidationError(AwsError, status=400):
    """{reason}"""


class InvalidInput(AwsError, status=400):
    """{reason}"""


class InvalidUserType(AwsError, status=400):
    """Only IAM Users can change their own password"""


class PasswordPolicyViolation(AwsError, status=400):
    """{reason}"""


class WrongPassword(AwsError, code="AccessDenied", status=403):
    """The old password was incorrect."""


class NotAuthorizedForKey(AwsError, code="AccessDenied", status=403):
    """User: {caller} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key {access_key_id}"""
