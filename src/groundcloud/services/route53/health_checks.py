"""Health checks: made, changed, listed, deleted, and what their checkers saw. The asking itself is `engines/probes`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.route53 import errors
from groundcloud.services.route53.health_records import (
    AlarmIdentifier,
    HealthCheck,
    HealthCheckConfig,
    HealthState,
    Observation,
)
from groundcloud.services.route53.health_rules import check_config, with_defaults
from groundcloud.services.route53.records import ResourceTags
from groundcloud.services.route53.shared import first_page, limit, new_uuid
from groundcloud.store.keys import pack

_CHECKERS = ["127.0.0.1/32"]
"""Where the checkers ask from: this machine."""


def _shown(found: HealthCheck) -> dict[str, Any]:
    return {
        "id": found.id,
        "caller_reference": found.caller_reference,
        "health_check_config": found.config,
        "health_check_version": found.revision,
    }


@operation(on="*")
def create_health_check(ctx: Context, caller_reference: str, health_check_config: HealthCheckConfig) -> object:
    check_config(ctx, health_check_config)
    config = with_defaults(health_check_config)
    known = next(ctx.scan(HealthCheck, caller_reference, index="by_reference"), None)
    if known is not None and known.config != config:
        raise errors.HealthCheckAlreadyExists(reference=caller_reference)
    found = known or ctx.put(HealthCheck(ctx.account, new_uuid(ctx), caller_reference, config))
    location = f"https://route53.amazonaws.com/2013-04-01/healthcheck/{found.id}"
    return {"health_check": _shown(found), "location": location}


@operation(on="healthcheck/{health_check_id}", read=True)
def get_health_check(ctx: Context, health_check_id: str) -> object:
    return {"health_check": _shown(ctx.find(HealthCheck, health_check_id))}


@operation(on="healthcheck/{health_check_id}")
def delete_health_check(ctx: Context, health_check_id: str) -> None:
    found = ctx.find(HealthCheck, health_check_id)
    parent = next(ctx.tx.scan(HealthCheck, health_check_id, index="by_child"), None)
    if parent is not None:
        raise errors.HealthCheckInUse(id=health_check_id, parent=parent.id)
    for kind, key in ((HealthState, (health_check_id,)), (ResourceTags, ("healthcheck", health_check_id))):
        belonging = ctx.tx.get(kind, ctx.account, *key)
        if belonging is not None:
            ctx.delete(belonging)
    ctx.delete(found)


_RESET = {
    "FullyQualifiedDomainName": "fully_qualified_domain_name",
    "Regions": "regions",
    "ResourcePath": "resource_path",
    "ChildHealthChecks": "child_health_checks",
}


@operation(on="healthcheck/{health_check_id}")
def update_health_check(
    ctx: Context,
    health_check_id: str,
    health_check_version: int | None = None,
    ip_address: str | None = None,
    port: int | None = None,
    resource_path: str | None = None,
    fully_qualified_domain_name: str | None = None,
    search_string: str | None = None,
    failure_threshold: int | None = None,
    inverted: bool | None = None,
    disabled: bool | None = None,
    health_threshold: int | None = None,
    child_health_checks: list[str] | None = None,
    enable_sni: bool | None = None,
    regions: list[str] | None = None,
    alarm_identifier: AlarmIdentifier | None = None,
    insufficient_data_health_status: str | None = None,
    reset_elements: Sequence[str] = (),
) -> object:
    given = {name: value for name, value in locals().items() if name in HealthCheckConfig.__struct_fields__}
    found = ctx.find(HealthCheck, health_check_id)
    if health_check_version is not None and health_check_version != found.revision:
        raise errors.HealthCheckVersionMismatch(given=health_check_version, version=found.revision)
    changed = {name: value for name, value in given.items() if value is not None}
    for element in reset_elements:
        changed[_RESET[element]] = None
    config = msgspec.structs.replace(found.config, **changed)
    check_config(ctx, config, found.id)
    found.config = with_defaults(config)
    found.revision += 1
    return {"health_check": _shown(ctx.put(found))}


@operation(on="*", read=True)
def list_health_checks(ctx: Context, marker: str | None = None, max_items: str | None = None) -> object:
    count = limit(max_items, 100)
    after = pack((marker,))[:-1] if marker else b""
    page, further = first_page(ctx.tx.scan(HealthCheck, ctx.account, after=after), count)
    return {
        "health_checks": [_shown(each) for each in page],
        "marker": marker or "",
        "is_truncated": further is not None,
        "next_marker": further.id if further is not None else None,
        "max_items": str(count),
    }


@operation(on="*", read=True)
def get_health_check_count(ctx: Context) -> object:
    return {"health_check_count": sum(1 for _ in ctx.scan(HealthCheck))}


@operation(on="*", read=True)
def get_checker_ip_ranges(ctx: Context) -> object:
    return {"checker_ip_ranges": _CHECKERS}


def _observed(ctx: Context, health_check_id: str) -> HealthState | None:
    found = ctx.find(HealthCheck, health_check_id)
    if found.config.type in ("CALCULATED", "CLOUDWATCH_METRIC"):
        raise errors.InvalidInput(
            reason=f"This operation isn't supported for health checks of type {found.config.type}."
        )
    return ctx.get(HealthState, health_check_id)


def _shown_observation(each: Observation) -> dict[str, Any]:
    report = {"status": each.status, "checked_time": each.checked_time}
    return {"region": each.region, "ip_address": each.ip_address, "status_report": report}


@operation(on="healthcheck/{health_check_id}", read=True)
def get_health_check_status(ctx: Context, health_check_id: str) -> object:
    state = _observed(ctx, health_check_id)
    observations = state.observations if state is not None else ()
    return {"health_check_observations": [_shown_observation(each) for each in observations]}


@operation(on="healthcheck/{health_check_id}", read=True)
def get_health_check_last_failure_reason(ctx: Context, health_check_id: str) -> object:
    state = _observed(ctx, health_check_id)
    failures = state.failures if state is not None else ()
    return {"health_check_observations": [_shown_observation(each) for each in failures]}
