"""The metadata service, by as little as it takes: a machine's first login waits for this.

HTTP 1.0 over a socket; Python's own client takes longer to import than all requests take. Source: EC2's user guide,
"Access instance metadata".
"""

import socket
import time

ADDRESS = ("169.254.169.254", 80)
_MOST = 1 << 20
_SECONDS = "x-aws-ec2-metadata-token-ttl-seconds"


class Metadata:
    """Reads of the service, with a token where it gives one."""

    def __init__(self, address: tuple[str, int] = ADDRESS) -> None:
        self._address = address
        self._token = ""

    def wait(self, seconds: float) -> bool:
        """Until it answers: the machine's network comes after its start."""
        last = time.monotonic() + seconds
        while time.monotonic() < last:
            try:
                status, body = self._request(
                    "PUT", "/latest/api/token", {"x-aws-ec2-metadata-token-ttl-seconds": "600"}
                )
            except OSError:
                time.sleep(0.02)
                continue
            if status == 200:
                self._token = body.decode("ascii", "replace").strip()
            return True
        return False

    def get(self, path: str) -> bytes | None:
        """`meta-data/instance-id` of the latest version; None when there is no such thing."""
        headers = {"x-aws-ec2-metadata-token": self._token} if self._token else {}
        try:
            status, body = self._request("GET", "/latest/" + path, headers)
        except OSError:
            return None
        return body if status == 200 else None

    def text(self, path: str) -> str:
        return (self.get(path) or b"").decode("utf-8", "replace").strip()

    def _request(self, method: str, path: str, headers: dict[str, str]) -> "tuple[int, bytes]":
        lines = [f"{method} {path} HTTP/1.0", f"Host: {self._address[0]}"]
        lines += ["{}: {}".format(*header) for header in headers.items()]
        with socket.create_connection(self._address, timeout=5) as connection:
            connection.sendall(("\r\n".join(lines) + "\r\nConnection: close\r\n\r\n").encode())
            return _answer(connection)


def _answer(connection: socket.socket) -> "tuple[int, bytes]":
    received = b""
    while len(received) < _MOST:
        more = connection.recv(65536)
        if not more:
            break
        received += more
        head, end, body = received.partition(b"\r\n\r\n")
        length = _length(head) if end else None
        if length is not None and len(body) >= length:
            return _status(head), body[:length]
    head, _, body = received.partition(b"\r\n\r\n")
    return _status(head), body


def _length(head: bytes) -> int | None:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None


def _status(head: bytes) -> int:
    """Raises OSError when this is no answer."""
    words = head.split(None, 2)
    if len(words) < 2 or not words[1].isdigit():
        raise OSError("no HTTP")
    return int(words[1])
