"""Reads the text of a policy document: JSON with AWS's strictness, and where each object stands in the text.

A key may stand once in an object, nesting is bounded, and an object remembers its start and end, because the policy
simulators answer with line and column. It knows nothing of policies.
"""

import re
from json import JSONDecoder
from typing import Any

MAX_DEPTH = 32
# Larger than any service's quota (20,480 characters for a bucket or key policy, 131,072 for the simulators' input).
MAX_CHARACTERS = 131_072
INVALID_JSON = "This policy contains invalid Json"

_scan_string = JSONDecoder().parse_string  # type: ignore[attr-defined]  # (text, after the quote, strict)
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_WORDS = {"t": ("true", "true"), "f": ("false", "false"), "n": ("null", None)}


class MalformedPolicy(Exception):
    """A policy document that AWS refuses; `message` is AWS's sentence.

    `detail` is the sentence of AWS's other policy parser, which reads trust policies and resource policies.
    """

    def __init__(self, message: str = "Syntax errors in policy.", detail: str = "Syntax error in policy.") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


def malformed(detail: str) -> MalformedPolicy:
    """A flaw in the grammar, for which identity policies have one sentence and the others one each."""
    return MalformedPolicy(detail=detail)


class JsonObject(dict[str, Any]):
    """A JSON object that knows its place: offsets of its first character and of the one after its last."""

    start: int = 0
    end: int = 0


def read(text: str) -> JsonObject:
    """The document's outermost object. Numbers and booleans become their text, as conditions compare them.

    Raises MalformedPolicy for anything that is not one JSON object.
    """
    if len(text) > MAX_CHARACTERS:
        raise malformed(INVALID_JSON)
    try:
        value, end = _value(text, _skip(text, 0), 0)
    except (ValueError, IndexError):
        raise malformed(INVALID_JSON) from None
    if not isinstance(value, JsonObject) or _skip(text, end) != len(text):
        raise malformed(INVALID_JSON)
    return value


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The place of a character as the simulators count it: lines and columns from 1."""
    line_start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - line_start + 1


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    first = text[at]
    if first == '"':
        string, end = _scan_string(text, at + 1, True)
        return string, end
    if first == "{" or first == "[":
        if depth >= MAX_DEPTH:
            raise ValueError("too deep")
        return _object(text, at, depth + 1) if first == "{" else _array(text, at, depth + 1)
    if first in _WORDS:
        word, value = _WORDS[first]
        if not text.startswith(word, at):
            raise ValueError(word)
        return value, at + len(word)
    number = _NUMBER.match(text, at)
    if number is None:
        raise ValueError(first)
    return number.group(), number.end()


def _object(text: str, start: int, depth: int) -> tuple[JsonObject, int]:
    result = JsonObject()
    at = _skip(text, start + 1)
    while text[at] != "}":
        if result:
            at = _after_comma(text, at)
        if text[at] != '"':
            raise ValueError("a key is a string")
        key, at = _scan_string(text, at + 1, True)
        at = _skip(text, at)
        if text[at] != ":" or key in result:
            raise ValueError("a key stands once, before a colon")
        result[key], at = _value(text, _skip(text, at + 1), depth)
        at = _skip(text, at)
    result.start, result.end = start, at + 1
    return result, at + 1


def _array(text: str, start: int, depth: int) -> tuple[list[Any], int]:
    result: list[Any] = []
    at = _skip(text, start + 1)
    while text[at] != "]":
        if result:
            at = _after_comma(text, at)
        value, at = _value(text, at, depth)
        result.append(value)
        at = _skip(text, at)
    return result, at + 1


def _after_comma(text: str, at: int) -> int:
    if text[at] != ",":
        raise ValueError("a comma is missing")
    return _skip(text, at + 1)
