"""Compiles a statement's Condition element to one function of the request's facts.

All operators and all their keys must hold; of a key's values one must match (none, for a negated operator).
Sources: IAM User Guide, "Condition operators" and "Conditions with multiple context keys or values".
"""

import re
from collections.abc import Callable, Sequence

import msgspec

from groundcloud.policy.operators import OPERATORS, Operator
from groundcloud.policy.wildcard import Facts, Pattern, Test, Variable, bound, is_fixed, tokens

Check = Callable[[Facts], bool]
Bind = Callable[[Facts], "Test | None"]

_NAME = re.compile(r"(?:(?P<every>ForAllValues):|(?P<some>ForAnyValue):)?(?P<name>[A-Za-z]+?)(?P<if_exists>IfExists)?")


class Condition(msgspec.Struct, frozen=True):
    """One operator with one key: as written, compiled, and the keys whose values it wants."""

    operator: str
    key: str
    check: Check
    keys: tuple[str, ...]


class Use(msgspec.Struct, frozen=True):
    """An operator as a policy spells it: with its set qualifier and IfExists."""

    operator: Operator
    name: str
    every: bool
    some: bool
    if_exists: bool


def parse_operator(spelled: str) -> Use | None:
    """None for a name that is no operator."""
    found = _NAME.fullmatch(spelled)
    if found is None or found["name"] not in OPERATORS:
        return None
    use = Use(
        OPERATORS[found["name"]], found["name"], bool(found["every"]), bool(found["some"]), bool(found["if_exists"])
    )
    return None if use.name == "Null" and (use.every or use.some or use.if_exists) else use


def compile_condition(use: Use, spelled: str, key: str, values: Sequence[str], variables: bool) -> Condition:
    """One operator applied to one key; `variables` is true from policy version 2012-10-17 on."""
    operator = use.operator
    patterns = [tokens(value, variables and operator.variables, operator.wildcards) for value in values]
    if use.name == "Null":
        check = _null(key.lower(), {value.lower() for value in values})
    elif all(map(is_fixed, patterns)):
        check = _static(use, key.lower(), operator.compile(patterns))
    else:
        check = _dynamic(use, key.lower(), _bind(operator, patterns))
    inside = [token.spelled for pattern in patterns for token in pattern if isinstance(token, Variable)]
    return Condition(spelled, key, check, (key, *inside))


def all_of(conditions: Sequence[Condition]) -> Check | None:
    """One check of all conditions; None when there is none."""
    checks = tuple(condition.check for condition in conditions)
    if len(checks) < 2:
        return checks[0] if checks else None

    def every(facts: Facts) -> bool:
        for check in checks:  # noqa: SIM110  # a loop is faster than all() with a generator
            if not check(facts):
                return False
        return True

    return every


def _null(key: str, wanted: set[str]) -> Check:
    def check(facts: Facts) -> bool:
        found = facts(key)
        return ("true" if found is None or (not found and found != "") else "false") in wanted

    return check


def _static(use: Use, key: str, test: Test) -> Check:
    if use.every or use.some:
        return lambda facts: _of_set(use, facts(key), test)
    absent, negated = use.if_exists or use.operator.negated, use.operator.negated

    def check(facts: Facts) -> bool:
        found = facts(key)
        if found is None:
            return absent
        if isinstance(found, str):
            return test(found) is not negated
        return any(map(test, found)) is not negated if found else absent

    return check


def _dynamic(use: Use, key: str, bind: Bind) -> Check:
    absent, negated = use.if_exists or use.operator.negated, use.operator.negated

    def check(facts: Facts) -> bool:
        test = bind(facts)
        if test is None:
            return False
        found = facts(key)
        if use.every or use.some:
            return _of_set(use, found, test)
        if found is None or (not found and found != ""):
            return absent
        return any(map(test, [found] if isinstance(found, str) else found)) is not negated

    return check


def _of_set(use: Use, found: "str | Sequence[str] | None", test: Test) -> bool:
    values = [found] if isinstance(found, str) else found or ()
    if not any(values):  # no key, no values, or only empty ones
        return use.every or use.if_exists
    negated = use.operator.negated
    results = (test(value) is not negated for value in values)
    return all(results) if use.every else any(results)


def _bind(operator: Operator, patterns: Sequence[Pattern]) -> Bind:
    """The test with this request's variables. A value whose variable has no value matches nothing.

    Under a negated operator "matches nothing" would turn into a match; there the condition fails instead (None).
    """

    fixed = [operator.compile([pattern]) for pattern in patterns if is_fixed(pattern)]
    binds = [bound(pattern, lambda one: operator.compile([one])) for pattern in patterns if not is_fixed(pattern)]

    def bind(facts: Facts) -> Test | None:
        tests = fixed.copy()
        for one in binds:
            test = one(facts)
            if test is not None:
                tests.append(test)
            elif operator.negated:
                return None
        return lambda value: any(test(value) for test in tests)

    return bind
