"""Sends e-mail: the interface. `mailbox.py` keeps it in a folder to look into."""

from typing import NamedTuple, Protocol


class Envelope(NamedTuple):
    """An e-mail as a server takes it: who sends, who receives, and the message (RFC 5322)."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes


class NotSent(Exception):
    """The mail was not taken. `permanent`: trying again is of no use."""

    def __init__(self, reason: str, permanent: bool = False) -> None:
        self.permanent = permanent
        super().__init__(reason)


class Mail(Protocol):
    """Whoever sends mail."""

    async def send(self, envelope: Envelope) -> None:
        """Hand the mail over; when this returns, it is somebody's who will not lose it. Raises `NotSent`."""
        ...
