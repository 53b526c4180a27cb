"""Writing XML bodies of answers: for each structure of the model and each type of values, one function that puts the
pieces of their elements into a list.

The functions are compiled from source that is made of the model alone (names and markup as literals, nothing of a
request), because a call for each element is most of what a long list costs otherwise. No element tree is ever built.
"""

from collections.abc import Callable
from functools import lru_cache
from keyword import iskeyword
from types import CodeType
from typing import Any

from groundcloud.fixed import Fixed
from groundcloud.gateway.protocol import scalars
from groundcloud.gateway.protocol.values import apart, getter, is_mapping, timestamp_format, wire_name
from groundcloud.gateway.protocol.xmlescape import attribute, escape, joined, namespace
from groundcloud.names import snake

Pieces = list[str]
"""In threes: markup, a text as it is, markup."""
MembersWrite = Callable[[Pieces, Any], None]
DocumentWrite = Callable[..., str]
"""Takes a value, and what stands before and after its members."""
_INDENT = "    "


class XmlWriters:
    """Compiles shapes of one service to writers; structures are shared and may be recursive."""

    def __init__(self, milliseconds: bool) -> None:
        self._iso8601 = scalars.iso8601_milliseconds if milliseconds else scalars.iso8601
        self._structures: dict[str, _Structure] = {}

    def members(self, shape: Any) -> DocumentWrite:
        """A function from a structure's value to the elements of its members, one after another as text."""
        structure = self.structure(shape)

        def write(value: Any, start: str = "", end: str = "") -> str:
            pieces = [start, "", ""]
            structure[type(value)](pieces, value)
            pieces += ("", "", end)
            return joined(pieces)

        return write

    def structure(self, shape: Any) -> "_Structure":
        found = self._structures.get(shape.name)
        if found is None:
            found = self._structures[shape.name] = _Structure(self, shape)
        return found

    def text(self, shape: Any) -> Callable[[Any], str]:
        """The text of a scalar that needs no escaping."""
        kind = shape.type_name
        if kind in scalars.RANGES:
            return lambda value: str(int(value))
        if kind in ("float", "double"):
            return scalars.float_to_text
        if kind == "blob":
            return scalars.blob_to_text
        if kind == "timestamp":
            form = timestamp_format(shape, "iso8601")
            if form == "iso8601":
                return self._iso8601
            writer = scalars.TIMESTAMP_WRITERS[form]
            return lambda value: str(writer(value))
        return str


class _Structure(dict[type, MembersWrite]):
    """The writers of one structure's members by the type of its values, each compiled when the first value comes."""

    def __init__(self, writers: XmlWriters, shape: Any) -> None:
        self._writers = writers
        self._shape = shape

    def __missing__(self, kind: type) -> MembersWrite:
        write = _Source(self._writers).members(self._shape, kind)
        found = self[kind] = _keeping(write) if issubclass(kind, Fixed) else write
        return found

    def attributes(self) -> list[tuple[str, str]]:
        """The members that are attributes of the structure's element: name, and name in XML."""
        members = self._shape.members.items()
        return [(snake(name), wire_name(one, name)) for name, one in members if one.serialization.get("xmlAttribute")]


class _Source:
    """The source of one function. What it names besides its own variables is in `names`."""

    def __init__(self, writers: XmlWriters) -> None:
        self._writers = writers
        self._lines: list[str] = []
        self._names: dict[str, Any] = {}

    def members(self, shape: Any, kind: type) -> MembersWrite:
        """The function that writes the members that values of this type have."""
        self._add(0, "def write(pieces, value):")
        if is_mapping(kind):
            self._add(1, "get = value.get")
        for member, member_shape in shape.members.items():
            serialization = member_shape.serialization
            if serialization.get("xmlAttribute") or serialization.get("location") or apart(member_shape):
                continue
            read = _reading(kind, snake(member))
            if read:
                self._add(1, f"one = {read}")
                self._add(1, "if one is not None:")
                self._member(2, member_shape, member)
        self._add(1, "return None")
        exec(_compiled("\n".join(self._lines)), self._names)  # noqa: S102  # of the model alone, see the module's text
        written: MembersWrite = self._names["write"]
        return written

    def _add(self, depth: int, line: str) -> None:
        self._lines.append(_INDENT * depth + line)

    def _markup(self, depth: int, markup: str) -> None:
        self._add(depth, f"pieces += {(markup, '', '')!r}")

    def _known(self, value: Any) -> str:
        """The name under which the source finds an object."""
        name = f"known_{len(self._names)}"
        self._names[name] = value
        return name

    def _member(self, depth: int, shape: Any, member: str) -> None:
        """The element of a structure's member; a flattened list bears the name of its items."""
        name = wire_name(shape, member)
        if shape.type_name == "list" and shape.serialization.get("flattened"):
            name = wire_name(shape.member, name)
        self._element(depth, shape, name, "one")

    def _element(self, depth: int, shape: Any, name: str, value: str) -> None:
        """The lines that write what the variable `value` has as the element(s) `name`."""
        kind = shape.type_name
        start, end = f"<{name}{namespace(shape)}>", f"</{name}>"
        if kind == "structure":
            self._structure(depth, shape, name, value)
        elif kind == "list":
            self._list(depth, shape, name, value)
        elif kind == "map":
            self._map(depth, shape, name, value)
        elif kind == "boolean":
            yes, no = (f"{start}true{end}", "", ""), (f"{start}false{end}", "", "")
            self._add(depth, f"pieces += {yes!r} if {value} else {no!r}")
        elif kind in _NEVER_SPECIAL:
            text = self._known(self._writers.text(shape))
            self._add(depth, f"pieces += ({start!r}, '', {text}({value}) + {end!r})")
        else:
            self._add(depth, f"pieces += ({start!r}, {value} if type({value}) is str else str({value}), {end!r})")

    def _structure(self, depth: int, shape: Any, name: str, value: str) -> None:
        structure = self._writers.structure(shape)
        opening = f"<{name}{namespace(shape)}"
        if attributes := structure.attributes():
            given = self._known(lambda one: _attributes(one, attributes))
            self._add(depth, f"pieces += ({opening!r} + {given}({value}) + '>', '', '')")
        else:
            self._markup(depth, f"{opening}>")
        self._add(depth, f"{self._known(structure)}[type({value})](pieces, {value})")
        self._markup(depth, f"</{name}>")

    def _list(self, depth: int, shape: Any, name: str, value: str) -> None:
        flat, item = shape.serialization.get("flattened"), f"one_{depth}"
        if not flat:
            self._markup(depth, f"<{name}{namespace(shape)}>")
        self._add(depth, f"for {item} in {value}:")
        self._element(depth + 1, shape.member, name if flat else wire_name(shape.member, "member"), item)
        if not flat:
            self._markup(depth, f"</{name}>")

    def _map(self, depth: int, shape: Any, name: str, value: str) -> None:
        flat, key, item = shape.serialization.get("flattened"), f"key_{depth}", f"one_{depth}"
        entry = name if flat else "entry"
        if not flat:
            self._markup(depth, f"<{name}{namespace(shape)}>")
        self._add(depth, f"for {key}, {item} in {value}.items():")
        self._markup(depth + 1, f"<{entry}>")
        self._element(depth + 1, shape.key, wire_name(shape.key, "key"), key)
        self._element(depth + 1, shape.value, wire_name(shape.value, "value"), item)
        self._markup(depth + 1, f"</{entry}>")
        if not flat:
            self._markup(depth, f"</{name}>")


_NEVER_SPECIAL = frozenset((*scalars.RANGES, "float", "double", "blob", "timestamp"))
"""Scalars whose texts have nothing to escape."""


def _keeping(write: MembersWrite) -> MembersWrite:
    """The same for values that never change: what is written of each is kept, and the value with it."""
    kept: dict[int, tuple[str, Any]] = {}

    def write_once(pieces: Pieces, value: Any) -> None:
        found = kept.get(id(value))
        if found is None:
            own: Pieces = []
            write(own, value)
            found = kept[id(value)] = joined(own), value
        pieces += (found[0], "", "")

    return write_once


@lru_cache(maxsize=4096)
def _compiled(source: str) -> CodeType:
    return compile(source, "<a structure as XML>", "exec")


def _reading(kind: type, name: str) -> str:
    """The expression that reads a member of values of a type, None where they have none; empty where no value of the
    type can have it."""
    if is_mapping(kind):
        return f"get({name!r})"
    if not name.isidentifier() or iskeyword(name) or kind.__dictoffset__ or hasattr(kind, "__getattr__"):
        return f"getattr(value, {name!r}, None)"
    return f"value.{name}" if hasattr(kind, name) else ""


def _attributes(value: Any, attributes: list[tuple[str, str]]) -> str:
    """The attributes of a structure's element, each with a leading space."""
    get = getter(value)
    return "".join(f' {key}="{attribute(str(get(own)))}"' for own, key in attributes if get(own) is not None)


__all__ = ["DocumentWrite", "XmlWriters", "attribute", "escape", "namespace"]
