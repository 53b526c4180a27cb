"""The grammar of a policy: from a document's text to plain statements whose elements have the right shape.

It checks what every policy shares (IAM User Guide, "Grammar of the IAM JSON policy language"); what one kind of policy
demands or forbids is in validation.py.
"""

from typing import Any

import msgspec

from groundcloud.policy.document import JsonObject, MalformedPolicy, line_and_column, malformed, read

VERSIONS = ("2008-10-17", "2012-10-17")
_ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_PRINCIPAL_KINDS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


class Position(msgspec.Struct, frozen=True):
    """A place in a document; line and column count from 1."""

    line: int
    column: int


class Clause(msgspec.Struct, frozen=True):
    """One statement as written; lists stand where the grammar allows one string. None: the element is missing."""

    effect: str
    sid: str | None
    principal: str | dict[str, list[str]] | None
    not_principal: str | dict[str, list[str]] | None
    actions: list[str] | None
    not_actions: list[str] | None
    resources: list[str] | None
    not_resources: list[str] | None
    condition: dict[str, dict[str, list[str]]]
    start: Position
    end: Position


class Outline(msgspec.Struct, frozen=True):
    """A policy as written. `version` is "" when the document names none."""

    version: str
    id: str
    clauses: tuple[Clause, ...]


def outline(text: str) -> Outline:
    """The statements of a document. Raises MalformedPolicy."""
    tree = read(text)
    _only(tree, frozenset({"Version", "Id", "Statement"}))
    version = _string(tree.get("Version", ""))
    if "Version" in tree and version not in VERSIONS:
        raise malformed("The policy must contain a valid version string")
    statements = tree.get("Statement")
    # AWS's own example for simulate-custom-policy (AWS CLI reference) counts a lone statement one column later.
    shift = 1 if isinstance(statements, JsonObject) else 0
    if isinstance(statements, JsonObject):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise malformed("Could not parse the policy: Statement is empty!")
    return Outline(version, _string(tree.get("Id", "")), tuple(_clause(text, each, shift) for each in statements))


def _clause(text: str, tree: Any, shift: int) -> Clause:
    if not isinstance(tree, JsonObject):
        raise MalformedPolicy
    _only(tree, _ELEMENTS)
    if tree.get("Effect") not in ("Allow", "Deny"):
        raise malformed(f"Invalid effect: {tree['Effect']}" if "Effect" in tree else "Missing required field Effect")
    for element in ("Principal", "Action", "Resource"):
        if element in tree and f"Not{element}" in tree:
            raise MalformedPolicy
    line, column = line_and_column(text, tree.start)
    return Clause(
        effect=tree["Effect"],
        sid=_string(tree["Sid"]) if "Sid" in tree else None,
        principal=_principal(tree, "Principal"),
        not_principal=_principal(tree, "NotPrincipal"),
        actions=_strings(tree, "Action"),
        not_actions=_strings(tree, "NotAction"),
        resources=_strings(tree, "Resource"),
        not_resources=_strings(tree, "NotResource"),
        condition=_condition(tree.get("Condition", JsonObject())),
        start=Position(line, column + shift),
        end=Position(*line_and_column(text, tree.end)),
    )


def _only(tree: JsonObject, known: frozenset[str]) -> None:
    if not known.issuperset(tree):
        raise MalformedPolicy


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedPolicy
    return value


def _strings(tree: JsonObject, key: str) -> list[str] | None:
    if key not in tree:
        return None
    return [_string(each) for each in tree[key]] if isinstance(tree[key], list) else [_string(tree[key])]


def _principal(tree: JsonObject, key: str) -> str | dict[str, list[str]] | None:
    value = tree.get(key)
    if key not in tree or value == "*":
        return value if key in tree else None
    if not isinstance(value, JsonObject):
        raise MalformedPolicy
    for kind in value:
        if kind not in _PRINCIPAL_KINDS:
            raise malformed(f'Invalid principal in policy: "{kind}"')
    return {kind: _strings(value, kind) or [] for kind in value}


def _condition(value: Any) -> dict[str, dict[str, list[str]]]:
    if not isinstance(value, JsonObject) or not all(isinstance(keys, JsonObject) for keys in value.values()):
        raise MalformedPolicy
    return {operator: {key: _strings(keys, key) or [] for key in keys} for operator, keys in value.items()}
