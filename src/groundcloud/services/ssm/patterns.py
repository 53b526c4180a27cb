"""Allowed patterns: a regular expression of the customer's that values must fit.

A pattern whose cost could grow without bound is refused: repetitions of what repeats or chooses itself, and more than
two repetitions of any character.
"""

import re

from groundcloud.services.ssm import errors

_ANYTHING = re.compile(r"(?<!\\)\.(?:[*+]|\{\d*,\d*\})")


def check(pattern: str, value: str) -> None:
    """Raises `ParameterPatternMismatchException`, and `InvalidAllowedPatternException` for what is no pattern."""
    if _repeats_without_bound(pattern) or len(_ANYTHING.findall(pattern)) > 2:
        raise errors.InvalidPattern(pattern=pattern)
    try:
        fits = re.search(pattern, value) is not None
    except re.error as flaw:
        raise errors.InvalidPattern(pattern=pattern) from flaw
    if not fits:
        raise errors.PatternMismatch(pattern=pattern)


def _repeats_without_bound(pattern: str) -> bool:
    """Whether a group that repeats or chooses is itself repeated."""
    varies = [False]
    at, in_set = 0, False
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            at += 2
            continue
        if in_set:
            in_set = character != "]"
        elif character == "[":
            in_set = True
        elif character == "(":
            varies.append(False)
        elif character == ")" and len(varies) > 1:
            inner = varies.pop()
            repeated = pattern[at + 1 : at + 2] in ("*", "+", "{")
            if inner and repeated:
                return True
            varies[-1] = varies[-1] or inner or repeated
        elif character in "*+{|":
            varies[-1] = True
        at += 1
    return False
