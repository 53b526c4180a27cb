"""Event notifications: which destinations a bucket tells. One that does not let S3 send, or that this cloud does not
have (functions, EventBridge), is refused."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.s3 import errors, events
from groundcloud.services.s3.access import find_bucket, of_bucket
from groundcloud.services.s3.records import Setting
from groundcloud.services.s3.rules import notifications
from groundcloud.services.s3.rules.notifications import NotificationConfiguration
from groundcloud.services.s3.settings import drop, keep

_KINDS = {"sqs": "queue", "sns": "topic"}


@operation(on=of_bucket, action="s3:PutBucketNotification")
def put_bucket_notification_configuration(
    ctx: Context,
    bucket: str,
    notification_configuration: NotificationConfiguration,
    skip_destination_validation: bool = False,
) -> None:
    found = find_bucket(ctx, bucket)
    notifications.check_notifications(notification_configuration, found.region)
    if notification_configuration.event_bridge_configuration is not None:
        raise _refused("EventBridge", "This cloud has no EventBridge")
    wanted = notifications.targets(notification_configuration)
    for target in wanted:
        if target.kind not in _KINDS:
            raise _refused(target.arn, "Not authorized to invoke function")
        notice = events.test_notice(ctx, found, target)
        if skip_destination_validation:
            continue
        if not ctx.admits(target.arn, notice):
            raise _refused(
                target.arn,
                f"Permissions on the destination {_KINDS[target.kind]} do not allow S3 to publish notifications from "
                "this bucket",
            )
        ctx.notify(target.arn, notice)
    if wanted:
        keep(ctx, bucket, "notification", notification_configuration)
    else:
        drop(ctx, bucket, "notification")


def _refused(destination: str, reason: str) -> errors.InvalidArgument:
    return errors.InvalidArgument(
        reason="Unable to validate the following destination configurations",
        argument_name=destination,
        argument_value=reason,
    )


@operation(on=of_bucket, read=True, action="s3:GetBucketNotification")
def get_bucket_notification_configuration(ctx: Context, bucket: str) -> dict[str, Any]:
    find_bucket(ctx, bucket)
    found = ctx.tx.get(Setting, bucket, "notification", "")
    return found.document if found is not None else {}
