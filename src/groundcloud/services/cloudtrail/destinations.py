"""Where a trail delivers to: its bucket, a topic that is told of each file, a log group; and the organization whose
accounts it is for. All of it is tried before a trail is made or changed."""

import re

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.outbox import Notice
from groundcloud.resource import Resource
from groundcloud.services.cloudtrail import errors
from groundcloud.services.cloudtrail.records import Trail

SERVICE = "cloudtrail.amazonaws.com"
SESSION = "cloudtrail"
_TOPIC = re.compile(r"(?:arn:aws:sns:[a-z0-9-]+:\d{12}:)?[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
_GROUP = re.compile(r"arn:aws:logs:([a-z0-9-]+):(\d{12}):log-group:([^:*]{1,512}):\*")


def base_of(trail: Trail, account: str) -> str:
    """What the keys of an account's objects begin with."""
    prefix = f"{trail.s3_key_prefix}/" if trail.s3_key_prefix else ""
    organization = f"{trail.organization_id}/" if trail.organization_id else ""
    return f"{prefix}AWSLogs/{organization}{account}/"


def check(ctx: Context, trail: Trail) -> None:
    """Raises CloudTrail's errors for what cannot be delivered to."""
    check_bucket(ctx, trail)
    if trail.sns_topic_arn is not None:
        _check_topic(ctx, trail, trail.sns_topic_arn)
    if trail.cloud_watch_logs_log_group_arn is not None or trail.cloud_watch_logs_role_arn is not None:
        _check_logs(ctx, trail, trail.cloud_watch_logs_log_group_arn or "", trail.cloud_watch_logs_role_arn or "")


def check_bucket(ctx: Context, trail: Trail) -> None:
    """The bucket's policy lets CloudTrail see its list of access and write its files ("Amazon S3 bucket policy for
    CloudTrail"). Raises `S3BucketDoesNotExistException`, `InsufficientS3BucketPolicyException`."""
    service = ctx.as_service(SERVICE, trail.trail_arn)
    bucket = trail.s3_bucket_name
    try:
        service.check("s3", "get_bucket_acl", bucket=bucket)
        key = f"{base_of(trail, trail.account)}CloudTrail/"
        service.check("s3", "put_object", bucket=bucket, key=key, acl="bucket-owner-full-control")
    except AwsError as error:
        if error.code == "NoSuchBucket":
            raise errors.NoSuchBucket(bucket=bucket) from error
        raise errors.InsufficientBucketPolicy(bucket=bucket) from error


def notice(trail: Trail, message: str) -> Notice:
    """A message of CloudTrail to the trail's topic."""
    return Notice(SERVICE, trail.trail_arn, trail.account, message)


def _check_topic(ctx: Context, trail: Trail, arn: str) -> None:
    """The topic is there and lets CloudTrail publish ("Amazon SNS topic policy for CloudTrail"); it is told that it
    was tried. Raises `InvalidSnsTopicNameException`, `InsufficientSnsTopicPolicyException`."""
    if not _TOPIC.fullmatch(trail.sns_topic_name or ""):
        raise errors.InvalidTopicName(name=trail.sns_topic_name)
    tried = notice(trail, "CloudTrail validation message.")
    if not ctx.admits(arn, tried):
        raise errors.InsufficientTopicPolicy()
    ctx.notify(arn, tried)


def group_of(arn: str) -> str:
    """The name of a log group in its ARN."""
    return arn.split(":")[6]


def log_stream(account: str, region: str) -> str:
    """The stream of an account's and a region's events ("Sending events to CloudWatch Logs")."""
    return f"{account}_CloudTrail_{region}"


def _check_logs(ctx: Context, trail: Trail, group_arn: str, role_arn: str) -> None:
    """The caller may pass the role, CloudTrail may take it on, and the role may write to the group. Raises
    `InvalidCloudWatchLogsLogGroupArnException`, `InvalidCloudWatchLogsRoleArnException`."""
    found = _GROUP.fullmatch(group_arn)
    if found is None or found.groups()[:2] != (trail.region, trail.account):
        raise errors.InvalidLogGroupArn(reason="CloudTrail cannot validate the specified log group ARN.")
    if not role_arn.startswith(f"arn:aws:iam::{trail.account}:role/"):
        raise errors.InvalidLogsRoleArn(reason="CloudTrail cannot validate the specified role ARN.")
    ctx.authorize("iam:PassRole", Resource(role_arn, facts={"iam:passedtoservice": SERVICE}))
    try:
        acting = ctx.as_role(role_arn, SERVICE, SESSION, trail.trail_arn)
    except AwsError as error:
        reason = "Access denied. Check the trust relationships for your role."
        raise errors.InvalidLogsRoleArn(reason=reason) from error
    stream = log_stream(trail.account, trail.region)
    try:
        named = {"log_group_name": found[3], "log_stream_name": stream}
        acting.check("logs", "create_log_stream", **named)
        acting.check("logs", "put_log_events", **named, log_events=[])
    except AwsError as error:
        reason = "Access denied. Check the permissions for your role."
        raise errors.InvalidLogsRoleArn(reason=reason) from error


def organization_of(ctx: Context) -> str:
    """The organization that the caller's account manages, for a trail of all its accounts. Raises the errors of an
    account that has no such organization, or has not let CloudTrail into it."""
    try:
        found = ctx.call("organizations", "describe_organization")["organization"]
    except AwsError as error:
        if error.code != "AWSOrganizationsNotInUseException":
            raise
        raise errors.OrganizationsNotInUse() from error
    if found["master_account_id"] != ctx.account:
        raise errors.NotManagementAccount()
    if found["feature_set"] != "ALL":
        raise errors.OrganizationNotInAllFeaturesMode()
    let_in = ctx.call("organizations", "list_aws_service_access_for_organization")["enabled_service_principals"]
    if SERVICE not in {each.service_principal for each in let_in}:
        raise errors.AccessNotEnabled()
    return str(found["id"])
