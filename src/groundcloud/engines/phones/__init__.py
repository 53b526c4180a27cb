"""Sends text messages and push notifications to phones: the interface. `inbox.py` keeps them in a folder."""

from typing import NamedTuple, Protocol


class PhoneMessage(NamedTuple):
    """A message to a phone. `carrier` is `sms`, or the platform of a push notification (`GCM`); `to` the number (E.164)
    or the device's token; `account` and `region` are the sender's."""

    carrier: str
    to: str
    text: str
    account: str
    region: str
    sender: str = ""
    """What the phone shows as the sender: a sender ID, or the name of the platform application."""


class Reply(NamedTuple):
    """What somebody wrote back to a text message of an account."""

    id: str
    number: str
    text: str
    account: str
    region: str


class NotTaken(Exception):
    """The message was not taken. `permanent`: trying again is of no use."""

    def __init__(self, reason: str, permanent: bool = False) -> None:
        self.permanent = permanent
        super().__init__(reason)


class Phones(Protocol):
    """Whoever carries messages to phones."""

    async def send(self, message: PhoneMessage) -> None:
        """Hand the message over; when this returns, it is somebody's who will not lose it. Raises `NotTaken`."""
        ...

    async def replies(self) -> list[Reply]:
        """What came back and was not forgotten yet, the oldest first."""
        ...

    async def forget(self, reply: Reply) -> None:
        """It was read and acted upon."""
        ...
