"""Messages as callers see them: what may be in one, its digests, and its form in the store.

Sources: "SQS message attributes" in the developer guide ("Calculating the MD5 message digest for message attributes");
SendMessage in the API reference.
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import md5, sha256
from struct import pack
from typing import Any

import msgspec

from groundcloud.services.sqs import errors
from groundcloud.store import Part

_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_TYPE = re.compile(r"(String|Number|Binary)(\..{1,256})?", re.DOTALL)


class MessageAttributeValue(Part):
    data_type: str
    string_value: str | None = None
    binary_value: bytes | None = None
    string_list_values: list[str] | None = None
    binary_list_values: list[bytes] | None = None


Attributes = Mapping[str, MessageAttributeValue]


class Payload(msgspec.Struct, array_like=True, gc=False):
    """What the store keeps sealed."""

    text: str
    attributes: dict[str, tuple[str, str | None, bytes | None]] = {}


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Payload).decode


def payload(text: str, attributes: Attributes) -> Payload:
    return Payload(
        text, {name: (value.data_type, value.string_value, value.binary_value) for name, value in attributes.items()}
    )


def check(text: str, attributes: Attributes, largest: int) -> int:
    """The size of a message in bytes. Raises what AWS answers to one that cannot be."""
    if not text:
        raise errors.MissingParameter(name="MessageBody")
    if _NOT_ALLOWED.search(text):
        raise errors.InvalidMessageContents()
    size = len(text) if text.isascii() else len(text.encode("utf-8"))
    if len(attributes) > 10:
        raise errors.InvalidParameterValue(
            reason=f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [10]."
        )
    for name, value in attributes.items():
        size += _check_attribute(name, value)
    if size > largest:
        raise errors.InvalidParameterValue(
            reason=f"One or more parameters are invalid. Reason: Message must be shorter than {largest} bytes."
        )
    return size


def _check_attribute(name: str, value: MessageAttributeValue) -> int:
    lower = name.lower()
    if not _NAME.fullmatch(name) or lower.startswith(("aws.", "amazon.")) or "." in (name[0], name[-1]) or ".." in name:
        raise errors.InvalidParameterValue(
            reason=f"The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, "
            "underscore (_), hyphen (-), and period (.) characters, and must not begin with AWS. or Amazon."
        )
    if not _TYPE.fullmatch(value.data_type):
        raise errors.InvalidParameterValue(
            reason=f"The message attribute '{name}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String."
        )
    binary = value.data_type.startswith("Binary")
    content = value.binary_value if binary else (value.string_value or "").encode()
    other = value.string_value if binary else value.binary_value
    if not content or other is not None:
        member = "binary" if binary else "string"
        raise errors.InvalidParameterValue(
            reason=f"The message attribute '{name}' must contain non-empty message attribute value for message "
            f"attribute type '{member}'."
            if not content
            else f"The message attribute '{name}' with type '{value.data_type}' must use field '{member.title()}'."
        )
    if value.data_type.startswith("Number"):
        _check_number(name, value.string_value or "")
    return len(name.encode()) + len(value.data_type.encode()) + len(content)


def _check_number(name: str, text: str) -> None:
    try:
        float(text)
    except ValueError:
        raise errors.InvalidParameterValue(
            reason=f"Could not cast message attribute '{name}' value to number."
        ) from None


def digest(text: str) -> str:
    return md5(text.encode("utf-8")).hexdigest()


def digest_of_attributes(attributes: Mapping[str, tuple[str, str | None, bytes | None]]) -> str | None:
    """MD5 over names, types and values in the order of names, each with its length; None without attributes."""
    if not attributes:
        return None
    found = md5()
    for name in sorted(attributes):
        kind, text, data = attributes[name]
        binary = kind.startswith("Binary")
        content = (data or b"") if binary else (text or "").encode()
        for piece in (name.encode(), kind.encode()):
            found.update(pack(">I", len(piece)) + piece)
        found.update((b"\x02" if binary else b"\x01") + pack(">I", len(content)) + content)
    return found.hexdigest()


def chosen(attributes: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The attributes that a receive asks for: by name, by `prefix.*`, or all."""
    if "All" in names or ".*" in names:
        return dict(attributes)
    prefixes = tuple(name[:-1] for name in names if name.endswith(".*"))
    return {
        name: value for name, value in attributes.items() if name in names or (prefixes and name.startswith(prefixes))
    }


def shown(attributes: Mapping[str, tuple[str, str | None, bytes | None]]) -> dict[str, Any]:
    return {
        name: {"data_type": kind, "string_value": text, "binary_value": data}
        for name, (kind, text, data) in attributes.items()
    }


def content_id(text: str) -> str:
    """The deduplication id of a queue that goes by contents: SHA-256 of the body."""
    return sha256(text.encode("utf-8")).hexdigest()
