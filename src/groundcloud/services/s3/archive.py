"""Archived objects: what may be read only after it was restored. Source: S3 User Guide, "Working with archived
objects"."""

from datetime import datetime

from groundcloud.services.s3.records import Content

ARCHIVED = frozenset(("GLACIER", "DEEP_ARCHIVE"))


def readable_until(content: Content, now: datetime) -> datetime | None:
    """How long a restored object of an archived class can still be read; None when it cannot."""
    until = content.restored_until
    return until if until is not None and until > now else None
