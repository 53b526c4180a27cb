"""Posts over HTTP and HTTPS, to addresses that were looked at first.

Whoever may subscribe an address makes this host send requests. So the host's own services are out of reach unless the
cloud listens on loopback only (then all its callers are on this host anyway); link-local addresses (metadata services),
multicast and unspecified ones always are. Private networks are open: the machines of this cloud are there. The address
that was looked at is the one that is called, and redirects are not followed.
"""

import asyncio
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import SplitResult, urlsplit

from groundcloud.engines.web import NotTaken

_SECONDS = 15.0
"""Source: "Amazon SNS message delivery retries": a receiver has fifteen seconds."""
_THREADS = 32


class HttpPost:
    """Fulfils `Web`. It waits in threads of its own, never on the event loop."""

    def __init__(self, *, loopback: bool) -> None:
        self._loopback = loopback
        self._threads = ThreadPoolExecutor(_THREADS, "web")

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._post, url, headers, body)

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        parts = urlsplit(url)
        try:
            status = _send(parts, self._address(parts), headers, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotTaken(f"{type(error).__name__}: {error}") from error
        if not 200 <= status < 300:
            raise NotTaken(f"the receiver answered {status}", permanent=400 <= status < 500 and status != 429)

    def _address(self, parts: SplitResult) -> str:
        """An address of the host that may be called. Raises `NotTaken`."""
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NotTaken("only http and https are taken", permanent=True)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = [str(each[4][0]) for each in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)]
        for address in found:
            if may_be_called(address, self._loopback):
                return address
        raise NotTaken(f"{parts.hostname} has no address that may be called", permanent=True)


def may_be_called(address: str, loopback: bool) -> bool:
    """Whether requests may go to this address."""
    known = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    if known.is_loopback:
        return loopback
    return not (known.is_link_local or known.is_multicast or known.is_unspecified or known.is_reserved)


def _send(parts: SplitResult, address: str, headers: Mapping[str, str], body: bytes) -> int:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    connection.sock = socket.create_connection((address, port), _SECONDS)
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {**headers, "Host": parts.netloc.rpartition("@")[2]})
        response = connection.getresponse()
        response.read(64 * 1024)
        return response.status
    finally:
        connection.close()
