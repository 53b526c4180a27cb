"""What an organization's policies say about an account, for the policy engine: asked for at every call of a member.

An answer is remembered with the organization's generation, which changes with whatever could change an answer and is
read each time: one record by its key, whatever the number of policies, and never an answer that is out of date.
"""

from collections.abc import Sequence
from typing import NamedTuple

from groundcloud.policy import Policy, parse
from groundcloud.services.organizations.managed import MANAGED, SERVICE_CONTROL_POLICY
from groundcloud.services.organizations.records import Attachment, ControlPolicy, Member, Organization
from groundcloud.store import Transaction

Levels = Sequence[Sequence[Policy]]

_MOST_REMEMBERED = 20_000


class _Remembered(NamedTuple):
    organization_id: str
    generation: str
    levels: Levels


class ControlPolicies:
    """The policies that bound an account, level by level. One for each cloud."""

    def __init__(self) -> None:
        self._remembered: dict[str, _Remembered] = {}

    def service_control_policies(self, tx: Transaction, account: str) -> Levels:
        """Those of the root, of each unit and of the account itself; every level must allow. Nothing for the
        management account, and for an account without organization (Organizations guide, "SCP evaluation")."""
        known = self._remembered.get(account)
        if known is not None:
            organization = tx.get(Organization, known.organization_id)
            if organization is not None and organization.generation == known.generation:
                return known.levels
        return self._read(tx, account)

    def _read(self, tx: Transaction, account: str) -> Levels:
        member = tx.get(Member, account)
        organization = tx.get(Organization, member.organization_id) if member is not None else None
        if member is None or organization is None:
            return ()
        levels = _levels(tx, organization, member)
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[account] = _Remembered(organization.organization_id, organization.generation, levels)
        return levels


def organization_id(tx: Transaction, account: str) -> str:
    """The organization that an account is in, or nothing (`aws:PrincipalOrgID`)."""
    member = tx.get(Member, account)
    return member.organization_id if member is not None else ""


def _levels(tx: Transaction, organization: Organization, member: Member) -> Levels:
    if organization.management_account == member.account:
        return ()
    if SERVICE_CONTROL_POLICY not in organization.enabled_policy_types:
        return ()
    return [_attached(tx, organization, target_id) for target_id in (*member.path, member.account)]


def _attached(tx: Transaction, organization: Organization, target_id: str) -> list[Policy]:
    found = []
    for attachment in tx.scan(Attachment, organization.organization_id, target_id, SERVICE_CONTROL_POLICY):
        policy_id = attachment.policy_id
        policy = MANAGED.get(policy_id) or tx.get(ControlPolicy, organization.organization_id, policy_id)
        if policy is not None:
            found.append(parse(policy.content))
    return found
