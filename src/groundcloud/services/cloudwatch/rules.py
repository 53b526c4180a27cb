"""The rule expressions of composite alarms: `ALARM("a") AND NOT (OK(b) OR FALSE)`. Pure.

Source: PutCompositeAlarm in the API reference. `NOT` binds strongest, then `AND`, then `OR`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_TOKEN = re.compile(
    r"""\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<bare>[^\s()"',]+))\s*\)
    |(?P<word>AND|OR|NOT|TRUE|FALSE)(?![\w])|(?P<bracket>[()]))""",
    re.VERBOSE,
)
_DEEPEST = 100


class MalformedRule(ValueError):
    """The expression says nothing."""


class State(NamedTuple):
    """Whether an alarm is in a state."""

    name: str
    value: str


class Fixed(NamedTuple):
    value: bool


class Not(NamedTuple):
    of: "Rule"


class All(NamedTuple):
    of: "tuple[Rule, ...]"


class Some(NamedTuple):
    of: "tuple[Rule, ...]"


Rule = State | Fixed | Not | All | Some
_Token = tuple[str, str]


def parse(text: str) -> Rule:
    """Raises `MalformedRule`."""
    tokens = list(_tokens(text))
    rule, at = _some(tokens, 0, 0)
    if at < len(tokens):
        raise MalformedRule(f"unexpected {tokens[at][1] or tokens[at][0]}")
    return rule


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise MalformedRule(f"unexpected text at {at}: {text[at : at + 20]}")
        if found["state"]:
            quoted = found["double"] if found["double"] is not None else found["single"]
            name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else found["bare"]
            yield found["state"], _name(name)
        else:
            yield found["word"] or found["bracket"], ""
        at = found.end()


def _name(text: str) -> str:
    """An alarm may be named by its ARN."""
    return text.split(":alarm:", 1)[1] if text.startswith("arn:") and ":alarm:" in text else text


def _some(tokens: list[_Token], at: int, depth: int) -> tuple[Rule, int]:
    found, at = _all(tokens, at, depth)
    rules = [found]
    while at < len(tokens) and tokens[at][0] == "OR":
        found, at = _all(tokens, at + 1, depth)
        rules.append(found)
    return (rules[0] if len(rules) == 1 else Some(tuple(rules))), at


def _all(tokens: list[_Token], at: int, depth: int) -> tuple[Rule, int]:
    found, at = _one(tokens, at, depth)
    rules = [found]
    while at < len(tokens) and tokens[at][0] == "AND":
        found, at = _one(tokens, at + 1, depth)
        rules.append(found)
    return (rules[0] if len(rules) == 1 else All(tuple(rules))), at


def _one(tokens: list[_Token], at: int, depth: int) -> tuple[Rule, int]:
    if at >= len(tokens):
        raise MalformedRule("it ends too early")
    if depth > _DEEPEST:
        raise MalformedRule("it is nested too deeply")
    kind, name = tokens[at]
    if kind in ("TRUE", "FALSE"):
        return Fixed(kind == "TRUE"), at + 1
    if kind == "NOT":
        rule, at = _one(tokens, at + 1, depth + 1)
        return Not(rule), at
    if kind == "(":
        rule, at = _some(tokens, at + 1, depth + 1)
        if at >= len(tokens) or tokens[at][0] != ")":
            raise MalformedRule("a bracket is not closed")
        return rule, at + 1
    if kind in ("AND", "OR", ")"):
        raise MalformedRule(f"unexpected {kind}")
    return State(name, kind), at + 1


def children(rule: Rule) -> list[str]:
    """The alarms that a rule looks at, each once, in the order in which they stand."""
    return list(dict.fromkeys(_children(rule)))


def _children(rule: Rule) -> Iterator[str]:
    if isinstance(rule, State):
        yield rule.name
    elif isinstance(rule, Not):
        yield from _children(rule.of)
    elif isinstance(rule, All | Some):
        for each in rule.of:
            yield from _children(each)


def holds(rule: Rule, states: Mapping[str, str]) -> bool:
    """Whether a rule is true when its alarms are in these states."""
    if isinstance(rule, State):
        return states[rule.name] == rule.value
    if isinstance(rule, Fixed):
        return rule.value
    if isinstance(rule, Not):
        return not holds(rule.of, states)
    results = (holds(each, states) for each in rule.of)
    return all(results) if isinstance(rule, All) else any(results)
