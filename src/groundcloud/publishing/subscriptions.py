"""One delivery of a topic's message to one subscription, and what becomes of failures.

Sources: "Amazon SNS message delivery retries" and "Amazon SNS dead-letter queues" in the developer guide.
"""

import logging

import msgspec

from groundcloud.context import World
from groundcloud.gateway.invoke import Invoker
from groundcloud.outbox import Parcel
from groundcloud.publishing import delivery_status
from groundcloud.publishing.carriers import Carriers
from groundcloud.publishing.delivery import Delivery, Failed
from groundcloud.publishing.publisher import Finish, Retry
from groundcloud.publishing.signing import Signing
from groundcloud.services.sns import retries
from groundcloud.services.sns.records import Publication, Remaining, Subscription, Topic
from groundcloud.services.sns.subscriptions import Task
from groundcloud.store import Transaction

log = logging.getLogger(__name__)


class Subscriptions:
    """Delivers to subscriptions, by the carriers of their protocols."""

    def __init__(self, world: World, invoker: Invoker) -> None:
        self._world = world
        self._signing = Signing(world)
        self._carriers = Carriers(world, invoker)

    async def deliver(self, parcel: Parcel) -> Finish | None:
        """Fulfils `publisher.Handler`."""
        task = msgspec.msgpack.decode(parcel.payload, type=Task)
        with self._world.store.snapshot() as tx:
            found = _read(tx, parcel, task)
        finish = None if task.confirmation else _finished
        if found is None:  # unsubscribed meanwhile, or deleted with its topic
            return finish
        failure: Failed | None = None
        try:
            await self._carriers.carry(found, await self._signing.signer())
        except Failed as failed:
            failure = failed
            await self._failed(parcel, found, failed)
        return delivery_status.both(finish, delivery_status.of_topic(self._world, parcel, found, failure))

    async def _failed(self, parcel: Parcel, found: Delivery, failure: Failed) -> None:
        """Raises `Retry`, as long as the delivery policy has another attempt; then the dead-letter queue has it."""
        seconds = None if failure.permanent else retries.delay(found.subscription, found.topic, parcel.attempts)
        if seconds is not None:
            raise Retry(seconds) from failure
        log.warning("%s does not take a message: %s", found.subscription.arn, failure)
        target = retries.dead_letters(found.subscription)
        if not target or found.sent is None:
            return
        notice = self._carriers.notice(found, self._carriers.body(found, await self._signing.signer()))
        if target.endswith(".fifo"):
            notice.group, notice.deduplication_id = found.sent.group, found.sent.deduplication_id
        try:
            await self._carriers.into_queue(target, notice)
        except Failed as error:
            log.warning("the dead-letter queue %s does not take a message either: %s", target, error)


def _read(tx: Transaction, parcel: Parcel, task: Task) -> Delivery | None:
    topic_arn, _, subscription_id = parcel.target.rpartition(":")
    parts = topic_arn.split(":")
    place = (parts[4], parts[3], parts[5])
    subscription, topic = tx.get(Subscription, *place, subscription_id), tx.get(Topic, *place)
    sent = None if task.confirmation else tx.get(Publication, task.message_id)
    if subscription is None or topic is None or (sent is None and not task.confirmation):
        return None
    return Delivery(task, subscription, topic, sent)


def _finished(tx: Transaction, parcel: Parcel) -> None:
    """One delivery less; the message goes with the last one."""
    task = msgspec.msgpack.decode(parcel.payload, type=Task)
    remaining = tx.get(Remaining, task.message_id)
    if remaining is not None and remaining.count > 1:
        remaining.count -= 1
        tx.put(remaining)
        return
    for record in (remaining, tx.get(Publication, task.message_id)):
        if record is not None:
            tx.delete(record)
