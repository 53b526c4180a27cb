"""What Organizations remembers. An account's name, e-mail and status are in `groundcloud.accounts`; here is the tree.

Organizational units never move, so every unit and every member account holds the whole path down to its parent.
"""

from collections.abc import Iterable
from datetime import datetime

from groundcloud.store import Key, Part, Record


class Tag(Part):
    key: str
    value: str


class Organization(Record):
    table = "organizations.organization"
    key = ("organization_id",)

    organization_id: str
    management_account: str
    root_id: str
    feature_set: str
    generation: str
    """Random, and another one after every change of which policies control a member: what is remembered of them is
    checked against it. A counter would not do: what a transaction wrote that failed could come again."""
    changed: datetime
    """When that was."""
    enabled_policy_types: list[str] = []


class Member(Record):
    """An account's place in its organization."""

    table = "organizations.member"
    key = ("account",)
    indexes = {
        "by_organization": ("organization_id", "account"),
        "by_parent": lambda member: [(member.organization_id, member.path[-1], member.account)],
    }

    account: str
    organization_id: str
    path: list[str]
    """The root and the units down to the parent."""
    joined_method: str
    joined: datetime

    @property
    def parent(self) -> str:
        return self.path[-1]


class Unit(Record):
    table = "organizations.unit"
    key = ("organization_id", "unit_id")
    indexes = {
        "by_parent": lambda unit: [(unit.organization_id, unit.path[-1], unit.unit_id)],
        "by_name": lambda unit: [(unit.organization_id, unit.path[-1], unit.name)],
    }

    organization_id: str
    unit_id: str
    name: str
    path: list[str]
    """The root and the units down to the parent."""


class ControlPolicy(Record):
    """A policy of the organization's own, of any type. AWS's own are in `managed.py`."""

    table = "organizations.policy"
    key = ("organization_id", "policy_id")
    indexes = {
        "by_type": ("organization_id", "type", "policy_id"),
        "by_name": ("organization_id", "type", "name"),
    }

    organization_id: str
    policy_id: str
    type: str
    name: str
    content: str
    description: str = ""


class Attachment(Record):
    """A policy attached to a root, a unit or an account."""

    table = "organizations.attachment"
    key = ("organization_id", "target_id", "type", "policy_id")
    indexes = {"by_policy": ("organization_id", "policy_id", "target_id")}

    organization_id: str
    target_id: str
    type: str
    policy_id: str


class AccountRequest(Record):
    """An account that is asked for; the controller makes it."""

    table = "organizations.account_request"
    key = ("organization_id", "request_id")

    organization_id: str
    request_id: str
    account_name: str
    email: str
    role_name: str
    requested: datetime
    state: str = "IN_PROGRESS"
    """IN_PROGRESS, SUCCEEDED or FAILED."""
    tags: list[Tag] = []
    completed: datetime | None = None
    account_id: str | None = None
    failure_reason: str | None = None


def by_party(handshake: "Handshake") -> Iterable[Key]:
    return [(handshake.target_id.lower(), handshake.handshake_id)]


class Handshake(Record):
    """An invitation. It is the sender's and the recipient's alike, so its key is its id alone."""

    table = "organizations.handshake"
    key = ("handshake_id",)
    indexes = {"by_organization": ("organization_id", "handshake_id"), "by_party": by_party}

    handshake_id: str
    organization_id: str
    management_account: str
    target_type: str
    """ACCOUNT or EMAIL."""
    target_id: str
    requested: datetime
    expires: datetime
    state: str = "OPEN"
    """OPEN, ACCEPTED, DECLINED, CANCELED or EXPIRED."""
    feature_set: str = "ALL"
    notes: str = ""
    tags: list[Tag] = []
    ended: datetime | None = None


class Tags(Record):
    """The tags of a root, unit, account or policy."""

    table = "organizations.tags"
    key = ("organization_id", "resource_id")

    organization_id: str
    resource_id: str
    tags: list[Tag] = []


class ServiceAccess(Record):
    """A service of AWS's that may work in the whole organization."""

    table = "organizations.service_access"
    key = ("organization_id", "service_principal")

    organization_id: str
    service_principal: str
    date_enabled: datetime


class DelegatedAdministrator(Record):
    """A member account that administers a service for the organization."""

    table = "organizations.delegated_administrator"
    key = ("organization_id", "account", "service_principal")

    organization_id: str
    account: str
    service_principal: str
    delegation_enabled_date: datetime
