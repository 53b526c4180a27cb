"""Records: what the cloud remembers, as typed structures with a key.

A record class names its table, the fields that are its key, and its indexes. Stored data live long: a new field has a
default; any other change raises `version` and says in `upgrade` how the version before it becomes this one.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar

import msgspec

from groundcloud.store.keys import Key

R = TypeVar("R", bound="Record")
IndexKeys = Callable[[Any], Iterable[Key]]


class Part(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A structure inside a record, a request or an answer. Unknown fields are refused with their path."""


class Record(msgspec.Struct, omit_defaults=True):
    """One row of one table.

    `key` names the key fields. A record of an account begins with its account's field, and a record of a region has
    the region's field second; `Context` fills them in. `indexes` maps a name to field names, or to a function that
    gives the keys (none, one or more) under which the record is found.
    """

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    indexes: ClassVar[dict[str, tuple[str, ...] | IndexKeys]] = {}
    version: ClassVar[int] = 1
    absent: ClassVar[type[Exception]] = LookupError
    watched: ClassVar[bool] = True
    """Whether the change feed tells of it."""
    quiet: ClassVar[bool] = False
    """Whether nobody waits for it: what commits nothing else need not wake those who look for work."""

    def key_values(self) -> Key:
        return tuple(getattr(self, field) for field in self.key)

    def index_keys(self, name: str) -> list[Key]:
        index = self.indexes[name]
        if isinstance(index, tuple):
            return [tuple(getattr(self, field) for field in index)]
        return list(index(self))

    @classmethod
    def upgrade(cls, old: dict[str, Any], version: int) -> dict[str, Any]:
        """The fields of `version` as those of the version after it."""
        raise NotImplementedError(f"{cls.table} has no upgrade from version {version}")


class NewerData(Exception):
    """The data were written by a newer Groundcloud."""


_encode = msgspec.msgpack.Encoder().encode
_decoders: dict[type[Record], Callable[[bytes], Any]] = {}


def encode(record: Record) -> bytes:
    """One byte of version, then MessagePack."""
    return bytes((record.version,)) + _encode(record)


def decode(kind: type[R], data: bytes) -> R:
    """The record, brought to the version of today. Raises `NewerData`."""
    if data[0] != kind.version:
        return _upgraded(kind, data)
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind).decode
    record: R = decoder(data[1:])
    return record


def _upgraded(kind: type[R], data: bytes) -> R:
    if data[0] > kind.version:
        raise NewerData(f"{kind.table} has version {data[0]}; this Groundcloud knows up to {kind.version}")
    fields = msgspec.msgpack.decode(data[1:])
    for version in range(data[0], kind.version):
        fields = kind.upgrade(fields, version)
    return msgspec.convert(fields, kind)
