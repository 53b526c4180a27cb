"""Which settings of a health check fit together, and what those that are not given are.

Source: API Reference, HealthCheckConfig.
"""

import msgspec

from groundcloud.context import Context
from groundcloud.engines.probes.board import CALCULATED, ENDPOINTS, Check, may_be_asked, regions_or_all
from groundcloud.services.route53 import errors
from groundcloud.services.route53.health_records import HealthCheck, HealthCheckConfig

_PORTS = {"HTTP": 80, "HTTP_STR_MATCH": 80, "HTTPS": 443, "HTTPS_STR_MATCH": 443}


def check_config(ctx: Context, config: HealthCheckConfig, own_id: str = "") -> None:
    """Raises `InvalidInput`, `NoRecoveryControl`."""
    if config.type == "RECOVERY_CONTROL":
        raise errors.NoRecoveryControl()
    if config.type in ENDPOINTS:
        _check_endpoint(config)
    elif config.type == CALCULATED:
        _check_children(ctx, config, own_id)
    elif config.alarm_identifier is None or config.insufficient_data_health_status is None:
        raise errors.InvalidInput(
            reason="Invalid parameter : AlarmIdentifier and InsufficientDataHealthStatus must be specified for a "
            "health check of type CLOUDWATCH_METRIC."
        )


def _check_endpoint(config: HealthCheckConfig) -> None:
    if config.ip_address is None and not config.fully_qualified_domain_name:
        raise errors.InvalidInput(
            reason="Invalid parameter : Either IPAddress or FullyQualifiedDomainName must be specified."
        )
    if config.type == "TCP" and config.port is None:
        raise errors.InvalidInput(reason="Invalid parameter : Port must be specified for a TCP health check.")
    if config.type.endswith("STR_MATCH") != bool(config.search_string):
        must = "must" if config.type.endswith("STR_MATCH") else "cannot"
        raise errors.InvalidInput(
            reason=f"Invalid parameter : SearchString {must} be specified for a health check of type {config.type}."
        )
    if config.request_interval not in (None, 10, 30):
        raise errors.InvalidInput(reason="Invalid parameter : RequestInterval must be either 10 or 30.")
    if config.type == "TCP" and config.resource_path:
        raise errors.InvalidInput(reason="Invalid parameter : ResourcePath cannot be specified for a TCP health check.")
    if config.child_health_checks or config.health_threshold is not None:
        raise errors.InvalidInput(
            reason="Invalid parameter : ChildHealthChecks and HealthThreshold are for health checks of type CALCULATED."
        )
    if config.ip_address is not None and not may_be_asked(config.ip_address):
        raise errors.InvalidInput(
            reason=f"Invalid parameter : The IP address {config.ip_address} is in a local, private, nonroutable or "
            "multicast range."
        )


def _check_children(ctx: Context, config: HealthCheckConfig, own_id: str) -> None:
    if config.child_health_checks is None or config.health_threshold is None:
        raise errors.InvalidInput(
            reason="Invalid parameter : ChildHealthChecks and HealthThreshold must be specified for a health check of "
            "type CALCULATED."
        )
    for child in config.child_health_checks:
        found = ctx.get(HealthCheck, child)
        if found is None or child == own_id:
            raise errors.InvalidInput(reason=f"Invalid parameter : The child health check {child} does not exist.")
        if found.config.type == CALCULATED:
            raise errors.InvalidInput(
                reason=f"Invalid parameter : The child health check {child} is itself of type CALCULATED."
            )


def with_defaults(config: HealthCheckConfig) -> HealthCheckConfig:
    """As it is kept and shown."""
    filled: dict[str, object] = {"inverted": bool(config.inverted), "disabled": bool(config.disabled)}
    if config.type in ENDPOINTS:
        filled["port"] = config.port or _PORTS[config.type]
        filled["request_interval"] = config.request_interval or 30
        filled["failure_threshold"] = config.failure_threshold or 3
        filled["measure_latency"] = bool(config.measure_latency)
        if config.enable_sni is None and config.type != "TCP":
            filled["enable_sni"] = config.type.startswith("HTTPS")
    return msgspec.structs.replace(config, **filled)


def check_of(found: HealthCheck) -> Check:
    """A health check as the engine carries it out."""
    config = found.config
    alarm = config.alarm_identifier
    return Check(
        id=found.id,
        type=config.type,
        address=config.ip_address or "",
        port=config.port or 80,
        host=config.fully_qualified_domain_name or "",
        path=config.resource_path or "/",
        search=config.search_string or "",
        interval=config.request_interval or 30,
        threshold=config.failure_threshold or 3,
        inverted=bool(config.inverted),
        disabled=bool(config.disabled),
        sni=bool(config.enable_sni),
        regions=regions_or_all(config.regions) if config.type in ENDPOINTS else (),
        children=tuple(config.child_health_checks or ()),
        needed=config.health_threshold or 0,
        alarm=(found.account, alarm.region, alarm.name) if alarm is not None else ("", "", ""),
        insufficient=config.insufficient_data_health_status or "LastKnownStatus",
    )
