"""Trails: made, changed, shown, started and stopped; their selectors and tags."""

import re
from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.resource import Resource
from groundcloud.services.cloudtrail import errors, selectors
from groundcloud.services.cloudtrail.records import (
    AdvancedEventSelector,
    EventSelector,
    Tag,
    Trail,
    TrailStatus,
)

SERVICE = "cloudtrail.amazonaws.com"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{1,126})[A-Za-z0-9]")
_MOST, _MOST_TAGS = 5, 50


# -- finding


def _parts(ctx: Context, name: str) -> tuple[str, str, str]:
    """Account, region and name of a trail that is given by name or ARN. Raises `CloudTrailARNInvalidException`."""
    if not name.startswith("arn:"):
        return ctx.account, ctx.region, name
    parts = name.split(":", 5)
    if len(parts) != 6 or parts[2] != "cloudtrail" or not parts[5].startswith("trail/"):
        raise errors.InvalidArn(arn=name)
    return parts[4], parts[3], parts[5][6:]


def _resource(ctx: Context, name: str) -> Resource:
    account, region, own = _parts(ctx, name)
    found = ctx.tx.get(Trail, account, region, own)
    return Resource(
        f"arn:aws:cloudtrail:{region}:{account}:trail/{own}",
        account="" if account == ctx.account else account,
        tags={tag.key: tag.value for tag in found.tags} if found is not None else None,
    )


def on_name(ctx: Context, name: str) -> Resource:
    return _resource(ctx, name)


def on_trail_name(ctx: Context, trail_name: str) -> Resource:
    return _resource(ctx, trail_name)


def on_resource_id(ctx: Context, resource_id: str) -> Resource:
    return _resource(ctx, resource_id)


def find(ctx: Context, name: str) -> Trail:
    """A trail by its name or ARN; one of another region is found if it is a multi-region trail, as a shadow.

    Raises `TrailNotFoundException`.
    """
    account, region, own = _parts(ctx, name)
    found = ctx.tx.get(Trail, account, region, own)
    if found is None and region == ctx.region:
        found = next((trail for trail in _shadows(ctx) if trail.name == own), None)
    if found is None:
        raise errors.TrailNotFound(name=name, account=ctx.account)
    return found


def _shadows(ctx: Context) -> list[Trail]:
    """Multi-region trails of other home regions."""
    return [
        trail for trail in ctx.tx.scan(Trail, ctx.account) if trail.is_multi_region_trail and trail.region != ctx.region
    ]


def _own(ctx: Context, name: str) -> Trail:
    """A trail that may be changed here. Raises `InvalidHomeRegionException`."""
    found = find(ctx, name)
    if found.region != ctx.region:
        raise errors.InvalidHomeRegion(name=found.name, region=found.region)
    return found


# -- the bucket


def check_bucket(ctx: Context, trail: Trail) -> None:
    """The bucket's policy lets CloudTrail see its list of access and write its files ("Amazon S3 bucket policy for
    CloudTrail"). Raises `S3BucketDoesNotExistException`, `InsufficientS3BucketPolicyException`."""
    service = ctx.as_service(SERVICE, trail.trail_arn)
    bucket = trail.s3_bucket_name
    try:
        service.check("s3", "get_bucket_acl", bucket=bucket)
        service.check(
            "s3", "put_object", bucket=bucket, key=f"{base_of(trail)}CloudTrail/", acl="bucket-owner-full-control"
        )
    except AwsError as error:
        if error.code == "NoSuchBucket":
            raise errors.NoSuchBucket(bucket=bucket) from error
        raise errors.InsufficientBucketPolicy(bucket=bucket) from error


def base_of(trail: Trail) -> str:
    """What all keys of a trail's objects begin with."""
    prefix = f"{trail.s3_key_prefix}/" if trail.s3_key_prefix else ""
    return f"{prefix}AWSLogs/{trail.account}/"


# -- made and changed


def _new(ctx: Context, name: str, tags_list: Sequence[Tag]) -> list[Resource]:
    found = _resource(ctx, name)
    return [found, found._replace(action="cloudtrail:AddTags")] if tags_list else [found]


@operation(on=_new)
def create_trail(
    ctx: Context,
    name: str,
    s3_bucket_name: str,
    s3_key_prefix: str = "",
    include_global_service_events: bool = True,
    is_multi_region_trail: bool = False,
    enable_log_file_validation: bool = False,
    is_organization_trail: bool = False,
    tags_list: Sequence[Tag] = (),
) -> object:
    _check_name(name)
    _check_kind(is_multi_region_trail, include_global_service_events, is_organization_trail)
    if ctx.get(Trail, name) is not None:
        raise errors.TrailExists(name=name, account=ctx.account)
    if sum(1 for _ in ctx.scan(Trail)) >= _MOST:
        raise errors.TooManyTrails(account=ctx.account, region=ctx.region)
    trail = Trail(
        account=ctx.account,
        region=ctx.region,
        name=name,
        s3_bucket_name=s3_bucket_name,
        s3_key_prefix=_prefix(s3_key_prefix),
        include_global_service_events=include_global_service_events,
        is_multi_region_trail=is_multi_region_trail,
        log_file_validation_enabled=enable_log_file_validation,
        tags=_merged([], tags_list),
    )
    check_bucket(ctx, trail)
    return shown(ctx.put(trail))


def _check_name(name: str) -> None:
    """Raises `InvalidTrailNameException`."""
    if not 3 <= len(name) <= 128:
        raise errors.InvalidTrailName(reason="Trail name too short or too long: it must have 3 to 128 characters.")
    if not _NAME.fullmatch(name) or re.search(r"[._-]{2}", name) or re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name):
        raise errors.InvalidTrailName(
            reason="Trail name must starts with a letter or number, and ends with a letter or number, with only "
            "letters, numbers, periods, underscores and dashes between, none of them next to another."
        )


def _check_kind(multi_region: bool, global_events: bool, organization: bool) -> None:
    if organization:
        raise errors.OrganizationTrailNotWritten()
    if multi_region and not global_events:
        raise errors.InvalidCombination(reason="Multi-Region trail must include global service events.")


def _prefix(prefix: str) -> str | None:
    if len(prefix) > 200:
        raise errors.InvalidPrefix(prefix=prefix)
    return prefix.rstrip("/") or None


@operation(on=on_name)
def update_trail(
    ctx: Context,
    name: str,
    s3_bucket_name: str = "",
    s3_key_prefix: str | None = None,
    include_global_service_events: bool | None = None,
    is_multi_region_trail: bool | None = None,
    enable_log_file_validation: bool | None = None,
    is_organization_trail: bool = False,
) -> object:
    trail = _own(ctx, name)
    trail.s3_bucket_name = s3_bucket_name or trail.s3_bucket_name
    if s3_key_prefix is not None:
        trail.s3_key_prefix = _prefix(s3_key_prefix)
    if include_global_service_events is not None:
        trail.include_global_service_events = include_global_service_events
    if is_multi_region_trail is not None:
        trail.is_multi_region_trail = is_multi_region_trail
    if enable_log_file_validation is not None:
        trail.log_file_validation_enabled = enable_log_file_validation
    _check_kind(trail.is_multi_region_trail, trail.include_global_service_events, is_organization_trail)
    check_bucket(ctx, trail)
    return shown(ctx.put(trail))


@operation(on=on_name)
def delete_trail(ctx: Context, name: str) -> object:
    trail = _own(ctx, name)
    status = ctx.get(TrailStatus, trail.name)
    if status is not None:
        ctx.delete(status)
    ctx.delete(trail)
    return {}


def shown(trail: Trail) -> dict[str, Any]:
    return {
        "name": trail.name,
        "s3_bucket_name": trail.s3_bucket_name,
        "s3_key_prefix": trail.s3_key_prefix,
        "include_global_service_events": trail.include_global_service_events,
        "is_multi_region_trail": trail.is_multi_region_trail,
        "trail_arn": trail.trail_arn,
        "log_file_validation_enabled": trail.log_file_validation_enabled,
        "is_organization_trail": False,
    }


def _described(trail: Trail) -> dict[str, Any]:
    return {
        **shown(trail),
        "home_region": trail.region,
        "has_custom_event_selectors": bool(trail.event_selectors or trail.advanced_event_selectors),
        "has_insight_selectors": False,
    }


@operation(on="*", read=True)
def describe_trails(ctx: Context, trail_name_list: Sequence[str] = (), include_shadow_trails: bool = True) -> object:
    found = list(ctx.scan(Trail))
    if include_shadow_trails:
        found += _shadows(ctx)
    if trail_name_list:
        wanted = {_parts(ctx, name) for name in trail_name_list}
        names = {name for name in trail_name_list if not name.startswith("arn:")}
        found = [trail for trail in found if trail.key_values() in wanted or trail.name in names]
    return {"trail_list": [_described(trail) for trail in found]}


@operation(on=on_name, read=True)
def get_trail(ctx: Context, name: str) -> object:
    return {"trail": _described(find(ctx, name))}


@operation(on="*", read=True)
def list_trails(ctx: Context) -> object:
    found = page_of(ctx.tx.scan(Trail, ctx.account), lambda trail: trail.trail_arn)
    return {"trails": found}


# -- logging


@operation(on=on_name)
def start_logging(ctx: Context, name: str) -> object:
    trail = _own(ctx, name)
    if not trail.logging:
        trail.logging, trail.start_logging_time = True, ctx.now()
        ctx.put(trail)
    return {}


@operation(on=on_name)
def stop_logging(ctx: Context, name: str) -> object:
    trail = _own(ctx, name)
    if trail.logging:
        trail.logging, trail.stop_logging_time = False, ctx.now()
        ctx.put(trail)
    return {}


@operation(on=on_name, read=True)
def get_trail_status(ctx: Context, name: str) -> object:
    trail = find(ctx, name)
    status = ctx.tx.get(TrailStatus, *trail.key_values()) or TrailStatus(trail.account, trail.region, trail.name)
    attempted = status.latest_delivery_attempt

    def text(time: Any) -> str | None:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time is not None else None

    return {
        "is_logging": trail.logging,
        "latest_delivery_error": status.latest_delivery_error,
        "latest_delivery_time": status.latest_delivery_time,
        "start_logging_time": trail.start_logging_time,
        "stop_logging_time": trail.stop_logging_time,
        "latest_digest_delivery_time": status.latest_digest_delivery_time,
        "latest_digest_delivery_error": status.latest_digest_delivery_error,
        "latest_delivery_attempt_time": text(attempted) or "",
        "latest_delivery_attempt_succeeded": text(status.latest_delivery_time) or "",
        "time_logging_started": text(trail.start_logging_time) or "",
        "time_logging_stopped": text(trail.stop_logging_time) or "",
    }


# -- selectors


@operation(on=on_trail_name)
def put_event_selectors(
    ctx: Context,
    trail_name: str,
    event_selectors: Sequence[EventSelector] = (),
    advanced_event_selectors: Sequence[AdvancedEventSelector] = (),
) -> object:
    trail = _own(ctx, trail_name)
    selectors.check(event_selectors, advanced_event_selectors)
    trail.event_selectors = list(event_selectors)
    trail.advanced_event_selectors = list(advanced_event_selectors)
    trail.data = selectors.has_data(event_selectors, advanced_event_selectors)
    ctx.put(trail)
    return _selectors(trail)


@operation(on=on_trail_name, read=True)
def get_event_selectors(ctx: Context, trail_name: str) -> object:
    return _selectors(find(ctx, trail_name))


def _selectors(trail: Trail) -> dict[str, Any]:
    if trail.advanced_event_selectors:
        return {"trail_arn": trail.trail_arn, "advanced_event_selectors": trail.advanced_event_selectors}
    basic = trail.event_selectors or [EventSelector()]
    shown_all = [
        {
            "read_write_type": one.read_write_type,
            "include_management_events": one.include_management_events,
            "data_resources": one.data_resources or [],
            "exclude_management_event_sources": one.exclude_management_event_sources or [],
        }
        for one in basic
    ]
    return {"trail_arn": trail.trail_arn, "event_selectors": shown_all}


@operation(on=on_trail_name, read=True)
def get_insight_selectors(ctx: Context, trail_name: str = "") -> object:
    raise errors.InsightNotEnabled(name=find(ctx, trail_name).name)


# -- tags


@operation(on=on_resource_id)
def add_tags(ctx: Context, resource_id: str, tags_list: Sequence[Tag]) -> object:
    trail = _own(ctx, resource_id)
    trail.tags = _merged(trail.tags, tags_list)
    ctx.put(trail)
    return {}


@operation(on=on_resource_id)
def remove_tags(ctx: Context, resource_id: str, tags_list: Sequence[Tag]) -> object:
    trail = _own(ctx, resource_id)
    gone = {tag.key for tag in tags_list}
    trail.tags = [tag for tag in trail.tags if tag.key not in gone]
    ctx.put(trail)
    return {}


def _on_all(ctx: Context, resource_id_list: Sequence[str]) -> list[Resource]:
    return [_resource(ctx, each) for each in resource_id_list]


@operation(on=_on_all, read=True)
def list_tags(ctx: Context, resource_id_list: Sequence[str]) -> object:
    found = [{"resource_id": each, "tags_list": find(ctx, each).tags} for each in resource_id_list]
    return {"resource_tag_list": found}


def _merged(old: Sequence[Tag], new: Sequence[Tag]) -> list[Tag]:
    tags = {tag.key: tag for tag in (*old, *new)}
    if len(tags) > _MOST_TAGS:
        raise errors.TagsLimitExceeded()
    return list(tags.values())
