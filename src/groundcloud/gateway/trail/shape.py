"""Arguments and answers as CloudTrail shows them: AWS's member names with a small first letter, secrets hidden.

Compiled once for each operation from botocore's model. Source: "CloudTrail record contents" in the CloudTrail guide.
"""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.model import Shape

from groundcloud.gateway.protocol.values import getter
from groundcloud.names import snake

Shower = Callable[[Any], Any]

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_LONGEST = 2_000
"""Characters of a value that an event keeps; CloudTrail cuts long elements too."""


def shower(shape: Shape | None, hidden: frozenset[str] = frozenset()) -> Shower:
    """A function from a parsed value, or from an operation's result, to what the event shows of it. Shapes in `hidden`
    are the user's own documents, which no event shows."""
    return _shower(shape, {}, hidden) if shape is not None else lambda value: None


def _shower(shape: Any, known: dict[str, list[Shower]], secret: frozenset[str]) -> Shower:
    if shape.metadata.get("sensitive") or shape.name in secret:
        return lambda value: HIDDEN
    if shape.type_name == "structure":
        return _structure(shape, known, secret)
    if shape.type_name == "list":
        item = _shower(shape.member, known, secret)
        return lambda value: [item(each) for each in value]
    if shape.type_name == "map":
        entry = _shower(shape.value, known, secret)
        return lambda value: {key: entry(each) for key, each in value.items()}
    if shape.type_name == "blob":
        return _show_blob
    if shape.type_name == "timestamp":
        return lambda value: value.strftime("%b %-d, %Y, %-I:%M:%S %p") if isinstance(value, datetime) else value
    return _show_scalar


def _structure(shape: Any, known: dict[str, list[Shower]], secret: frozenset[str]) -> Shower:
    """A structure may hold itself: what is being compiled is entered before its members are."""
    if shape.name in known:
        cell = known[shape.name]
        return lambda value: cell[0](value)
    cell = known[shape.name] = []
    members = [
        (snake(name), name[0].lower() + name[1:], _shower(inner, known, secret))
        for name, inner in shape.members.items()
    ]

    def show(value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        get = getter(value)
        for name, shown, inner in members:
            member = get(name)
            if member is not None:
                found[shown] = inner(member)
        return found

    cell.append(show)
    return show


def _show_blob(value: Any) -> Any:
    return base64.b64encode(value[:_LONGEST]).decode() if isinstance(value, bytes) else None


def _show_scalar(value: Any) -> Any:
    return value[:_LONGEST] if isinstance(value, str) else value
