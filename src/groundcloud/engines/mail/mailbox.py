"""A local mailbox: every mail is a file in a folder, written whole or not at all, the newest last by name."""

import asyncio
import email
import email.policy
import json
import os
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

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
        self._folder = folder

    async def send(self, envelope: Envelope) -> None:
        await asyncio.to_thread(self.keep, envelope)

    def keep(self, envelope: Envelope) -> str:
        """Write the mail down; its id. The first line is the envelope, the rest the message."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{time.time_ns():019d}-{os.urandom(4).hex()}"
        head = json.dumps({"sender": envelope.sender, "recipients": envelope.recipients}).encode()
        made = self._folder / f".{name}"
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(head + b"\n" + envelope.message)
            file.flush()
            os.fsync(descriptor)
        made.replace(self._folder / f"{name}.eml")
        directory = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return name

    def list(self) -> Iterator[Kept]:
        """All mails, the oldest first."""
        for path in sorted(self._folder.glob("*.eml")):
            yield _read(path)

    def get(self, mail_id: str) -> Kept | None:
        path = self._folder / f"{mail_id}.eml"
        return _read(path) if "/" not in mail_id and path.is_file() else None


def _read(path: Path) -> Kept:
    head, _, message = path.read_bytes().partition(b"\n")
    envelope = json.loads(head)
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    return Kept(path.stem, envelope["sender"], tuple(envelope["recipients"]), parsed)
