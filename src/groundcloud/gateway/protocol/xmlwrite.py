"""Writing XML bodies of answers: strings joined, every name escaped and bracketed at compile time.

A writer takes `add` (the append of a list of texts) and a value. No element tree is ever built.
"""

import re
from collections.abc import Callable
from typing import Any

from groundcloud.gateway.protocol import scalars
from groundcloud.gateway.protocol.values import apart, getter, is_mapping, timestamp_format, wire_name
from groundcloud.names import snake

Add = Callable[[str], None]
XmlWrite = Callable[[Add, Any], None]

_SPECIAL = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
_ATTRIBUTE = re.compile('[&<>"\r\n\t\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_ATTRIBUTE_ESCAPES = {**_ESCAPES, "\n": "&#10;", "\t": "&#9;"}


def escape(text: str) -> str:
    """Text between tags. What XML 1.0 cannot hold (section 2.2) becomes U+FFFD, so that every parser reads the rest."""
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], "\ufffd"), text)


def attribute(text: str) -> str:
    """Text between double quotes."""
    return _ATTRIBUTE.sub(lambda found: _ATTRIBUTE_ESCAPES.get(found[0], "\ufffd"), text)


def namespace(shape: Any) -> str:
    """The xmlns attribute that the model puts on an element, with a leading space, or nothing."""
    declared = shape.serialization.get("xmlNamespace")
    if not declared:
        return ""
    if isinstance(declared, str):
        return f' xmlns="{attribute(declared)}"'
    prefix = f":{declared['prefix']}" if declared.get("prefix") else ""
    return f' xmlns{prefix}="{attribute(declared["uri"])}"'


class XmlWriters:
    """Compiles shapes of one service to writers; structures are shared and may be recursive."""

    def __init__(self, milliseconds: bool) -> None:
        self.iso8601 = scalars.iso8601_milliseconds if milliseconds else scalars.iso8601
        self.structures: dict[str, tuple[XmlWrite, list[tuple[str, str]]]] = {}

    def element(self, shape: Any, name: str) -> XmlWrite:
        """The writer of one member as the element(s) `name`."""
        kind = shape.type_name
        start, end = f"<{name}{namespace(shape)}>", f"</{name}>"
        if kind == "structure":
            return self._structure(shape, name, end)
        if kind == "list":
            return self._list(shape, name, start, end)
        if kind == "map":
            return self._map(shape, name, start, end)
        if kind == "string":
            return _plain(start, end)
        text = self.text(shape)

        def write(add: Add, value: Any) -> None:
            add(f"{start}{text(value)}{end}")

        return write

    def text(self, shape: Any) -> Callable[[Any], str]:
        """The text of a scalar."""
        kind = shape.type_name
        if kind == "boolean":
            return lambda value: "true" if value else "false"
        if kind in scalars.RANGES:
            return lambda value: str(int(value))
        if kind in ("float", "double"):
            return scalars.float_to_text
        if kind == "blob":
            return scalars.blob_to_text
        if kind == "timestamp":
            form = timestamp_format(shape, "iso8601")
            if form == "iso8601":
                return self.iso8601
            writer = scalars.TIMESTAMP_WRITERS[form]
            return lambda value: str(writer(value))
        return lambda value: escape(value if type(value) is str else str(value))

    def _structure(self, shape: Any, name: str, end: str) -> XmlWrite:
        body, attributes = self.members(shape)
        opening = f"<{name}{namespace(shape)}"
        start = f"{opening}>"

        def write(add: Add, value: Any) -> None:
            add(start)
            body(add, value)
            add(end)

        def write_with_attributes(add: Add, value: Any) -> None:
            get = getter(value)
            given = "".join(f' {key}="{attribute(str(get(own)))}"' for own, key in attributes if get(own) is not None)
            add(f"{opening}{given}>")
            body(add, value)
            add(end)

        return write_with_attributes if attributes else write

    def members(self, shape: Any) -> tuple[XmlWrite, list[tuple[str, str]]]:
        """The writer of a structure's members without its own tags, and its attributes (name, XML name)."""
        found = self.structures.get(shape.name)
        if found is not None:
            return found
        table: list[tuple[str, XmlWrite]] = []
        attributes: list[tuple[str, str]] = []
        self.structures[shape.name] = made = (members_writer(table), attributes)
        for member, member_shape in shape.members.items():
            serialization = member_shape.serialization
            if serialization.get("xmlAttribute"):
                attributes.append((snake(member), wire_name(member_shape, member)))
            elif not serialization.get("location") and not apart(member_shape):
                table.append((snake(member), self.member(member_shape, member)))
        return made

    def member(self, shape: Any, member: str) -> XmlWrite:
        """The element of a structure's member; a flattened list bears the name of its items."""
        name = wire_name(shape, member)
        if shape.type_name == "list" and shape.serialization.get("flattened"):
            name = wire_name(shape.member, name)
        return self.element(shape, name)

    def _list(self, shape: Any, name: str, start: str, end: str) -> XmlWrite:
        if shape.serialization.get("flattened"):
            item = self.element(shape.member, name)

            def write_flat(add: Add, value: Any) -> None:
                for one in value:
                    item(add, one)

            return write_flat
        item = self.element(shape.member, wire_name(shape.member, "member"))

        def write(add: Add, value: Any) -> None:
            add(start)
            for one in value:
                item(add, one)
            add(end)

        return write

    def _map(self, shape: Any, name: str, start: str, end: str) -> XmlWrite:
        key = self.element(shape.key, wire_name(shape.key, "key"))
        item = self.element(shape.value, wire_name(shape.value, "value"))
        flat = shape.serialization.get("flattened")
        entry_start, entry_end = (f"<{name}>", f"</{name}>") if flat else ("<entry>", "</entry>")

        def write(add: Add, value: Any) -> None:
            if not flat:
                add(start)
            for one_key, one in value.items():
                add(entry_start)
                key(add, one_key)
                item(add, one)
                add(entry_end)
            if not flat:
                add(end)

        return write


def _plain(start: str, end: str) -> XmlWrite:
    """The writer of a text, which most members are: without calls of its own for what needs no escaping."""
    special = _SPECIAL.search

    def write(add: Add, value: Any) -> None:
        text = value if type(value) is str else str(value)
        add(f"{start}{text}{end}" if special(text) is None else f"{start}{escape(text)}{end}")

    return write


def members_writer(table: list[tuple[str, XmlWrite]]) -> XmlWrite:
    """A writer of the members in `table` that the value has."""

    def write(add: Add, value: Any) -> None:
        if is_mapping(type(value)):
            for name, member in table:
                one = value.get(name)
                if one is not None:
                    member(add, one)
            return
        for name, member in table:
            one = getattr(value, name, None)
            if one is not None:
                member(add, one)

    return write
