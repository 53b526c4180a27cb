"""How many of a kind an account may have, and has (Developer Guide, "Quotas")."""

from groundcloud.context import Context
from groundcloud.services.route53.health_records import HealthCheck
from groundcloud.services.route53.records import DelegationSet, HostedZone
from groundcloud.store import Record

_LIMITS: dict[str, tuple[int, type[Record] | None]] = {
    "MAX_HOSTED_ZONES_BY_OWNER": (500, HostedZone),
    "MAX_HEALTH_CHECKS_BY_OWNER": (200, HealthCheck),
    "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER": (100, DelegationSet),
    "MAX_TRAFFIC_POLICIES_BY_OWNER": (50, None),
    "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER": (5, None),
}


def usage(ctx: Context, kind: str) -> tuple[int, int]:
    """The limit of AWS, which nothing here is refused by, and the count of today."""
    value, record = _LIMITS[kind]
    return value, 0 if record is None else sum(1 for _ in ctx.scan(record))
