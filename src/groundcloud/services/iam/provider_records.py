"""What IAM remembers of identity providers, multi-factor devices and certificates, beside the entities (`records.py`).

Secrets (seeds, private keys) are in records of their own, which no output shape can pick.
"""

from collections.abc import Iterable
from datetime import datetime

from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam.records import Tag
from groundcloud.store import Key, Record


class SamlProvider(Record):
    table = "iam.saml_provider"
    key = ("account", "name")

    account: str
    name: str
    arn: str
    create_date: datetime
    saml_metadata_document: str
    issuer: str
    certificates: list[bytes]
    """DER, of every key that the metadata offers for signing."""
    valid_until: datetime
    saml_provider_uuid: str
    assertion_encryption_mode: str | None = None
    tags: list[Tag] = []


class OidcProvider(Record):
    table = "iam.oidc_provider"
    key = ("account", "issuer")
    indexes = {"by_issuer": ("issuer", "account")}

    account: str
    issuer: str
    """The URL without `https://`."""
    arn: str
    url: str
    create_date: datetime
    client_id_list: list[str] = []
    thumbprint_list: list[str] = []
    tags: list[Tag] = []


class OidcKeys(Record):
    """The keys of an issuer as they were fetched last, for all accounts that trust it."""

    table = "iam.oidc_keys"
    key = ("issuer",)
    watched = False

    issuer: str
    fetched: datetime
    keys: bytes
    """A JSON Web Key Set (RFC 7517)."""
    anchors: list[list[str]] = []
    """For each server that they came through and no public authority vouches for: the SHA-1 thumbprints of those of its
    certificates that do. Where there is none, thumbprints do not matter, as in AWS."""


def by_user(device: "VirtualMfaDevice") -> Iterable[Key]:
    return [(device.account, device.user_name)] if device.user_name is not None else []


class VirtualMfaDevice(Record):
    table = "iam.virtual_mfa_device"
    key = ("account", "serial_number")
    indexes = {"by_user": by_user}

    account: str
    serial_number: str
    user_name: str | None = None
    """Whose it is once it is enabled; the root user's name is empty."""
    enable_date: datetime | None = None
    last_step: int = 0
    """The step of the last code that was taken; older ones are worth nothing."""
    drift: int = 0
    """By how many steps the device's clock was off when it was enabled or synchronized."""
    tags: list[Tag] = []


class MfaSeed(Record):
    table = "iam.mfa_seed"
    key = ("account", "serial_number")
    watched = False

    account: str
    serial_number: str
    sealed: bytes


class ServerCertificate(Record):
    table = "iam.server_certificate"
    key = ("account", "server_certificate_name")
    absent = errors.NoSuchServerCertificate

    account: str
    server_certificate_name: str
    server_certificate_id: str
    arn: str
    upload_date: datetime
    expiration: datetime
    certificate_body: str
    certificate_chain: str | None = None
    path: str = "/"
    tags: list[Tag] = []


class ServerCertificateKey(Record):
    table = "iam.server_certificate_key"
    key = ("account", "server_certificate_id")
    watched = False

    account: str
    server_certificate_id: str
    sealed: bytes


class SigningCertificate(Record):
    table = "iam.signing_certificate"
    key = ("account", "user_name", "certificate_id")

    account: str
    user_name: str
    certificate_id: str
    certificate_body: str
    upload_date: datetime
    status: str = "Active"


class SshPublicKey(Record):
    table = "iam.ssh_public_key"
    key = ("account", "user_name", "ssh_public_key_id")

    account: str
    user_name: str
    ssh_public_key_id: str
    fingerprint: str
    ssh_public_key_body: str
    upload_date: datetime
    status: str = "Active"


class RoleDeletion(Record):
    """How the deletion of a service-linked role went."""

    table = "iam.role_deletion"
    key = ("account", "deletion_task_id")

    account: str
    deletion_task_id: str
    role_name: str
    status: str
    reason: str = ""


class CredentialReport(Record):
    table = "iam.credential_report"
    key = ("account",)

    account: str
    generated_time: datetime
    content: bytes


class StsPreferences(Record):
    table = "iam.sts_preferences"
    key = ("account",)

    account: str
    global_endpoint_token_version: str = "v1Token"  # noqa: S105 - a version

    @property
    def token_version(self) -> int:
        return int(self.global_endpoint_token_version[1])


class ServiceUse(Record):
    """When an entity last used a service: written in batches by whoever records calls (`last_accessed.record_uses`)."""

    table = "iam.service_use"
    key = ("account", "entity_arn", "service")
    indexes = {"by_service": ("account", "service", "entity_arn")}
    watched = False

    account: str
    entity_arn: str
    """The user or the role; for the root user its ARN."""
    service: str
    """The namespace: what the service's actions begin with."""
    time: datetime
    region: str
    actions: dict[str, tuple[datetime, str]] = {}
    """By operation: when and in which region it was last called."""


class AccessReportJob(Record):
    table = "iam.access_report_job"
    key = ("account", "job_id")

    account: str
    job_id: str
    arn: str
    granularity: str
    created: datetime
