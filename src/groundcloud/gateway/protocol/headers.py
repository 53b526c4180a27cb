"""Values in HTTP headers and query strings: their texts both ways, lists included.

Nothing that a result holds can end a header line or start another.
"""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

from groundcloud.gateway.protocol import scalars
from groundcloud.gateway.protocol.errors import Malformed
from groundcloud.gateway.protocol.jsonread import decode as decode_json
from groundcloud.gateway.protocol.query import scalar_reader
from groundcloud.gateway.protocol.values import Read, timestamp_format

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"\s*|([^,]*))(?:,|\Z)')
Text = Callable[[Any], str]


def from_latin1(value: str) -> str:
    """A header's value as UTF-8 when it is, else as Latin-1."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def to_latin1(value: str) -> str:
    """The reverse, without control characters."""
    if _CONTROL.search(value) is not None:
        value = _CONTROL.sub(" ", value)
    if value.isascii():
        return value
    return value.encode("utf-8", "replace").decode("latin-1")


def header_reader(shape: Any) -> Read:
    """The reader of a header bound to a member."""
    if shape.type_name == "list":
        item = header_reader(shape.member)
        split = split_dates if shape.member.type_name == "timestamp" else split_list
        return lambda text: [item(one) for one in split(text)]
    if shape.serialization.get("jsonvalue"):
        return lambda text: decode_json(scalars.blob_from_text(text))
    if shape.type_name == "string":
        return from_latin1
    return scalar_reader(shape, "rfc822")


def split_list(text: str) -> list[str]:
    """Items between commas; those in double quotes may hold commas and escaped quotes (RFC 9110 section 5.6)."""
    items, at = [], 0
    while at < len(text):
        found = _ITEM.match(text, at)
        if found is None:
            raise Malformed("The header is not a list")
        quoted, plain = found.groups()
        items.append(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain.strip())
        at = found.end()
    return items


def split_dates(text: str) -> list[str]:
    """HTTP dates have a comma of their own: every second one separates."""
    parts = text.split(",")
    if "GMT" not in text:
        return [part.strip() for part in parts]
    return [",".join(parts[at : at + 2]).strip() for at in range(0, len(parts), 2)]


def query_reader(shape: Any) -> Callable[[list[str]], Any]:
    """The reader of all values that a query parameter has; the last of them is a scalar's."""
    if shape.type_name == "list":
        item = scalar_reader(shape.member, "iso8601")
        return lambda values: [item(value) for value in values]
    read = scalar_reader(shape, "iso8601")
    return lambda values: read(values[-1])


def header_writer(shape: Any) -> Text:
    """The text of a member in a header."""
    kind = shape.type_name
    if kind == "list":
        item = header_writer(shape.member)
        strings = shape.member.type_name == "string"
        return lambda value: ",".join(quoted(item(one)) if strings else item(one) for one in value)
    if shape.serialization.get("jsonvalue"):
        return lambda value: base64.b64encode(json.dumps(value, separators=(",", ":")).encode()).decode("ascii")
    if kind == "boolean":
        return lambda value: "true" if value else "false"
    if kind == "timestamp":
        writer = scalars.TIMESTAMP_WRITERS[timestamp_format(shape, "rfc822")]
        return lambda value: str(writer(value))
    if kind in ("float", "double"):
        return scalars.float_to_text
    if kind == "blob":
        return scalars.blob_to_text
    return lambda value: to_latin1(value if type(value) is str else str(value))


def quoted(text: str) -> str:
    """A list's item, in quotes when it has a comma or a quote."""
    if "," in text or '"' in text:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text
