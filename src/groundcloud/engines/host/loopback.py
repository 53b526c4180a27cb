"""Sockets on the host's loopback at the ports that AWS's names need: 53, 80 and 443, on an address of the
installation's own, so that nothing of the owner's is in the way. `groundcloud shell` leads there."""

import socket

from groundcloud.engines.machines.wanted import MachineFailed

_WANTED = (
    ("dns-udp", socket.SOCK_DGRAM, 53),
    ("dns-tcp", socket.SOCK_STREAM, 53),
    ("http", socket.SOCK_STREAM, 80),
    ("https", socket.SOCK_STREAM, 443),
)


def listen(address: str) -> dict[str, int]:
    """Descriptors of listening sockets by their names. Raises `MachineFailed` when a port is taken."""
    made: dict[str, socket.socket] = {}
    try:
        for name, kind, port in _WANTED:
            made[name] = opened = socket.socket(socket.AF_INET, kind)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind((address, port))
            opened.setblocking(False)
            if kind == socket.SOCK_STREAM:
                opened.listen(1024)
    except OSError as error:
        for opened in made.values():
            opened.close()
        raise MachineFailed(f"sockets at {address}: {error}") from None
    return {name: opened.detach() for name, opened in made.items()}
