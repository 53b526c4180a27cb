"""What Route 53 remembers of health checks: how they are set, and what their checkers saw last."""

from datetime import datetime

from groundcloud.services.route53 import errors
from groundcloud.store import Part, Record


class AlarmIdentifier(Part):
    region: str
    name: str


class HealthCheckConfig(Part):
    type: str
    ip_address: str | None = None
    port: int | None = None
    resource_path: str | None = None
    fully_qualified_domain_name: str | None = None
    search_string: str | None = None
    request_interval: int | None = None
    failure_threshold: int | None = None
    measure_latency: bool | None = None
    inverted: bool | None = None
    disabled: bool | None = None
    health_threshold: int | None = None
    child_health_checks: list[str] | None = None
    enable_sni: bool | None = None
    regions: list[str] | None = None
    alarm_identifier: AlarmIdentifier | None = None
    insufficient_data_health_status: str | None = None
    routing_control_arn: str | None = None


class HealthCheck(Record):
    table = "route53.health_check"
    key = ("account", "id")
    absent = errors.NoSuchHealthCheck
    indexes = {
        "by_id": ("id",),
        "by_reference": ("account", "caller_reference"),
        "by_child": lambda each: [(child, each.id) for child in each.config.child_health_checks or ()],
    }

    account: str
    id: str
    caller_reference: str
    config: HealthCheckConfig
    revision: int = 1


class Observation(Part):
    """What one checker saw last."""

    region: str
    ip_address: str
    status: str
    checked_time: datetime


class HealthState(Record):
    """Whether a check is healthy, and what its checkers said when that was last written down."""

    table = "route53.health_state"
    key = ("account", "id")
    watched = False

    account: str
    id: str
    healthy: bool
    changed: datetime
    observations: list[Observation] = []
    failures: list[Observation] = []
    """The last failure that each checker saw."""
