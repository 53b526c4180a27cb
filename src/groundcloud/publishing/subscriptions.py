"""One delivery of a topic's message to one subscription, over the engine of its protocol, and what becomes of failures.

Sources: "Amazon SNS message delivery retries" and "Amazon SNS dead-letter queues" in the developer guide.
"""

import asyncio
import base64
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from groundcloud.context import World
from groundcloud.engines.mail import Envelope, Mail, NotSent
from groundcloud.engines.web import NotTaken, Web
from groundcloud.errors import AwsError
from groundcloud.gateway.invoke import Invoker
from groundcloud.outbox import Notice, Parcel
from groundcloud.publishing.publisher import Finish, Retry
from groundcloud.services.sns import messages, retries
from groundcloud.services.sns.records import Publication, Remaining, SigningKey, Subscription, Topic
from groundcloud.services.sns.subscriptions import TOKEN_LASTS, TOKEN_PURPOSE, Task, token_text
from groundcloud.store import Transaction

log = logging.getLogger(__name__)

_SERVICE = "sns.amazonaws.com"
_KEY, _KEY_PURPOSE = "messages", "sns signing key"
_CERTIFICATE_LASTS = timedelta(days=3650)
Key = rsa.RSAPrivateKey


class Delivery(NamedTuple):
    """All that one delivery needs, read at once. `sent` is None for the question whether it is wanted."""

    task: Task
    subscription: Subscription
    topic: Topic
    sent: Publication | None


class Failed(Exception):
    """The receiver did not take it. `permanent`: it never will."""

    def __init__(self, reason: str, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(reason)


class Subscriptions:
    """Delivers to queues, web servers and mail boxes."""

    def __init__(self, world: World, invoker: Invoker) -> None:
        self._world = world
        self._invoker = invoker
        self._signer: messages.Signer | None = None
        self._making = asyncio.Lock()

    async def deliver(self, parcel: Parcel) -> Finish | None:
        """Fulfils `publisher.Handler`."""
        task = msgspec.msgpack.decode(parcel.payload, type=Task)
        with self._world.store.snapshot() as tx:
            found = _read(tx, parcel, task)
        if found is None:  # unsubscribed meanwhile, or deleted with its topic
            return None if task.confirmation else _finished
        try:
            await self._send(found, await self._ensure_signer())
        except Failed as failure:
            await self._failed(parcel, found, failure)
        return None if task.confirmation else _finished

    async def _send(self, found: Delivery, signer: messages.Signer) -> None:
        protocol = found.subscription.protocol
        if protocol == "sqs":
            await self._to_queue(found, signer)
        elif protocol in ("http", "https"):
            await self._to_web(found, signer)
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

    def _raw(self, found: Delivery) -> bool:
        return found.sent is not None and found.subscription.is_on("RawMessageDelivery")

    def _body(self, found: Delivery, signer: messages.Signer) -> str:
        if self._raw(found) and found.sent is not None:
            return found.sent.message_for(found.subscription.protocol)
        return messages.text_of(self._document(found, signer))

    async def _to_queue(self, found: Delivery, signer: messages.Signer) -> None:
        sent = found.sent
        notice = Notice(
            service=_SERVICE,
            source_arn=found.topic.arn,
            source_account=found.topic.account,
            message=self._body(found, signer),
        )
        if sent is not None and found.subscription.endpoint.endswith(".fifo"):
            notice.group, notice.deduplication_id = sent.group, sent.deduplication_id
        if sent is not None and self._raw(found):
            notice.attributes = {
                name: (value.data_type.replace("String.Array", "String"), value.string_value, value.binary_value)
                for name, value in sent.attributes.items()
            }
        try:
            await self._invoker.deliver(found.subscription.endpoint, notice)
        except AwsError as error:
            raise Failed(error.message, permanent=error.status < 500) from error

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
        if self._raw(found):
            headers["x-amz-sns-rawdelivery"] = "true"
        try:
            await web.post(subscription.endpoint, headers, self._body(found, signer).encode())
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

    # -- failures

    async def _failed(self, parcel: Parcel, found: Delivery, failure: Failed) -> None:
        """Raises `Retry`, as long as the delivery policy has another attempt; then the dead-letter queue has it."""
        seconds = None if failure.permanent else retries.delay(found.subscription, found.topic, parcel.attempts)
        if seconds is not None:
            raise Retry(seconds) from failure
        log.warning("%s does not take a message: %s", found.subscription.arn, failure)
        target = retries.dead_letters(found.subscription)
        if not target or found.sent is None:
            return
        notice = Notice(
            service=_SERVICE,
            source_arn=found.topic.arn,
            source_account=found.topic.account,
            message=self._body(found, await self._ensure_signer()),
            group=found.sent.group if target.endswith(".fifo") else "",
            deduplication_id=found.sent.deduplication_id if target.endswith(".fifo") else "",
        )
        try:
            await self._invoker.deliver(target, notice)
        except AwsError as error:
            log.warning("the dead-letter queue %s does not take a message either: %s", target, error.message)

    # -- signatures

    async def _ensure_signer(self) -> messages.Signer:
        """The installation's key, made at its first use."""
        async with self._making:
            if self._signer is None:
                with self._world.store.snapshot() as tx:
                    kept = tx.get(SigningKey, _KEY)
                if kept is None:
                    pem, certificate = await asyncio.to_thread(_make_key, self._world.clock())
                    sealed = self._world.sealer.seal(pem, _KEY_PURPOSE)
                    made = SigningKey(_KEY, certificate, sealed, self._world.clock())
                    kept = await self._world.store.submit(lambda tx: tx.get(SigningKey, _KEY) or tx.put(made))
                self._signer = _signer(kept, self._world.sealer.open)
        return self._signer


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


def certificate_path(certificate: bytes) -> str:
    """Where a certificate is found, under any address of this cloud."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(certificate)
    return f"/SimpleNotificationService-{digest.finalize().hex()[:32]}.pem"


def _signer(kept: SigningKey, open_sealed: Callable[[bytes, str], bytes]) -> messages.Signer:
    key = serialization.load_pem_private_key(open_sealed(kept.sealed, _KEY_PURPOSE), None)
    assert isinstance(key, rsa.RSAPrivateKey)

    @lru_cache(maxsize=256)
    def sign(text: bytes, version: str) -> bytes:
        """Version 1 is SHA-1, version 2 SHA-256. All subscriptions of a topic get the same signature."""
        return key.sign(text, padding.PKCS1v15(), hashes.SHA256() if version == "2" else hashes.SHA1())  # noqa: S303

    return messages.Signer(sign, certificate_path(kept.certificate))


def _make_key(now: datetime) -> tuple[bytes, bytes]:
    """A new key and its certificate, both PEM."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _CERTIFICATE_LASTS)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)
