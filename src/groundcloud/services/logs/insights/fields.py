"""The fields of an event: what its stream and time say, and what is found in a message that is JSON."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

_MOST = 1000
"""Fields that are taken from one event, as "Supported logs and discovered fields" says."""
_DEEPEST = 20
_decode = msgspec.json.Decoder().decode


class Time(int):
    """Milliseconds since 1970 that are shown as a date."""


def fields_of(message: str) -> dict[str, Any]:
    """The fields of a JSON message, flat: `a.b.0`; nothing for another message."""
    if message.lstrip()[:1] != "{":
        return {}
    try:
        found = _decode(message)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}
    flat: dict[str, Any] = {}
    for name, value in _flat(found, "", 0):
        flat[name] = value
        if len(flat) == _MOST:
            break
    return flat


def _flat(value: Any, name: str, depth: int) -> Iterator[tuple[str, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None or depth == _DEEPEST:
        if value is not None:
            yield name, value if not isinstance(value, (dict, list)) else msgspec.json.encode(value).decode()
        return
    for key, each in inner:
        yield from _flat(each, f"{name}.{key}" if name else str(key), depth + 1)


class Row:
    """An event on its way through a query."""

    __slots__ = ("_discovered", "_message", "values")

    def __init__(self, values: dict[str, Any], message: str = "") -> None:
        self.values = values
        self._message = message
        self._discovered: dict[str, Any] | None = None

    def get(self, name: str) -> Any:
        """A field; None where there is none."""
        if name in self.values:
            return self.values[name]
        if self._discovered is None:
            self._discovered = fields_of(self._message)
        return self._discovered.get(name)


def shown(value: Any) -> str | None:
    """A value as an answer shows it; None where there is none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Time):
        try:
            return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        except (OverflowError, ValueError, OSError):
            return str(int(value))
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else repr(value)
    return str(value)


def as_number(value: Any) -> float | int | None:
    """A value as a number, if it is one or is written like one."""
    if isinstance(value, (int, float)):
        return value
    if not isinstance(value, str) or value[:1] not in "+-.0123456789" or len(value) > 100 or "_" in value:
        return None
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        return None
