"""A local mailbox: every mail is a file in a folder, written whole or not at all, the newest last by name."""

import asyncio
import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

from groundcloud.engines.box import Box
from groundcloud.engines.mail import Envelope


class Kept(NamedTuple):
    """A mail in the box."""

    id: str
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject", ""))

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain", "html"))
        return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""


class LocalMailbox:
    """Fulfils `Mail`."""

    def __init__(self, folder: Path) -> None:
        self._box = Box(folder, ".eml")

    async def send(self, envelope: Envelope) -> None:
        await asyncio.to_thread(self.keep, envelope)

    def keep(self, envelope: Envelope) -> str:
        """Write the mail down; its id. The first line is the envelope, the rest the message."""
        return self._box.keep({"sender": envelope.sender, "recipients": envelope.recipients}, envelope.message)

    def list(self) -> Iterator[Kept]:
        """All mails, the oldest first."""
        for mail in self._box.list():
            yield _read(*mail)

    def get(self, mail_id: str) -> Kept | None:
        found = self._box.get(mail_id)
        return _read(*found) if found is not None else None


def _read(mail_id: str, envelope: dict[str, Any], message: bytes) -> Kept:
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    return Kept(mail_id, envelope["sender"], tuple(envelope["recipients"]), parsed)
