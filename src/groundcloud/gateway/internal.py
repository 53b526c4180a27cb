"""What the gateway answers that is not AWS's: its health and its counters.

These paths begin with an underscore, which no bucket's name does. They need no signature and tell no secrets.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from groundcloud import __version__
from groundcloud.gateway.http import Request, Response
from groundcloud.store import Store, StoreUnavailable
from groundcloud.store.records import NewerData

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Internal:
    """Answers `/_groundcloud/...` and `/_localstack/health`."""

    def __init__(self, services: Iterable[str], store: Store, render: Callable[[], str]) -> None:
        self._services = services
        self._store = store
        self._render = render
        self.siblings: Siblings | None = None
        """The other processes of this cloud, where there are any."""
        self._pages: dict[str, Callable[[], Response]] = {
            "/_groundcloud/health": self._health,
            "/_groundcloud/metrics": self._metrics,
            "/_localstack/health": self._localstack_health,
        }

    def handle(self, request: Request) -> Response | None:
        """The answer to an internal path; None for any other."""
        if not request.path.startswith(("/_groundcloud/", "/_localstack/")):
            return None
        page = self._pages.get(request.path)
        if page is None:
            return _json(404, {"error": f"There is no {request.path}.", "pages": sorted(self._pages)})
        if request.method not in ("GET", "HEAD"):
            return _json(405, {"error": f"{request.path} takes GET only."})
        return page()

    def _health(self) -> Response:
        store = self._store_state()
        return _json(
            200 if store == "available" else 503,
            {
                "status": "available" if store == "available" else "unavailable",
                "version": __version__,
                "services": dict.fromkeys(self._services, "available"),
                "store": {"kind": "postgresql" if self._store.reads_block else "sqlite", "state": store},
            },
        )

    def _store_state(self) -> str:
        """Whether the store can be read now. With PostgreSQL this waits for it; it is asked seldom."""
        try:
            with self._store.snapshot():
                return "available"
        except (StoreUnavailable, NewerData, OSError):
            return "unavailable"

    def _metrics(self) -> Response:
        text = self._render()
        if self.siblings is not None:
            text = self.siblings.merged(text)
        return Response(200, [("Content-Type", _TEXT)], text.encode())

    def _localstack_health(self) -> Response:
        """The form that LocalStack's tools read: each service's state, an edition, a version."""
        services = dict.fromkeys(self._services, "available")
        return _json(200, {"services": services, "edition": "groundcloud", "version": __version__})


class Siblings:
    """The counters of all processes of one cloud: each keeps its own in a file, and whoever is asked shows all."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._number = number

    def publish(self, text: str) -> None:
        """Let the others see this process's counters."""
        made = self._folder / f".{self._number}"
        made.write_text(text)
        made.replace(self._folder / str(self._number))

    def merged(self, own: str) -> str:
        """This process's counters of now and the others' as they last published them, told apart by a label."""
        texts = {self._number: own}
        for path in self._folder.iterdir():
            if path.name.isdecimal() and int(path.name) != self._number:
                texts[int(path.name)] = path.read_text()
        heads: dict[str, list[str]] = {}
        samples: dict[str, list[str]] = {}
        for number, text in sorted(texts.items()):
            for line in text.splitlines():
                if line.startswith("# "):
                    lines = heads.setdefault(line.split()[2], [])
                    if line not in lines:
                        lines.append(line)
                else:
                    samples.setdefault(line.partition("{")[0], []).append(_labelled(line, number))
        lines = [line for name, head in heads.items() for line in (*head, *samples.get(name, ()))]
        return "\n".join(lines) + "\n"


def _labelled(line: str, number: int) -> str:
    name, _, rest = line.partition("{")
    return f'{name}{{worker="{number}",{rest}'


def _json(status: int, value: Any) -> Response:
    return Response(status, [("Content-Type", "application/json")], json.dumps(value).encode() + b"\n")
