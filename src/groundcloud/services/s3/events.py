"""Tells a bucket's queues and topics what happened, by the outbox, in the transaction in which it happened."""

from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.outbox import Notice
from groundcloud.services.s3.records import Bucket, Content, Setting
from groundcloud.services.s3.rules import event_messages, notifications
from groundcloud.services.s3.rules.notifications import NotificationConfiguration, Target

_SERVICE = "s3.amazonaws.com"


def notice_of(bucket: Bucket, document: dict[str, Any]) -> Notice:
    """A message of a bucket. The subject is what S3 gives its messages to topics."""
    return Notice(
        service=_SERVICE,
        source_arn=f"arn:aws:s3:::{bucket.name}",
        source_account=bucket.account,
        message=msgspec.json.encode(document).decode(),
        subject="Amazon S3 Notification",
    )


def tell(ctx: Context, bucket: Bucket, name: str, content: Content) -> None:
    """Let whoever wants to know have the event. `name` is its type: `s3:ObjectCreated:Put`."""
    setting = ctx.tx.get(Setting, bucket.name, "notification", "")
    if setting is None:
        return
    wanted = notifications.targets(msgspec.convert(setting.document, NotificationConfiguration))
    told = notifications.told_of(wanted, name, content.name)
    if not told:
        return
    principal = ctx.principal
    event = event_messages.Event(
        name=name,
        time=ctx.world.clock(),
        region=bucket.region,
        bucket=bucket.name,
        bucket_owner=bucket.account,
        key=content.name,
        sequencer=event_messages.sequencer(content.sequence, 0),
        principal=f"AWS:{principal.user_id or principal.account}" if principal.account else "Anonymous",
        source_ip=ctx.facts.source_ip,
        request_id=ctx.request_id,
        host_id=ctx.request_id,
        size=content.size,
        e_tag=content.e_tag or None,
        version_id=content.version_id if bucket.versioning else None,
    )
    for target in told:
        ctx.notify(target.arn, notice_of(bucket, event_messages.message(event, target.id)))


def created(ctx: Context, bucket: Bucket, how: str, content: Content) -> None:
    """A new current version. A browser's form is told apart by how it was signed."""
    by_form = how == "Put" and ctx.facts.extra.get("s3:authtype") == "POST"
    tell(ctx, bucket, f"s3:ObjectCreated:{'Post' if by_form else how}", content)


def test_notice(ctx: Context, bucket: Bucket, target: Target) -> Notice:
    """What a destination gets when it is configured."""
    document = event_messages.s3_test_event(bucket.name, ctx.world.clock(), ctx.request_id, ctx.request_id)
    return notice_of(bucket, document)
