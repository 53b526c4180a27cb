"""The constraints that a model puts on single values, as tests with AWS's words for them."""

from collections.abc import Callable
from typing import Any

from groundcloud.gateway.patterns import matcher

Constraint = tuple[Callable[[Any], Any], str]
ALL = frozenset(("required", "length", "range", "pattern", "enum"))
MAX_SHOWN = 512
MAX_MATCHED = 512


def constraints_of(shape: Any, enforced: frozenset[str]) -> list[Constraint]:
    """What a value of this shape must satisfy, in AWS's order: the upper bound, the lower, the pattern, the enum."""
    traits, kind = shape.metadata, shape.type_name
    found: list[Constraint] = []
    if kind in ("string", "blob", "list", "map"):
        if "length" in enforced:
            found += _length(traits)
    elif kind in ("integer", "long", "float", "double") and "range" in enforced:
        found += _range(traits)
    if kind == "string" and "enum" in enforced and traits.get("enum"):
        values = frozenset(traits["enum"])
        found.append((values.__contains__, f"Member must satisfy enum value set: [{', '.join(traits['enum'])}]"))
    elif kind == "string" and "pattern" in enforced and traits.get("pattern"):
        matches = matcher(traits["pattern"])
        if matches is not None:
            found.append(
                (
                    _bounded(matches, traits.get("max")),
                    f"Member must satisfy regular expression pattern: {traits['pattern']}",
                )
            )
    return found


def _bounded(matches: Callable[[str], Any], longest: Any) -> Callable[[str], Any]:
    """Spares the pattern a text that is too long anyway: matching may take the square of its length or more."""
    limit = max(int(longest or 0), MAX_MATCHED)
    return lambda value: len(value) > limit or matches(value)


def _length(traits: dict[str, Any]) -> list[Constraint]:
    found: list[Constraint] = []
    low, high = traits.get("min"), traits.get("max")
    if high is not None:
        most = int(high)
        found.append((lambda value: len(value) <= most, f"Member must have length less than or equal to {most}"))
    if low:
        least = int(low)
        found.append((lambda value: len(value) >= least, f"Member must have length greater than or equal to {least}"))
    return found


def _range(traits: dict[str, Any]) -> list[Constraint]:
    found: list[Constraint] = []
    low, high = traits.get("min"), traits.get("max")
    if high is not None:
        found.append((lambda value: value <= high, f"Member must have value less than or equal to {high}"))
    if low is not None:
        found.append((lambda value: value >= low, f"Member must have value greater than or equal to {low}"))
    return found


def shown(value: Any, sensitive: bool) -> str:
    """How an error quotes a value: with a leading space and in quotes; not at all when it is secret or long."""
    if sensitive:
        return ""
    text = _java(value)
    return f" '{text}'" if text is not None and len(text) <= MAX_SHOWN else ""


def _java(value: Any) -> str | None:
    """A value as Java prints it; None for what has no such form (bytes, structures in lists and maps)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        items = [_java(one) if not isinstance(one, dict) else None for one in value[:100]]
        known = [one for one in items if one is not None]
        return f"[{', '.join(known)}]" if len(known) == len(value) else None
    if isinstance(value, dict):
        pairs = [(key, _java(one) if not isinstance(one, dict) else None) for key, one in list(value.items())[:100]]
        known = [f"{key}={one}" for key, one in pairs if one is not None]
        return f"{{{', '.join(known)}}}" if len(known) == len(value) else None
    return None
