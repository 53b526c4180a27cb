"""All phones in a folder: every message is a file, and so is every reply that somebody writes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from groundcloud.engines.box import Box
from groundcloud.engines.phones import PhoneMessage, Reply


class Kept(NamedTuple):
    """A message that a phone got."""

    id: str
    message: PhoneMessage


class LocalPhones:
    """Fulfils `Phones`."""

    def __init__(self, folder: Path) -> None:
        self._messages = Box(folder, ".json")
        self._replies = Box(folder / "replies", ".json")

    async def send(self, message: PhoneMessage) -> None:
        await asyncio.to_thread(self._messages.keep, message._asdict())

    async def replies(self) -> list[Reply]:
        return await asyncio.to_thread(lambda: [Reply(reply_id, **head) for reply_id, head, _ in self._replies.list()])

    async def forget(self, reply: Reply) -> None:
        await asyncio.to_thread(self._replies.remove, reply.id)

    # -- for who holds the phones

    def list(self) -> Iterator[Kept]:
        """All messages, the oldest first."""
        for message_id, head, _ in self._messages.list():
            yield Kept(message_id, PhoneMessage(**head))

    def get(self, message_id: str) -> Kept | None:
        found = self._messages.get(message_id)
        return Kept(found[0], PhoneMessage(**found[1])) if found is not None else None

    def reply(self, kept: Kept, text: str) -> None:
        """Answer a text message; the cloud reads it soon."""
        to = kept.message
        self._replies.keep({"number": to.to, "text": text, "account": to.account, "region": to.region})
