"""Rules that all of IAM's resources share: who is meant, unique names, paths, documents, identifiers, pages."""

import base64
import binascii
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

from groundcloud.context import Context
from groundcloud.operation import InvalidToken
from groundcloud.paging import Page
from groundcloud.policy import MalformedPolicy, check_identity_policy
from groundcloud.resource import Resource
from groundcloud.sealing import NotOurs
from groundcloud.services.iam import errors
from groundcloud.services.iam.managed import AwsManagedPolicy, managed_policies
from groundcloud.services.iam.records import Group, InstanceProfile, ManagedPolicy, Role, Tag, User
from groundcloud.tokens import BASE32

Named = TypeVar("Named", User, Group, Role, InstanceProfile, ManagedPolicy)

_AWS_POLICY = "arn:aws:iam::aws:policy/"


# -- what a call acts on, as policies see it


def user(ctx: Context, user_name: str | None) -> Resource:
    """The user that a call names, or the caller."""
    name = user_name or (ctx.principal.name if ctx.principal.type == "User" else "")
    found = ctx.get(User, name) if name else None
    if found is not None:
        return Resource(found.arn, tags=tags_of(found))
    return Resource(ctx.arn(f"user/{name}") if name else ctx.principal.arn)


def group(ctx: Context, group_name: str) -> Resource:
    found = ctx.get(Group, group_name)
    return Resource(found.arn if found is not None else ctx.arn(f"group/{group_name}"))


def role(ctx: Context, role_name: str) -> Resource:
    found = ctx.get(Role, role_name)
    if found is not None:
        return Resource(found.arn, tags=tags_of(found))
    return Resource(ctx.arn(f"role/{role_name}"))


def instance_profile(ctx: Context, instance_profile_name: str) -> Resource:
    found = ctx.get(InstanceProfile, instance_profile_name)
    if found is not None:
        return Resource(found.arn, tags=tags_of(found))
    return Resource(ctx.arn(f"instance-profile/{instance_profile_name}"))


def policy(ctx: Context, policy_arn: str) -> Resource:
    """A managed policy; one of another account is that account's."""
    found = managed_policy(ctx, policy_arn)
    if isinstance(found, ManagedPolicy):
        return Resource(policy_arn, tags=tags_of(found))
    owner = policy_arn.split(":", 5)[4] if policy_arn.count(":") >= 5 else ""
    return Resource(policy_arn, account=owner if owner.isdigit() else "")


def to_make(arn: str, tags: Sequence[Tag], tag_action: str) -> list[Resource]:
    """What is not there yet. To make it with tags takes the permission to tag it too (IAM guide, "Tags for IAM
    resources")."""
    made = Resource(arn)
    return [made, made._replace(action=tag_action)] if tags else [made]


def customer_policy(ctx: Context, policy_arn: str) -> Resource:
    """A managed policy that a call changes: AWS's own are in nobody's account, and nobody is let in."""
    found = policy(ctx, policy_arn)
    return found._replace(account="aws") if policy_arn.startswith(_AWS_POLICY) else found


def tags_of(record: User | Role | InstanceProfile | ManagedPolicy) -> dict[str, str]:
    return {tag.key: tag.value for tag in record.tags}


def user_boundary(ctx: Context, user_name: str) -> str | None:
    """For `iam:PermissionsBoundary`: that of the user that a call changes."""
    found = ctx.get(User, user_name)
    return found.boundary_arn if found is not None else None


def role_boundary(ctx: Context, role_name: str) -> str | None:
    found = ctx.get(Role, role_name)
    return found.boundary_arn if found is not None else None


# -- who is meant


def caller_or(ctx: Context, user_name: str) -> str:
    """The user that a call means when it names none; empty for the root user.

    Raises `ValidationError` for sessions, whose user is not the caller ("Must specify userName when calling with
    non-User credentials").
    """
    if user_name:
        return user_name
    if ctx.principal.type in ("User", "Root"):
        return ctx.principal.name
    raise errors.ValidationError(reason="Must specify userName when calling with non-User credentials")


def managed_policy(ctx: Context, arn: str) -> ManagedPolicy | AwsManagedPolicy | None:
    """A managed policy of AWS's or of this account, by its whole ARN."""
    if arn.startswith(_AWS_POLICY):
        return managed_policies().get(arn)
    if not arn.startswith(ctx.arn("policy/")):
        return None
    found = ctx.get(ManagedPolicy, arn.rpartition("/")[2])
    return found if found is not None and found.arn == arn else None


def own_policy(ctx: Context, arn: str) -> ManagedPolicy:
    """A managed policy that the account may change. Raises `NoSuchPolicy`."""
    found = managed_policy(ctx, arn)
    if not isinstance(found, ManagedPolicy):
        raise errors.NoSuchPolicy(policy_arn=arn)
    return found


def is_policy_arn(arn: str) -> bool:
    parts = arn.split(":", 5)
    return len(parts) == 6 and parts[0] == "arn" and parts[2] == "iam" and parts[5].startswith("policy/")


# -- names, paths, identifiers


def taken(ctx: Context, kind: type[Named], name: str) -> bool:
    """Whether a name is in use. Capitals make no difference (IAM guide, "IAM identifiers": friendly names)."""
    return ctx.exists(kind, name.lower(), index="by_folded_name")


def below(
    ctx: Context,
    kind: type[Named],
    prefix: str,
    each: Callable[[Named], Any],
    where: Callable[[Named], bool] | None = None,
) -> Page:
    """The resources whose path begins with a prefix; of the others only those in its last folder are looked at."""
    if prefix == "/":
        return ctx.page(kind, where=where, each=each)
    whole = prefix[1 : prefix.rindex("/")]
    folders = whole.split("/") if whole else []

    def fits(found: Named) -> bool:
        return found.path.startswith(prefix) and (where is None or where(found))

    return ctx.page(kind, *folders, index="by_path", where=fits, each=each)


def new_unique_id(ctx: Context, prefix: str) -> str:
    """AWS's unique ids: AIDA for users, AGPA groups, AROA roles, ANPA policies, AIPA instance profiles."""
    return prefix + ctx.random_text(BASE32, 17)


# -- documents


@lru_cache(maxsize=1024)
def encoded(document: str) -> str:
    """A document as IAM returns it: URL-encoded by RFC 3986 (API reference, GetRolePolicy)."""
    return quote(document, safe="")


def size_of(document: str) -> int:
    """Characters of a policy that count: white space does not ("IAM and AWS STS quotas")."""
    return len(document) - sum(map(str.isspace, document))


def checked_document(document: str, managed: bool = False) -> str:
    """An identity policy that is well formed."""
    try:
        check_identity_policy(document, managed)
    except MalformedPolicy as error:
        raise errors.MalformedPolicyDocument(reason=str(error)) from error
    return document


# -- answers


def boundary_shown(arn: str) -> dict[str, str] | None:
    """A permissions boundary as answers show it."""
    return {"permissions_boundary_type": "Policy", "permissions_boundary_arn": arn} if arn else None


def tags_shown(tags: list[Tag]) -> list[Tag] | None:
    """Users and roles without tags have no Tags member."""
    return tags or None


def cut(ctx: Context, page: Page, marker: str, max_items: int, purpose: str) -> tuple[list[Any], dict[str, Any]]:
    """A page of an answer that has several lists, which the core does not cut: the items, and the members
    IsTruncated and Marker."""
    purpose = f"page/iam/{purpose}/{ctx.account}"
    try:
        after = ctx.open(base64.urlsafe_b64decode(marker), purpose) if marker else b""
    except (NotOurs, binascii.Error, ValueError) as error:
        raise InvalidToken() from error
    items, position = page.cut(after, max_items or 100)
    token = base64.urlsafe_b64encode(ctx.seal(position, purpose)).decode() if position else None
    return items, {"is_truncated": bool(position), "marker": token}
