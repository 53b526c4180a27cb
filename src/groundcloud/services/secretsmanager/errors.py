"""The errors Secrets Manager answers with, in AWS's words."""

from groundcloud.errors import AwsError


class NoSuchSecret(AwsError, code="ResourceNotFoundException"):
    """Secrets Manager can't find the specified secret."""


class NoSuchStage(AwsError, code="ResourceNotFoundException"):
    """Secrets Manager can't find the specified secret value for staging label: {stage}"""


class NoSuchVersion(AwsError, code="ResourceNotFoundException"):
    """Secrets Manager can't find the specified secret value for VersionId: {version_id}"""


class SecretExists(AwsError, code="ResourceExistsException"):
    """The operation failed because the secret {name} already exists."""


class TokenInUse(AwsError, code="ResourceExistsException"):
    """You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}."""


class MarkedForDeletion(AwsError, code="InvalidRequestException"):
    """You can't perform this operation on the secret because it was marked for deletion."""


class NameScheduledForDeletion(AwsError, code="InvalidRequestException"):
    """You can't create this secret because a secret with this name is already scheduled for deletion."""


class InvalidRequest(AwsError, code="InvalidRequestException"):
    """{reason}"""


class InvalidParameter(AwsError, code="InvalidParameterException"):
    """{reason}"""


class ValidationException(AwsError):
    """{reason}"""


class InvalidNextToken(AwsError, code="InvalidNextTokenException"):
    """The NextToken value is invalid."""


class LimitExceeded(AwsError, code="LimitExceededException"):
    """{reason}"""


class MalformedPolicyDocument(AwsError, code="MalformedPolicyDocumentException"):
    """{reason}"""


class PublicPolicy(AwsError, code="PublicPolicyException"):
    """Resource policy grants public access to the secret. Public access is not allowed."""


class AccessToKmsDenied(AwsError, code="AccessDeniedException"):
    """Access to KMS is not allowed"""


class EncryptionFailure(AwsError):
    """Secrets Manager can't encrypt the protected secret text using the provided KMS key. {reason}"""


class DecryptionFailure(AwsError):
    """Secrets Manager can't decrypt the protected secret text using the provided KMS key. {reason}"""


class NoRotator(AwsError, code="NotImplemented", status=501):
    """Groundcloud does not run rotation functions yet, so it cannot rotate secret {name}."""


class CannotInvoke(AwsError, code="AccessDeniedException"):
    """Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the
    principal secretsmanager.amazonaws.com."""
