"""Trust policies: well formed, naming users and roles that there are, and following them.

A trust policy means the user or role that had the ARN when it was written, not who has it later (IAM guide, "AWS JSON
policy elements: Principal"): a renamed user stays trusted, and of a deleted one the unique id is left, which nobody
gets again.
"""

import json
import re
from typing import Any

from groundcloud.accounts import Account
from groundcloud.context import Context
from groundcloud.policy import MalformedPolicy, Policy, check_trust_policy
from groundcloud.services.iam import errors
from groundcloud.services.iam.common import size_of
from groundcloud.services.iam.records import Role, User

LARGEST = 2048
"""Characters of a trust policy ("IAM and AWS STS quotas")."""

_ENTITY = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):(user|role)/(?:.*/)?([^/]+)")


def trust(ctx: Context, role: Role, document: str) -> None:
    """Give a role a trust policy. Raises `MalformedPolicyDocument`, `LimitExceeded`."""
    try:
        policy = check_trust_policy(document)
    except MalformedPolicy as error:
        raise errors.MalformedPolicyDocument(reason=str(error)) from error
    named = _entities_in(policy)
    for arn in named:
        if not _exists(ctx, arn):
            raise errors.MalformedPolicyDocument(reason=f'Invalid principal in policy: "AWS":"{arn}"')
    if size_of(document) > LARGEST:
        raise errors.QuotaExceeded(quota="ACLSizePerRole", limit=LARGEST)
    role.assume_role_policy_document = document
    role.trusted = named


def principal_changed(ctx: Context, arn: str, new: str) -> None:
    """A user or role has another ARN, or is gone and leaves its unique id: every trust policy that means it follows."""
    for role in list(ctx.tx.scan(Role, arn, index="by_trusted")):
        tree = json.loads(role.assume_role_policy_document)
        _rename(tree, arn, new)
        role.assume_role_policy_document = json.dumps(tree)
        role.trusted = _entities_in(check_trust_policy(role.assume_role_policy_document))
        ctx.put(role)


def _entities_in(policy: Policy) -> list[str]:
    """The ARNs of users and roles that a policy names, each once."""
    named = {name for statement in policy.statements for kind, name in statement.principals if kind == "AWS"}
    return sorted(name for name in named if _ENTITY.fullmatch(name))


def _exists(ctx: Context, arn: str) -> bool:
    """Whether a user or role is there. Of an account that is none of this cloud's nobody can say, and it is trusted as
    written."""
    found = _ENTITY.fullmatch(arn)
    if found is None or ctx.tx.get(Account, found[1]) is None:
        return True
    kind: type[User] | type[Role] = User if found[2] == "user" else Role
    entity = ctx.tx.get(kind, found[1], found[3])
    return entity is not None and entity.arn == arn


def _rename(tree: Any, arn: str, new: str) -> None:
    """Put another name for a principal into a policy's tree."""
    statements = tree["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            names = statement.get(element)
            if isinstance(names, dict) and "AWS" in names:
                given = names["AWS"]
                if isinstance(given, list):
                    names["AWS"] = [new if name == arn else name for name in given]
                elif given == arn:
                    names["AWS"] = new
