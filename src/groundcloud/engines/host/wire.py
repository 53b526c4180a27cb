"""Messages between the API server and the privileged process: four bytes of length, then JSON, and with it descriptors.

A connection carries one call at a time. Source for passing descriptors: unix(7), SCM_RIGHTS.
"""

import os
import socket
import struct
from typing import Any

import msgspec
from msgspec import Struct

_LENGTH = struct.Struct(">I")
_MOST = 16 * 1024 * 1024
_DESCRIPTORS = 32


class Call(Struct, frozen=True):
    """What is to be done."""

    name: str
    arguments: list[Any] = []


class Answer(Struct, frozen=True):
    """What came of it. `descriptors` are the names of those that come with it."""

    result: Any = None
    error: str = ""
    """The error's class, one of those that the contract names; empty when it was done."""
    message: str = ""
    descriptors: list[str] = []


class Broken(Exception):
    """The other side sent what is no message, or has gone."""


def send(connection: socket.socket, message: Struct, descriptors: list[int] | None = None) -> None:
    """Raises OSError."""
    content = msgspec.json.encode(message)
    head = _LENGTH.pack(len(content))
    if descriptors:
        socket.send_fds(connection, [head], descriptors)
        connection.sendall(content)
    else:
        connection.sendall(head + content)


def receive(connection: socket.socket) -> tuple[bytes, list[int]] | None:
    """The next message's bytes and descriptors, which are the caller's to close; None at the end.

    Raises `Broken` and OSError.
    """
    head, descriptors, _, _ = socket.recv_fds(connection, _LENGTH.size, _DESCRIPTORS)
    if not head:
        return None
    try:
        head += _exactly(connection, _LENGTH.size - len(head))
        (length,) = _LENGTH.unpack(head)
        if length > _MOST:
            raise Broken(f"a message of {length} bytes")
        return _exactly(connection, length), descriptors
    except (Broken, OSError):
        for descriptor in descriptors:
            os.close(descriptor)
        raise


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        more = connection.recv(size - len(received))
        if not more:
            raise Broken("the message ends early")
        received += more
    return bytes(received)
