"""What answers say of an object: headers and members, from its record."""

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from groundcloud.lasting import Lasting
from groundcloud.services.s3 import versioning
from groundcloud.services.s3.keys import encryption_headers
from groundcloud.services.s3.records import Attributes, Bucket, Content
from groundcloud.services.s3.rules import checksums, ranges


class Wanted:
    """What a read found: the version, the range of it that was asked for, and what is known of its bytes. Calls that
    see the same data may share one."""

    __slots__ = ("answers", "bucket", "bytes", "content", "key", "part_sizes", "range", "restored_until")

    def __init__(self, bucket: Bucket, content: Content) -> None:
        self.bucket = bucket
        self.content = content
        self.range: ranges.ByteRange | None = None
        self.bytes: bytes | None = None
        """All of them, where they are at hand."""
        self.answers: dict[str | None, Lasting] = {}
        """What `described` has made of it, by the mode of checksums."""
        self.part_sizes: list[int] = []
        self.key = b""
        self.restored_until: datetime | None = None

    @property
    def extent(self) -> tuple[int, int]:
        """Offset and length of what is asked for."""
        return (0, self.content.size) if self.range is None else (self.range.start, self.range.length)


def described(wanted: Wanted, checksum_mode: str | None) -> Lasting:
    """The headers of an object; of one whose bytes are at hand the whole answer. It belongs to all who ask."""
    found = wanted.answers.get(checksum_mode)
    if found is None:
        shown = _described(wanted)
        if checksum_mode == "ENABLED" and wanted.range is None:
            shown |= checksum_members(wanted.content)
        if wanted.bytes is not None:
            shown["body"] = wanted.bytes
        found = wanted.answers[checksum_mode] = Lasting(shown)
    return found


def _described(wanted: Wanted) -> dict[str, Any]:
    content, kept = wanted.content, wanted.content.attributes
    shown: dict[str, Any] = {
        "accept_ranges": "bytes",
        "last_modified": content.modified,
        "content_length": content.size if wanted.range is None else wanted.range.length,
        "e_tag": f'"{content.e_tag}"',
        "content_type": kept.content_type,
    }
    _add_attributes(shown, kept)
    if content.seal is not None:
        shown |= encryption_headers(content.seal)
    if wanted.range is not None:
        shown["content_range"] = wanted.range.content_range
    if wanted.part_sizes and content.parts:
        shown["parts_count"] = content.parts
    if wanted.bucket.versioning or content.version_id != versioning.NULL:
        shown["version_id"] = content.version_id
    if content.tags:
        shown["tag_count"] = len(content.tags)
    if wanted.restored_until is not None:
        shown["restore"] = (
            f'ongoing-request="false", expiry-date="{format_datetime(wanted.restored_until, usegmt=True)}"'
        )
    if content.replication:
        shown["replication_status"] = content.replication
    _add_lock(shown, content)
    return shown


def _add_attributes(shown: dict[str, Any], kept: Attributes) -> None:
    for name in ("cache_control", "content_disposition", "content_encoding", "content_language", "expires"):
        if (value := getattr(kept, name)) is not None:
            shown[name] = value
    if kept.metadata:
        shown["metadata"] = kept.metadata
    if kept.website_redirect_location is not None:
        shown["website_redirect_location"] = kept.website_redirect_location
    if kept.storage_class != "STANDARD":
        shown["storage_class"] = kept.storage_class


def _add_lock(shown: dict[str, Any], content: Content) -> None:
    if content.lock_mode:
        shown["object_lock_mode"] = content.lock_mode
        shown["object_lock_retain_until_date"] = content.lock_until
    if content.legal_hold is not None:
        shown["object_lock_legal_hold_status"] = "ON" if content.legal_hold else "OFF"


def checksum_members(content: Content) -> dict[str, str]:
    """`checksum_crc32` and its like, and their type."""
    found = {checksums.ALGORITHMS[name].member: value for name, value in content.checksums.items()}
    if found and content.checksum_type:
        found["checksum_type"] = content.checksum_type
    return found
