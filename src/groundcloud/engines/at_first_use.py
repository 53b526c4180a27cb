"""Engines that are made when they are first asked for: a start waits for none of their imports."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any


class Engines(Mapping[str, Any]):
    """The engines that operations and deliveries use: those at hand, and those that are made when first asked for."""

    def __init__(self, ready: Mapping[str, Any], make: Mapping[str, Callable[[], Any]]) -> None:
        self._make = make
        self._made = dict(ready)

    def add(self, kind: str, engine: Any) -> None:
        """An engine that only a running cloud has, such as one that another service is."""
        self._made[kind] = engine

    def __getitem__(self, kind: str) -> Any:
        if kind not in self._made:
            self._made[kind] = self._make[kind]()
        return self._made[kind]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._made, **self._make})

    def __len__(self) -> int:
        return len({**self._made, **self._make})


def mail(data: Path, relay: str) -> Any:
    """The SMTP server of that URL, or the mailbox in the data folder."""
    if relay:
        from groundcloud.engines.mail.relay import SmtpRelay, relay_of

        return SmtpRelay(relay_of(relay))
    from groundcloud.engines.mail.mailbox import LocalMailbox

    return LocalMailbox(data / "mail")


def phones(data: Path) -> Any:
    """The phones in the data folder."""
    from groundcloud.engines.phones.inbox import LocalPhones

    return LocalPhones(data / "phones")


def web(loopback: bool) -> Any:
    """Who sends requests; `loopback`: to this host, too."""
    from groundcloud.engines.web.post import HttpPost

    return HttpPost(loopback=loopback)
