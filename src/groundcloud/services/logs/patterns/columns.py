"""Patterns for events whose fields are divided by spaces: `[ip, user, ..., status = 4*, bytes > 1000]`.

A field in an event may be put in quotes or in brackets. `...` stands for any number of fields.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from groundcloud.services.logs.patterns.common import Extracted, number, of_number
from groundcloud.services.logs.patterns.grammar import COMPARISONS, Conditions, invalid, same_text

_FIELD = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')
_TOKEN = re.compile(
    r"""\s*(?:(?P<ellipsis>\.\.\.)
        |(?P<text>"(?:[^"\\]|\\.)*")
        |(?P<regex>%[^%]*%)
        |(?P<operator>&&|\|\||!=|<=|>=|=|<|>|,|\(|\))
        |(?P<word>[^\s"%()=!<>&|,]+))""",
    re.VERBOSE,
)
_NAME = re.compile(r"[A-Za-z_][\w\-]*")
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
            raise invalid()
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
        raise invalid()
    return _Parser(_TOKEN, text[1:-1]).columns()


class _Parser(Conditions[dict[str, str]]):
    def columns(self) -> Columns:
        self._tests: list[_Test] = []
        found = [self._column()]
        while self._take(","):
            found.append(self._column())
        self._finish()
        return Columns(found, self._tests)

    def _column(self) -> Column:
        kind, text = self._peek()
        if kind == "ellipsis":
            self._next()
            return Column("", any_number=True)
        if kind == "end" or text == ",":
            return Column("")
        if kind == "word" and self._peek(1)[1] not in COMPARISONS:
            self._next()
            return Column(self._name(text))
        self._names: set[str] = set()
        self._tests.append(self._either(0))
        if len(self._names) != 1:
            raise invalid()
        return Column(self._names.pop())

    def _name(self, text: str) -> str:
        if not _NAME.fullmatch(text):
            raise invalid()
        return text

    def _test(self) -> _Test:
        kind, text = self._next()
        if kind != "word":
            raise invalid()
        name = self._name(text)
        self._names.add(name)
        test = _comparison(self._operator(), *self._next())
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
    same = same_text(operator, kind, text)
    wanted = operator == "="
    return lambda field: same(field) is wanted
