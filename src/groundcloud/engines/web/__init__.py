"""Sends HTTP requests to receivers outside of this cloud: the interface. `post.py` does it."""

from collections.abc import Mapping
from typing import Protocol


class NotTaken(Exception):
    """The receiver could not be reached, or answered with an error. `permanent`: trying again is of no use."""

    def __init__(self, reason: str, permanent: bool = False) -> None:
        self.permanent = permanent
        super().__init__(reason)


class Web(Protocol):
    """Whoever sends."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Send a body; done when the receiver has answered 2xx. Raises `NotTaken`."""
        ...
