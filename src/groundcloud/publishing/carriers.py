"""How a topic's message goes to a receiver, by the protocol of its subscription: one method for each.

Nothing here tries again: who calls does. Sources: "Amazon SNS message formats" and the guide's page of each protocol.
"""

import base64
import json
from datetime import datetime
from typing import Any

from groundcloud.context import World
from groundcloud.engines.functions import Functions, NotInvoked
from groundcloud.engines.mail import Envelope, Mail, NotSent
from groundcloud.engines.web import NotTaken, Web
from groundcloud.errors import AwsError
from groundcloud.gateway.invoke import Invoker
from groundcloud.outbox import Notice
from groundcloud.publishing.delivery import SERVICE, Delivery, Failed
from groundcloud.publishing.phones import PhoneLine
from groundcloud.services.sns import messages
from groundcloud.services.sns.direct import ToPhone
from groundcloud.services.sns.records import Subscription
from groundcloud.services.sns.subscriptions import TOKEN_LASTS, TOKEN_PURPOSE, token_text


class Carriers:
    """Carries to queues, web servers, mail boxes, functions and phones. Every method raises `Failed`."""

    def __init__(self, world: World, invoker: Invoker) -> None:
        self._world = world
        self._invoker = invoker
        self._phones = PhoneLine(world)

    async def carry(self, found: Delivery, signer: messages.Signer) -> None:
        protocol = found.subscription.protocol
        if protocol == "sqs":
            await self._to_queue(found, signer)
        elif protocol in ("http", "https"):
            await self._to_web(found, signer)
        elif protocol == "lambda":
            await self._to_function(found, signer)
        elif protocol in ("sms", "application"):
            await self._to_phone(found)
        else:
            await self._to_mailbox(found, signer)

    # -- what is sent

    def _document(self, found: Delivery, signer: messages.Signer) -> dict[str, Any]:
        if found.sent is not None:
            return messages.notification(found.sent, found.subscription, found.topic, signer)
        now = self._world.clock()
        token = self._token(found.subscription, now)
        return messages.confirmation(found.subscription, found.topic, found.task.message_id, now, token, signer)

    def _token(self, subscription: Subscription, now: datetime) -> str:
        text = token_text(subscription.arn, (now + TOKEN_LASTS).timestamp())
        return base64.urlsafe_b64encode(self._world.sealer.seal(text, TOKEN_PURPOSE)).decode()

    def body(self, found: Delivery, signer: messages.Signer) -> str:
        """The message as a queue or a web server gets it."""
        if _raw(found) and found.sent is not None:
            return found.sent.message_for(found.subscription.protocol)
        return messages.text_of(self._document(found, signer))

    # -- protocols

    async def _to_queue(self, found: Delivery, signer: messages.Signer) -> None:
        sent = found.sent
        notice = self.notice(found, self.body(found, signer))
        if sent is not None and found.subscription.endpoint.endswith(".fifo"):
            notice.group, notice.deduplication_id = sent.group, sent.deduplication_id
        if sent is not None and _raw(found):
            notice.attributes = {
                name: (value.data_type.replace("String.Array", "String"), value.string_value, value.binary_value)
                for name, value in sent.attributes.items()
            }
        await self.into_queue(found.subscription.endpoint, notice)

    def notice(self, found: Delivery, message: str) -> Notice:
        return Notice(
            service=SERVICE, source_arn=found.topic.arn, source_account=found.topic.account, message=message
        )  # fmt: skip

    async def into_queue(self, queue_arn: str, notice: Notice) -> None:
        try:
            await self._invoker.deliver(queue_arn, notice)
        except AwsError as error:
            reason = {"ErrorCode": error.code, "ErrorMessage": error.message}
            raise Failed(json.dumps(reason), error.status < 500, error.status) from error

    async def _to_web(self, found: Delivery, signer: messages.Signer) -> None:
        web: Web | None = self._world.engines.get("web")
        if web is None:
            raise Failed("this cloud sends no requests", permanent=True)
        subscription = found.subscription
        headers = {
            "x-amz-sns-message-type": "Notification" if found.sent is not None else "SubscriptionConfirmation",
            "x-amz-sns-message-id": found.task.message_id,
            "x-amz-sns-topic-arn": subscription.topic_arn,
            "Content-Type": "text/plain; charset=UTF-8",
            "User-Agent": "Amazon Simple Notification Service Agent",
        }
        if found.sent is not None:
            headers["x-amz-sns-subscription-arn"] = subscription.arn
        if _raw(found):
            headers["x-amz-sns-rawdelivery"] = "true"
        try:
            await web.post(subscription.endpoint, headers, self.body(found, signer).encode())
        except NotTaken as error:
            raise Failed(str(error), error.permanent) from error

    async def _to_mailbox(self, found: Delivery, signer: messages.Signer) -> None:
        mail: Mail | None = self._world.engines.get("mail")
        if mail is None:
            raise Failed("this cloud sends no mail", permanent=True)
        subscription, topic = found.subscription, found.topic
        if found.sent is not None:
            message = messages.mail_of_message(found.sent, subscription, topic, signer)
        else:
            message = messages.mail_of_confirmation(self._document(found, signer), subscription, topic)
        try:
            await mail.send(Envelope(messages.SENDER, (subscription.endpoint,), message))
        except NotSent as error:
            raise Failed(str(error), error.permanent) from error

    async def _to_function(self, found: Delivery, signer: messages.Signer) -> None:
        """Also the question whether it is wanted, which a function of another account gets."""
        functions: Functions | None = self._world.engines.get("functions")
        arn = found.subscription.endpoint
        if functions is None:
            raise Failed(f"{arn} is not there: this cloud runs no functions", permanent=True, status=404)
        event = messages.function_event(self._document(found, signer), found.subscription)
        try:
            await functions.invoke(arn, event, SERVICE, found.topic.arn)
        except NotInvoked as error:
            raise Failed(str(error), error.permanent) from error

    async def _to_phone(self, found: Delivery) -> None:
        sent, subscription, topic = found.sent, found.subscription, found.topic
        if sent is None:  # phones are subscribed at once
            raise Failed("a phone is not asked", permanent=True)
        place = (topic.account, topic.region, sent.message_id)
        if subscription.protocol == "sms":
            name = topic.attributes.get("DisplayName", "")[:10]
            text = f"{name}> {sent.message_for('sms')}" if name else sent.message_for("sms")
            await self._phones.carry(ToPhone("sms", subscription.endpoint, text, *place, sender="NOTICE"))
            return
        platform, application = subscription.endpoint.split("/")[1:3]
        text = sent.message_for(platform if platform in sent.by_protocol else "application")
        await self._phones.carry(ToPhone(platform, subscription.endpoint, text, *place, sender=application))


def _raw(found: Delivery) -> bool:
    return found.sent is not None and found.subscription.is_on("RawMessageDelivery")
