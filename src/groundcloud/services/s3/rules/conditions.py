"""Conditional requests: If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, and their copy-source forms.

Sources: RFC 9110 section 13.2.2 (precedence); S3 API Reference, GetObject and CopyObject; S3 User Guide, "Conditional
requests". ETags of objects are compared without quotes and always strongly, as S3 has no weak ones.
"""

from datetime import datetime

import msgspec

from groundcloud.services.s3.rules import errors


class Preconditions(msgspec.Struct, frozen=True):
    """The four conditions of a request; None where the header did not come."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: datetime | None = None
    if_unmodified_since: datetime | None = None


NONE = Preconditions()


def names(header: str, e_tag: str) -> bool:
    """Whether an ETag header (one tag, a list, or `*`) names the object's ETag."""
    wanted = e_tag.strip('"')
    if "," not in header:
        return _bare(header) in ("*", wanted)
    return any(_bare(each) in ("*", wanted) for each in header.split(","))


def _bare(tag: str) -> str:
    return tag.strip().removeprefix("W/").strip('"')


def check_read(given: Preconditions, e_tag: str, last_modified: datetime) -> None:
    """Decides a GET or HEAD. Raises `PreconditionFailed` (412) or `NotModified` (304).

    If-Match goes before If-Unmodified-Since, and If-None-Match before If-Modified-Since; dates are compared by second.
    """
    if failed := _unmet(given, e_tag, last_modified):
        raise errors.PreconditionFailed(condition=failed)
    if _unchanged(given, e_tag, last_modified):
        raise errors.NotModified(e_tag=e_tag)


def check_copy_source(given: Preconditions, e_tag: str, last_modified: datetime) -> None:
    """Decides a copy by the x-amz-copy-source-if-* headers; what is 304 for a read is 412 here (CopyObject)."""
    if failed := _unmet(given, e_tag, last_modified):
        raise errors.PreconditionFailed(condition=f"x-amz-copy-source-{failed}")
    if failed := _unchanged(given, e_tag, last_modified):
        raise errors.PreconditionFailed(condition=f"x-amz-copy-source-{failed}")


def _unmet(given: Preconditions, e_tag: str, last_modified: datetime) -> str:
    """The name of the header that wants the object as it was, and does not find it so."""
    if given.if_match is not None:
        return "" if names(given.if_match, e_tag) else "If-Match"
    since = given.if_unmodified_since
    if since is not None and last_modified.replace(microsecond=0) > since:
        return "If-Unmodified-Since"
    return ""


def _unchanged(given: Preconditions, e_tag: str, last_modified: datetime) -> str:
    """The name of the header that wants another object than the one that is there."""
    if given.if_none_match is not None:
        return "If-None-Match" if names(given.if_none_match, e_tag) else ""
    since = given.if_modified_since
    if since is not None and last_modified.replace(microsecond=0) <= since:
        return "If-Modified-Since"
    return ""


def check_write_headers(if_match: str | None, if_none_match: str | None) -> None:
    """Refuses forms that S3 does not take on writes: If-None-Match with an ETag, or both headers at once.

    To be asked before the body is read. Source: User Guide, "How to prevent object overwrites with conditional
    writes" (If-None-Match "expects the value *").
    """
    if if_none_match is not None and if_none_match.strip() != "*":
        raise errors.NotImplementedHeader(header="If-None-Match")
    if if_none_match is not None and if_match is not None:
        raise errors.NotImplementedHeader(header="If-Match")


def check_write(if_match: str | None, if_none_match: str | None, current_e_tag: str | None) -> None:
    """Decides PutObject, CopyObject and CompleteMultipartUpload against the current object.

    `current_e_tag` is None where there is no object or its current version is a delete marker. Raises
    `PreconditionFailed` (412), or `NoSuchKey` (404) for If-Match without an object.
    """
    check_write_headers(if_match, if_none_match)
    if if_none_match is not None and current_e_tag is not None:
        raise errors.PreconditionFailed(condition="If-None-Match")
    if if_match is not None:
        if current_e_tag is None:
            raise errors.NoSuchKey()
        if not names(if_match, current_e_tag):
            raise errors.PreconditionFailed(condition="If-Match")


def check_delete(if_match: str | None, current_e_tag: str | None) -> None:
    """Decides DeleteObject with If-Match against the current version (User Guide, "Conditional deletes").

    `*` asks that the object exists. Raises `PreconditionFailed` (412), or `NoSuchKey` (404) where there is none.
    """
    if if_match is None:
        return
    if current_e_tag is None:
        raise errors.NoSuchKey()
    if not names(if_match, current_e_tag):
        raise errors.PreconditionFailed(condition="If-Match")
