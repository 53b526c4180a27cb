"""Asks OpenID Connect providers for their keys: the interface. `fetch.py` does it over HTTPS."""

from typing import NamedTuple, Protocol


class FetchedKeys(NamedTuple):
    """A key set, and for each server that only a pinned certificate vouches for, the thumbprints of those that do."""

    keys: bytes
    anchors: list[list[str]]


class Unreachable(Exception):
    """The provider did not answer, not with what it must, or nobody vouches for its server."""


class KeyFetcher(Protocol):
    """Whoever asks providers."""

    async def fetch(self, url: str, thumbprints: frozenset[str]) -> FetchedKeys:
        """The keys of the issuer of this URL. Raises `Unreachable`."""
        ...
