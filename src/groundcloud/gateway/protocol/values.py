"""What the readers and writers of all protocols share: types, getters, the request and the answer."""

from collections.abc import AsyncIterable, Callable, Mapping
from typing import Any, NamedTuple

from groundcloud.names import snake

Read = Callable[[Any], Any]
Write = Callable[[Any], Any]
Get = Callable[..., Any]


class Input(NamedTuple):
    """What a parser needs of a request."""

    headers: Mapping[str, str]
    """Lower-case names, values decoded as Latin-1."""
    query: str
    """Raw, without the question mark."""
    labels: Mapping[str, str]
    """URI labels by their names in the template, percent-decoded; filled by the REST router."""
    body: Any
    """bytes, or the stream object of an operation with streaming input, which is passed on untouched."""


class Answer(NamedTuple):
    """An HTTP response before the server adds its framing."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | AsyncIterable[bytes]


_is_mapping: dict[type, bool] = {}


def is_mapping(kind: type) -> bool:
    """Whether values of a type have members by key and not by attribute; asked once per type."""
    known = _is_mapping.get(kind)
    if known is None:
        known = _is_mapping[kind] = issubclass(kind, Mapping)
    return known


def getter(value: Any) -> Get:
    """A function of a member's snake-case name: `.get` of a mapping, the attribute of anything else, or None."""
    kind = type(value)
    if kind is dict:
        return value.get  # type: ignore[no-any-return]  # dict.get of an untyped dict
    if is_mapping(kind):
        return value.get  # type: ignore[no-any-return]  # Mapping.get of an untyped mapping
    return lambda name: getattr(value, name, None)


def wire_name(shape: Any, member: str) -> str:
    """The name of a member on the wire: its locationName, else its own."""
    return str(shape.serialization.get("name", member))


def timestamp_format(shape: Any, default: str) -> str:
    """The model's timestampFormat of a shape in lower case, else the protocol's."""
    return str(shape.serialization.get("timestampFormat", default)).lower()


def apart(shape: Any) -> bool:
    """Whether a member of an event or of an output with events travels outside the body."""
    return bool(shape.serialization.get("eventheader") or shape.serialization.get("eventstream"))


def member_names(shape: Any) -> dict[str, str]:
    """Snake-case name to model name of a structure's members (also of no structure at all)."""
    return {snake(name): name for name in shape.members} if shape is not None else {}
