"""Values of records: from the text that Route 53 takes to the bytes on the wire, and back to text.

The usual types are read here, with Route 53's words for what is wrong; the rarer ones (SOA, CAA, NAPTR, DS, TLSA,
SSHFP, SVCB, HTTPS) are dnspython's affair. Source: Developer Guide, "Supported DNS record types".
"""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from struct import pack

from groundcloud.engines.dns.names import BadName, to_text, to_wire
from groundcloud.engines.dns.wire import TYPE_NAMES, TYPES


class BadValue(ValueError):
    """A value that its type cannot have: Route 53's name for the problem, and its words."""

    def __init__(self, problem: str, words: str, value: str) -> None:
        super().__init__(f"{problem} ({words}) encountered with '{value}'")


def _a(value: str) -> bytes:
    try:
        return IPv4Address(value).packed
    except ValueError as error:
        raise BadValue("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address", value) from error


def _aaaa(value: str) -> bytes:
    try:
        return IPv6Address(value).packed
    except ValueError as error:
        raise BadValue("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address", value) from error


def _name(value: str) -> bytes:
    try:
        if re.search(r"\s", value):
            raise BadName(value)
        return to_wire(value)
    except BadName as error:
        raise BadValue("DomainNameInvalid", "Value is not a valid domain name", value) from error


def _number(text: str, value: str) -> bytes:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise BadValue("RRDATANotInRange", "Value is not a number from 0 to 65535", value)
    return pack("!H", int(text))


def _mx(value: str) -> bytes:
    fields = value.split()
    if len(fields) != 2:
        raise BadValue("MXRRDATAIncorrectNumberOfFields", "MX record doesn't have 2 fields", value)
    return _number(fields[0], value) + _name(fields[1])


def _srv(value: str) -> bytes:
    fields = value.split()
    if len(fields) != 4:
        raise BadValue("SRVRRDATAIncorrectNumberOfFields", "SRV record doesn't have 4 fields", value)
    return b"".join([_number(field, value) for field in fields[:3]]) + _name(fields[3])


_STRING = re.compile(r'\s*"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


def _unescape(found: "re.Match[bytes]") -> bytes:
    code = found[1]
    if len(code) == 3:
        number = int(code, 8)
        return bytes((number,)) if number < 256 else code
    return code


def _txt(value: str) -> bytes:
    """Strings in quotation marks, each of up to 255 bytes; `\\nnn` is octal."""
    found, position = b"", 0
    while match := _STRING.match(value, position):
        string = _ESCAPE.sub(_unescape, match[1].encode("utf-8", "surrogateescape"))
        if len(string) > 255:
            raise BadValue("CharacterStringTooLong", "Value is too long", value)
        found += bytes((len(string),)) + string
        position = match.end()
    if not found or value[position:].strip():
        raise BadValue("InvalidCharacterString", "Value should be enclosed in quotation marks", value)
    if len(found) > 65000:
        raise BadValue("CharacterStringTooLong", "Value is too long", value)
    return found


def _by_library(type_name: str) -> Callable[[str], bytes]:
    def read(value: str) -> bytes:
        from dns import exception, name, rdata  # rare types; nobody else waits for the import

        try:
            found = rdata.from_text("IN", type_name, value, origin=name.root, relativize=False)
            wire = found.to_digestable()  # names in lower case, as signatures cover them
        except (exception.DNSException, ValueError, SyntaxError, UnicodeError) as error:
            words = f"Value is not valid for type {type_name}"
            raise BadValue(f"{type_name}RRDATAInvalid", words, value) from error
        assert wire is not None
        return wire

    return read


_READERS: dict[str, Callable[[str], bytes]] = {
    "A": _a, "AAAA": _aaaa, "CNAME": _name, "NS": _name, "PTR": _name, "MX": _mx, "SRV": _srv, "TXT": _txt,
    "SPF": _txt,
}  # fmt: skip


@lru_cache(maxsize=4096)
def to_data(type_name: str, value: str) -> bytes:
    """A value's bytes. Raises `BadValue`."""
    reader = _READERS.get(type_name) or _by_library(type_name)
    return reader(value)


def data_to_text(type_: int, data: bytes) -> str:
    """A value as Route 53 shows it (TestDNSAnswer)."""
    name = TYPE_NAMES.get(type_, f"TYPE{type_}")
    if name == "A":
        return str(IPv4Address(data))
    if name == "AAAA":
        return str(IPv6Address(data))
    if name in ("CNAME", "NS", "PTR"):
        return to_text(data)
    if name in ("TXT", "SPF"):
        return " ".join(_strings(data))
    from dns import rdata

    return rdata.from_wire("IN", name, data, 0, len(data)).to_text()


def _strings(data: bytes) -> list[str]:
    found, position = [], 0
    while position < len(data):
        piece = data[position + 1 : position + 1 + data[position]]
        text = "".join([chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in piece])
        found.append(f'"{text}"')
        position += data[position] + 1
    return found


__all__ = ["TYPES", "BadValue", "data_to_text", "to_data"]
