"""Patterns for events that are JSON: `{ $.status = 4* && ($.latency > 100 || $.error NOT EXISTS) }`."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from groundcloud.services.logs.patterns.common import Extracted, number, of_number
from groundcloud.services.logs.patterns.grammar import Conditions, invalid, same_text

_Step = str | int | None
"""A property's name, a place in an array, or None for any of them (`[*]`)."""
_Condition = Callable[[Any], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<selector>\$(?:\.?\[[^\]]*\]|\.[\w\-@]+)*)
        |(?P<text>"(?:[^"\\]|\\.)*")
        |(?P<regex>%[^%]*%)
        |(?P<operator>&&|\|\||!=|<=|>=|=|<|>|\(|\))
        |(?P<word>[^\s"%()=!<>&|{}]+))""",
    re.VERBOSE,
)
_STEP = re.compile(
    r"""\.?\[\s*(?:'(?P<quoted>[^']*)'|"(?P<double>[^"]*)"|(?P<index>\d{1,9})|(?P<any>\*))\s*\]|\.(?P<name>[\w\-@]+)"""
)
_decode = msgspec.json.Decoder().decode


class Document:
    """A condition on the properties of a JSON event."""

    def __init__(self, condition: _Condition, selectors: dict[str, tuple[_Step, ...]]) -> None:
        self._condition = condition
        self._selectors = selectors

    def match(self, message: str) -> Extracted | None:
        event = _event(message)
        if event is None or not self._condition(event):
            return None
        found = {selector: _shown(next(_values(event, path), None)) for selector, path in self._selectors.items()}
        return {selector: value for selector, value in found.items() if value is not None}

    def value(self, message: str, selector: str) -> str | None:
        event = _event(message)
        return None if event is None else _shown(next(_values(event, steps(selector)), None))


def parse(text: str) -> Document:
    """Raises `InvalidPattern`."""
    if not text.endswith("}"):
        raise invalid()
    return _Parser(_TOKEN, text[1:-1]).document()


@lru_cache(maxsize=1024)
def steps(selector: str) -> tuple[_Step, ...]:
    """A selector's path: of `$.a[0].b` it is `a`, 0, `b`. Raises `InvalidPattern`."""
    if not selector.startswith("$"):
        raise invalid()
    at = 1
    path: list[_Step] = []
    while at < len(selector):
        found = _STEP.match(selector, at)
        if found is None:
            raise invalid()
        at = found.end()
        if found["index"] is not None:
            path.append(int(found["index"]))
        else:
            path.append(None if found["any"] else found["name"] or found["quoted"] or found["double"] or "")
    return tuple(path)


def _event(message: str) -> Any:
    try:
        event = _decode(message)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return event if isinstance(event, (dict, list)) else None


def _values(value: Any, path: tuple[_Step, ...]) -> Iterator[Any]:
    """What a path leads to: one value, none, or with `[*]` many."""
    if not path:
        yield value
        return
    step, rest = path[0], path[1:]
    if step is None:
        for each in value if isinstance(value, list) else ():
            yield from _values(each, rest)
    elif isinstance(step, int):
        if isinstance(value, list) and step < len(value):
            yield from _values(value[step], rest)
    elif isinstance(value, dict) and step in value:
        yield from _values(value[step], rest)


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


class _Parser(Conditions[Any]):
    def document(self) -> Document:
        self._selectors: dict[str, tuple[_Step, ...]] = {}
        condition = self._either(0)
        self._finish()
        return Document(condition, self._selectors)

    def _test(self) -> _Condition:
        kind, text = self._next()
        if kind != "selector":
            raise invalid()
        path = self._selectors[text] = steps(text)
        if self._take("IS"):
            return self._is(path)
        if self._take("NOT"):
            if not self._take("EXISTS"):
                raise invalid()
            return lambda event: not any(True for _ in _values(event, path))
        if self._take("EXISTS"):
            return lambda event: any(True for _ in _values(event, path))
        test = self._comparison()
        return lambda event: any(test(value) for value in _values(event, path))

    def _is(self, path: tuple[_Step, ...]) -> _Condition:
        for word, wanted in (("NULL", None), ("TRUE", True), ("FALSE", False)):
            if self._take(word):
                return lambda event: any(value is wanted for value in _values(event, path))
        raise invalid()

    def _comparison(self) -> _Condition:
        operator = self._operator()
        kind, text = self._next()
        literal = number(text) if kind == "word" else None
        if literal is not None:
            return _numeric(operator, literal, text)
        return _textual(operator == "=", same_text(operator, kind, text))


def _numeric(operator: str, literal: Decimal, text: str) -> _Condition:
    """Numbers compare as numbers; a text is equal to a number that is written like it."""
    compare = of_number(operator, literal)

    def test(value: Any) -> bool:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return compare(Decimal(str(value)))
        if isinstance(value, str):
            return (value == text) == (operator == "=") if operator in ("=", "!=") else False
        return False

    return test


def _textual(wanted: bool, same: Callable[[str], bool]) -> _Condition:
    def test(value: Any) -> bool:
        if isinstance(value, (dict, list)) or value is None:
            return False
        shown = _shown(value)
        return shown is not None and same(shown) is wanted

    return test
