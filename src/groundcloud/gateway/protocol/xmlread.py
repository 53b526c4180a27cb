"""Reading XML bodies: expat with everything dangerous refused, then readers compiled from the model.

No document type, no entity, no processing beyond UTF-8 text is ever accepted; nesting is bounded.
"""

from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from groundcloud.gateway.protocol.errors import Malformed
from groundcloud.gateway.protocol.query import scalar_reader
from groundcloud.gateway.protocol.values import Read, apart, wire_name
from groundcloud.names import snake

MAX_DEPTH = 64


class Node:
    """An element: its local name, text, child elements and attributes (by their names as written)."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Node] = []
        self.text = ""


def parse(body: bytes) -> Node:
    """The root element of a document; raises Malformed for anything but plain UTF-8 elements and text."""
    root = Node("", {})
    stack = [root]
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > MAX_DEPTH:
            raise Malformed("The XML is nested too deeply")
        node = Node(name.rpartition(":")[2] if ":" in name else name, attributes)
        stack[-1].children.append(node)
        stack.append(node)

    def end(_: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        stack[-1].text += data

    def refuse(*_: Any) -> None:
        raise Malformed("A document type declaration is not allowed")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, UnicodeDecodeError) as error:
        raise Malformed(f"The XML is not well-formed ({error})") from None
    return root.children[0]


class XmlReaders:
    """Compiles shapes of one service to readers of nodes; structures are shared and may be recursive."""

    def __init__(self) -> None:
        self.structures: dict[str, Read] = {}

    def reader(self, shape: Any) -> Read:
        """The reader of one element; flattened lists and maps take the list of their elements."""
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape)
        if kind == "list":
            return self.of_list(shape)
        if kind == "map":
            return self.of_map(shape)
        return scalar(scalar_reader(shape, "iso8601"))

    def structure(self, shape: Any) -> Read:
        found = self.structures.get(shape.name)
        if found is not None:
            return found
        single: dict[str, tuple[str, Read]] = {}
        repeated: dict[str, tuple[str, Read]] = {}
        attributes: list[tuple[str, str]] = []
        read = self.structures[shape.name] = structure_reader(single, repeated, attributes)
        for member, member_shape in shape.members.items():
            serialization = member_shape.serialization
            name = wire_name(member_shape, member)
            if serialization.get("xmlAttribute"):
                attributes.append((name, snake(member)))
            elif serialization.get("flattened") and member_shape.type_name in ("list", "map"):
                entry = repeated[name] = (snake(member), self.reader(member_shape))
                if member_shape.type_name == "list":
                    repeated.setdefault(wire_name(member_shape.member, name), entry)
            elif not serialization.get("location") and not apart(member_shape):
                single[name] = (snake(member), self.reader(member_shape))
        return read

    def of_list(self, shape: Any) -> Read:
        item = self.reader(shape.member)
        if shape.serialization.get("flattened"):
            return lambda nodes: [item(node) for node in nodes]
        return lambda node: [item(child) for child in node.children]

    def of_map(self, shape: Any) -> Read:
        key_name, value_name = wire_name(shape.key, "key"), wire_name(shape.value, "value")
        key, value = self.reader(shape.key), self.reader(shape.value)
        flat = bool(shape.serialization.get("flattened"))

        def read(node: Any) -> dict[str, Any]:
            out = {}
            for entry in node if flat else node.children:
                named = {child.name: child for child in entry.children}
                if key_name not in named or value_name not in named:
                    raise Malformed("A map's entry needs a key and a value")
                out[key(named[key_name])] = value(named[value_name])
            return out

        return read


def structure_reader(
    single: dict[str, tuple[str, Read]], repeated: dict[str, tuple[str, Read]], attributes: list[tuple[str, str]]
) -> Read:
    """A reader of child elements: those that stand once, those of flattened lists and maps, and attributes."""

    def read(node: Node) -> dict[str, Any]:
        out: dict[str, Any] = {}
        gathered: dict[str, tuple[Read, list[Node]]] = {}
        for child in node.children:
            entry = single.get(child.name)
            if entry is not None:
                out[entry[0]] = entry[1](child)
                continue
            entry = repeated.get(child.name)
            if entry is not None:
                gathered.setdefault(entry[0], (entry[1], []))[1].append(child)
        for name, (reader, nodes) in gathered.items():
            out[name] = reader(nodes)
        for wire, name in attributes:
            if wire in node.attributes:
                out[name] = node.attributes[wire]
        return out

    return read


def scalar(read: Callable[[str], Any]) -> Read:
    """The reader of an element that holds text."""

    def checked(node: Node) -> Any:
        if node.children:
            raise Malformed(f"The element {node.name} must hold text only")
        return read(node.text)

    return checked
