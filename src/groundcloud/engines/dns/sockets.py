"""The sockets of the DNS server: one port for UDP and TCP on each address."""

import errno
from collections.abc import Iterable
from socket import AF_INET, AF_INET6, SO_RCVBUF, SO_REUSEADDR, SO_SNDBUF, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, socket
from typing import NamedTuple

_ATTEMPTS = 20


class Pair(NamedTuple):
    """Both sockets of one address."""

    udp: socket
    tcp: socket


def open_pairs(hosts: Iterable[str], port: int) -> list[Pair]:
    """Bound sockets on all addresses, on one port; 0 takes a free one. Raises OSError."""
    wanted = list(hosts)
    for attempt in range(_ATTEMPTS):
        made: list[Pair] = []
        chosen = port
        try:
            for host in wanted:
                made.append(_pair(host, chosen))
                chosen = made[0].tcp.getsockname()[1]
            return made
        except OSError as error:
            for pair in made:
                pair.udp.close()
                pair.tcp.close()
            if port or error.errno != errno.EADDRINUSE or attempt == _ATTEMPTS - 1:
                raise
    return []


def _pair(host: str, port: int) -> Pair:
    family = AF_INET6 if ":" in host else AF_INET
    tcp = socket(family, SOCK_STREAM)
    udp = socket(family, SOCK_DGRAM)
    try:
        tcp.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        tcp.bind((host, port))
        udp.bind((host, tcp.getsockname()[1]))
        udp.setsockopt(SOL_SOCKET, SO_RCVBUF, 1 << 20)
        udp.setsockopt(SOL_SOCKET, SO_SNDBUF, 1 << 20)
        tcp.listen(128)
    except OSError:
        tcp.close()
        udp.close()
        raise
    for each in (tcp, udp):
        each.setblocking(False)
    return Pair(udp, tcp)


def shown(pair: Pair) -> str:
    """`host:port`."""
    host, port = pair.tcp.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - shown as the address to ask
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
