"""Which bytes a request wants: Range, partNumber and x-amz-copy-source-range.

Sources: RFC 9110 section 14; S3 API Reference, GetObject ("Amazon S3 doesn't support retrieving multiple ranges of
data per GET request") and UploadPartCopy. It moves no bytes.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from groundcloud.services.s3.rules import errors

_RANGE = re.compile(r"bytes=\s*(\d{0,40})-(\d{0,40})\s*", re.ASCII | re.IGNORECASE)
_COPY_RANGE = re.compile(r"bytes=(\d{1,40})-(\d{1,40})", re.ASCII)


class ByteRange(NamedTuple):
    """Offsets of the first byte and of the one after the last, in an object of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def content_range(self) -> str:
        """The Content-Range header's value. An empty range has none (RFC 9110 cannot write it)."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def requested(header: str | None, size: int) -> ByteRange | None:
    """The range that a Range header asks of an object of `size` bytes; None: all of it, with status 200.

    A header that is malformed, in another unit, or names several ranges is ignored, as S3 does. Raises `InvalidRange`
    (416) for one that begins behind the end, and for every range of an empty object.
    """
    if not header:
        return None
    found = _RANGE.fullmatch(header)
    if found is None:
        return None
    first, last = found[1], found[2]
    if not first and not last:
        return None
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start = int(first)
        if last and int(last) < start:
            return None
        end = min(int(last) + 1, size) if last else size
    if start >= end:
        raise errors.InvalidRange(range_requested=header, actual_object_size=size)
    return ByteRange(start, end, size)


def of_part(number: int, sizes: Sequence[int]) -> ByteRange:
    """The bytes of one part of an object; an object that was put whole has one part.

    Raises `InvalidPartNumber` (416) for a part that the object does not have.
    """
    if not 1 <= number <= max(len(sizes), 1):
        raise errors.InvalidPartNumber(actual_part_count=max(len(sizes), 1), part_number_requested=number)
    start = sum(sizes[: number - 1])
    return ByteRange(start, start + (sizes[number - 1] if sizes else 0), sum(sizes))


def check_one_way(range_header: str | None, part_number: int | None) -> None:
    """Raises `InvalidRequest` for a request with both a Range header and a part number."""
    if range_header and part_number is not None:
        raise errors.InvalidRequest(message="Cannot specify both Range header and partNumber query parameter")


def of_copy_source(header: str, size: int) -> ByteRange:
    """The range of x-amz-copy-source-range: both ends are needed and both must be inside the source.

    Raises `InvalidArgument`. Source: UploadPartCopy ("the range value must use the form bytes=first-last").
    """
    found = _COPY_RANGE.fullmatch(header)
    if found is None or int(found[1]) > int(found[2]):
        raise errors.InvalidArgument(
            message="The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
            "the zero-based offsets of the first and last bytes to copy",
            argument_name="x-amz-copy-source-range",
            argument_value=header,
        )
    start, last = int(found[1]), int(found[2])
    if last >= size:
        raise errors.InvalidArgument(
            message=f"Range specified is not valid for source object of size: {size}",
            argument_name="x-amz-copy-source-range",
            argument_value=header,
        )
    return ByteRange(start, last + 1, size)
