"""Patterns for events whose fields are divided by spaces: `[ip, user, ..., status = 4*, bytes > 1000]`.

A field in an event may be put in quotes or in brackets. `...` stands for any number of fields.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from groundcloud.services.logs.patterns.common import (
    Extracted,
    InvalidPattern,
    expression,
    number,
    of_number,
    wildcard,
)

_FIELD = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')
_TOKEN = re.compile(
    r"""\s*(?:(?P<ellipsis>\.\.\.)
        |(?P<text>"(?:[^"\\]|\\.)*")
        |(?P<regex>%[^%]*%)
        |(?P<operator>&&|\|\||!=|<=|>=|=|<|>|,|\(|\))
        |(?P<word>[^\s"%()=!<>&|,]+))""",
    re.VERBOSE,
)
_COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">="))
_NAME = re.compile(r"[A-Za-z_][\w\-]*")
_DEEPEST = 50
_Test = Callable[[dict[str, str]], bool]


class Column(NamedTuple):
    """One entry of the pattern: a field with its name, or any number of fields."""

    name: str
    any_number: bool = False


class Columns:
    """A pattern for fields; `match` gives all of them by `$name`, or by `$1`, `$2`, ... where they have none."""

    def __init__(self, columns: list[Column], tests: list[_Test]) -> None:
        gaps = [place for place, column in enumerate(columns) if column.any_number]
        if len(gaps) > 1:
            raise InvalidPattern("Invalid filter pattern")
        self._before = columns[: gaps[0]] if gaps else columns
        self._after = columns[gaps[0] + 1 :] if gaps else []
        self._open = bool(gaps)
        self._tests = tests

    def match(self, message: str) -> Extracted | None:
        named = self._named(message)
        if named is None or not all(test(named) for test in self._tests):
            return None
        return named

    def value(self, message: str, selector: str) -> str | None:
        named = self._named(message)
        return None if named is None else named.get(selector)

    def _named(self, message: str) -> Extracted | None:
        fields = [found[1] or found[2] or found[3] or "" for found in _FIELD.finditer(message)]
        wanted = len(self._before) + len(self._after)
        if len(fields) < wanted or (len(fields) > wanted and not self._open):
            return None
        named: Extracted = {}
        last = len(fields) - len(self._after)
        for place, field in enumerate(fields):
            if place < len(self._before):
                name = self._before[place].name
            elif place >= last:
                name = self._after[place - last].name
            else:
                name = ""
            named[f"${name or place + 1}"] = field
        return named


def parse(text: str) -> Columns:
    """Raises `InvalidPattern`."""
    if not text.endswith("]"):
        raise InvalidPattern("Invalid filter pattern")
    return _Parser(_tokens(text[1:-1])).columns()


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise InvalidPattern("Invalid filter pattern")
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._at = 0
        self._tests: list[_Test] = []

    def columns(self) -> Columns:
        found = [self._column(1)]
        while self._take(","):
            found.append(self._column(len(found) + 1))
        if self._tokens[self._at][0] != "end":
            raise InvalidPattern("Invalid filter pattern")
        return Columns(found, self._tests)

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        if token[0] == "end":
            raise InvalidPattern("Invalid filter pattern")
        self._at += 1
        return token

    def _take(self, text: str) -> bool:
        if self._tokens[self._at][1] == text and self._tokens[self._at][0] == "operator":
            self._at += 1
            return True
        return False

    def _column(self, place: int) -> Column:
        kind, text = self._tokens[self._at]
        if kind == "ellipsis":
            self._at += 1
            return Column("", any_number=True)
        if kind == "end" or text == ",":
            return Column("")
        names: set[str] = set()
        following = self._tokens[self._at + 1][1]
        if kind == "word" and following not in _COMPARISONS:
            self._at += 1
            return Column(self._name(text))
        self._tests.append(self._either(names, 0))
        if len(names) != 1:
            raise InvalidPattern("Invalid filter pattern")
        return Column(names.pop())

    def _name(self, text: str) -> str:
        if not _NAME.fullmatch(text):
            raise InvalidPattern("Invalid filter pattern")
        return text

    def _either(self, names: set[str], depth: int) -> _Test:
        parts = [self._both(names, depth)]
        while self._take("||"):
            parts.append(self._both(names, depth))
        return parts[0] if len(parts) == 1 else lambda fields: any(part(fields) for part in parts)

    def _both(self, names: set[str], depth: int) -> _Test:
        parts = [self._one(names, depth)]
        while self._take("&&"):
            parts.append(self._one(names, depth))
        return parts[0] if len(parts) == 1 else lambda fields: all(part(fields) for part in parts)

    def _one(self, names: set[str], depth: int) -> _Test:
        if self._take("("):
            if depth > _DEEPEST:
                raise InvalidPattern("Invalid filter pattern")
            inner = self._either(names, depth + 1)
            if not self._take(")"):
                raise InvalidPattern("Invalid filter pattern")
            return inner
        kind, text = self._next()
        if kind != "word":
            raise InvalidPattern("Invalid filter pattern")
        name = self._name(text)
        names.add(name)
        _, operator = self._next()
        if operator not in _COMPARISONS:
            raise InvalidPattern("Invalid filter pattern")
        test = _comparison(operator, *self._next())
        return lambda fields: test(fields.get(f"${name}", ""))


def _comparison(operator: str, kind: str, text: str) -> Callable[[str], bool]:
    literal = number(text) if kind == "word" else None
    if literal is not None:
        compare = of_number(operator, literal)

        def numeric(field: str) -> bool:
            value = number(field)
            if value is None:
                return operator == "!="
            return compare(value)

        return numeric
    if operator not in ("=", "!="):
        raise InvalidPattern("Invalid filter pattern")
    if kind == "regex":
        same = expression(text[1:-1])
    elif kind == "text":
        same = wildcard(re.sub(r"\\(.)", r"\1", text[1:-1]))
    elif kind == "word":
        same = wildcard(text)
    else:
        raise InvalidPattern("Invalid filter pattern")
    wanted = operator == "="
    return lambda field: same(field) is wanted
