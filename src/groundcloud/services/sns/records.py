"""What SNS remembers: topics, subscriptions, and the messages that are on their way."""

from collections.abc import Iterable
from datetime import datetime

from groundcloud.services.sns import errors
from groundcloud.store import Key, Part, Record

PENDING = "PendingConfirmation"


class Tag(Part):
    key: str
    value: str = ""


class MessageAttributeValue(Part):
    data_type: str
    string_value: str | None = None
    binary_value: bytes | None = None


class Topic(Record):
    table = "sns.topic"
    key = ("account", "region", "name")
    absent = errors.TopicNotFound

    account: str
    region: str
    name: str
    created: datetime
    attributes: dict[str, str] = {}
    """Those that were set, as AWS spells them."""
    tags: dict[str, str] = {}
    data_protection: str = ""
    sequence: int = 0
    """Of the last message of a FIFO topic."""

    @property
    def arn(self) -> str:
        return f"arn:aws:sns:{self.region}:{self.account}:{self.name}"

    @property
    def fifo(self) -> bool:
        return self.name.endswith(".fifo")

    def is_on(self, name: str) -> bool:
        return self.attributes.get(name) == "true"


def _by_owner(subscription: "Subscription") -> Iterable[Key]:
    return [(subscription.owner, subscription.region, subscription.arn)]


def _by_endpoint(subscription: "Subscription") -> Iterable[Key]:
    place = (subscription.account, subscription.region, subscription.topic)
    return [(*place, subscription.protocol, subscription.endpoint)]


class Subscription(Record):
    table = "sns.subscription"
    key = ("account", "region", "topic", "id")
    indexes = {"by_owner": _by_owner, "by_endpoint": _by_endpoint}
    absent = errors.SubscriptionNotFound
    watched = False

    account: str
    """The topic's."""
    region: str
    topic: str
    id: str
    owner: str
    """The account that subscribed."""
    protocol: str
    endpoint: str
    created: datetime
    base: str
    """Where its links lead: the address at which the cloud was reached."""
    principal: str = ""
    confirmed: bool = False
    by_signed_call: bool = False
    """Whether it was confirmed by a call that somebody signed."""
    must_authenticate: bool = False
    """Whether a link may not end it."""
    attributes: dict[str, str] = {}

    @property
    def topic_arn(self) -> str:
        return f"arn:aws:sns:{self.region}:{self.account}:{self.topic}"

    @property
    def arn(self) -> str:
        return f"{self.topic_arn}:{self.id}"

    def is_on(self, name: str) -> bool:
        return self.attributes.get(name) == "true"


class Publication(Record):
    """A message on its way; gone when the last subscription has it."""

    table = "sns.publication"
    key = ("message_id",)
    watched = False

    message_id: str
    topic_arn: str
    published: datetime
    message: str
    subject: str = ""
    by_protocol: dict[str, str] = {}
    """The message for some protocols, where it differs."""
    attributes: dict[str, MessageAttributeValue] = {}
    group: str = ""
    deduplication_id: str = ""
    sequence: int = 0

    def message_for(self, protocol: str) -> str:
        return self.by_protocol.get(protocol, self.message)


class Remaining(Record):
    """How many deliveries of a message are not done yet."""

    table = "sns.remaining"
    key = ("message_id",)
    watched = False

    message_id: str
    count: int


class Sent(Record):
    """A message of a FIFO topic that came in the last five minutes."""

    table = "sns.sent"
    key = ("topic_arn", "scope", "deduplication_id")
    indexes = {"by_time": ("at",)}
    watched = False

    topic_arn: str
    scope: str
    deduplication_id: str
    at: int
    message_id: str
    sequence: int


class SigningKey(Record):
    """The key that signs messages to HTTP receivers, and its certificate (PEM)."""

    table = "sns.signing_key"
    key = ("name",)
    watched = False

    name: str
    certificate: bytes
    sealed: bytes
    made: datetime
