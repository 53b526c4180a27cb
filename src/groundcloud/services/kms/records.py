"""What KMS remembers. A key and its key material are different records: the material is sealed, and no output shape
can pick it.

Multi-Region keys have a key record in each of their Regions, all of the same id, and one key ring for all of them.
"""

from collections.abc import Iterable
from datetime import datetime

from groundcloud.services.kms import errors
from groundcloud.store import Key as StoreKey
from groundcloud.store import Part, Record


class Tag(Part):
    tag_key: str
    tag_value: str = ""

    @property
    def key(self) -> str:
        """As condition keys (`aws:RequestTag/...`) know it."""
        return self.tag_key

    @property
    def value(self) -> str:
        return self.tag_value


class Key(Record):
    """A KMS key: everything but its material."""

    table = "kms.key"
    key = ("account", "region", "key_id")
    indexes = {"by_id": ("account", "key_id")}
    absent = errors.NotFound

    account: str
    region: str
    key_id: str
    arn: str
    creation_date: datetime
    key_spec: str
    key_usage: str
    policy: str
    origin: str = "AWS_KMS"
    description: str = ""
    key_state: str = "Enabled"
    key_manager: str = "CUSTOMER"
    multi_region: bool = False
    deletion_date: datetime | None = None
    pending_window_in_days: int = 0
    """While it is to be deleted."""
    grants: int = 0
    """How many grants it has: most have none, and no call needs to look for any."""
    tags: list[Tag] = []

    @property
    def realm(self) -> str:
        """Which key ring is its own: one for all Regions, but imported material is imported into each of them."""
        return self.region if self.origin == "EXTERNAL" else ""


class KeyMaterial(Part):
    """One generation of a key's material: a secret, or a private key (PKCS #8, DER) with its public key."""

    material_id: str
    sealed: bytes
    """Empty once imported material is deleted or has expired."""
    state: str = "CURRENT"
    """CURRENT, NON_CURRENT, PENDING_ROTATION or PENDING_MULTI_REGION_IMPORT_AND_ROTATION."""
    public_key: bytes = b""
    """DER, SubjectPublicKeyInfo."""
    rotation_date: datetime | None = None
    rotation_type: str = ""
    expiration_model: str = ""
    valid_to: datetime | None = None
    description: str = ""


class KeyRing(Record):
    """A key's material, today's and all before it, and when it is rotated."""

    table = "kms.key_ring"
    key = ("account", "realm", "key_id")

    account: str
    realm: str
    key_id: str
    materials: list[KeyMaterial] = []
    rotation_enabled: bool = False
    rotation_period_in_days: int = 365
    next_rotation_date: datetime | None = None
    on_demand_rotations: int = 0

    @property
    def current(self) -> KeyMaterial | None:
        """What encrypts; None before material is imported."""
        return next((material for material in reversed(self.materials) if material.state == "CURRENT"), None)

    def material(self, material_id: str) -> KeyMaterial | None:
        return next((material for material in self.materials if material.material_id == material_id), None)


class RegionSet(Record):
    """The Regions of a multi-Region key."""

    table = "kms.region_set"
    key = ("account", "key_id")

    account: str
    key_id: str
    primary: str
    replicas: list[str] = []


class Alias(Record):
    table = "kms.alias"
    key = ("account", "region", "alias_name")
    indexes = {"by_key": ("account", "region", "target_key_id")}

    account: str
    region: str
    alias_name: str
    alias_arn: str
    target_key_id: str
    creation_date: datetime
    last_updated_date: datetime


class GrantConstraints(Part):
    encryption_context_subset: dict[str, str] | None = None
    encryption_context_equals: dict[str, str] | None = None
    source_arn: str | None = None


def by_retiring_principal(grant: "Grant") -> Iterable[StoreKey]:
    return [(grant.region, grant.retiring_principal)] if grant.retiring_principal else []


class Grant(Record):
    """A permission to use a key, beside its policy."""

    table = "kms.grant"
    key = ("account", "region", "key_id", "grant_id")
    indexes = {"by_retiring_principal": by_retiring_principal}

    account: str
    region: str
    key_id: str
    grant_id: str
    key_arn: str
    issuing_account: str
    creation_date: datetime
    operations: list[str]
    grantee_principal: str | None = None
    grantee_service_principal: str | None = None
    retiring_principal: str | None = None
    retiring_service_principal: str | None = None
    name: str | None = None
    constraints: GrantConstraints | None = None


class KeyUse(Record):
    """How often a key was used in a month, by operation."""

    table = "kms.key_use"
    key = ("account", "region", "key_id", "month")
    watched = False

    account: str
    region: str
    key_id: str
    month: str
    """`2026-11`."""
    counts: dict[str, int] = {}


class LastUse(Record):
    """The last cryptographic operation with a key."""

    table = "kms.last_use"
    key = ("account", "region", "key_id")
    watched = False

    account: str
    region: str
    key_id: str
    operation: str
    timestamp: datetime
    kms_request_id: str
