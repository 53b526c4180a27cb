"""The errors KMS answers with, in AWS's words where AWS or public threads show them."""

from groundcloud.errors import AwsError


class NotFound(AwsError, code="NotFoundException"):
    """Key '{arn}' does not exist"""


class NoSuchAlias(AwsError, code="NotFoundException"):
    """Alias {arn} is not found."""


class InvalidKeyId(AwsError, code="NotFoundException"):
    """Invalid keyId '{key_id}'"""


class WrongRegion(AwsError, code="NotFoundException"):
    """Invalid arn {region}"""


class NoSuchGrant(AwsError, code="NotFoundException"):
    """Grant ID {grant_id} not found"""


class NoSuchPolicy(AwsError, code="NotFoundException"):
    """No such policy exists"""


class InvalidArn(AwsError, code="InvalidArnException"):
    """Invalid arn {arn}"""


class InvalidAliasName(AwsError, code="InvalidAliasNameException"):
    """Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"""


class NotAuthorized(AwsError, code="NotAuthorizedException"):
    """{reason}"""


class AliasExists(AwsError, code="AlreadyExistsException"):
    """An alias with the name {arn} already exists"""


class ReplicaExists(AwsError, code="AlreadyExistsException"):
    """A key with the id {key_id} already exists in {region}."""


class ValidationException(AwsError):
    """{reason}"""


class InvalidMarker(AwsError, code="InvalidMarkerException"):
    """The marker is not valid."""


class Disabled(AwsError, code="DisabledException"):
    """{arn} is disabled."""


class InvalidState(AwsError, code="KMSInvalidStateException"):
    """{arn} is {state}."""


class InvalidStateFor(AwsError, code="KMSInvalidStateException"):
    """{reason}"""


class InvalidKeyUsage(AwsError, code="InvalidKeyUsageException"):
    """{arn} key usage is {usage} which is not valid for {operation}."""


class IncompatibleAlgorithm(AwsError, code="InvalidKeyUsageException"):
    """Algorithm {algorithm} and key spec {key_spec} are incompatible."""


class InvalidCiphertext(AwsError, code="InvalidCiphertextException"):
    """ """


class UnknownCiphertext(AwsError, code="AccessDeniedException"):
    """The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are
    not allowed to access."""


class IncorrectKey(AwsError, code="IncorrectKeyException"):
    """The key ID in the request does not identify a CMK that can perform this operation."""


class InvalidSignature(AwsError, code="KMSInvalidSignatureException"):
    """ """


class InvalidMac(AwsError, code="KMSInvalidMacException"):
    """ """


class UnsupportedOperation(AwsError, code="UnsupportedOperationException"):
    """{reason}"""


class MalformedPolicyDocument(AwsError, code="MalformedPolicyDocumentException"):
    """{reason}"""


class LimitExceeded(AwsError, code="LimitExceededException"):
    """{reason}"""


class TagFlaw(AwsError, code="TagException"):
    """{reason}"""


class InvalidGrantToken(AwsError, code="InvalidGrantTokenException"):
    """The grant token is not valid."""


class InvalidGrantId(AwsError, code="InvalidGrantIdException"):
    """The grant ID is not valid."""


class DryRun(AwsError, code="DryRunOperationException"):
    """The request would have succeeded, but the DryRun option is set."""


class IncorrectKeyMaterial(AwsError, code="IncorrectKeyMaterialException"):
    """{reason}"""


class ExpiredImportToken(AwsError, code="ExpiredImportTokenException"):
    """The import token has expired."""


class InvalidImportToken(AwsError, code="InvalidImportTokenException"):
    """The import token is not valid for this key."""


class Conflict(AwsError, code="ConflictException"):
    """{reason}"""
