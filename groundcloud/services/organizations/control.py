"""What an organization's policies say about an account, for the policy engine: asked for at every call of a member.

An answer is remembered with the organization's generation and the account's path, which are read each time: two
records by their keys, whatever the number of policies, and never an answer that is out of date.
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
    generation: str
    path: list[str]
    levels: Levels


class ControlPolicies:
    """The policies that bound an account, level by level. One for each cloud."""

    def __init__(self) -> None:
        self._remembered: dict[str, _Remembered] = {}

    def service_control_policies(self, tx: Transaction, account: str) -> Levels:
        """Those of the root, of each unit and of the account itself; every level must allow. Nothing for the
        management account, and for an account without organization (Organizations guide, "SCP evaluation")."""
        member = tx.get(Member, account)
        if member is None:
            return ()
        organization = tx.get(Organization, member.organization_id)
        if organization is None or organization.management_account == account:
            return ()
        known = self._remembered.get(account)
        if known is not None and known.generation == organization.generation and known.path == member.path:
            return known.levels
        levels = _levels(tx, organization, member)
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[account] = _Remembered(organization.generation, member.path, levels)
        return levels


def organization_id(tx: Transaction, account: str) -> str:
    """The organization that an account is in, or nothing (`aws:PrincipalOrgID`)."""
    member = tx.get(Member, account)
    return member.organization_id if member is not None else ""


def _levels(tx: Transaction, organization: Organization, member: Member) -> Levels:
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
