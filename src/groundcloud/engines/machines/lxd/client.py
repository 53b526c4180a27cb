"""The REST API of LXD and Incus over the daemon's Unix socket: one request after another, each waited for to its end.

Source: https://documentation.ubuntu.com/lxd/en/stable-5.0/rest-api/. It knows nothing of machines.
"""

import http.client
import json
import math
import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from groundcloud.engines.machines.wanted import MachineFailed

_SECONDS = 50.0
"""The longest that a request may take; what lasts longer is asked for again by its operation."""
_WAIT = "20"


class LxdFailed(MachineFailed):
    """The daemon refused or could not do it; the message is its own."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Lxd:
    """One daemon, and one of its projects."""

    def __init__(self, path: Path, project: str) -> None:
        self._path = path
        self.project = project

    def ask(self, method: str, *path: str, body: Any = None, **query: str) -> Mapping[str, Any]:
        """One request and its answer. Raises `LxdFailed`, whose code is 404 where there is nothing."""
        headers = {"Content-Type": "application/json"}
        return self._answer(method, path, None if body is None else json.dumps(body), query, headers)

    def get(self, *path: str, **query: str) -> Any:
        """What is at a path. Raises as `ask` does."""
        return self.ask("GET", *path, **query)["metadata"]

    def find(self, *path: str, **query: str) -> Any:
        """The same; None where there is nothing."""
        try:
            return self.get(*path, **query)
        except LxdFailed as error:
            if error.code == http.client.NOT_FOUND:
                return None
            raise

    def do(self, method: str, *path: str, body: Any = None, seconds: float = math.inf, **query: str) -> Any:
        """Change something, and wait until that is done. Raises `LxdFailed`, also when it takes longer than that."""
        return self._waited(self.ask(method, *path, body=body, **query), seconds)

    def raw(self, *path: str) -> bytes:
        """A file of the daemon's; empty when there is none."""
        status, content = self._exchange("GET", path, None, {}, {})
        return content if status == http.client.OK else b""

    def upload(self, content: Iterable[bytes], *path: str) -> Any:
        """Send a file, as it comes."""
        headers = {"Content-Type": "application/octet-stream"}
        return self._waited(self._answer("POST", path, content, {}, headers), math.inf)

    def _waited(self, answer: Mapping[str, Any], seconds: float) -> Any:
        found = answer["metadata"]
        if answer["type"] != "async":
            return found
        last = time.monotonic() + seconds
        while found["status_code"] < 200:  # 1xx: it goes on
            if time.monotonic() > last:
                raise LxdFailed(http.client.REQUEST_TIMEOUT, f"{found['description']}: not done in {seconds} s")
            found = self.get("operations", found["id"], "wait", timeout=_WAIT)
        if found["status_code"] != 200:
            raise LxdFailed(found["status_code"], found["err"])
        return found["metadata"]

    def _answer(
        self, method: str, path: Iterable[str], body: Any, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Mapping[str, Any]:
        _, content = self._exchange(method, path, body, query, headers)
        try:
            answer: Mapping[str, Any] = json.loads(content)
        except ValueError as error:
            raise MachineFailed(f"the daemon at {self._path} answers nonsense: {content[:100]!r}") from error
        if answer["type"] == "error":
            raise LxdFailed(answer["error_code"], answer["error"])
        return answer

    def _exchange(
        self, method: str, path: Iterable[str], body: Any, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        target = "/1.0" + "".join("/" + quote(part, safe="") for part in path)
        target += "?" + urlencode({"project": self.project, **query})
        connection = _Connection(self._path)
        try:
            connection.request(method, target, body, dict(headers), encode_chunked=not isinstance(body, str | None))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise MachineFailed(f"the daemon at {self._path} does not answer: {error}") from error
        finally:
            connection.close()


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._socket = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._socket))
