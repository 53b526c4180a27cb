"""MariaDB's PAM plugin under the name that AWS gives its own: `AWSAuthenticationPlugin`.

A plugin's name is a string that its declaration points to. In a copy of the library, that pointer is turned to where
the plugin's description is, and the name is written over the description. Only ELF files of 64 bits, little-endian,
with relocations of the kind RELA are understood (x86-64, arm64); of another form the copy is not made.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

NAME = b"AWSAuthenticationPlugin"
_OLD, _DESCRIPTION = b"pam\0", b"PAM based authentication\0"
_DECLARATION = b"_maria_plugin_declarations_\0"
_NAME_AT, _DESCRIPTION_AT = 16, 32
"""Where the pointers are in `struct st_maria_plugin`. Source: `plugin.h` of MariaDB's source."""
_RELOCATIONS, _SYMBOLS = 4, 11
"""Types of sections: SHT_RELA, SHT_DYNSYM. Source: the System V ABI, "Object Files"."""


class NotUnderstood(Exception):
    """The library is not as this module knows it."""


class _Section(NamedTuple):
    kind: int
    address: int
    offset: int
    size: int
    link: int


def renamed(library: bytes) -> bytes:
    """The library of the PAM plugin with its other name. Raises `NotUnderstood`."""
    if library[:6] != b"\x7fELF\x02\x01":
        raise NotUnderstood("no ELF file of 64 bits")
    sections = list(_sections(library))
    declaration = _address(library, sections)
    places = _pointers(library, sections)
    name, description = places.get(declaration + _NAME_AT), places.get(declaration + _DESCRIPTION_AT)
    if name is None or description is None:
        raise NotUnderstood("the declaration has other pointers")
    text = _offset(sections, description[1])
    if not library.startswith(_DESCRIPTION, text) or not library.startswith(_OLD, _offset(sections, name[1])):
        raise NotUnderstood("it is not the PAM plugin")
    made = bytearray(library)
    made[text : text + len(_DESCRIPTION)] = NAME.ljust(len(_DESCRIPTION), b"\0")
    struct.pack_into("<q", made, name[0] + 16, description[1])
    return bytes(made)


def _sections(library: bytes) -> Iterator[_Section]:
    start = struct.unpack_from("<Q", library, 0x28)[0]
    size, count = struct.unpack_from("<HH", library, 0x3A)
    for number in range(count):
        _, kind, _, address, offset, length, link = struct.unpack_from("<IIQQQQI", library, start + number * size)
        yield _Section(kind, address, offset, length, link)


def _address(library: bytes, sections: list[_Section]) -> int:
    """The address of the declaration."""
    for section in sections:
        if section.kind != _SYMBOLS:
            continue
        strings = sections[section.link].offset
        for at in range(section.offset, section.offset + section.size, 24):
            name, _, _, _, value = struct.unpack_from("<IBBHQ", library, at)
            if library.startswith(_DECLARATION, strings + name):
                return int(value)
    raise NotUnderstood("it declares no plugin")


def _pointers(library: bytes, sections: list[_Section]) -> dict[int, tuple[int, int]]:
    """Of each pointer that the loader fills in, by its address: the place of its relocation, and what it points to."""
    found = {}
    for section in sections:
        if section.kind == _RELOCATIONS:
            for at in range(section.offset, section.offset + section.size, 24):
                address, _, target = struct.unpack_from("<QQq", library, at)
                found[address] = (at, target)
    return found


def _offset(sections: list[_Section], address: int) -> int:
    """The place in the file of an address."""
    for each in sections:
        if each.address and each.address <= address < each.address + each.size:
            return each.offset + address - each.address
    raise NotUnderstood("an address is nowhere")
