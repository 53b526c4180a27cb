"""What Secrets Manager remembers. The value of each version is a record of its own, encrypted under a KMS data key."""

from datetime import datetime

from groundcloud.services.secretsmanager import errors
from groundcloud.store import Part, Record

CURRENT, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"


class Tag(Part):
    key: str
    value: str = ""


class Filter(Part):
    key: str
    values: list[str]


class ReplicaRegion(Part):
    region: str
    kms_key_id: str | None = None


class RotationRules(Part):
    automatically_after_days: int | None = None
    duration: str | None = None
    schedule_expression: str | None = None


class Version(Part):
    version_id: str
    created_date: datetime
    stages: list[str] = []
    """Without any the version is deprecated, and the oldest of these go first."""
    kms_key_id: str = ""


class Secret(Record):
    table = "secretsmanager.secret"
    key = ("account", "region", "name")
    absent = errors.NoSuchSecret

    account: str
    region: str
    name: str
    arn: str
    created_date: datetime
    last_changed_date: datetime
    description: str | None = None
    kms_key_id: str | None = None
    """As the caller named it; AWS's own key for Secrets Manager when it is None."""
    deleted_date: datetime | None = None
    """When it was asked to be deleted."""
    deletion_date: datetime | None = None
    """When it is deleted for good."""
    tags: list[Tag] = []
    versions: list[Version] = []
    policy: str | None = None
    primary_region: str | None = None
    """Where its primary is, for a replica; its own Region for a primary that has replicas."""
    replicas: list[ReplicaRegion] = []
    rotation_enabled: bool = False
    rotation_lambda_arn: str | None = None
    rotation_rules: RotationRules | None = None
    last_rotated_date: datetime | None = None
    next_rotation_date: datetime | None = None
    owning_service: str | None = None

    @property
    def is_replica(self) -> bool:
        return self.primary_region is not None and self.primary_region != self.region

    def staged(self, stage: str) -> Version | None:
        return next((version for version in self.versions if stage in version.stages), None)

    def version_of(self, version_id: str) -> Version | None:
        return next((version for version in self.versions if version.version_id == version_id), None)


class SecretValue(Record):
    """The value of one version, under a data key that only KMS can open."""

    table = "secretsmanager.value"
    key = ("account", "region", "name", "version_id")
    watched = False

    account: str
    region: str
    name: str
    version_id: str
    data_key: bytes
    sealed: bytes
    binary: bool = False


class LastAccess(Record):
    """The day on which a secret's value was last read."""

    table = "secretsmanager.last_access"
    key = ("account", "region", "name")
    watched = False

    account: str
    region: str
    name: str
    date: datetime
