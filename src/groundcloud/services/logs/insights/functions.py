"""The functions of the query language. Source: "Supported operations and functions" in the CloudWatch Logs guide."""

import ipaddress
import math
import re
from collections.abc import Callable
from typing import Any

from groundcloud.services.logs.insights.fields import Time, as_number, shown
from groundcloud.services.logs.insights.scanner import MalformedQuery

Number = int | float
_LONGEST = 262_144
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_NAMES = {
    "msec": "ms", "sec": "s", "second": "s", "min": "m", "minute": "m", "hr": "h", "hour": "h", "day": "d", "week": "w",
}  # fmt: skip


def period(text: str) -> int:
    """A period in milliseconds. Raises `MalformedQuery` for what Groundcloud does not cut time by."""
    found = re.fullmatch(r"(\d+)([a-z]+)", text.lower())
    if found is None:
        raise MalformedQuery(f"{text} is no period")
    unit = found[2] if found[2] in _UNITS else _NAMES.get(found[2].rstrip("s"), "")
    if not unit or int(found[1]) == 0:
        raise MalformedQuery(f"Groundcloud does not cut time by {text}")
    return int(found[1]) * _UNITS[unit]


def bins(text: str, up: bool = False) -> Callable[[Any], Time | None]:
    """Times rounded down (or up) to a period."""
    step = period(text)

    def cut(value: Any) -> Time | None:
        time = as_number(value)
        if time is None or not math.isfinite(time):
            return None
        down = int(time) // step * step
        return Time(down + step if up and down != time else down)

    return cut


def arithmetic(operator: str, left: Number, right: Number) -> Number | None:
    """A calculation; None where it has no result."""
    try:
        if operator == "+":
            return left + right
        if operator == "-":
            return left - right
        if operator == "*":
            return left * right
        if operator == "/":
            return left / right
        if operator == "%":
            return left % right
        power = float(left) ** float(right)
        return power if isinstance(power, float) else None
    except (ZeroDivisionError, OverflowError, ValueError):
        return None


def _numeric(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        numbers = [as_number(one) for one in arguments]
        try:
            return None if None in numbers else function(*numbers)
        except (ValueError, OverflowError):
            return None

    return call


def _textual(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        texts = [shown(one) for one in arguments]
        return None if None in texts else function(*texts)

    return call


def _substr(text: Any, start: Any, length: Any = None) -> str | None:
    found, begin, count = shown(text), as_number(start), as_number(length)
    if found is None or begin is None:
        return None
    first = max(0, int(begin))
    return found[first:] if count is None else found[first : first + max(0, int(count))]


def _concat(*parts: Any) -> str:
    return "".join(shown(part) or "" for part in parts)[:_LONGEST]


def _replace(text: str, old: str, new: str) -> str:
    return text.replace(old, new)[:_LONGEST] if old else text


def _trim(how: str) -> Callable[..., Any]:
    def call(text: Any, characters: Any = None) -> str | None:
        found = shown(text)
        if found is None:
            return None
        cut = shown(characters)
        return str(getattr(found, how)(cut) if cut else getattr(found, how)())

    return call


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _address(version: int | None, text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return version is None or found.version == version


def _in_network(version: int | None, text: str, network: str) -> bool:
    try:
        address, subnet = ipaddress.ip_address(text), ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
    return address.version == subnet.version and version in (None, address.version) and address in subnet


FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "abs": (_numeric(abs), 1, 1),
    "ceil": (_numeric(math.ceil), 1, 1),
    "floor": (_numeric(math.floor), 1, 1),
    "greatest": (_numeric(max), 1, 99),
    "least": (_numeric(min), 1, 99),
    "log": (_numeric(math.log), 1, 1),
    "sqrt": (_numeric(math.sqrt), 1, 1),
    "strlen": (_textual(len), 1, 1),
    "toupper": (_textual(str.upper), 1, 1),
    "tolower": (_textual(str.lower), 1, 1),
    "strcontains": (_textual(lambda text, part: 1 if part in text else 0), 2, 2),
    "substr": (_substr, 2, 3),
    "concat": (_concat, 1, 99),
    "replace": (_textual(_replace), 3, 3),
    "trim": (_trim("strip"), 1, 2),
    "ltrim": (_trim("lstrip"), 1, 2),
    "rtrim": (_trim("rstrip"), 1, 2),
    "strrev": (_textual(lambda text: text[::-1]), 1, 1),
    "coalesce": (_coalesce, 1, 99),
    "ispresent": (lambda value: value is not None, 1, 1),
    "isempty": (lambda value: value is None or value == "", 1, 1),
    "isblank": (lambda value: value is None or not (shown(value) or "").strip(), 1, 1),
    "frommillis": (_numeric(lambda value: Time(int(value))), 1, 1),
    "tomillis": (_numeric(int), 1, 1),
    "isvalidip": (_textual(lambda text: _address(None, text)), 1, 1),
    "isvalidipv4": (_textual(lambda text: _address(4, text)), 1, 1),
    "isvalidipv6": (_textual(lambda text: _address(6, text)), 1, 1),
    "isipinsubnet": (_textual(lambda text, net: _in_network(None, text, net)), 2, 2),
    "isipv4insubnet": (_textual(lambda text, net: _in_network(4, text, net)), 2, 2),
    "isipv6insubnet": (_textual(lambda text, net: _in_network(6, text, net)), 2, 2),
}
"""Each function with the least and the most arguments that it takes."""
