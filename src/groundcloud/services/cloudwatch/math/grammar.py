"""The grammar of expressions: numbers, names, functions, lists, and operators by their precedence."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z_]\w*)|(?P<text>"[^"]*"|'[^']*')
    |(?P<operator>==|!=|<=|>=|&&|\|\||[-+*/^<>(),\[\]]))""",
    re.VERBOSE,
)
_PRECEDENCE = {
    "OR": 1, "||": 1, "AND": 2, "&&": 2, "==": 3, "!=": 3, "<": 3, ">": 3, "<=": 3, ">=": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "^": 7,
}  # fmt: skip
_NEGATION = 6
_DEEPEST = 100


class Malformed(ValueError):
    """The expression says nothing."""


class Number(NamedTuple):
    value: float


class Name(NamedTuple):
    """Another query, by its id. Ids begin in lower case; what else stands alone is a word for a function (FILL's
    REPEAT)."""

    id: str


class Text(NamedTuple):
    value: str


class Call(NamedTuple):
    function: str
    arguments: "tuple[Node, ...]"


class Listed(NamedTuple):
    items: "tuple[Node, ...]"


class Binary(NamedTuple):
    operator: str
    left: "Node"
    right: "Node"


class Negative(NamedTuple):
    of: "Node"


Node = Number | Name | Text | Call | Listed | Binary | Negative
_Token = tuple[str, str]
WORDS = frozenset(("REPEAT", "LINEAR", "ASC", "DESC", "AVG", "MIN", "MAX", "SUM"))
"""Names that are no ids: they tell FILL and SORT what to do."""


def parse(text: str) -> Node:
    """Raises `Malformed`."""
    parser = _Parser(list(_tokens(text)))
    node = parser.expression(0, 0)
    parser.end()
    return node


def names(node: Node) -> set[str]:
    """The ids of other queries that an expression needs."""
    if isinstance(node, Name):
        return set() if node.id in WORDS else {node.id}
    if isinstance(node, Call):
        return set().union(*map(names, node.arguments))
    if isinstance(node, Listed):
        return set().union(*map(names, node.items))
    if isinstance(node, Binary):
        return names(node.left) | names(node.right)
    if isinstance(node, Negative):
        return names(node.of)
    return set()


def _tokens(text: str) -> Iterator[_Token]:
    at, text = 0, text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Malformed(f"Unexpected character '{text[at:].lstrip()[:1]}'")
        kind = found.lastgroup or ""
        word = found[kind]
        if kind == "name" and word.upper() in ("AND", "OR"):
            kind, word = "operator", word.upper()
        yield kind, word
        at = found.end()


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def end(self) -> None:
        if self._peek()[0] != "end":
            raise Malformed(f"Unexpected '{self._peek()[1]}'")

    def expression(self, least: int, depth: int) -> Node:
        if depth > _DEEPEST:
            raise Malformed("The expression is nested too deeply")
        left = self._operand(depth)
        while True:
            kind, operator = self._peek()
            precedence = _PRECEDENCE.get(operator, 0) if kind == "operator" else 0
            if precedence == 0 or precedence < least:
                return left
            self._next()
            binds_right = operator == "^"
            right = self.expression(precedence if binds_right else precedence + 1, depth + 1)
            left = Binary({"&&": "AND", "||": "OR"}.get(operator, operator), left, right)

    def _operand(self, depth: int) -> Node:
        kind, word = self._next()
        if kind == "number":
            return Number(float(word))
        if kind == "text":
            return Text(word[1:-1])
        if kind == "name":
            if self._peek() != ("operator", "("):
                return Name(word)
            self._next()
            return Call(word.upper(), self._items(")", depth))
        if word == "-":
            return Negative(self.expression(_NEGATION, depth + 1))
        if word == "+":
            return self.expression(_NEGATION, depth + 1)
        if word == "(":
            node = self.expression(0, depth + 1)
            self._expect(")")
            return node
        if word == "[":
            return Listed(self._items("]", depth))
        raise Malformed(f"Unexpected '{word}'" if word else "The expression ends too early")

    def _items(self, closing: str, depth: int) -> tuple[Node, ...]:
        if self._peek() == ("operator", closing):
            self._next()
            return ()
        found = [self.expression(0, depth + 1)]
        while self._peek() == ("operator", ","):
            self._next()
            found.append(self.expression(0, depth + 1))
        self._expect(closing)
        return tuple(found)

    def _expect(self, word: str) -> None:
        kind, found = self._next()
        if (kind, found) != ("operator", word):
            raise Malformed(f"Expected '{word}'")
