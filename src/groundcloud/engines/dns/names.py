"""Names between text and wire, with Route 53's escapes: octal `\\052` for what is no letter, digit, `-` or `_`.

Source: Developer Guide, "DNS domain name format".
"""

import re

from groundcloud.engines.dns.wire import ROOT, Name, labels

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_PIECE = re.compile(r"\\([0-7]{3})|([^\\])")


class BadName(ValueError):
    """No domain name."""


def to_wire(text: str) -> Name:
    """A name as on the wire, in lower case; a final dot is not needed. Raises `BadName`."""
    if text in (".", ""):
        return ROOT
    if "\\" not in text:
        try:
            parts = text.lower().encode("ascii").removesuffix(b".").split(b".")
        except UnicodeEncodeError as error:
            raise BadName(text) from error
    else:
        parts = _escaped(text)
    for part in parts:
        if not 1 <= len(part) <= 63:
            raise BadName(text)
    name = b"".join([bytes((len(part),)) + part for part in parts]) + ROOT
    if len(name) > 255:
        raise BadName(text)
    return name


def _escaped(text: str) -> list[bytes]:
    parts, part, position = [], bytearray(), 0
    for found in _PIECE.finditer(text):
        if found.start() != position:
            raise BadName(text)
        position = found.end()
        octal, plain = found.groups()
        if plain == ".":
            parts.append(bytes(part).lower())
            part = bytearray()
        elif octal is not None and int(octal, 8) < 256:
            part.append(int(octal, 8))
        elif plain is not None and plain.isascii():
            part += plain.encode()
        else:
            raise BadName(text)
    if position != len(text):
        raise BadName(text)
    return [*parts, bytes(part).lower()] if part else parts


def to_text(name: Name) -> str:
    """A name as Route 53 shows it, with its final dot."""
    return "".join([_label_text(label) + "." for label in labels(name)]) or "."


def _label_text(label: bytes) -> str:
    if _PLAIN.issuperset(label):
        return label.decode("ascii")
    return "".join([chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in label])


def sort_key(name: Name) -> str:
    """A text that sorts as Route 53 lists: by labels from the last to the first (`com.example.www.`)."""
    return "".join([_label_text(label) + "." for label in reversed(labels(name))])
