"""The errors Organizations answers with, in AWS's words."""

from groundcloud.errors import AwsError


class AccessDenied(AwsError, code="AccessDeniedException"):
    """You don't have permissions to access this resource."""


class NotInUse(AwsError, code="AWSOrganizationsNotInUseException"):
    """Your account is not a member of an organization."""


class AlreadyInOrganization(AwsError, code="AlreadyInOrganizationException"):
    """The AWS account is already a member of an organization."""


class OrganizationNotEmpty(AwsError, code="OrganizationNotEmptyException"):
    """To delete the organization you must first remove all member accounts (except the master)."""


class MasterCannotLeave(AwsError, code="MasterCannotLeaveOrganizationException"):
    """You can't remove a management account from an organization. If you want the management account to become a
    member account in another organization, you must first delete the current organization of the management account.
    """


# -- what is not there


class AccountNotFound(AwsError, code="AccountNotFoundException"):
    """You specified an account that doesn't exist."""


class RootNotFound(AwsError, code="RootNotFoundException"):
    """You specified a root that doesn't exist."""


class UnitNotFound(AwsError, code="OrganizationalUnitNotFoundException"):
    """You specified an organizational unit that doesn't exist."""


class ParentNotFound(AwsError, code="ParentNotFoundException"):
    """You specified a parent that doesn't exist."""


class SourceParentNotFound(AwsError, code="SourceParentNotFoundException"):
    """We can't find a source root or OU with the ParentId that you specified."""


class DestinationParentNotFound(AwsError, code="DestinationParentNotFoundException"):
    """We can't find the destination container (a root or OU) with the ParentId that you specified."""


class ChildNotFound(AwsError, code="ChildNotFoundException"):
    """You specified a child that doesn't exist."""


class TargetNotFound(AwsError, code="TargetNotFoundException"):
    """You specified a target that doesn't exist."""


class PolicyNotFound(AwsError, code="PolicyNotFoundException"):
    """You specified a policy that doesn't exist."""


class CreateAccountStatusNotFound(AwsError, code="CreateAccountStatusNotFoundException"):
    """We can't find a create account request with the CreateAccountRequestId that you specified."""


class HandshakeNotFound(AwsError, code="HandshakeNotFoundException"):
    """We can't find a handshake with the HandshakeId that you specified."""


class EffectivePolicyNotFound(AwsError, code="EffectivePolicyNotFoundException"):
    """If you ran this action on the management account, this policy type is not enabled. If you ran the action on a
    member account, the account doesn't have an effective policy of this type."""


# -- what is there already, or is not as it must be


class DuplicateAccount(AwsError, code="DuplicateAccountException"):
    """That account is already present in the specified destination."""


class DuplicateUnit(AwsError, code="DuplicateOrganizationalUnitException"):
    """An OU with the same name already exists."""


class UnitNotEmpty(AwsError, code="OrganizationalUnitNotEmptyException"):
    """The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, and try
    the operation again."""


class DuplicatePolicy(AwsError, code="DuplicatePolicyException"):
    """A policy with the same name already exists."""


class DuplicatePolicyAttachment(AwsError, code="DuplicatePolicyAttachmentException"):
    """The selected policy is already attached to the specified target."""


class PolicyNotAttached(AwsError, code="PolicyNotAttachedException"):
    """The policy isn't attached to the specified target in the specified root."""


class PolicyInUse(AwsError, code="PolicyInUseException"):
    """The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before
    performing this operation."""


class PolicyTypeNotEnabled(AwsError, code="PolicyTypeNotEnabledException"):
    """This operation can be performed only for enabled policy types."""


class PolicyTypeAlreadyEnabled(AwsError, code="PolicyTypeAlreadyEnabledException"):
    """The specified policy type is already enabled."""


class PolicyTypeNotAvailable(AwsError, code="PolicyTypeNotAvailableForOrganizationException"):
    """You can't use the specified policy type with the feature set currently enabled for this organization."""


class MalformedPolicyDocument(AwsError, code="MalformedPolicyDocumentException"):
    """The provided policy document does not meet the requirements of the specified policy type."""


class AccountAlreadyClosed(AwsError, code="AccountAlreadyClosedException"):
    """You attempted to close an account that is already closed."""


class AccountAlreadyRegistered(AwsError, code="AccountAlreadyRegisteredException"):
    """The provided account is already a delegated administrator for your organization."""


class AccountNotRegistered(AwsError, code="AccountNotRegisteredException"):
    """The provided account is not a registered delegated administrator for your organization."""


class DuplicateHandshake(AwsError, code="DuplicateHandshakeException"):
    """A handshake with the same action and target already exists."""


class HandshakeAlreadyInState(AwsError, code="HandshakeAlreadyInStateException"):
    """The specified handshake is already in the requested state."""


class InvalidHandshakeTransition(AwsError, code="InvalidHandshakeTransitionException"):
    """You can't perform the operation on the handshake in its current state."""


# -- limits and inputs: one code each, whose member Reason says what is wrong


class ConstraintViolation(AwsError, code="ConstraintViolationException"):
    """{text}"""


class HandshakeConstraintViolation(AwsError, code="HandshakeConstraintViolationException"):
    """{text}"""


class InvalidInput(AwsError, code="InvalidInputException"):
    """{text}"""


class InvalidNextToken(AwsError, code="InvalidInputException"):
    """You specified an invalid value."""


def last_policy() -> ConstraintViolation:
    return ConstraintViolation(
        reason="MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        text="You cannot remove the last policy attached to the specified target. "
        "You must have at least one attached at all times.",
    )


def too_many_policies() -> ConstraintViolation:
    return ConstraintViolation(
        reason="MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        text="You have attached the maximum number of policies to the specified target.",
    )


def policy_too_long() -> ConstraintViolation:
    return ConstraintViolation(
        reason="POLICY_CONTENT_LIMIT_EXCEEDED", text="You have exceeded the maximum policy size."
    )


def too_deep() -> ConstraintViolation:
    return ConstraintViolation(
        reason="OU_DEPTH_LIMIT_EXCEEDED", text="You have exceeded the maximum depth of the organizational unit tree."
    )


def too_many_tags() -> ConstraintViolation:
    return ConstraintViolation(
        reason="MAX_TAG_LIMIT_EXCEEDED", text="You have exceeded the number of tags allowed on this resource."
    )


def is_delegated_administrator() -> ConstraintViolation:
    return ConstraintViolation(
        reason="CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
        text="This member account is a delegated administrator for an integrated service. "
        "You must deregister it first.",
    )


def cannot_close_management() -> ConstraintViolation:
    return ConstraintViolation(
        reason="CANNOT_CLOSE_MANAGEMENT_ACCOUNT", text="You attempted to close the management account."
    )


def cannot_delegate_to_management() -> ConstraintViolation:
    return ConstraintViolation(
        reason="CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
        text="You cannot register master account/yourself as delegated administrator for your organization.",
    )


def cannot_delegate_to_suspended() -> ConstraintViolation:
    return ConstraintViolation(
        reason="CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
        text="You cannot register a suspended account as a delegated administrator.",
    )


def service_access_not_enabled() -> ConstraintViolation:
    return ConstraintViolation(
        reason="SERVICE_ACCESS_NOT_ENABLED",
        text="You attempted to register a delegated administrator before you enabled service access. "
        "Call the EnableAWSServiceAccess API first.",
    )


def not_all_features() -> ConstraintViolation:
    return ConstraintViolation(
        reason="ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        text="This operation requires an organization that has all features enabled.",
    )


def immutable_policy() -> InvalidInput:
    return InvalidInput(
        reason="IMMUTABLE_POLICY", text="You specified a policy that is managed by AWS and can't be modified."
    )


def non_detachable_policy() -> InvalidInput:
    return InvalidInput(reason="NON_DETACHABLE_POLICY", text="You can't detach this AWS Managed Policy.")


def duplicate_tag_key() -> InvalidInput:
    return InvalidInput(
        reason="DUPLICATE_TAG_KEY", text="Tag keys must be unique among the tags attached to the same entity."
    )


def system_tag() -> InvalidInput:
    return InvalidInput(
        reason="INVALID_SYSTEM_TAGS_PARAMETER",
        text="You specified a tag key that is a system tag. System tag keys are reserved for AWS use.",
    )


def unrecognized_service() -> InvalidInput:
    return InvalidInput(
        reason="UNRECOGNIZED_SERVICE_PRINCIPAL", text="You specified an unrecognized service principal."
    )


def reserved_role_name() -> InvalidInput:
    return InvalidInput(reason="INVALID_ROLE_NAME", text="You provided a role name that isn't valid.")


def invalid_party() -> InvalidInput:
    return InvalidInput(
        reason="INVALID_PARTY_TYPE_TARGET",
        text="You specified the wrong type of entity (account, organization, or email) as a party.",
    )


def already_in_an_organization() -> HandshakeConstraintViolation:
    return HandshakeConstraintViolation(
        reason="ALREADY_IN_AN_ORGANIZATION",
        text="The handshake request is invalid because the invited account is already a member of an organization.",
    )
