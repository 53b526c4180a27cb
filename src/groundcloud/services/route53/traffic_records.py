"""What Route 53 remembers of traffic policies: versions of documents, and where they are applied."""

from typing import Any

from groundcloud.services.route53 import errors
from groundcloud.store import Record


class TrafficPolicy(Record):
    """One version of a policy."""

    table = "route53.traffic_policy"
    key = ("account", "id", "number")
    absent = errors.NoSuchTrafficPolicy
    watched = False

    account: str
    id: str
    number: int
    name: str
    type: str
    document: str
    comment: str | None = None

    @property
    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "version": self.number,
            "name": self.name,
            "type": self.type,
            "document": self.document,
            "comment": self.comment,
        }


class TrafficPolicyName(Record):
    """A policy without its versions: its name, its newest version, how many there are."""

    table = "route53.traffic_policy_name"
    key = ("account", "id")
    absent = errors.NoSuchTrafficPolicy
    indexes = {"by_name": ("account", "name")}
    watched = False

    account: str
    id: str
    name: str
    type: str
    latest: int
    count: int
    last_number: int
    """The highest version number that was ever given."""


class TrafficPolicyInstance(Record):
    """A version of a policy applied to a name of a zone."""

    table = "route53.traffic_policy_instance"
    key = ("account", "id")
    absent = errors.NoSuchTrafficPolicyInstance
    indexes = {
        "by_place": ("account", "hosted_zone_id", "order", "traffic_policy_type"),
        "by_policy": ("account", "traffic_policy_id", "traffic_policy_version", "hosted_zone_id", "order"),
    }
    watched = False

    account: str
    id: str
    hosted_zone_id: str
    name: str
    order: str
    ttl: int
    traffic_policy_id: str
    traffic_policy_version: int
    traffic_policy_type: str
    change_id: str
    """The change that brings its records to the servers."""
    sets: list[tuple[str, str, str]] = []
    """Order, type and set identifier of the record sets that it made."""
