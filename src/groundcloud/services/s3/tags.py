"""Tags as S3 takes them, from headers and from bodies."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from groundcloud.services.s3 import errors
from groundcloud.services.s3.records import Tag

_MOST_OF_OBJECT, _MOST_OF_BUCKET = 10, 50


def tags_of_header(header: str | None) -> list[Tag]:
    """The tags of the x-amz-tagging header, which is written as a query is. Raises `InvalidTag`, `InvalidArgument`."""
    if not header:
        return []
    try:
        pairs = parse_qsl(header, keep_blank_values=True, strict_parsing=True)
    except ValueError as error:
        raise errors.InvalidArgument(
            reason="The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without "
            "tag name duplicates.",
            argument_name="x-amz-tagging",
            argument_value=header,
        ) from error
    return checked([Tag(key, value) for key, value in pairs])


def checked(tags: Sequence[Tag], bucket: bool = False) -> list[Tag]:
    """Tags as S3 takes them. Raises `InvalidTag`, `TooManyTags`."""
    if len(tags) > (_MOST_OF_BUCKET if bucket else _MOST_OF_OBJECT):
        raise errors.TooManyTags(kind="Bucket" if bucket else "Object", most=_MOST_OF_BUCKET if bucket else 10)
    if len({tag.key for tag in tags}) < len(tags):
        raise errors.InvalidTag(reason="Cannot provide multiple Tags with the same key")
    for tag in tags:
        if not 1 <= len(tag.key) <= 128:
            raise errors.InvalidTag(reason="The TagKey you have provided is invalid")
        if len(tag.value) > 256:
            raise errors.InvalidTag(reason="The TagValue you have provided is invalid")
        if tag.key.lower().startswith("aws:"):
            raise errors.InvalidTag(reason="System tags cannot be added/updated by requester")
    return list(tags)
