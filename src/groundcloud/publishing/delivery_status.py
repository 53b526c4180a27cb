"""What became of deliveries, as lines for CloudWatch Logs where owners of topics, applications or texts want them.

The lines are written by the role that the owner names. Source: "Amazon SNS message delivery status" in the developer
guide, with the pages of application attributes and of SMS.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from groundcloud.context import World
from groundcloud.outbox import Line, Parcel, log_line
from groundcloud.publishing.delivery import SERVICE, Delivery, Failed
from groundcloud.publishing.publisher import Finish
from groundcloud.services.sns.direct import ToPhone
from groundcloud.services.sns.phone_records import PlatformApplication, TextPreferences
from groundcloud.store import Transaction

_PREFIXES = {
    "sqs": "SQS", "lambda": "Lambda", "application": "Application", "http": "HTTP", "https": "HTTP"
}  # fmt: skip
"""How the attributes of a topic begin, by protocol. There are none for mail, and texts have an account's."""


class _Wishes(NamedTuple):
    """Where it is logged: the role for what went well, the role for what failed, and how many per cent of the first."""

    success: str
    failure: str
    rate: int

    @classmethod
    def of(cls, attributes: Mapping[str, str], prefix: str = "") -> "_Wishes":
        rate = attributes.get(f"{prefix}SuccessFeedbackSampleRate") or "0"
        roles = [attributes.get(f"{prefix}{outcome}FeedbackRoleArn", "") for outcome in ("Success", "Failure")]
        return cls(roles[0], roles[1], int(rate))

    def role(self, world: World, failure: Failed | None) -> str:
        """The role that writes of this outcome, or nothing."""
        if failure is not None:
            return self.failure
        return self.success if int.from_bytes(world.entropy(4), "big") % 100 < self.rate else ""


def of_topic(world: World, parcel: Parcel, found: Delivery, failure: Failed | None) -> Finish | None:
    """What writes the line of a delivery to a subscription, if there is to be one."""
    subscription, topic, sent = found.subscription, found.topic, found.sent
    prefix = _PREFIXES.get(subscription.protocol)
    if sent is None or (prefix is None and subscription.protocol != "sms"):
        return None
    place = (topic.account, topic.region)
    wishes = _of_texts(world, *place) if prefix is None else _Wishes.of(topic.attributes, prefix)
    if not (role := wishes.role(world, failure)):
        return None
    notification = {
        "messageMD5Sum": hashlib.md5(sent.message.encode(), usedforsecurity=False).hexdigest(),
        "messageId": sent.message_id,
        "topicArn": topic.arn,
    }
    group = f"sns/{topic.region}/{topic.account}/{topic.name}"
    return _writing(
        world, parcel, Line(SERVICE, role, *place, group, 0, ""), notification, subscription.endpoint, failure
    )


def of_phone(world: World, parcel: Parcel, message: ToPhone, failure: Failed | None) -> Finish | None:
    """The same for what was published to one phone."""
    place = (message.account, message.region)
    if message.carrier == "sms":
        wishes, group = _of_texts(world, *place), "DirectPublishToPhoneNumber"
    else:
        with world.store.snapshot() as tx:
            found = tx.get(PlatformApplication, *place, message.carrier, message.sender)
        wishes = _Wishes.of(found.attributes if found is not None else {})
        group = f"app/{message.carrier}/{message.sender}"
    if not (role := wishes.role(world, failure)):
        return None
    line = Line(SERVICE, role, *place, f"sns/{message.region}/{message.account}/{group}", 0, "")
    more = {"smsType": message.type} if message.type else {}
    return _writing(world, parcel, line, {"messageId": message.message_id}, message.to, failure, more)


def _of_texts(world: World, account: str, region: str) -> _Wishes:
    with world.store.snapshot() as tx:
        found = tx.get(TextPreferences, account, region)
    known = found.attributes if found is not None else {}
    role, rate = known.get("DeliveryStatusIAMRole", ""), known.get("DeliveryStatusSuccessSamplingRate") or "0"
    return _Wishes(role, role, int(rate))


def _writing(
    world: World,
    parcel: Parcel,
    line: Line,
    notification: dict[str, Any],
    destination: str,
    failure: Failed | None,
    more: Mapping[str, str] = {},
) -> Finish:
    clock = world.clock()
    now, taken = int(clock.timestamp() * 1000), failure is None
    line.milliseconds = now
    line.group += "" if taken else "/Failure"
    line.text = json.dumps(
        {
            "notification": {**notification, "timestamp": f"{clock:%Y-%m-%d %H:%M:%S}.{clock.microsecond // 1000:03}"},
            "delivery": {
                "deliveryId": parcel.parcel_id,
                "destination": destination,
                "providerResponse": "OK" if failure is None else str(failure),
                "dwellTimeMs": now - parcel.made,
                "attempts": parcel.attempts + 1,
                "statusCode": 200 if failure is None else failure.status,
                **more,
            },
            "status": "SUCCESS" if taken else "FAILURE",
        }
    )
    chance = world.entropy(8)
    return lambda tx, _: log_line(tx, now, chance, line)


def both(first: Finish | None, second: Finish | None) -> Finish | None:
    """One after the other, in one transaction."""
    if first is None or second is None:
        return first or second

    def finish(tx: Transaction, parcel: Parcel) -> None:
        first(tx, parcel)
        second(tx, parcel)

    return finish
