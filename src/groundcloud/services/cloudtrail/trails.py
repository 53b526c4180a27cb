"""Trails: made, changed, shown, started and stopped; their selectors."""

import re
from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.resource import Resource
from groundcloud.services.cloudtrail import errors, selectors
from groundcloud.services.cloudtrail.destinations import check, organization_of
from groundcloud.services.cloudtrail.finding import find, on_name, on_trail_name, own, parts, resource, shadows
from groundcloud.services.cloudtrail.records import (
    AdvancedEventSelector,
    EventSelector,
    Tag,
    Trail,
    TrailStatus,
)
from groundcloud.services.cloudtrail.tags import merged

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{1,126})[A-Za-z0-9]")
_MOST = 5


# -- made and changed


def _new(ctx: Context, name: str, tags_list: Sequence[Tag]) -> list[Resource]:
    found = resource(ctx, name)
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
    sns_topic_name: str = "",
    cloud_watch_logs_log_group_arn: str = "",
    cloud_watch_logs_role_arn: str = "",
) -> object:
    _check_name(name)
    _check_kind(is_multi_region_trail, include_global_service_events)
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
        tags=merged([], tags_list),
        sns_topic_name=sns_topic_name or None,
        cloud_watch_logs_log_group_arn=cloud_watch_logs_log_group_arn or None,
        cloud_watch_logs_role_arn=cloud_watch_logs_role_arn or None,
        logs_since=ctx.now() if cloud_watch_logs_log_group_arn else None,
        organization_id=organization_of(ctx) if is_organization_trail else "",
    )
    check(ctx, trail)
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


def _check_kind(multi_region: bool, global_events: bool) -> None:
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
    is_organization_trail: bool | None = None,
    sns_topic_name: str | None = None,
    cloud_watch_logs_log_group_arn: str | None = None,
    cloud_watch_logs_role_arn: str | None = None,
) -> object:
    trail = own(ctx, name)
    trail.s3_bucket_name = s3_bucket_name or trail.s3_bucket_name
    if s3_key_prefix is not None:
        trail.s3_key_prefix = _prefix(s3_key_prefix)
    if include_global_service_events is not None:
        trail.include_global_service_events = include_global_service_events
    if is_multi_region_trail is not None:
        trail.is_multi_region_trail = is_multi_region_trail
    if enable_log_file_validation is not None:
        trail.log_file_validation_enabled = enable_log_file_validation
    if is_organization_trail is not None:
        trail.organization_id = organization_of(ctx) if is_organization_trail else ""
    if sns_topic_name is not None:
        trail.sns_topic_name = sns_topic_name or None
    _set_log_group(ctx, trail, cloud_watch_logs_log_group_arn, cloud_watch_logs_role_arn)
    _check_kind(trail.is_multi_region_trail, trail.include_global_service_events)
    check(ctx, trail)
    return shown(ctx.put(trail))


def _set_log_group(ctx: Context, trail: Trail, group_arn: str | None, role_arn: str | None) -> None:
    """An empty ARN takes the group, or the role, away."""
    if group_arn is not None and (group_arn or None) != trail.cloud_watch_logs_log_group_arn:
        trail.cloud_watch_logs_log_group_arn = group_arn or None
        trail.logs_since = ctx.now() if group_arn else None
    if role_arn is not None:
        trail.cloud_watch_logs_role_arn = role_arn or None


@operation(on=on_name)
def delete_trail(ctx: Context, name: str) -> object:
    trail = own(ctx, name)
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
        "is_organization_trail": trail.is_organization_trail,
        "sns_topic_name": trail.sns_topic_name and trail.sns_topic_name.rpartition(":")[2],
        "sns_topic_arn": trail.sns_topic_arn,
        "cloud_watch_logs_log_group_arn": trail.cloud_watch_logs_log_group_arn,
        "cloud_watch_logs_role_arn": trail.cloud_watch_logs_role_arn,
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
        found += shadows(ctx)
    if trail_name_list:
        wanted = {parts(ctx, name) for name in trail_name_list}
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
    trail = own(ctx, name)
    if not trail.logging:
        trail.logging, trail.start_logging_time = True, ctx.now()
        ctx.put(trail)
    return {}


@operation(on=on_name)
def stop_logging(ctx: Context, name: str) -> object:
    trail = own(ctx, name)
    if trail.logging:
        trail.logging, trail.stop_logging_time = False, ctx.now()
        ctx.put(trail)
    return {}


@operation(on=on_name, read=True)
def get_trail_status(ctx: Context, name: str) -> object:
    trail = find(ctx, name)
    status = ctx.tx.get(TrailStatus, *trail.key_values()) or TrailStatus(trail.account, trail.region, trail.name)

    def text(time: Any) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time is not None else ""

    return {
        "is_logging": trail.logging,
        "latest_delivery_error": status.latest_delivery_error,
        "latest_delivery_time": status.latest_delivery_time,
        "start_logging_time": trail.start_logging_time,
        "stop_logging_time": trail.stop_logging_time,
        "latest_digest_delivery_time": status.latest_digest_delivery_time,
        "latest_digest_delivery_error": status.latest_digest_delivery_error,
        "latest_notification_time": status.latest_notification_time,
        "latest_notification_error": status.latest_notification_error,
        "latest_cloud_watch_logs_delivery_time": status.latest_cloud_watch_logs_delivery_time,
        "latest_cloud_watch_logs_delivery_error": status.latest_cloud_watch_logs_delivery_error,
        "latest_delivery_attempt_time": text(status.latest_delivery_attempt),
        "latest_delivery_attempt_succeeded": text(status.latest_delivery_time),
        "latest_notification_attempt_time": text(status.latest_notification_attempt),
        "latest_notification_attempt_succeeded": text(status.latest_notification_time),
        "time_logging_started": text(trail.start_logging_time),
        "time_logging_stopped": text(trail.stop_logging_time),
    }


# -- selectors


@operation(on=on_trail_name)
def put_event_selectors(
    ctx: Context,
    trail_name: str,
    event_selectors: Sequence[EventSelector] = (),
    advanced_event_selectors: Sequence[AdvancedEventSelector] = (),
) -> object:
    trail = own(ctx, trail_name)
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
