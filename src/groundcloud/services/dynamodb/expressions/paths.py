"""Document paths with their names filled in: read, projected, and kept from overlapping."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.expressions.syntax import Path
from groundcloud.services.dynamodb.values import Item, Value

Steps = tuple[str | int, ...]


class Names:
    """ExpressionAttributeNames."""

    __slots__ = ("given",)

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given

    def steps(self, path: Path, label: str) -> Steps:
        """A path's steps. Raises `ValidationException` for a name that is not defined."""
        return tuple(self._step(step, label) if type(step) is str else step for step in path.steps)

    def _step(self, step: str, label: str) -> str:
        if not step.startswith("#"):
            return step
        found = self.given.get(step)
        if found is None:
            raise invalid(
                f"Invalid {label}: An expression attribute name used in the document path is not defined; "
                f"attribute name: {step}"
            )
        return found


def found_at(steps: Steps) -> Callable[[Item, Any], Value | None]:
    """A function that reads what is at a path."""
    if len(steps) == 1:
        name = steps[0]
        return lambda item, values: item.get(name)  # type: ignore[arg-type]  # the first step is always a name

    def get(item: Item, values: Any) -> Value | None:
        return at(item, steps)

    return get


def at(item: Item, steps: Steps) -> Value | None:
    """What is at a path, or None."""
    found: Any = item.get(steps[0])  # type: ignore[arg-type]  # the first step is always a name
    for step in steps[1:]:
        if found is None:
            return None
        if type(step) is str:
            inner = found.get("M")
            found = inner.get(step) if inner is not None else None
        else:
            inner = found.get("L")
            found = inner[step] if inner is not None and step < len(inner) else None  # type: ignore[operator]
    return found  # type: ignore[no-any-return]  # a checked item holds values


def shown_path(steps: Steps) -> str:
    """As AWS's messages show it: [a, b, [0]]."""
    return "[" + ", ".join(step if type(step) is str else f"[{step}]" for step in steps) + "]"


def check_apart(paths: Sequence[Steps], label: str) -> None:
    """No path is another one, or inside another one; and none says list where another says map."""
    if len(paths) < 2:
        return
    for number, first in enumerate(paths):
        for second in paths[:number]:
            _check_pair(second, first, label)


def _check_pair(first: Steps, second: Steps, label: str) -> None:
    for left, right in zip(first, second, strict=False):
        if left != right:
            if type(left) is not type(right):
                _refuse("conflict", first, second, label)
            return
    _refuse("overlap", first, second, label)


def _refuse(how: str, first: Steps, second: Steps, label: str) -> None:
    raise invalid(
        f"Invalid {label}: Two document paths {how} with each other; must remove or rewrite one of these paths; "
        f"path one: {shown_path(first)}, path two: {shown_path(second)}"
    )


def project(item: Item, paths: Sequence[Steps]) -> Item:
    """The parts of an item that paths name; lists close up."""
    found: Item = {}
    tree: dict[str | int, Any] = {}
    for steps in paths:
        if len(steps) == 1:
            value = item.get(steps[0])  # type: ignore[arg-type]  # the first step is always a name
            if value is not None:
                found[steps[0]] = value  # type: ignore[index]
            continue
        branch = tree
        for step in steps[:-1]:
            branch = branch.setdefault(step, {})
        branch[steps[-1]] = None
    for name, branch in tree.items():
        value = item.get(name)  # type: ignore[arg-type]
        cut = _cut(value, branch) if value is not None else None
        if cut is not None:
            found[name] = cut  # type: ignore[index]
    return found


def _cut(value: Value, branch: dict[str | int, Any] | None) -> Value | None:
    """What a branch of the wanted paths leaves of a value; None when nothing of it is wanted."""
    if branch is None:
        return value
    if type(next(iter(branch))) is str:
        inner = value.get("M")
        if inner is None:
            return None
        kept = {}
        for name, below in branch.items():
            cut = _cut(inner[name], below) if name in inner else None
            if cut is not None:
                kept[name] = cut
        return {"M": kept} if kept else None
    inner = value.get("L")
    if inner is None:
        return None
    cuts = [_cut(inner[place], branch[place]) for place in sorted(branch) if place < len(inner)]  # type: ignore
    some = [cut for cut in cuts if cut is not None]
    return {"L": some} if some else None
