"""The regular expressions of service models (Java's and ECMAScript's dialects) as Python's.

A pattern that has no safe equal here is None and is not enforced: class intersections, and those in patterns.json
whose matching takes exponential time on hostile input.
"""

import json
import re
import unicodedata
import warnings
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

_LAST = 0x323B0
"""Behind the last letter, mark, number, punctuation and symbol of Unicode (but for a few in plane 14)."""
_POSIX = {
    "Alnum": "A-Za-z0-9",
    "Alpha": "A-Za-z",
    "ASCII": "\\x00-\\x7f",
    "Blank": " \\t",
    "Cntrl": "\\x00-\\x1f\\x7f",
    "Digit": "0-9",
    "Graph": "\\x21-\\x7e",
    "Lower": "a-z",
    "Print": "\\x20-\\x7e",
    "Punct": "\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e",
    "Space": "\\s",
    "Upper": "A-Z",
    "XDigit": "0-9A-Fa-f",
    "javaLowerCase": "a-z",
    "javaUpperCase": "A-Z",
}
_NAMES = {
    "Letter": "L",
    "Number": "N",
    "Separator": "Z",
    "Punctuation": "P",
    "Symbol": "S",
    "Mark": "M",
    "Alphabetic": "L",
}
_CATEGORY_LETTERS = frozenset("LMNPSZC")
_PROPERTY = re.compile(r"([pP])(?:\{\^?([A-Za-z_=]+)\}|([A-Z]))")
_CODE_POINT = re.compile(r"[ux]\{([0-9A-Fa-f]{1,6})\}")


class Untranslatable(ValueError):
    """The pattern uses what Python's `re` has no equal for."""


@cache
def matcher(pattern: str) -> Callable[[str], Any] | None:
    """A function that is truthy for the texts that satisfy a model's pattern; None when it cannot be enforced.

    Without an anchor at its start the whole text must match, as with Java's `matches`; with one the pattern is
    searched for, as Smithy defines it.
    """
    if pattern in exponential():
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = re.compile(translate(pattern), re.ASCII)
    except (Untranslatable, re.error, OverflowError, RecursionError):
        return None
    return compiled.search if pattern.startswith("^") else compiled.fullmatch


@cache
def exponential() -> frozenset[str]:
    """Patterns that must not be run on what a stranger sends."""
    text = files("groundcloud.gateway").joinpath("patterns.json").read_text("utf-8")
    return frozenset(json.loads(text)["exponential"])


def translate(pattern: str) -> str:
    """A pattern in Python's dialect. Raises Untranslatable."""
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")  # Java's pairs of surrogates
    out: list[str] = []
    at, depth = 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            piece, at = _escape(pattern, at + 1, depth > 0)
            out.append(piece)
            if depth and piece[-1] in "wWdDsS" and pattern.startswith("-", at) and pattern[at + 1 : at + 2] != "]":
                out.append("\\")  # no range starts at a class; the hyphen is one
            continue
        if depth:
            if char == "[" and not pattern.startswith("[:", at):
                out.append("\\")
            elif char == "]":
                depth -= 1
            elif pattern.startswith("&&", at):
                raise Untranslatable("a class intersection")
        elif char == "[":
            depth += 1
            while at + 1 < len(pattern) and pattern[at + 1] == "^" and char[-1] != "^":
                char += "^"
                at += 1
        elif char == "$":
            char = r"\Z"
        elif pattern.startswith("(?<", at) and pattern[at + 3 : at + 4] not in ("=", "!"):
            char, at = "(?P<", at + 2
        out.append(char)
        at += 1
    return "".join(out)


def _escape(pattern: str, at: int, in_class: bool) -> tuple[str, int]:
    found = _PROPERTY.match(pattern, at)
    if found is not None:
        return _property(found, in_class), found.end()
    found = _CODE_POINT.match(pattern, at)
    if found is not None:
        return f"\\U{int(found[1], 16):08X}", found.end()
    char = pattern[at : at + 1]
    if char == "Q":
        end = pattern.find("\\E", at)
        end = len(pattern) if end < 0 else end
        return re.escape(pattern[at + 1 : end]), end + 2
    if char in ("z", "Z"):
        return r"\Z", at + 1
    if char == "h":
        return (r" \t\xa0" if in_class else r"[ \t\xa0]"), at + 1
    if char == "":
        raise Untranslatable("a backslash at the end")
    return "\\" + char, at + 1


def _property(found: "re.Match[str]", in_class: bool) -> str:
    name = found[2] or found[3]
    name = name.split("=")[-1].removeprefix("Is").removeprefix("Script_")
    ranges = _POSIX.get(name) or _category(_NAMES.get(name, name))
    if found[1] == "p":
        return ranges if in_class else f"[{ranges}]"
    if not in_class:
        return f"[^{ranges}]"
    if name not in _CATEGORY_LETTERS:
        raise Untranslatable("a negated property in a class")
    return _category("".join(_CATEGORY_LETTERS - {name}))


def _category(name: str) -> str:
    """The code points of a general category (`L`, `Zs`), or of several (`LMN`), as the inside of a class."""
    wanted = tuple(name) if len(name) > 2 else (name,)
    ranges = [pair for key, pairs in _categories().items() if key.startswith(wanted) for pair in pairs]
    if not ranges:
        raise Untranslatable(f"the property {name}")
    return "".join(f"\\U{low:08X}-\\U{high:08X}" for low, high in sorted(ranges))


@cache
def _categories() -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    start, current = 0, unicodedata.category("\0")
    for code in range(1, _LAST):
        kind = unicodedata.category(chr(code))
        if kind != current:
            found.setdefault(current, []).append((start, code - 1))
            start, current = code, kind
    found.setdefault(current, []).append((start, _LAST - 1))
    return found
