"""What the three forms of filter patterns share: texts with wildcards, regular expressions, numbers.

Regular expressions run in time linear in the message (RE2), whatever a caller writes.
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

import re2

Extracted = dict[str, str]
Test = Callable[[Any], bool]

_ALLOWED = re.compile(r"[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+. ]*")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_QUIET = re2.Options()
_QUIET.log_errors = False


class InvalidPattern(Exception):
    """The pattern is not one; the text says why."""


class Pattern(Protocol):
    """A compiled filter pattern."""

    def match(self, message: str) -> Extracted | None:
        """What the pattern's names stand for in an event that it takes; None for an event that it does not take."""
        ...

    def value(self, message: str, selector: str) -> str | None:
        """What a selector (`$.latency`, `$size`) stands for in an event, as a text; None where it has nothing."""
        ...


def expression(text: str) -> Callable[[str], bool]:
    """A regular expression as filter patterns know it: no parentheses, few symbols. Raises `InvalidPattern`."""
    if not text or not _ALLOWED.fullmatch(text):
        raise InvalidPattern("Invalid regex pattern")
    try:
        found = re2.compile(text, _QUIET)
    except re2.error as error:
        raise InvalidPattern("Invalid regex pattern") from error
    return lambda value: found.search(value) is not None


def wildcard(text: str) -> Callable[[str], bool]:
    """A text in which `*` stands for anything."""
    if "*" not in text:
        return lambda value: value == text
    parts = text.split("*")
    first, middle, last = parts[0], parts[1:-1], parts[-1]

    def test(value: str) -> bool:
        if len(value) < len(first) + len(last) or not value.startswith(first) or not value.endswith(last):
            return False
        at, end = len(first), len(value) - len(last)
        for part in middle:
            at = value.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return test


def number(text: str) -> Decimal | None:
    """A literal number; None for what is none."""
    try:
        return Decimal(text) if _NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def of_number(operator: str, wanted: Decimal) -> Callable[[Decimal], bool]:
    """A comparison with a number."""
    return {
        "=": lambda value: value == wanted,
        "!=": lambda value: value != wanted,
        "<": lambda value: value < wanted,
        "<=": lambda value: value <= wanted,
        ">": lambda value: value > wanted,
        ">=": lambda value: value >= wanted,
    }[operator]
