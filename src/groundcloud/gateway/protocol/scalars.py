"""Numbers, timestamps and blobs between their spellings on the wire and Python's values.

Deliberately strict: what is not the spelling raises `Malformed`, never another exception.
"""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from math import isfinite
from typing import Any

from groundcloud.gateway.protocol.errors import Malformed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}\Z", re.ASCII)
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,6})?\Z", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}.*)?\Z", re.ASCII)
_SPECIAL_FLOATS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

RANGES = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
"""The model's integer types are Java's: 32 and 64 bits."""


def integer_from_text(low: int, high: int) -> Callable[[str], int]:
    """A reader of decimal integers between `low` and `high`."""

    def read(text: str) -> int:
        if not _INTEGER.match(text):
            raise Malformed(f"{_shown(text)} can not be converted to an Integer")
        value = int(text)
        if not low <= value <= high:
            raise Malformed(f"{_shown(text)} can not be converted to an Integer")
        return value

    return read


def float_from_text(text: str) -> float:
    """A decimal number, or NaN, Infinity, -Infinity as Smithy spells them."""
    if _FLOAT.match(text):
        value = float(text)
        if isfinite(value):
            return value
    elif text in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[text]
    raise Malformed(f"{_shown(text)} can not be converted to a Double")


def boolean_from_text(text: str) -> bool:
    """`true` or `false`, in any case as AWS takes them."""
    lowered = text.lower()
    if lowered == "true":
        return True
    if lowered == "false":
        return False
    raise Malformed(f"{_shown(text)} can not be converted to a Boolean")


def blob_from_text(text: str) -> bytes:
    """Base64 (RFC 4648, with padding); white space between is allowed, as XML writers fold lines."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        pass
    try:
        return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("Failed to decode base64") from None


def timestamp_from_number(value: float) -> datetime:
    """Epoch seconds, fractions to the microsecond, as an aware datetime."""
    try:
        return EPOCH + timedelta(microseconds=round(value * 1_000_000))
    except (OverflowError, ValueError):
        raise Malformed(f"Timestamp {value} is out of range") from None


def timestamp_from_iso8601(text: str) -> datetime:
    """An ISO 8601 date and time; without an offset it is UTC."""
    if _DATE.match(text):
        try:
            return _aware(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            pass
    raise Malformed(f"timestamp must follow ISO8601: {_shown(text)}")


def timestamp_from_rfc822(text: str) -> datetime:
    """An HTTP date (RFC 9110 section 5.6.7)."""
    try:
        return _aware(parsedate_to_datetime(text))
    except (ValueError, OverflowError, TypeError, IndexError):
        raise Malformed(f"{_shown(text)} is not a valid HTTP date") from None


def timestamp_from_epoch_text(text: str) -> datetime:
    """Epoch seconds written in decimal."""
    return timestamp_from_number(float_from_text(text))


def timestamp_from_text(text: str) -> datetime:
    """Any of the three spellings, told apart by their first characters."""
    if _FLOAT.match(text):
        return timestamp_from_epoch_text(text)
    if text[:1].isdigit():
        return timestamp_from_iso8601(text)
    return timestamp_from_rfc822(text)


TIMESTAMP_READERS: dict[str, Callable[[str], datetime]] = {
    "iso8601": timestamp_from_text,
    "rfc822": timestamp_from_text,
    "unixtimestamp": timestamp_from_text,
}
"""AWS's parsers take each spelling wherever a timestamp may stand in text (KMS, IAM and S3 alike)."""


def _aware(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _shown(text: str) -> str:
    return f"'{text[:64]}'"


# --- writing ---------------------------------------------------------------------------------------------------


def as_datetime(value: Any) -> datetime:
    """A result's timestamp: a datetime (a naive one is UTC) or epoch seconds."""
    if isinstance(value, datetime):
        return _aware(value)
    return timestamp_from_number(value)


@lru_cache(maxsize=4096)
def iso8601(value: Any) -> str:
    """`2030-01-02T03:04:05Z`, with milliseconds when there are any. The same few dates are written again and again."""
    at = as_datetime(value)
    if at.microsecond < 1000:
        return f"{at.isoformat(timespec='seconds')[:19]}Z"
    return f"{at.isoformat(timespec='milliseconds')[:23]}Z"


@lru_cache(maxsize=4096)
def iso8601_milliseconds(value: Any) -> str:
    """`2030-01-02T03:04:05.000Z`, as EC2 and S3 write it."""
    return f"{as_datetime(value).isoformat(timespec='milliseconds')[:23]}Z"


def rfc822(value: Any) -> str:
    """`Wed, 02 Jan 2030 03:04:05 GMT`; the format has no fractions of a second."""
    at = as_datetime(value)
    return (
        f"{_WEEKDAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04}"
        f" {at.hour:02}:{at.minute:02}:{at.second:02} GMT"
    )


def epoch_seconds(value: Any) -> int | float:
    """Epoch seconds, an int when they are whole, else with milliseconds."""
    milliseconds = (as_datetime(value) - EPOCH) // _MICROSECOND // 1000
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


TIMESTAMP_WRITERS: dict[str, Callable[[Any], Any]] = {
    "iso8601": iso8601,
    "rfc822": rfc822,
    "unixtimestamp": epoch_seconds,
}


def float_to_text(value: float) -> str:
    """The shortest decimal that reads back alike; NaN and infinities as Smithy spells them."""
    if isfinite(value):
        return repr(float(value))
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def blob_to_text(value: Any) -> str:
    """Base64 with padding."""
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode("ascii")
