"""Which interfaces of a VPC answer: the kernel of their machine is asked by ARP over its own link, as AWS's instance
status checks do. Security groups have no say in ARP. A probe without an address of the asker (RFC 5227) is enough.
"""

import socket
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv4Address
from typing import NamedTuple

from groundcloud.engines.network.links import ROUTER_MAC

_ARP = 0x0806
_HEADER = struct.pack("!HHBB", 1, 0x0800, 6, 4)
"""Ethernet and IPv4, with the lengths of their addresses (RFC 826)."""
_REQUEST, _REPLY = 1, 2
_PATIENCE = 0.3
_AGAIN = 0.1
"""Seconds: how long an answer may take, and when those that are silent are asked once more."""


class Asked(NamedTuple):
    """An interface: the router's end of its link, and its primary address."""

    link: str
    address: str


def answering(asked: Mapping[str, Asked]) -> set[str]:
    """The ids of the interfaces that answer. To be run in the VPC's namespace."""
    waiting: dict[tuple[str, bytes], str] = {}
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ARP)) as opened:
        for interface, (link, address) in asked.items():
            waiting[link, IPv4Address(address).packed] = interface
        last = time.monotonic() + _PATIENCE
        while waiting and time.monotonic() < last:
            for link, wanted in waiting:
                with suppress(OSError):  # its machine has just ended, and its link with it
                    opened.sendto(_probe(wanted), (link, _ARP))
            _listen(opened, waiting, min(last, time.monotonic() + _AGAIN))
    return asked.keys() - waiting.values()


def _listen(opened: socket.socket, waiting: dict[tuple[str, bytes], str], until: float) -> None:
    while waiting and (left := until - time.monotonic()) > 0:
        opened.settimeout(left)
        try:
            frame, (link, *_) = opened.recvfrom(64)
        except TimeoutError:
            return
        if len(frame) >= 42 and frame[14:20] == _HEADER and frame[20:22] == struct.pack("!H", _REPLY):
            waiting.pop((link, frame[28:32]), None)


def _probe(address: bytes) -> bytes:
    own = bytes.fromhex(ROUTER_MAC.replace(":", ""))
    ethernet = b"\xff" * 6 + own + struct.pack("!H", _ARP)
    return ethernet + _HEADER + struct.pack("!H", _REQUEST) + own + bytes(4) + bytes(6) + address
