"""What the condition operators compare, one small compiler per family: policy values in, a test for one value out.

A value that is not of the operator's kind (a word where a number belongs) matches nothing.
Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any

import msgspec

from groundcloud.policy.wildcard import Fixed, Pattern, Test, Wild, arn_matcher, arn_segments, matcher, tokens

Comparison = Callable[[Any, Any], bool]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[-+]?(?:\d{1,64}(?:\.\d{0,64})?|\.\d{1,64})(?:[eE][-+]?\d{1,3})?", re.ASCII)
_YEAR = re.compile(r"\d{4}(?:-\d{2})?", re.ASCII)


class Operator(msgspec.Struct, frozen=True):
    """One operator. `compile` makes the test from the policy's values; `variables`: they may hold policy variables."""

    compile: Callable[[Sequence[Pattern]], Test]
    negated: bool = False
    variables: bool = False
    wildcards: bool = False
    valid: Callable[[str], bool] = lambda text: True


def number(text: str) -> Decimal | None:
    """An integer or decimal number, or None."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=4096)
def moment(text: str) -> float | None:
    """Seconds since 1970 of a W3C date (a year, a month, a day, a time with or without zone) or of epoch seconds."""
    if _YEAR.fullmatch(text):
        text = text + "-01-01"[: 10 - len(text)] if len(text) == 4 else text + "-01"
    elif _NUMBER.fullmatch(text):
        return float(text)
    try:
        read = datetime.fromisoformat(text)
        return ((read if read.tzinfo else read.replace(tzinfo=UTC)) - _EPOCH).total_seconds()
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4096)
def network(text: str) -> tuple[int, int, int] | None:
    """Version, address and mask of an address or a CIDR block; an IPv4 address written as IPv6 is IPv4."""
    try:
        read = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    address = read.network_address
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped and read.prefixlen >= 96:
        return network(f"{address.ipv4_mapped}/{read.prefixlen - 96}")
    return read.version, int(address), int(read.netmask)


def _text(pattern: Pattern) -> str:
    return "".join(token.value if isinstance(token, Wild) else str(token) for token in pattern)


def _any(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda value: any(test(value) for test in tests)


def _fixed(pattern: Pattern) -> Fixed:
    return pattern  # type: ignore[return-value]  # the caller has resolved every variable


def _equals(values: Sequence[Pattern]) -> Test:
    return frozenset(map(_text, values)).__contains__


def _equals_ignoring_case(values: Sequence[Pattern]) -> Test:
    wanted = frozenset(_text(value).lower() for value in values)
    return lambda value: value.lower() in wanted


def _like(values: Sequence[Pattern]) -> Test:
    return _any([matcher(_fixed(value)) for value in values])


def _arn(values: Sequence[Pattern]) -> Test:
    return _any([arn_test(value) for value in values])


def arn_test(pattern: Pattern) -> Test:
    """A test for ARNs from a pattern without variables; `*` alone is everything."""
    if pattern == (Wild.ANY,):
        return matcher((Wild.ANY,))
    return arn_matcher(tuple(_fixed(segment) for segment in arn_segments(pattern)))


def _ordered(read: Callable[[str], Any], holds: Comparison) -> Callable[[Sequence[Pattern]], Test]:
    def compiled(values: Sequence[Pattern]) -> Test:
        wanted = [found for found in (read(_text(value)) for value in values) if found is not None]

        def test(value: str) -> bool:
            given = read(value)
            return given is not None and any(holds(given, limit) for limit in wanted)

        return test

    return compiled


def _address(values: Sequence[Pattern]) -> Test:
    blocks = [block for block in (network(_text(value)) for value in values) if block is not None]

    def test(value: str) -> bool:
        given = network(value)
        if given is None:
            return False
        version, address, own_mask = given
        for block_version, base, mask in blocks:
            if version == block_version and address & mask == base and own_mask & mask == mask:
                return True
        return False

    return test


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _is_bool(text: str) -> bool:
    return text.lower() in ("true", "false")


_NUMERIC = dict[str, Any](valid=lambda text: number(text) is not None)
_DATE = dict[str, Any](valid=lambda text: moment(text) is not None)
_TEXT = dict[str, Any](variables=True)
_PATTERN = dict[str, Any](variables=True, wildcards=True)
_IP = dict[str, Any](valid=lambda text: network(text) is not None)
_ARN = dict[str, Any](
    variables=True, wildcards=True, valid=lambda text: text == "*" or len(arn_segments(tokens(text, False))) > 1
)

OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_equals, **_TEXT),
    "StringNotEquals": Operator(_equals, negated=True, **_TEXT),
    "StringEqualsIgnoreCase": Operator(_equals_ignoring_case, **_TEXT),
    "StringNotEqualsIgnoreCase": Operator(_equals_ignoring_case, negated=True, **_TEXT),
    "StringLike": Operator(_like, **_PATTERN),
    "StringNotLike": Operator(_like, negated=True, **_PATTERN),
    "NumericEquals": Operator(_ordered(number, eq), **_NUMERIC),
    "NumericNotEquals": Operator(_ordered(number, eq), negated=True, **_NUMERIC),
    "NumericLessThan": Operator(_ordered(number, lt), **_NUMERIC),
    "NumericLessThanEquals": Operator(_ordered(number, le), **_NUMERIC),
    "NumericGreaterThan": Operator(_ordered(number, gt), **_NUMERIC),
    "NumericGreaterThanEquals": Operator(_ordered(number, ge), **_NUMERIC),
    "DateEquals": Operator(_ordered(moment, eq), **_DATE),
    "DateNotEquals": Operator(_ordered(moment, eq), negated=True, **_DATE),
    "DateLessThan": Operator(_ordered(moment, lt), **_DATE),
    "DateLessThanEquals": Operator(_ordered(moment, le), **_DATE),
    "DateGreaterThan": Operator(_ordered(moment, gt), **_DATE),
    "DateGreaterThanEquals": Operator(_ordered(moment, ge), **_DATE),
    "Bool": Operator(_equals_ignoring_case, **_TEXT),
    "BinaryEquals": Operator(_ordered(_bytes, eq), valid=lambda text: _bytes(text) is not None),
    "IpAddress": Operator(_address, **_IP),
    "NotIpAddress": Operator(_address, negated=True, **_IP),
    "ArnEquals": Operator(_arn, **_ARN),
    "ArnLike": Operator(_arn, **_ARN),
    "ArnNotEquals": Operator(_arn, negated=True, **_ARN),
    "ArnNotLike": Operator(_arn, negated=True, **_ARN),
    # Compared by its own rule in conditions.py: whether the key is there.
    "Null": Operator(_equals_ignoring_case, valid=_is_bool),
}
