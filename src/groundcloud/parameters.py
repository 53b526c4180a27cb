"""What a function takes: its own parameters and, behind `**given: Unpack[Headers]`, the members of that TypedDict, any
of which may be absent. So operations that take the same twenty headers name them once."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, Unpack, get_args, get_origin, get_type_hints

REQUIRED: Any = inspect.Parameter.empty
"""The default of a parameter that has none."""


class Parameter(NamedTuple):
    """A parameter's type and its default; members of a TypedDict are None where they are absent."""

    type: Any
    default: Any = REQUIRED


def parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    """The parameters behind the first one, which is the context, by their names. Raises `TypeError` for `**` that says
    not what it takes."""
    hints = get_type_hints(function)
    found: dict[str, Parameter] = {}
    for name, each in list(inspect.signature(function).parameters.items())[1:]:
        if each.kind is not each.VAR_KEYWORD:
            found[name] = Parameter(hints.get(name, Any), each.default)
        elif get_origin(hints.get(name)) is Unpack:
            (taken,) = get_args(hints[name])
            found |= {member: Parameter(kind, None) for member, kind in get_type_hints(taken).items()}
        else:
            raise TypeError(f"{function.__name__} takes **{name} of no TypedDict")
    return found
