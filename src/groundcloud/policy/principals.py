"""Who calls, and how directly a Principal element names that caller.

How direct it is matters: a resource policy that names a session or a user grants by itself, one that names a role is
limited by the role's boundary and session policies, one that names an account only lets that account decide.
Sources: IAM User Guide, "Policy elements: Principal", "NotPrincipal" and "Policy evaluation logic".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum

import msgspec


class Caller(msgspec.Struct, frozen=True):
    """The principal of a request.

    `type` is "Root", "User", "AssumedRole", "FederatedUser", "Service", "Anonymous", or, for who has only a token of an
    identity provider (AssumeRoleWithWebIdentity, AssumeRoleWithSAML), any word with `federated` set.
    """

    type: str
    account: str = ""
    arn: str = ""
    role_arn: str = ""  # the role behind an assumed-role session, the user behind a GetFederationToken session
    service: str = ""  # a service principal, such as ec2.amazonaws.com
    federated: str = ""  # the identity provider: its ARN, or its name for the well-known ones
    canonical_id: str = ""


class Grant(IntEnum):
    """How directly a Principal element names a caller."""

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


Grade = Callable[[Caller], Grant]

_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?")


class Principals(msgspec.Struct, frozen=True):
    """The names in a Principal element, sorted by what they are."""

    everyone: bool
    accounts: frozenset[str]
    arns: frozenset[str]
    services: frozenset[str]
    federated: frozenset[str]
    canonical: frozenset[str]

    def grade(self, caller: Caller) -> Grant:
        """How directly this element names the caller."""
        if caller.federated:
            return Grant.DIRECT if caller.federated in self.federated else Grant.NONE
        if self.everyone or (caller.service and caller.service in self.services) or caller.arn in self.arns:
            return Grant.DIRECT
        if caller.role_arn and caller.role_arn in self.arns:
            return Grant.ROLE
        if caller.account and (caller.account in self.accounts or caller.canonical_id in self.canonical):
            return Grant.DIRECT if caller.type == "Root" else Grant.ACCOUNT
        return Grant.NONE

    def spares(self, caller: Caller) -> bool:
        """Whether a NotPrincipal element with these names leaves the caller alone.

        A role session must be named twice, by its own ARN and its role's; naming the account spares its root user only.
        """
        if caller.type == "AssumedRole" and not self.everyone:
            return caller.arn in self.arns and caller.role_arn in self.arns
        return self.grade(caller) >= Grant.ROLE


def compile_principals(element: "str | Mapping[str, Sequence[str]]") -> Principals:
    """A Principal element, `"*"` or names by kind."""
    kinds = {"AWS": [element]} if isinstance(element, str) else element
    names = kinds.get("AWS", ())
    accounts = {found[1]: name for name in names if (found := account_of(name))}
    return Principals(
        everyone="*" in names,
        accounts=frozenset(accounts),
        arns=frozenset(name for name in names if name not in accounts.values() and name != "*"),
        services=frozenset(kinds.get("Service", ())),
        federated=frozenset(kinds.get("Federated", ())),
        canonical=frozenset(kinds.get("CanonicalUser", ())),
    )


def account_of(name: str) -> re.Match[str] | None:
    """A match whose first group is the account id, for a bare account id or an account's root ARN."""
    found = _ACCOUNT.fullmatch(name)
    return found if found and name.endswith(":root") == name.startswith("arn:") else None


def anyone_but(principals: Principals) -> Grade:
    """The grade of a NotPrincipal element."""
    return lambda caller: Grant.NONE if principals.spares(caller) else Grant.DIRECT
