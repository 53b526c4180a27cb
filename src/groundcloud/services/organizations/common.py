"""Rules that all of Organizations' resources share: who may call, ARNs, the tree, and how things are shown."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from groundcloud.accounts import Account
from groundcloud.context import Context
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.managed import MANAGED, ManagedControlPolicy
from groundcloud.services.organizations.records import (
    ControlPolicy,
    DelegatedAdministrator,
    Member,
    Organization,
    Tags,
    Unit,
)
from groundcloud.store import Record, Transaction

R = TypeVar("R", bound=Record)

_LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_id(ctx: Context, prefix: str, length: int) -> str:
    """An identifier in Organizations' form: `o-a1b2c3d4e5`."""
    return f"{prefix}-{ctx.random_text(_LETTERS_AND_DIGITS, length)}"


# -- who calls


def organization_of(tx: Transaction, account: str) -> Organization | None:
    """The organization that an account is in."""
    member = tx.get(Member, account)
    return tx.get(Organization, member.organization_id) if member is not None else None


def joined(ctx: Context) -> Organization:
    """The caller's organization. Raises `AWSOrganizationsNotInUseException`."""
    found = organization_of(ctx.tx, ctx.account)
    if found is None:
        raise errors.NotInUse()
    return found


def managed(ctx: Context) -> Organization:
    """The same, for operations that only the management account may call. Raises `AccessDeniedException`."""
    found = joined(ctx)
    if ctx.account != found.management_account:
        raise errors.AccessDenied()
    return found


def administered(ctx: Context) -> Organization:
    """The same, for operations that also the delegated administrator of any service may call."""
    found = joined(ctx)
    if ctx.account == found.management_account:
        return found
    if ctx.tx.exists(DelegatedAdministrator, found.organization_id, ctx.account):
        return found
    raise errors.AccessDenied()


def changes_control(ctx: Context, organization: Organization) -> None:
    """Which policies control whom has changed: whatever was remembered of this organization is out of date."""
    organization.generation = ctx.random_text(_LETTERS_AND_DIGITS, 16)
    organization.changed = ctx.now()
    ctx.put(organization)


# -- what is in an organization


def member_of(ctx: Context, organization: Organization, account: str) -> Member:
    """A member account. Raises `AccountNotFoundException`."""
    found = ctx.tx.get(Member, account)
    if found is None or found.organization_id != organization.organization_id:
        raise errors.AccountNotFound()
    return found


def account_of(ctx: Context, member: Member) -> Account:
    """The account behind a membership."""
    found = ctx.tx.get(Account, member.account)
    if found is None:
        raise errors.AccountNotFound()
    return found


def path_to(ctx: Context, organization: Organization, parent_id: str) -> list[str] | None:
    """The root and the units down to a parent, itself included; None where there is no such parent."""
    if parent_id == organization.root_id:
        return [parent_id]
    unit = ctx.tx.get(Unit, organization.organization_id, parent_id)
    return [*unit.path, unit.unit_id] if unit is not None else None


def target_exists(ctx: Context, organization: Organization, target_id: str) -> bool:
    """Whether a root, unit or account of this organization has this id."""
    if target_id.isdigit():
        member = ctx.tx.get(Member, target_id)
        return member is not None and member.organization_id == organization.organization_id
    return path_to(ctx, organization, target_id) is not None


def policy_of(ctx: Context, organization: Organization, policy_id: str) -> ControlPolicy | ManagedControlPolicy:
    """A policy of the organization or of AWS. Raises `PolicyNotFoundException`."""
    found = MANAGED.get(policy_id) or ctx.tx.get(ControlPolicy, organization.organization_id, policy_id)
    if found is None:
        raise errors.PolicyNotFound()
    return found


# -- names


def arn(organization: Organization, kind: str, *parts: str) -> str:
    """`arn:aws:organizations::<management account>:<kind>/<organization>/<parts>`."""
    path = "/".join((organization.organization_id, *parts))
    return f"arn:aws:organizations::{organization.management_account}:{kind}/{path}"


def policy_arn(organization: Organization, policy: ControlPolicy | ManagedControlPolicy) -> str:
    kind = policy.type.lower()
    if isinstance(policy, ManagedControlPolicy):
        return f"arn:aws:organizations::aws:policy/{kind}/{policy.policy_id}"
    return arn(organization, "policy", kind, policy.policy_id)


def entity_arn(organization: Organization, entity_id: str) -> str:
    """The ARN of a root, unit or account by its id."""
    kind = "root" if entity_id.startswith("r-") else "ou" if entity_id.startswith("ou-") else "account"
    return arn(organization, kind, entity_id)


def path_text(organization: Organization, *ids: str) -> str:
    return "/".join((organization.organization_id, *ids)) + "/"


# -- how things are shown


def listed(
    ctx: Context,
    kind: type[R],
    *prefix: str,
    each: Callable[[R], Any],
    index: str = "",
    where: Callable[[R], bool] | None = None,
) -> Page:
    """A list answer over records whose key does not begin with the caller's account."""

    def start(after: bytes) -> Iterator[tuple[bytes, Any]]:
        for position, record in ctx.tx.scan_from(kind, *prefix, index=index, after=after):
            if where is None or where(record):
                yield position, each(record)

    return Page(start)


def show_account(ctx: Context, organization: Organization, member: Member) -> dict[str, Any]:
    account = account_of(ctx, member)
    return {
        "id": member.account,
        "arn": arn(organization, "account", member.account),
        "email": account.email,
        "name": account.name,
        "status": account.status,
        "state": account.status,
        "paths": [path_text(organization, *member.path, member.account)],
        "joined_method": member.joined_method,
        "joined_timestamp": member.joined,
    }


def show_unit(organization: Organization, unit: Unit) -> dict[str, Any]:
    return {
        "id": unit.unit_id,
        "arn": arn(organization, "ou", unit.unit_id),
        "name": unit.name,
        "path": path_text(organization, *unit.path, unit.unit_id),
    }


def show_policy_summary(organization: Organization, policy: ControlPolicy | ManagedControlPolicy) -> dict[str, Any]:
    return {
        "id": policy.policy_id,
        "arn": policy_arn(organization, policy),
        "name": policy.name,
        "description": policy.description,
        "type": policy.type,
        "aws_managed": isinstance(policy, ManagedControlPolicy),
    }


# -- what policies of IAM see (service authorization reference, "AWS Organizations")


def _resource(ctx: Context, resource_arn: str, organization: Organization, resource_id: str) -> Resource:
    tags = ctx.tx.get(Tags, organization.organization_id, resource_id)
    return Resource(resource_arn, tags={tag.key: tag.value for tag in tags.tags} if tags is not None else None)


def entity(ctx: Context, entity_id: str) -> Resource:
    """A root, unit or account; anything where the caller has no organization, for the operation to refuse."""
    organization = organization_of(ctx.tx, ctx.account)
    if organization is None:
        return Resource("*")
    return _resource(ctx, entity_arn(organization, entity_id), organization, entity_id)


def account(ctx: Context, account_id: str) -> Resource:
    return entity(ctx, account_id)


def unit(ctx: Context, organizational_unit_id: str) -> Resource:
    return entity(ctx, organizational_unit_id)


def parent(ctx: Context, parent_id: str) -> Resource:
    return entity(ctx, parent_id)


def child(ctx: Context, child_id: str) -> Resource:
    return entity(ctx, child_id)


def target(ctx: Context, target_id: str) -> Resource:
    return entity(ctx, target_id)


def root(ctx: Context, root_id: str) -> Resource:
    return entity(ctx, root_id)


def policy(ctx: Context, policy_id: str) -> Resource:
    organization = organization_of(ctx.tx, ctx.account)
    if organization is None:
        return Resource("*")
    found = MANAGED.get(policy_id) or ctx.tx.get(ControlPolicy, organization.organization_id, policy_id)
    if found is None:
        return Resource(arn(organization, "policy", "service_control_policy", policy_id))
    return _resource(ctx, policy_arn(organization, found), organization, policy_id)


def policy_and_target(ctx: Context, policy_id: str, target_id: str) -> list[Resource]:
    return [policy(ctx, policy_id), target(ctx, target_id)]


def tagged(ctx: Context, resource_id: str) -> Resource:
    return policy(ctx, resource_id) if resource_id.startswith("p-") else entity(ctx, resource_id)


def policy_type(ctx: Context, policy_id: str) -> str | None:
    """`organizations:PolicyType` of calls that name a policy by its id."""
    organization = organization_of(ctx.tx, ctx.account)
    if organization is None:
        return None
    found = MANAGED.get(policy_id) or ctx.tx.get(ControlPolicy, organization.organization_id, policy_id)
    return found.type if found is not None else None
