"""What the operations that write and read objects take alike: the headers of AWS's model, each named once.

They stand behind `**given` in the operations' signatures; what is absent is not in the dictionary.
"""

from datetime import datetime
from typing import TypedDict


class CustomerKeyHeaders(TypedDict, total=False):
    """SSE-C."""

    sse_customer_algorithm: str | None
    sse_customer_key: str | None
    sse_customer_key_md5: str | None


class Encryption(CustomerKeyHeaders, total=False):
    """How the bytes are to be encrypted."""

    server_side_encryption: str | None
    ssekms_key_id: str | None
    bucket_key_enabled: bool | None


class Checksums(TypedDict, total=False):
    """The checksums that a request may bring."""

    checksum_crc32: str | None
    checksum_crc32_c: str | None
    checksum_crc64_nvme: str | None
    checksum_sha1: str | None
    checksum_sha256: str | None
    checksum_sha512: str | None
    checksum_md5: str | None
    checksum_xxhash64: str | None
    checksum_xxhash3: str | None
    checksum_xxhash128: str | None


class Grants(TypedDict, total=False):
    """The access control list of an object."""

    acl: str | None
    grant_full_control: str | None
    grant_read: str | None
    grant_read_acp: str | None
    grant_write_acp: str | None


class BucketGrants(Grants, total=False):
    """The same of a bucket; the lists of objects take the fifth grant as well (PutObjectAcl)."""

    grant_write: str | None


class Granting(Grants, total=False):
    """What of a write takes a permission of its own."""

    tagging: str | None
    object_lock_mode: str | None
    object_lock_legal_hold_status: str | None


class Write(Granting, Encryption, total=False):
    """What every write may say of the object that it makes."""

    object_lock_retain_until_date: datetime | None
    cache_control: str | None
    content_disposition: str | None
    content_encoding: str | None
    content_language: str | None
    content_type: str | None
    expires: datetime | None
    metadata: dict[str, str] | None
    storage_class: str | None
    website_redirect_location: str | None


class Put(Write, Checksums, total=False):
    """PutObject."""

    content_md5: str | None
    checksum_algorithm: str | None
    if_match: str | None
    if_none_match: str | None


class CopySource(TypedDict, total=False):
    """How the source of a copy is to be read."""

    copy_source_if_match: str | None
    copy_source_if_modified_since: datetime | None
    copy_source_if_none_match: str | None
    copy_source_if_unmodified_since: datetime | None
    copy_source_sse_customer_algorithm: str | None
    copy_source_sse_customer_key: str | None
    copy_source_sse_customer_key_md5: str | None
    expected_source_bucket_owner: str | None


class Copy(Write, CopySource, total=False):
    """CopyObject."""

    checksum_algorithm: str | None
    if_match: str | None
    if_none_match: str | None


class UploadPartCopy(CopySource, CustomerKeyHeaders, total=False):
    """UploadPartCopy."""

    copy_source_range: str | None


class UploadPart(Checksums, CustomerKeyHeaders, total=False):
    """UploadPart."""

    content_md5: str | None


class Begin(Write, total=False):
    """CreateMultipartUpload."""

    checksum_algorithm: str | None
    checksum_type: str | None


class Complete(Checksums, total=False):
    """CompleteMultipartUpload."""

    checksum_type: str | None
    mpu_object_size: int | None
    if_match: str | None
    if_none_match: str | None


class Read(CustomerKeyHeaders, total=False):
    """GetObject and HeadObject."""

    if_match: str | None
    if_modified_since: datetime | None
    if_none_match: str | None
    if_unmodified_since: datetime | None
    range: str | None
    response_cache_control: str | None
    response_content_disposition: str | None
    response_content_encoding: str | None
    response_content_language: str | None
    response_content_type: str | None
    response_expires: datetime | None
    version_id: str | None
    part_number: int | None
    checksum_mode: str | None
