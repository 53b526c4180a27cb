"""Listening sockets by name, opened in one go: all of them or none."""

import socket
from collections.abc import Iterable
from typing import NamedTuple


class Wanted(NamedTuple):
    """A socket that should listen."""

    name: str
    kind: socket.SocketKind
    address: str
    port: int


def listen(wanted: Iterable[Wanted], *options: int) -> dict[str, int]:
    """Descriptors by name, the caller's to close, in the network namespace of this thread; `options` (SO_REUSEPORT) are
    set besides SO_REUSEADDR. Raises OSError, and leaves none open."""
    made: dict[str, socket.socket] = {}
    try:
        for each in wanted:
            made[each.name] = opened = socket.socket(socket.AF_INET, each.kind)
            for option in (socket.SO_REUSEADDR, *options):
                opened.setsockopt(socket.SOL_SOCKET, option, 1)
            opened.bind((each.address, each.port))
            opened.setblocking(False)
            if each.kind == socket.SOCK_STREAM:
                opened.listen(1024)
    except OSError:
        for opened in made.values():
            opened.close()
        raise
    return {name: opened.detach() for name, opened in made.items()}
