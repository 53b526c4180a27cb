"""Reading the form bodies of the `query` and `ec2` protocols.

`Tags.member.1.Key=a` becomes a tree of dicts first; readers compiled from the model walk that tree, so the cost
follows what was sent and not what could have been sent, and a list index is a name and never a size.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from groundcloud.gateway.protocol import scalars
from groundcloud.gateway.protocol.errors import Malformed, MalformedInput, MalformedQueryString
from groundcloud.gateway.protocol.values import Input, Read, timestamp_format
from groundcloud.names import snake

MAX_PARAMETERS = 20_000
MAX_DEPTH = 64
Tree = dict[str, Any]


def decode(text: str) -> str:
    """One name or value of a form (application/x-www-form-urlencoded), UTF-8."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    return unquote_to_bytes(text).decode("utf-8")


def form_pairs(query: str, body: bytes) -> list[tuple[str, str]]:
    """The parameters of the query string and then of the body, decoded."""
    try:
        text = body.decode("utf-8")
        whole = f"{query}&{text}" if query and text else query or text
        pieces = whole.split("&")
        if len(pieces) > MAX_PARAMETERS:
            raise MalformedQueryString(message="The request has too many parameters")
        pairs = []
        for piece in pieces:
            if piece:
                name, _, value = piece.partition("=")
                pairs.append((decode(name), decode(value)))
        return pairs
    except UnicodeDecodeError:
        raise MalformedQueryString(message="The request is not valid UTF-8") from None


def tree(pairs: list[tuple[str, str]]) -> Tree:
    """Parameters as nested dicts by the dots of their names; a later value replaces an earlier one."""
    root: Tree = {}
    for name, value in pairs:
        if "." not in name:
            if type(root.get(name)) is not dict:
                root[name] = value
            continue
        parts = name.split(".")
        if len(parts) > MAX_DEPTH:
            raise MalformedInput(message="The parameter name is nested too deeply")
        node = root
        for part in parts[:-1]:
            below = node.get(part)
            if type(below) is not dict:
                below = node[part] = {}
            node = below
        if type(node.get(parts[-1])) is not dict:
            node[parts[-1]] = value
    return root


class QueryReaders:
    """Compiles shapes of one service to readers of trees; structures are shared and may be recursive."""

    def __init__(self, ec2: bool) -> None:
        self.ec2 = ec2
        self.structures: dict[str, Read] = {}

    def name(self, shape: Any, default: str) -> str:
        """The name of a member: ec2 has queryName, and capitalizes locationName."""
        serialization = shape.serialization
        if not self.ec2:
            return str(serialization.get("name", default))
        if "queryName" in serialization:
            return str(serialization["queryName"])
        name = str(serialization.get("name", default))
        return name[0].upper() + name[1:] if "name" in serialization else name

    def reader(self, shape: Any) -> Read:
        """The reader of one shape: takes a tree or a text, gives the value."""
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape)
        if kind == "list":
            return self.of_list(shape)
        if kind == "map":
            return self.of_map(shape)
        return text_only(scalar_reader(shape, "iso8601"))

    def structure(self, shape: Any) -> Read:
        found = self.structures.get(shape.name)
        if found is not None:
            return found
        table: dict[str, tuple[str, Read]] = {}
        read = self.structures[shape.name] = structure_reader(table)
        for member, member_shape in shape.members.items():
            wire = self.name(member_shape, member)
            if not self.ec2 and member_shape.type_name == "list" and member_shape.serialization.get("flattened"):
                wire = str(member_shape.member.serialization.get("name", wire))
            table[wire] = (snake(member), self.reader(member_shape))
        return read

    def of_list(self, shape: Any) -> Read:
        item = self.reader(shape.member)
        flat = self.ec2 or shape.serialization.get("flattened")
        name = None if flat else str(shape.member.serialization.get("name", "member"))

        def read(node: Any) -> list[Any]:
            return [item(value) for value in elements(node, name)]

        return read

    def of_map(self, shape: Any) -> Read:
        key_name = self.name(shape.key, "key")
        value_name = self.name(shape.value, "value")
        key, value = self.reader(shape.key), self.reader(shape.value)
        name = None if shape.serialization.get("flattened") else "entry"

        def read(node: Any) -> dict[Any, Any]:
            out = {}
            for pair in elements(node, name):
                if type(pair) is not dict or key_name not in pair or value_name not in pair:
                    raise Malformed("Unexpected map entry: a key and a value are needed")
                out[key(pair[key_name])] = value(pair[value_name])
            return out

        return read


def structure_reader(table: dict[str, tuple[str, Read]]) -> Read:
    """A reader of the members in `table`: wire name to name and reader. Unknown parameters are ignored, as on AWS."""

    def read(node: Any) -> dict[str, Any]:
        if type(node) is not dict:
            if node == "":
                return {}
            raise Malformed("Unexpected value found where a structure was expected")
        out = {}
        for wire, value in node.items():
            entry = table.get(wire)
            if entry is not None:
                out[entry[0]] = entry[1](value)
        return out

    return read


def elements(node: Any, name: str | None) -> list[Any]:
    """The items of a list (or entries of a map) in the order of their indices; gaps close up, as on AWS."""
    if type(node) is not dict:
        if node == "":
            return []
        raise Malformed("Unexpected value found where a list was expected")
    if name is not None:
        node = node.get(name, node.get("member", node))
        if type(node) is not dict:
            if node == "":
                return []
            raise Malformed("Unexpected value found where a list was expected")
    try:
        if not all(map(_is_index, node)):
            raise Malformed("Unexpected list element name")
        return [node[index] for index in sorted(node, key=int)]
    except ValueError as error:
        raise Malformed(str(error)) from None


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10


def text_only(read: Callable[[str], Any]) -> Read:
    """Refuses a tree where the model has a scalar."""

    def checked(node: Any) -> Any:
        if type(node) is not str:
            raise Malformed("Unexpected complex element termination")
        return read(node)

    return checked


def scalar_reader(shape: Any, default_timestamp: str) -> Callable[[str], Any]:
    """The reader of a scalar's text in forms, XML, URIs and headers."""
    kind = shape.type_name
    if kind in scalars.RANGES:
        return scalars.integer_from_text(*scalars.RANGES[kind])
    if kind in ("float", "double"):
        return scalars.float_from_text
    if kind == "boolean":
        return scalars.boolean_from_text
    if kind == "blob":
        return scalars.blob_from_text
    if kind == "timestamp":
        return scalars.TIMESTAMP_READERS[timestamp_format(shape, default_timestamp)]
    return str


def form_parser(shape: Any, readers: QueryReaders) -> Callable[[Input], dict[str, Any]]:
    """The parser of an operation's input; `shape` is None when it takes none."""
    if shape is None:
        return lambda _: {}
    read = readers.structure(shape)

    def parse(request: Input) -> dict[str, Any]:
        try:
            return read(tree(form_pairs(request.query, request.body)))  # type: ignore[no-any-return]  # a dict
        except Malformed as problem:
            raise MalformedInput(message=str(problem)) from None

    return parse
