"""Makes what Organizations' records ask for: accounts with the role that the management account enters by, the end of
closed accounts and of invitations that nobody answered."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from groundcloud.accounts import Account, new_account, root_arn
from groundcloud.controllers import Outcome
from groundcloud.services.organizations.accounts import join
from groundcloud.services.organizations.handshakes import KEPT
from groundcloud.services.organizations.records import AccountRequest, Handshake, Organization
from groundcloud.services.organizations.tags import put_tags
from groundcloud.store import Key, Transaction

ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"


class CallAsRoot(Protocol):
    """Runs an operation as the root user of an account, in a transaction that is open."""

    def __call__(self, tx: Transaction, account: str, service: str, operation: str, **arguments: object) -> object: ...


class Accounts:
    """Makes the accounts that were asked for, each in one transaction: all of it or nothing."""

    name = "organizations.accounts"
    kind = AccountRequest

    def __init__(self, call: CallAsRoot, now: Callable[[], datetime], entropy: Callable[[int], bytes]) -> None:
        self._call = call
        self._now = now
        self._entropy = entropy

    def reconcile(self, key: Key, wanted: AccountRequest | None) -> Outcome:
        if wanted is None or wanted.state != "IN_PROGRESS":
            return Outcome()
        return Outcome(lambda tx: self._make(tx, key))

    def _make(self, tx: Transaction, key: Key) -> None:
        request = tx.get(AccountRequest, *key)
        if request is None or request.state != "IN_PROGRESS":
            return
        organization = tx.get(Organization, request.organization_id)
        now = self._now().replace(microsecond=0)
        request.completed = now
        if organization is None or next(iter(tx.scan(Account, request.email, index="by_email")), None) is not None:
            request.state = "FAILED"
            request.failure_reason = "EMAIL_ALREADY_EXISTS" if organization is not None else "INTERNAL_FAILURE"
            tx.put(request)
            return
        account = new_account(tx, request.account_name, request.email, now, self._entropy).account
        self._make_role(tx, account, request.role_name, organization.management_account)
        join(tx, organization, account, "CREATED", now)  # last: no policy of the organization is in the role's way
        put_tags(tx, organization, account, request.tags)
        request.state = "SUCCEEDED"
        request.account_id = account
        tx.put(request)

    def _make_role(self, tx: Transaction, account: str, role_name: str, management_account: str) -> None:
        """A role that administrators of the management account can assume (Organizations guide, "Accessing member
        accounts that have OrganizationAccountAccessRole")."""
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": root_arn(management_account)}, "Action": "sts:AssumeRole"}
            ],
        }
        self._call(
            tx, account, "iam", "CreateRole",
            role_name=role_name, assume_role_policy_document=json.dumps(trust),
        )  # fmt: skip
        self._call(tx, account, "iam", "AttachRolePolicy", role_name=role_name, policy_arn=ADMINISTRATOR_ACCESS)


class Closures:
    """Ends the accounts that are to be closed."""

    name = "organizations.closures"
    kind = Account

    def reconcile(self, key: Key, wanted: Account | None) -> Outcome:
        if wanted is None or wanted.status != "PENDING_CLOSURE":
            return Outcome()
        return Outcome(lambda tx: self._close(tx, key))

    def _close(self, tx: Transaction, key: Key) -> None:
        account = tx.get(Account, *key)
        if account is not None and account.status == "PENDING_CLOSURE":
            account.status = "SUSPENDED"
            tx.put(account)


class Invitations:
    """Lets invitations expire, and forgets those that ended long ago."""

    name = "organizations.invitations"
    kind = Handshake

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def reconcile(self, key: Key, wanted: Handshake | None) -> Outcome:
        if wanted is None:
            return Outcome()
        ends = wanted.expires if wanted.state == "OPEN" else (wanted.ended or wanted.expires) + KEPT
        left = (ends - self._now()).total_seconds()
        if left > 0:
            return Outcome(again=left)
        return Outcome(lambda tx: self._end(tx, wanted))

    def _end(self, tx: Transaction, seen: Handshake) -> None:
        handshake = tx.get(Handshake, seen.handshake_id)
        if handshake is None or handshake.state != seen.state:
            return
        if handshake.state != "OPEN":
            tx.delete(handshake)
            return
        handshake.state = "EXPIRED"
        handshake.ended = handshake.expires
        tx.put(handshake)
