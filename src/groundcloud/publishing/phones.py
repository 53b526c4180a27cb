"""Text messages and push notifications on their way to the engine `phones`, and what comes back from there."""

import asyncio
import logging
from functools import partial

import msgspec

from groundcloud.context import World
from groundcloud.engines.phones import NotTaken, PhoneMessage, Phones, Reply
from groundcloud.outbox import Parcel
from groundcloud.publishing import delivery_status
from groundcloud.publishing.delivery import Failed
from groundcloud.publishing.publisher import Finish, Retry
from groundcloud.services.sns.direct import ToPhone
from groundcloud.services.sns.phone_records import OptedOutNumber, PlatformApplication, PlatformEndpoint
from groundcloud.services.sns.retries import delay_outside
from groundcloud.services.sns.texts import opts_out
from groundcloud.store import Transaction

log = logging.getLogger(__name__)

_EVERY = 2.0
"""Seconds between two looks at what came back."""


class PhoneLine:
    """Hands messages over, to those who want them."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def carry(self, message: ToPhone) -> None:
        """Raises `Failed`."""
        phones: Phones | None = self._world.engines.get("phones")
        if phones is None:
            raise Failed("this cloud reaches no phones", permanent=True)
        with self._world.store.snapshot() as tx:
            to = _receiver(tx, message)
        taken = PhoneMessage(message.carrier, to, message.text, message.account, message.region, message.sender)
        try:
            await phones.send(taken)
        except NotTaken as error:
            raise Failed(str(error), error.permanent) from error


def _receiver(tx: Transaction, message: ToPhone) -> str:
    """The number, or the token of an endpoint's device. Raises `Failed`."""
    if message.carrier == "sms":
        out = tx.get(OptedOutNumber, message.account, message.region, message.to)
        if out is not None and out.out:
            raise Failed("Phone number is opted out", permanent=True, status=400)
        return message.to
    account, relative = message.to.split(":")[4:6]
    _, platform, application, endpoint_id = relative.split("/")
    place = (account, message.region, platform, application)
    endpoint, of = tx.get(PlatformEndpoint, *place, endpoint_id), tx.get(PlatformApplication, *place)
    if endpoint is None or of is None:
        raise Failed("Endpoint does not exist", permanent=True, status=404)
    if not endpoint.enabled or of.attributes.get("Enabled", "true").lower() == "false":
        raise Failed("Endpoint is disabled", permanent=True, status=400)
    return endpoint.token


class DirectMessages:
    """What is published to one phone, and the note of what became of it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._line = PhoneLine(world)

    async def deliver(self, parcel: Parcel) -> Finish | None:
        """Fulfils `publisher.Handler`."""
        message = msgspec.msgpack.decode(parcel.payload, type=ToPhone)
        failure: Failed | None = None
        try:
            await self._line.carry(message)
        except Failed as failed:
            seconds = None if failed.permanent else delay_outside(parcel.attempts)
            if seconds is not None:
                raise Retry(seconds) from failed
            log.warning("a message to %s is not taken: %s", message.to, failed)
            failure = failed
        return delivery_status.of_phone(self._world, parcel, message, failure)


class Replies:
    """Reads what people answer to text messages: who writes STOP gets no more of that account."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            await self.read()

    async def read(self) -> None:
        """All that came back since the last time."""
        phones: Phones | None = self._world.engines.get("phones")
        if phones is None:
            return
        for reply in await phones.replies():
            if opts_out(reply.text):
                await self._world.store.submit(partial(_opt_out, reply))
            else:
                log.info("%s answers: this cloud has nobody who reads it", reply.number)
            await phones.forget(reply)


def _opt_out(reply: Reply, tx: Transaction) -> None:
    place = (reply.account, reply.region, reply.number)
    found = tx.get(OptedOutNumber, *place) or OptedOutNumber(*place, out=True)
    found.out = True
    tx.put(found)
