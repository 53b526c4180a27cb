"""Errors of identity providers, multi-factor devices, certificates and reports, in AWS's words."""

from groundcloud.errors import AwsError


class NoSuchProvider(AwsError, code="NoSuchEntity", status=404):
    """{kind} provider not found for arn {arn}"""


class NoSuchDevice(AwsError, code="NoSuchEntity", status=404):
    """VirtualMFADevice with serial number {serial_number} doesn't exist."""


class NoDeviceOfUser(AwsError, code="NoSuchEntity", status=404):
    """MFA Device with serial number {serial_number} does not exist for user {user_name}."""


class NoSuchServerCertificate(AwsError, code="NoSuchEntity", status=404):
    """The Server Certificate with name {server_certificate_name} cannot be found."""


class NoSuchCertificate(AwsError, code="NoSuchEntity", status=404):
    """The Certificate with id {certificate_id} cannot be found."""


class NoSuchPublicKey(AwsError, code="NoSuchEntity", status=404):
    """The Public Key with id {ssh_public_key_id} cannot be found."""


class NoSuchTask(AwsError, code="NoSuchEntity", status=404):
    """The deletion task {deletion_task_id} cannot be found."""


class NoSuchJob(AwsError, code="NoSuchEntity", status=404):
    """Job {job_id} cannot be found."""


class NoSuchReport(AwsError, code="ReportNotPresent", status=410):
    """Unable to find a credential report. Call GenerateCredentialReport to create one."""


class ReportExpired(AwsError, status=410):
    """The credential report has expired. Call GenerateCredentialReport to create a new one."""


class AlreadyExists(AwsError, code="EntityAlreadyExists", status=409):
    """{reason}"""


class LimitExceeded(AwsError, status=409):
    """{reason}"""


class InvalidInput(AwsError):
    """{reason}"""


class DeleteConflict(AwsError, status=409):
    """{reason}"""


class InvalidAuthenticationCode(AwsError, status=403):
    """Authentication code for device is not valid."""


class MalformedCertificate(AwsError):
    """{reason}"""


class KeyPairMismatch(AwsError):
    """Public key from certificate and private key do not match."""


class InvalidCertificate(AwsError):
    """{reason}"""


class DuplicateCertificate(AwsError, status=409):
    """The certificate is already uploaded as {certificate_id}."""


class InvalidPublicKey(AwsError):
    """{reason}"""


class DuplicateSSHPublicKey(AwsError):
    """The SSH public key is already associated with the user {user_name}."""


class UnrecognizedPublicKeyEncoding(AwsError):
    """{encoding} is not an encoding of public keys."""


class UnmodifiableEntity(AwsError, status=400):
    """Cannot perform the operation on the protected role '{role_name}' - this role is only modifiable by AWS"""


class InvalidSession(AwsError, code="AccessDenied", status=403):
    """{reason}"""
