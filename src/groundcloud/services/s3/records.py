"""What S3 remembers.

A key's current object is in `Object`, everything else of it (noncurrent versions, delete markers) in `Version`, newest
first: a list of a bucket is a range read of the one, a list of versions a merge of both, and neither grows with what it
does not show. The field that holds an object's key is `name`, for a record's `key` says which fields are its key.

Bytes are in `Blob` records, inline or by the id of a file. An object of several parts has a `Layout` that names them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from groundcloud.services.s3 import errors
from groundcloud.services.s3.rules.acl import Grant
from groundcloud.services.s3.rules.object_lock import ObjectLockConfiguration
from groundcloud.services.s3.rules.public import PublicAccessBlockConfiguration
from groundcloud.services.s3.rules.replication import ReplicationRule
from groundcloud.store import Key, Part, Record


class Tag(Part):
    key: str
    value: str = ""


class Bucket(Record):
    """One bucket; its name is nobody else's in the whole cloud."""

    table = "s3.bucket"
    key = ("name",)
    indexes = {"by_owner": ("account", "name")}
    absent = errors.NoSuchBucket

    name: str
    account: str
    region: str
    created: datetime
    ownership: str = "BucketOwnerEnforced"
    has_ownership_controls: bool = True
    versioning: str = ""
    """Nothing, Enabled or Suspended."""
    policy: str | None = None
    public_access: PublicAccessBlockConfiguration | None = None
    acl: list[Grant] | None = None
    tags: list[Tag] = []
    algorithm: str = "AES256"
    kms_key_id: str = ""
    bucket_key_enabled: bool = False
    object_lock: ObjectLockConfiguration | None = None
    """None where Object Lock is not enabled."""
    request_payer: str = "BucketOwner"
    acceleration: str = ""
    replicated: bool = False
    """Whether it has a replication configuration, which writes of other buckets need not look for."""
    constraint: str = ""
    """The location constraint that it was made with, where that is not the Region's name (`EU`)."""

    @property
    def versioned(self) -> bool:
        return self.versioning == "Enabled"


class AccountAccess(Record):
    """Block Public Access of an account: what holds for all of its buckets."""

    table = "s3.account"
    key = ("account",)
    absent = errors.NoSuchPublicAccessBlock

    account: str
    public_access: PublicAccessBlockConfiguration


class AccessPoint(Record):
    """Another name for a bucket, with a policy of its own."""

    table = "s3.access_point"
    key = ("account", "region", "name")
    indexes = {"by_bucket": ("bucket", "account", "name"), "by_alias": ("alias",), "by_name": ("account", "name")}
    absent = errors.NoSuchAccessPoint

    account: str
    region: str
    name: str
    bucket: str
    bucket_account: str
    alias: str
    created: datetime
    public_access: PublicAccessBlockConfiguration
    policy: str | None = None
    tags: list[Tag] = []

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:{self.region}:{self.account}:accesspoint/{self.name}"


class Seal(Part):
    """How an object's key is kept: sealed by the installation (AES256), by a key of KMS, or by the customer's."""

    kind: str
    wrapped: bytes
    key_id: str = ""
    customer_key_md5: str = ""
    bucket_key_enabled: bool = False
    context: str = ""

    @property
    def is_own(self) -> bool:
        """Whether S3 itself opens it for whoever may read the object (SSE-S3)."""
        return self.kind == "AES256"


class Attributes(Part):
    """What the writer says of an object; headers give it back as it was said."""

    content_type: str = "binary/octet-stream"
    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    expires: datetime | None = None
    website_redirect_location: str | None = None
    metadata: dict[str, str] = {}
    storage_class: str = "STANDARD"


class Content(Record):
    """What an object and a version of one have in common."""

    watched = False
    quiet = True

    bucket: str
    name: str
    """The object's key."""
    sequence: int
    """Grows with every write of the same key."""
    version_id: str
    """`null` for what was written without versioning."""
    modified: datetime
    body: str = ""
    """The id under which its bytes are; empty for a delete marker."""
    size: int = 0
    e_tag: str = ""
    """Without its quotes."""
    attributes: Attributes = msgspec.field(default_factory=Attributes)
    seal: Seal | None = None
    checksums: dict[str, str] = {}
    """Base64 by algorithm, as the API spells it (CRC32, CRC64NVME, ...)."""
    checksum_type: str = ""
    """FULL_OBJECT or COMPOSITE."""
    parts: int = 0
    """Parts of a multipart upload, if it is one."""
    tags: list[Tag] = []
    acl: list[Grant] | None = None
    owner: str = ""
    """The account that owns it, if that is not the bucket's."""
    lock_mode: str = ""
    lock_until: datetime | None = None
    legal_hold: bool | None = None
    delete_marker: bool = False
    restored_until: datetime | None = None
    """Until when an archived object can be read."""
    replication: str = ""
    """PENDING, COMPLETED or FAILED at the source, REPLICA at the destination."""


class Object(Content):
    """The current version of a key, if that is no delete marker."""

    table = "s3.object"
    key = ("bucket", "name")


def _null_version(version: "Version") -> Iterable[Key]:
    return [(version.bucket, version.name)] if version.version_id == "null" else []


class Version(Content):
    """A noncurrent version or a delete marker, newest first within its key."""

    table = "s3.version"
    key = ("bucket", "name", "rank")
    indexes = {"null": _null_version}

    @property
    def rank(self) -> int:
        return -self.sequence


def _file(blob: "Blob") -> Iterable[Key]:
    return [(blob.file,)] if blob.file else []


class Blob(Record):
    """The bytes of an object or of one part: inline when they are few, else a file of the engine's."""

    table = "s3.blob"
    key = ("body",)
    indexes = {"by_file": _file}
    watched = False
    quiet = True

    body: str
    size: int
    file: str = ""
    sealed: bytes = b""
    digest: str = ""
    """Of the bytes at rest, by which they are verified without a key."""


class Segment(Part):
    """One part of an object."""

    number: int
    offset: int
    size: int
    body: str
    checksum: str = ""


class Layout(Record):
    """The parts of an object that was uploaded in parts."""

    table = "s3.layout"
    key = ("body",)
    watched = False
    quiet = True

    body: str
    segments: list[Segment]


class Condemned(Record):
    """Bytes that nobody names any more and that are too many to be removed in passing."""

    table = "s3.condemned"
    key = ("body",)

    body: str
    bodies: list[str]


class Verified(Record):
    """How far the verifier has come with the round that it began then."""

    table = "s3.verified"
    key = ("what",)
    watched = False

    begun: datetime
    after: bytes = b""
    """The position of the last blob that it has read."""
    what: str = "objects"


class Damage(Record):
    """Bytes that are no longer those that were written."""

    table = "s3.damage"
    key = ("body",)

    body: str
    found: datetime
    error: str
    objects: list[str] = []
    """What they belong to, as s3://bucket/key."""


class Setting(Record):
    """One configuration of a bucket, as it was given: `kind` is cors, lifecycle, website, ...; `id` tells those apart
    of which a bucket may have many (inventory, metrics, ...)."""

    table = "s3.setting"
    key = ("bucket", "kind", "id")

    bucket: str
    kind: str
    document: dict[str, Any]
    id: str = ""


class Replication(Record):
    """A version that is still to be replicated; written together with the version itself."""

    table = "s3.replication"
    key = ("bucket", "name", "sequence")

    bucket: str
    name: str
    sequence: int
    version_id: str
    role: str
    rules: list[ReplicationRule]
    noted: str = ""
    """Tells this note from a later one of the same version."""


class PendingLog(Record):
    """Lines of a bucket's server access log that are not delivered yet, those of a second or so."""

    table = "s3.pending_log"
    key = ("bucket", "batch")

    bucket: str
    batch: str
    """Begins with the time, so that batches lie in order."""
    since: datetime
    lines: list[str]


class Upload(Record):
    """A multipart upload in progress."""

    table = "s3.upload"
    key = ("bucket", "name", "upload_id")

    bucket: str
    name: str
    upload_id: str
    initiated: datetime
    attributes: Attributes
    seal: Seal
    account: str = ""
    initiator: str = ""
    tags: list[Tag] = []
    acl: list[Grant] | None = None
    checksum_algorithm: str = ""
    checksum_type: str = ""
    lock_mode: str = ""
    lock_until: datetime | None = None
    legal_hold: bool | None = None


class UploadedPart(Record):
    """A part of an upload that is not completed yet."""

    table = "s3.part"
    key = ("upload_id", "number")
    watched = False
    quiet = True

    upload_id: str
    number: int
    body: str
    size: int
    e_tag: str
    modified: datetime
    algorithm: str = ""
    checksum: str = ""
