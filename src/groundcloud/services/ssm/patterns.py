"""Allowed patterns: a regular expression of the customer's that values must fit.

A pattern that could keep the cloud busy is refused: repetitions of what repeats or chooses itself, and more repetitions
than the length of the value allows, for each multiplies the steps by that length, and each choice by two.
"""

import re

from groundcloud.services.ssm import errors

_REPETITION = re.compile(r"(?<!\\)(?:[*+]|\{\d*,\d*\})")
_CHOICE = re.compile(r"(?<![\\(*+?}])\?|(?<!\\)\|")
_MOST_STEPS = 100_000_000


def check(pattern: str, value: str) -> None:
    """Raises `ParameterPatternMismatchException`, and `InvalidAllowedPatternException` for what is no pattern."""
    factors = len(_REPETITION.findall(pattern)) + (not pattern.startswith("^"))
    steps = len(value) ** factors << min(len(_CHOICE.findall(pattern)), 64)
    if _repeats_without_bound(pattern) or steps > _MOST_STEPS:
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
        elif character in "*+{|" or (character == "?" and pattern[at - 1 : at] != "("):
            varies[-1] = True
        at += 1
    return False
