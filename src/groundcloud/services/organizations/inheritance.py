"""How management policies (tags, backups, ...) of a root, its units and an account become one. Pure.

Source: Organizations guide, "Management policy inheritance" and "Inheritance operators": `@@assign` replaces,
`@@append` adds, `@@remove` takes away, and `@@operators_allowed_for_child_policies` says what of these policies further
down may do there, and below there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_ALLOWED = "@@operators_allowed_for_child_policies"
_OPERATORS = frozenset(("@@assign", "@@append", "@@remove"))


class _Node:
    """A place in the effective policy: a value, or places below it."""

    __slots__ = ("allowed", "below", "value")

    def __init__(self) -> None:
        self.value: Any = None
        self.below: dict[str, _Node] = {}
        self.allowed: frozenset[str] | None = None
        """What policies of the next levels may do here; None is what they may do above."""

    def shown(self) -> Any:
        if self.value is not None:
            return self.value
        found = {key: node.shown() for key, node in self.below.items()}
        return {key: value for key, value in found.items() if value is not None} or None


def effective(levels: Iterable[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """The policies of each level, from the root down, as one; operators are gone."""
    root = _Node()
    for level in levels:
        limits: list[tuple[_Node, frozenset[str]]] = []
        for policy in level:
            _apply(root, policy, _OPERATORS, limits)
        for node, allowed in limits:  # they bind the levels below, not the siblings
            node.allowed = allowed if node.allowed is None else node.allowed & allowed
    found: dict[str, Any] = root.shown() or {}
    return found


def _apply(
    node: _Node, policy: Mapping[str, Any], allowed: frozenset[str], limits: list[tuple[_Node, frozenset[str]]]
) -> None:
    if node.allowed is not None:
        allowed = node.allowed
    for key, value in policy.items():
        if key == _ALLOWED:
            limits.append((node, _operators(value)))
        elif key in _OPERATORS:
            if key in allowed:
                node.value = _set(key, node.value, value)
        elif isinstance(value, Mapping):
            known = _key_of(node, key)
            _apply(node.below.setdefault(known, _Node()), value, allowed, limits)


def _key_of(node: _Node, key: str) -> str:
    """The key as it is known: capitals do not tell keys apart."""
    return next((known for known in node.below if known.lower() == key.lower()), key)


def _operators(value: Any) -> frozenset[str]:
    names = frozenset(value if isinstance(value, list) else [value])
    return _OPERATORS if "@@all" in names else names & _OPERATORS


def _set(operator: str, old: Any, new: Any) -> Any:
    if operator == "@@assign":
        return new
    known = old if isinstance(old, list) else [] if old is None else [old]
    given = new if isinstance(new, list) else [new]
    if operator == "@@append":
        return [*known, *(each for each in given if each not in known)]
    return [each for each in known if each not in given]
