"""Sockets on the host's loopback at the ports that AWS's names need: 53, 80 and 443, on an address of the
installation's own, so that nothing of the owner's is in the way. `groundcloud shell` leads there."""

import socket

from groundcloud.engines import sockets
from groundcloud.engines.machines.wanted import MachineFailed
from groundcloud.engines.sockets import Wanted


def listen(address: str) -> dict[str, int]:
    """Descriptors of listening sockets by their names. Raises `MachineFailed` when a port is taken."""
    wanted = (
        Wanted("dns-udp", socket.SOCK_DGRAM, address, 53),
        Wanted("dns-tcp", socket.SOCK_STREAM, address, 53),
        Wanted("http", socket.SOCK_STREAM, address, 80),
        Wanted("https", socket.SOCK_STREAM, address, 443),
    )
    try:
        return sockets.listen(wanted)
    except OSError as error:
        raise MachineFailed(f"sockets at {address}: {error}") from None
