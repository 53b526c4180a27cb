"""Patterns with `*` and `?`: tokens, policy variables in them, and matchers compiled from them.

A matcher is compiled once for a pattern. Its cost is at most the product of the lengths of pattern and text, never
exponential (each `*` is an atomic group: once the text after it is found, it is not tried elsewhere).
"""

import re
from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache

import msgspec

Facts = Callable[[str], "str | Sequence[str] | None"]
Test = Callable[[str], bool]


class Wild(Enum):
    """A wildcard: any characters, or exactly one."""

    ANY = "*"
    ONE = "?"


class Variable(msgspec.Struct, frozen=True):
    """`${key}` or `${key, 'default'}`; `key` in lower case, `spelled` as the author wrote it."""

    key: str
    spelled: str
    default: str | None = None


class Value(str):
    """What a variable stood for; a colon in it does not separate the parts of an ARN."""

    __slots__ = ()


Fixed = tuple["str | Wild", ...]
Pattern = tuple["str | Wild | Variable", ...]

_PIECE = re.compile(r"(?P<wild>[*?])|\$\{(?P<inside>[^{}]+)\}|(?P<text>[^*?$]+|\$)")
_SPECIAL = ("*", "?", "$")
_SEGMENTS = 6


def tokens(text: str, variables: bool, wildcards: bool = True) -> Pattern:
    """The pieces of a pattern. `variables`: from policy version 2012-10-17 on; before, `${...}` is plain text."""
    result: list[str | Wild | Variable] = []
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        token = _token(piece, variables, wildcards) if piece else None
        if piece is None or token is None:
            token = text[at]
            at += 1
        else:
            at = piece.end()
        if isinstance(token, str) and result and isinstance(result[-1], str):
            result[-1] += token
        elif not (token is Wild.ANY and result and result[-1] is Wild.ANY):
            result.append(token)
    return tuple(result)


def _token(piece: re.Match[str], variables: bool, wildcards: bool) -> "str | Wild | Variable | None":
    if piece["wild"]:
        return Wild(piece["wild"]) if wildcards else piece["wild"]
    if piece["text"]:
        return piece["text"]
    inside = piece["inside"]
    if not variables or inside in _SPECIAL:
        return inside if variables else None
    key, comma, default = (part.strip() for part in inside.partition(","))
    quoted = len(default) > 1 and default[0] == default[-1] == "'" and "'" not in default[1:-1]
    if not key or any(sign in key for sign in "*?$'") or (comma and not quoted):
        return None
    return Variable(key.lower(), key, default[1:-1] if comma else None)


def is_fixed(pattern: Pattern) -> bool:
    """Whether a pattern needs no value of the request."""
    return not any(isinstance(token, Variable) for token in pattern)


def bound(pattern: Pattern, make: Callable[[Fixed], Test]) -> Callable[[Facts], Test | None]:
    """For a pattern with variables: a function that makes the test of one request, or None if a variable has no value.

    Wildcards in a value are plain characters. A key with several values cannot be a variable (IAM User Guide, "Policy
    elements: Variables and tags").
    """
    variables = [token for token in pattern if isinstance(token, Variable)]

    @lru_cache(maxsize=64)
    def made(values: tuple[str, ...]) -> Test:
        rest = iter(values)
        return make(tuple(Value(next(rest)) if isinstance(token, Variable) else token for token in pattern))

    def bind(facts: Facts) -> Test | None:
        values = []
        for variable in variables:
            found = facts(variable.key)
            if found is not None and not isinstance(found, str):
                found = found[0] if len(found) == 1 else None
            value = variable.default if found is None else found
            if value is None:
                return None
            values.append(value)
        return made(tuple(values))

    return bind


@lru_cache(maxsize=16_384)
def matcher(pattern: Fixed, ignore_case: bool = False) -> Test:
    """A test for strings; `*` also matches nothing, `:` and `/`."""
    pattern = _joined(pattern)
    if ignore_case:
        lowered = matcher(tuple(token.lower() if isinstance(token, str) else token for token in pattern))
        return lambda text: lowered(text.lower())
    if pattern == (Wild.ANY,):
        return _anything
    if all(isinstance(token, str) for token in pattern):
        return "".join(str(token) for token in pattern).__eq__
    if len(pattern) == 2 and isinstance(pattern[0], str) and pattern[1] is Wild.ANY:
        prefix = pattern[0]
        return lambda text: text.startswith(prefix)
    return _full_match(_expression(pattern, "."))


@lru_cache(maxsize=16_384)
def arn_matcher(segments: tuple[Fixed, ...]) -> Test:
    """A test for ARNs: the first five parts are compared one by one, `*` in the sixth also crosses `:` and `/`."""
    if all(segment == (Wild.ANY,) for segment in segments):
        return _is_arn
    if any(isinstance(token, str) and ":" in token for segment in segments[:-1] for token in segment):
        return _nothing  # a variable's value that would have to be in two parts
    parts = [_expression(segment, "[^:]") for segment in segments[:-1]]
    if not any(isinstance(token, Wild) for segment in segments[:-1] for token in segment):
        head = ":".join("".join(str(token) for token in segment) for segment in segments[:-1]) + ":"
        return matcher((head, *segments[-1]))
    return _full_match(":".join([*parts, _expression(segments[-1], ".")]))


def arn_segments(pattern: Pattern) -> tuple[Pattern, ...]:
    """The six parts of an ARN pattern; missing parts are `*` (IAM User Guide, "Policy elements: Resource").

    Colons are looked for in the author's text only, so a variable's value stays in its part.
    """
    segments: list[list[str | Wild | Variable]] = [[]]
    if len(pattern) == 1 and isinstance(pattern[0], Value):
        pattern = (str(pattern[0]),)  # the variable is a whole ARN, such as ${aws:PrincipalArn}
    for token in pattern:
        if not isinstance(token, str) or isinstance(token, Value):
            segments[-1].append(token)
            continue
        pieces = token.split(":", _SEGMENTS - len(segments))
        if pieces[0]:
            segments[-1].append(pieces[0])
        segments.extend([piece] if piece else [] for piece in pieces[1:])
    missing = _SEGMENTS - len(segments)
    return tuple(tuple(segment) for segment in segments) + ((Wild.ANY,),) * missing


def _joined(pattern: Fixed) -> Fixed:
    result: list[str | Wild] = []
    for token in pattern:
        if isinstance(token, str) and result and isinstance(result[-1], str):
            result[-1] += token
        else:
            result.append(token)
    return tuple(result)


def _expression(pattern: Fixed, character: str) -> str:
    """A regular expression; all but the last `*` are atomic, so matching does not blow up."""
    runs: list[str] = [""]
    for token in pattern:
        if token is Wild.ANY:
            runs.append("")
        else:
            runs[-1] += character if token is Wild.ONE else re.escape(str(token))
    first, middle, last = runs[0], runs[1:-1], runs[-1]
    if len(runs) == 1:
        return first
    return first + "".join(f"(?>{character}*?{run})" for run in middle) + f"{character}*{last}"


def _full_match(expression: str) -> Test:
    found = re.compile(expression, re.DOTALL).fullmatch
    return lambda text: found(text) is not None


def _anything(text: str) -> bool:
    return True


def _nothing(text: str) -> bool:
    return False


def _is_arn(text: str) -> bool:
    return text.count(":") >= _SEGMENTS - 1
