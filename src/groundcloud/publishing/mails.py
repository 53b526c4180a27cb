"""Mail of services on its way to the mail engine."""

import logging

import msgspec

from groundcloud.context import World
from groundcloud.engines.mail import Envelope, Mail, NotSent
from groundcloud.outbox import Letter, Parcel
from groundcloud.publishing.publisher import Finish, Retry
from groundcloud.publishing.sent_mail import SentMail

log = logging.getLogger(__name__)

_FIRST_RETRY, _LAST_RETRY, _MOST_ATTEMPTS = 30.0, 3600.0, 20
"""Seconds; about half a day in all, as "How email sending works in Amazon SES" has it."""


class Mails:
    """Hands letters to the engine, and tries again those that it cannot take now."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sent = SentMail(world)

    async def deliver(self, parcel: Parcel) -> Finish | None:
        """Fulfils `publisher.Handler`."""
        letter = msgspec.msgpack.decode(parcel.payload, type=Letter)
        mail: Mail | None = self._world.engines.get("mail")
        if mail is None:
            log.warning("this cloud sends no mail; one to %s is lost", ", ".join(letter.recipients))
            return None
        last = parcel.attempts >= _MOST_ATTEMPTS
        try:
            if letter.posted is not None:
                return await self._sent.deliver(letter, letter.posted, mail, last)
            await mail.send(Envelope(letter.sender, letter.recipients, letter.message))
        except NotSent as error:
            if not error.permanent and not last:
                raise Retry(min(_FIRST_RETRY * 2**parcel.attempts, _LAST_RETRY)) from error
            log.warning("a mail to %s is not taken: %s", ", ".join(letter.recipients), error)
        return None
