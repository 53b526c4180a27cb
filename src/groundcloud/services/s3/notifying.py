"""Event notifications: which destinations a bucket tells. A destination that this cloud does not have is refused."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import find_bucket, of_bucket
from groundcloud.services.s3.records import Setting
from groundcloud.services.s3.rules import notifications
from groundcloud.services.s3.rules.notifications import NotificationConfiguration
from groundcloud.services.s3.settings import drop, keep


@operation(on=of_bucket, action="s3:PutBucketNotification", harmless=("SkipDestinationValidation",))
def put_bucket_notification_configuration(
    ctx: Context, bucket: str, notification_configuration: NotificationConfiguration
) -> None:
    found = find_bucket(ctx, bucket)
    notifications.check_notifications(notification_configuration, found.region)
    wanted = notifications.targets(notification_configuration)
    if (wanted or notification_configuration.event_bridge_configuration) and "events" not in ctx.world.engines:
        raise errors.InvalidArgument(
            reason="Unable to validate the following destination configurations",
            argument_name=", ".join(target.arn for target in wanted) or "EventBridge",
            argument_value="Not authorized to invoke or the destination does not exist",
        )
    if wanted or notification_configuration.event_bridge_configuration:
        keep(ctx, bucket, "notification", notification_configuration)
    else:
        drop(ctx, bucket, "notification")


@operation(on=of_bucket, read=True, action="s3:GetBucketNotification")
def get_bucket_notification_configuration(ctx: Context, bucket: str) -> dict[str, Any]:
    find_bucket(ctx, bucket)
    found = ctx.tx.get(Setting, bucket, "notification", "")
    return found.document if found is not None else {}
