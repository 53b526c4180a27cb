"""Filter policies: whether a subscription wants a message, by its attributes or its body.

Source: "Amazon SNS message filtering" and "Filter policy constraints" in the developer guide. A policy is
compiled once.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from groundcloud.services.sns.errors import FilterPolicyTooLarge, InvalidParameter
from groundcloud.services.sns.records import MessageAttributeValue

ABSENT = object()
"""The value of what a message does not have."""

Test = Callable[[Any], bool]
Wants = Callable[[Any], bool]
_MOST_COMBINATIONS = 150
_LARGEST = 256 * 1024


def _wrong(reason: str) -> InvalidParameter:
    return InvalidParameter(reason=f"FilterPolicy: {reason}")


@lru_cache(maxsize=4096)
def compiled(document: str, scope: str) -> Wants:
    """The policy as a function of the message's values. Raises `InvalidParameter`."""
    try:
        policy = json.loads(document)
    except ValueError as error:
        raise _wrong("failed to parse JSON.") from error
    if not isinstance(policy, dict):
        raise _wrong("Filter policy must be a JSON object")
    if len(document) > _LARGEST:
        raise FilterPolicyTooLarge(reason="Filter policy is too large")
    counts: list[int] = []
    wants = _object(policy, scope == "MessageBody", counts, 1)
    combinations = 1
    for count in counts:
        combinations *= count
    if combinations > _MOST_COMBINATIONS:
        raise _wrong("Filter policy is too complex")
    if len(counts) > 5:
        raise _wrong("Filter policy can not have more than 5 keys")
    return wants


def _object(policy: Mapping[str, Any], nested: bool, counts: list[int], depth: int) -> Wants:
    parts: list[Wants] = []
    for name, rule in policy.items():
        if name == "$or" and isinstance(rule, list) and len(rule) > 1 and all(isinstance(r, dict) for r in rule):
            choices = [_object(each, nested, [], depth) for each in rule]
            counts.append(len(choices))
            parts.append(lambda values, choices=choices: any(choice(values) for choice in choices))  # type: ignore[misc]  # a default binds it
        elif isinstance(rule, list):
            if not rule:
                raise _wrong("Empty arrays are not allowed")
            counts.append(len(rule) * depth)
            parts.append(_field(name, [_rule(each) for each in rule]))
        elif isinstance(rule, dict) and nested:
            parts.append(_nested(name, _object(rule, nested, counts, depth + 1)))
        elif isinstance(rule, dict):
            raise _wrong(f'"{name}" must be a list of values: filter policies by attributes are not nested')
        else:
            raise _wrong(f'"{name}" must be an object or an array')
    return lambda values: all(part(values) for part in parts)


def _nested(name: str, wants: Wants) -> Wants:
    def check(values: Any) -> bool:
        inner = values.get(name) if isinstance(values, Mapping) else None
        if isinstance(inner, list):
            return any(wants(each) for each in inner)
        return wants(inner if isinstance(inner, Mapping) else {})

    return check


def _field(name: str, tests: list[Test]) -> Wants:
    """Whether any value of a field passes any test; a test that wants the field absent sees `ABSENT`."""

    def check(values: Any) -> bool:
        found = values.get(name, ABSENT) if isinstance(values, Mapping) else ABSENT
        candidates = found if isinstance(found, list) else [found]
        return any(test(value) for value in candidates for test in tests)

    return check


def _rule(rule: Any) -> Test:
    if isinstance(rule, dict):
        if len(rule) != 1:
            raise _wrong("Only one key allowed in match expression")
        [(operator, operand)] = rule.items()
        make = _OPERATORS.get(operator)
        if make is None:
            raise _wrong(f"Unrecognized match type {operator}")
        return make(operand)
    if isinstance(rule, list):
        raise _wrong("Match value must be String, number, true, false, or null")
    return _exactly(rule)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _exactly(wanted: Any) -> Test:
    if _is_number(wanted):
        return lambda value: _is_number(value) and value == wanted
    return lambda value: type(value) is type(wanted) and value == wanted


def _text(operator: str, operand: Any) -> str:
    if not isinstance(operand, str) or not operand:
        raise _wrong(f"{operator} match pattern must be a string")
    return operand


def _prefix(operand: Any) -> Test:
    start = _text("prefix", operand)
    return lambda value: isinstance(value, str) and value.startswith(start)


def _suffix(operand: Any) -> Test:
    end = _text("suffix", operand)
    return lambda value: isinstance(value, str) and value.endswith(end)


def _ignoring_case(operand: Any) -> Test:
    wanted = _text("equals-ignore-case", operand).lower()
    return lambda value: isinstance(value, str) and value.lower() == wanted


def _wildcard(operand: Any) -> Test:
    text = _text("wildcard", operand)
    if "**" in text:
        raise _wrong("Consecutive wildcard characters at pos " + str(text.index("**")))
    pattern = re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _anything_but(operand: Any) -> Test:
    if isinstance(operand, dict):
        if len(operand) != 1 or next(iter(operand)) not in ("prefix", "suffix", "wildcard", "equals-ignore-case"):
            raise _wrong("Unsupported anything-but pattern")
        [(operator, inner)] = operand.items()
        tests = [_OPERATORS[operator](each) for each in (inner if isinstance(inner, list) else [inner])]
    else:
        listed = operand if isinstance(operand, list) else [operand]
        if not listed or not all(isinstance(each, str) or _is_number(each) for each in listed):
            raise _wrong(
                "Inside anything but list, either all values are number or string, mixed type is not supported"
            )
        tests = [_exactly(each) for each in listed]
    return lambda value: value is not ABSENT and not any(test(value) for test in tests)


def _exists(operand: Any) -> Test:
    if not isinstance(operand, bool):
        raise _wrong("exists match pattern must be either true or false.")
    return lambda value: (value is not ABSENT) is operand


def _cidr(operand: Any) -> Test:
    try:
        network = ipaddress.ip_network(operand, strict=False)
    except ValueError as error:
        raise _wrong("Malformed CIDR, one '/' required") from error

    def check(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return check


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


def _numeric(operand: Any) -> Test:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise _wrong("Value of numeric must be an array of an operator and a number, or of two of each")
    bounds = []
    for operator, bound in zip(operand[::2], operand[1::2], strict=True):
        if operator not in _COMPARISONS:
            raise _wrong(f"Unrecognized numeric range operator: {operator}")
        if not _is_number(bound) or abs(bound) > 1e9:
            raise _wrong("Value of numeric must be a number from -1000000000 to 1000000000")
        bounds.append((_COMPARISONS[operator], bound))
    if len(bounds) == 2 and not (operand[0] in (">", ">=") and operand[2] in ("<", "<=") and operand[1] < operand[3]):
        raise _wrong("Bottom must be less than top")
    return lambda value: _is_number(value) and all(compare(value, bound) for compare, bound in bounds)


_OPERATORS: dict[str, Callable[[Any], Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _ignoring_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "exists": _exists,
    "cidr": _cidr,
    "numeric": _numeric,
}


# -- what is looked at


def values_of(attributes: Mapping[str, MessageAttributeValue]) -> dict[str, Any]:
    """Message attributes as a policy sees them: text, number, or the members of an array."""
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        text = value.string_value or ""
        if value.data_type == "String.Array":
            try:
                listed = json.loads(text)
            except ValueError:
                listed = text
            found[name] = listed
        elif value.data_type.startswith("Number"):
            found[name] = float(text)
        elif value.data_type.startswith("String"):
            found[name] = text
    return found


def body_of(message: str) -> Any:
    """A message that is a JSON object; None for any other, which no policy about bodies wants."""
    try:
        found = json.loads(message)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def wants(policy: str, scope: str, attributes: Mapping[str, MessageAttributeValue], message: str) -> bool:
    """Whether a subscription with this policy wants a message."""
    check = compiled(policy, scope)
    if scope == "MessageBody":
        body = body_of(message)
        return body is not None and check(body)
    return check(values_of(attributes))
