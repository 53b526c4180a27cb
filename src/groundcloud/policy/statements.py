"""A compiled policy: statements that say in about a microsecond whether they apply. Made once for a document.

Actions are tested first and the answer is remembered by action, then come resources, and conditions last.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

from groundcloud.policy.conditions import Check, Condition, all_of, compile_condition, parse_operator
from groundcloud.policy.document import MalformedPolicy
from groundcloud.policy.grammar import VERSIONS, Clause, Outline, Position, outline
from groundcloud.policy.operators import arn_test
from groundcloud.policy.principals import Grade, anyone_but, compile_principals
from groundcloud.policy.wildcard import Facts, Pattern, Test, Variable, bound, is_fixed, matcher, tokens

Covers = Callable[[str, Facts], bool]

_REMEMBERED_ACTIONS = 512


class Statement(msgspec.Struct, frozen=True, eq=False):
    """One statement of a policy, compiled."""

    sid: str
    allows: bool
    acts_on: Test  # takes an action in lower case
    covers: Covers | None  # takes a resource and the facts; None: every resource
    condition: Check | None
    grade: Grade | None  # None: the statement names no principal
    not_principal: bool
    principals: tuple[tuple[str, str], ...]  # kind and name, as written
    context_keys: tuple[str, ...]
    start: Position
    end: Position

    def applies(self, resource: str, facts: Facts) -> bool:
        """Whether resource and conditions match; action and principal are another matter."""
        if self.covers is not None and not self.covers(resource, facts):
            return False
        return self.condition is None or self.condition(facts)

    @property
    def unconditional(self) -> bool:
        """Whether it applies to every resource, whatever the facts."""
        return self.covers is None and self.condition is None


Statements = tuple[Statement, ...]


class Policy(msgspec.Struct, frozen=True, eq=False):
    """A compiled policy. `name` (an ARN, an inline policy's name) and `type` are for explanations only."""

    document: str
    version: str
    id: str
    statements: Statements
    name: str = ""
    type: str = ""
    by_action: dict[str, tuple[Statements, Statements]] = msgspec.field(default_factory=dict)

    def candidates(self, action: str) -> tuple[Statements, Statements]:
        """The Deny statements and the Allow statements that name the action."""
        found = self.by_action.get(action)
        return self._remember(action) if found is None else found

    def _remember(self, action: str) -> tuple[Statements, Statements]:
        lowered = action.lower()
        named = [statement for statement in self.statements if statement.acts_on(lowered)]
        found = tuple(each for each in named if not each.allows), tuple(each for each in named if each.allows)
        if len(self.by_action) >= _REMEMBERED_ACTIONS:
            self.by_action.clear()
        self.by_action[action] = found
        return found

    @property
    def context_keys(self) -> list[str]:
        """Every condition key and variable that the policy uses, as spelled there, each once."""
        keys: dict[str, str] = {}
        for statement in self.statements:
            for key in statement.context_keys:
                keys.setdefault(key.lower(), key)
        return list(keys.values())


@lru_cache(maxsize=20_000)
def parse(document: str, name: str = "", type: str = "") -> Policy:
    """The compiled policy of a document. Raises MalformedPolicy.

    Only what no policy may be is refused here; what one kind of policy must be is checked by the check functions when
    it is stored. `name` and `type` say in explanations whose policy it is; the same text compiles once.
    """
    if name or type:
        plain = parse(document)
        return Policy(plain.document, plain.version, plain.id, plain.statements, name, type, plain.by_action)
    return compile_policy(document, outline(document))


def compile_policy(document: str, written: Outline) -> Policy:
    """Compiles a policy whose grammar has been read."""
    variables = written.version == VERSIONS[1]
    statements = tuple(_statement(clause, variables) for clause in written.clauses)
    return Policy(document, written.version or VERSIONS[0], written.id, statements)


def _statement(clause: Clause, variables: bool) -> Statement:
    conditions = _conditions(clause, variables)
    patterns = [tokens(text, variables) for text in clause.resources or clause.not_resources or ()]
    inside = [token.spelled for pattern in patterns for token in pattern if isinstance(token, Variable)]
    keys = [key for condition in conditions for key in condition.keys] + inside
    return Statement(
        sid=clause.sid or "",
        allows=clause.effect == "Allow",
        acts_on=_actions(clause),
        covers=_resources(patterns, negated=clause.not_resources is not None),
        condition=all_of(conditions),
        grade=_grade(clause),
        not_principal=clause.not_principal is not None,
        principals=_principals(clause),
        context_keys=tuple(keys),
        start=clause.start,
        end=clause.end,
    )


def _conditions(clause: Clause, variables: bool) -> list[Condition]:
    result: list[Condition] = []
    for spelled, keys in clause.condition.items():
        use = parse_operator(spelled)
        if use is None:
            raise MalformedPolicy
        result.extend(compile_condition(use, spelled, key, values, variables) for key, values in keys.items())
    return result


def _grade(clause: Clause) -> Grade | None:
    if clause.principal is not None:
        return compile_principals(clause.principal).grade
    if clause.not_principal is not None:
        return anyone_but(compile_principals(clause.not_principal))
    return None


def _principals(clause: Clause) -> tuple[tuple[str, str], ...]:
    element = clause.principal if clause.principal is not None else clause.not_principal or {}
    if isinstance(element, str):
        return (("AWS", element),)
    return tuple((kind, name) for kind, names in element.items() for name in names)


def _actions(clause: Clause) -> Test:
    names = clause.actions if clause.actions is not None else clause.not_actions or []
    exact = frozenset(name.lower() for name in names if not _has_wildcard(name))
    tests = [_fixed_test(tokens(name.lower(), variables=False)) for name in names if _has_wildcard(name)]
    expected = clause.not_actions is None

    def acts_on(action: str) -> bool:
        return (action in exact or any(test(action) for test in tests)) is expected

    return acts_on


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def _fixed_test(pattern: Pattern) -> Test:
    return matcher(pattern)


def _resources(patterns: Sequence[Pattern], negated: bool) -> Covers | None:
    """None where every resource is covered: no Resource element (trust policies), or `*` among its values."""
    everything = not patterns or tokens("*", variables=False) in patterns
    if everything:
        return (lambda resource, facts: False) if negated else None
    tests = [arn_test(pattern) for pattern in patterns if is_fixed(pattern)]
    varying = [pattern for pattern in patterns if not is_fixed(pattern)]
    if varying:
        return _varying(tests, varying, negated)
    if len(tests) == 1:
        test = tests[0]
        return lambda resource, facts: test(resource) is not negated
    return lambda resource, facts: any(test(resource) for test in tests) is not negated


def _varying(tests: Sequence[Test], varying: Sequence[Pattern], negated: bool) -> Covers:
    """Resources with policy variables. Under NotResource a variable without a value makes the statement not match."""

    binds = [bound(pattern, arn_test) for pattern in varying]

    def covers(resource: str, facts: Facts) -> bool:
        if any(test(resource) for test in tests):
            return not negated
        for bind in binds:
            test = bind(facts)
            if test is None:
                if negated:
                    return False
            elif test(resource):
                return not negated
        return negated

    return covers
