"""Public access: when a bucket policy is public, and what the four Block Public Access settings refuse.

Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of 'public'". A policy is taken
for public until each of its Allow statements names fixed principals or fixed values of certain condition keys.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_network

from groundcloud.policy.grammar import Clause, outline
from groundcloud.services.s3.rules import acl, errors
from groundcloud.store import Part

_OPERATORS = frozenset(("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"))
_FIXED_KEYS = frozenset(
    (
        "aws:principalorgid",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:userid",
        "s3:dataaccesspointaccount",
    )
)
_ACCESS_POINT = re.compile(r"arn:[^:*?$]+:s3:[^:$]*:\d{12}:accesspoint/[^$]*", re.ASCII)
_ROLE_SESSIONS = re.compile(r"AROA[A-Z0-9]+:\*", re.ASCII)


class PublicAccessBlockConfiguration(Part):
    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


OPEN = PublicAccessBlockConfiguration()
CLOSED = PublicAccessBlockConfiguration(True, True, True, True)
"""What new buckets get."""


def strictest(*settings: PublicAccessBlockConfiguration | None) -> PublicAccessBlockConfiguration:
    """The settings of account and bucket together: the more restrictive of each."""
    given = [each for each in settings if each is not None]
    return PublicAccessBlockConfiguration(
        any(each.block_public_acls for each in given),
        any(each.ignore_public_acls for each in given),
        any(each.block_public_policy for each in given),
        any(each.restrict_public_buckets for each in given),
    )


@lru_cache(maxsize=4096)
def is_public_policy(document: str) -> bool:
    """What GetBucketPolicyStatus says. Raises `MalformedPolicy` for a document that is no policy."""
    return any(clause.effect == "Allow" and _is_public(clause) for clause in outline(document).clauses)


def _is_public(clause: Clause) -> bool:
    if clause.not_principal is None and not _names_everyone(clause.principal):
        return False
    return not any(
        _narrows(operator.lower(), key.lower(), values)
        for operator, keys in clause.condition.items()
        for key, values in keys.items()
    )


def _names_everyone(principal: str | dict[str, list[str]] | None) -> bool:
    if not isinstance(principal, dict):
        return True
    return any("*" in name for names in principal.values() for name in names)


def _narrows(operator: str, key: str, values: Sequence[str]) -> bool:
    """Whether a condition lets in fixed callers only. Operators with IfExists, and for all values, let others in."""
    operator = operator.removeprefix("foranyvalue:")
    if not values:
        return False
    if operator == "ipaddress":
        return key == "aws:sourceip" and all(map(_is_narrow_block, values))
    if operator not in _OPERATORS:
        return False
    if key == "s3:dataaccesspointarn":
        return all(_ACCESS_POINT.fullmatch(value) for value in values)
    if key == "aws:userid" and all(_is_fixed(value) or _ROLE_SESSIONS.fullmatch(value) for value in values):
        return True
    return key in _FIXED_KEYS and all(map(_is_fixed, values))


def _is_fixed(value: str) -> bool:
    """Without wildcards and policy variables."""
    return not any(mark in value for mark in "*?$")


def _is_narrow_block(value: str) -> bool:
    """Blocks wider than /8 (IPv4) or /32 (IPv6) are public, except private ones."""
    try:
        block = ip_network(value, strict=False)
    except ValueError:
        return False
    return block.prefixlen >= (8 if block.version == 4 else 32) or block.is_private


def check_acl(
    settings: PublicAccessBlockConfiguration, grants: Sequence[acl.Grant], caller: str, resource: str
) -> None:
    """Raises `AccessDenied` for setting a public ACL under BlockPublicAcls. `caller` and `resource` are ARNs."""
    if settings.block_public_acls and acl.is_public(grants):
        action = "PutObjectAcl" if "/" in resource else "PutBucketAcl"
        what = "public access control lists (ACLs) are blocked by the BlockPublicAcls"
        raise _blocked(caller, f"s3:{action}", resource, what)


def check_policy(settings: PublicAccessBlockConfiguration, document: str, caller: str, resource: str) -> None:
    """Raises `AccessDenied` for setting a public policy under BlockPublicPolicy."""
    if settings.block_public_policy and is_public_policy(document):
        what = "public policies are blocked by the BlockPublicPolicy"
        raise _blocked(caller, "s3:PutBucketPolicy", resource, what)


def _blocked(caller: str, action: str, resource: str, what: str) -> errors.AccessDeniedBecause:
    return errors.AccessDeniedBecause(
        message=f'User: {caller} is not authorized to perform: {action} on resource: "{resource}" because {what} '
        "block public access setting."
    )


def shuts_out(
    settings: PublicAccessBlockConfiguration,
    policy: str | None,
    *,
    caller_account: str,
    bucket_account: str,
    is_service: bool = False,
) -> bool:
    """Whether RestrictPublicBuckets keeps a caller from a bucket with a public policy.

    Only AWS services and callers of the bucket's own account stay in; anonymous callers have no account ("").
    """
    if not settings.restrict_public_buckets or policy is None or is_service or caller_account == bucket_account:
        return False
    return is_public_policy(policy)
