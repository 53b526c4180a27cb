"""DynamoDB's numbers: up to 38 significant digits, exact, from 1E-130 to 9.99...E+125 in magnitude.

Source: "Supported data types and naming rules" in the developer guide. Messages as AWS answers them.
"""

import re
from decimal import Context, Decimal, InvalidOperation, Overflow, localcontext

from groundcloud.services.dynamodb.errors import ValidationException, invalid

DIGITS = 38
_EXACT = Context(prec=200, Emax=10_000, Emin=-10_000)
_FORM = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,5})?\Z", re.ASCII)
_LONGEST = 400


def canonical(text: str) -> str:
    """A number as DynamoDB gives it back: plain notation, no needless zeros. Raises `ValidationException`."""
    if len(text) <= DIGITS and text.isascii() and text.isdigit() and (text[0] != "0" or text == "0"):
        return text
    return plain(parse(text))


def parse(text: str) -> Decimal:
    """Raises `ValidationException` for what is no number, and for one that DynamoDB cannot hold."""
    if len(text) > _LONGEST or not _FORM.match(text):
        raise invalid(f"The parameter cannot be converted to a numeric value{f': {text}' if text else ''}")
    try:
        return checked(_EXACT.create_decimal(text))
    except (InvalidOperation, Overflow):
        raise _overflow() from None


def checked(number: Decimal) -> Decimal:
    """A number that fits, without trailing zeros. Raises `ValidationException`."""
    if not number:
        return Decimal(0)
    exponent = number.adjusted()
    if exponent > 125:
        raise _overflow()
    if exponent < -130:
        raise invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    if len(number.as_tuple().digits) > DIGITS:
        number = number.normalize(_EXACT)
        if len(number.as_tuple().digits) > DIGITS:
            raise invalid("Attempting to store more than 38 significant digits in a Number")
    return number


def _overflow() -> ValidationException:
    return invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")


def plain(number: Decimal) -> str:
    """The digits of a number that fits, without an exponent."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def add(left: str, right: str, subtract: bool = False) -> str:
    """Sum or difference of two stored numbers, exact. Raises `ValidationException` where it does not fit."""
    with localcontext(_EXACT) as context:
        first, second = Decimal(left), Decimal(right)
        total = context.subtract(first, second) if subtract else context.add(first, second)
    return plain(checked(total))


def ordered(text: str) -> bytes:
    """Bytes that sort as the canonical numbers do, and that end by themselves.

    Sign, then the power of ten of the first digit, then the digits, two to a byte; those of negative numbers inverted.
    """
    number = Decimal(text)
    if not number:
        return b"\x80"
    sign, digits, _ = number.as_tuple()
    texts = "".join(map(str, digits)).rstrip("0")
    if len(texts) % 2:
        texts += "0"
    pairs = bytes(int(texts[at : at + 2]) + 1 for at in range(0, len(texts), 2))
    body = bytes((number.adjusted() + 130,)) + pairs + b"\0"
    if sign:
        return b"\x7f" + bytes(255 - byte for byte in body)
    return b"\x81" + body
