"""Policies of entities, the same for users, groups and roles: written into them, attached to them, bounding them.

The operations are in user_policies.py, group_policies.py, role_policies.py and boundaries.py. Whoever makes or removes
an entity that has policies goes through `attach` and `release`, so that the counts of `PolicyUse` stay true.
"""

from typing import NamedTuple

from groundcloud.context import Context
from groundcloud.paging import Page, page_of
from groundcloud.services.iam import errors
from groundcloud.services.iam.common import checked_document, encoded, is_policy_arn, managed_policy, size_of
from groundcloud.services.iam.records import Group, PolicyUse, Role, User
from groundcloud.services.iam.trust import principal_changed

Entity = User | Group | Role
MOST_ATTACHED = 10
SERVICE_ROLE_PATH = "/aws-service-role/"
"""Where service-linked roles and their policies are; customers change neither."""


class Kind(NamedTuple):
    """What differs between the three: the word for it, and how much may be written into it."""

    word: str
    name: str
    most_inline: int
    quota: str


KINDS: dict[type[Entity], Kind] = {
    User: Kind("user", "user_name", 2048, "PoliciesPerUser"),
    Group: Kind("group", "group_name", 5120, "PoliciesPerGroup"),
    Role: Kind("role", "role_name", 10240, "PoliciesPerRole"),
}
"""Sizes: characters of all inline policies of one entity together ("IAM and AWS STS quotas")."""


def name_of(entity: Entity) -> str:
    name: str = getattr(entity, KINDS[type(entity)].name)
    return name


def is_service_linked(entity: Entity) -> bool:
    return entity.path.startswith(SERVICE_ROLE_PATH)


# -- inline policies


def put_inline(ctx: Context, entity: Entity, policy_name: str, document: str) -> None:
    kind = KINDS[type(entity)]
    entity.inline_policies[policy_name] = checked_document(document)
    if sum(map(size_of, entity.inline_policies.values())) > kind.most_inline:
        reason = f"Maximum policy size of {kind.most_inline} bytes exceeded for {kind.word} {name_of(entity)}"
        raise errors.LimitExceeded(reason=reason)
    ctx.put(entity)


def get_inline(entity: Entity, policy_name: str) -> dict[str, str]:
    kind = KINDS[type(entity)]
    if policy_name not in entity.inline_policies:
        raise errors.NoSuchInlinePolicy(kind=kind.word, policy_name=policy_name)
    return {
        kind.name: name_of(entity),
        "policy_name": policy_name,
        "policy_document": encoded(entity.inline_policies[policy_name]),
    }


def delete_inline(ctx: Context, entity: Entity, policy_name: str) -> None:
    if policy_name not in entity.inline_policies:
        raise errors.NoSuchInlinePolicy(kind=KINDS[type(entity)].word, policy_name=policy_name)
    del entity.inline_policies[policy_name]
    ctx.put(entity)


def list_inline(entity: Entity) -> dict[str, Page]:
    return {"policy_names": page_of(entity.inline_policies, key=lambda name: name)}


# -- attached policies


def attach(ctx: Context, entity: Entity, policy_arn: str) -> None:
    """Attach a managed policy; once is enough."""
    if not is_policy_arn(policy_arn):
        raise errors.ValidationError(reason=f"ARN {policy_arn} is not valid.")
    if managed_policy(ctx, policy_arn) is None:
        raise errors.NotAttachable(policy_arn=policy_arn)
    if policy_arn.startswith(f"arn:aws:iam::aws:policy{SERVICE_ROLE_PATH}") and not is_service_linked(entity):
        raise errors.PolicyNotAttachable()
    if policy_arn in entity.attached_policies:
        return
    if len(entity.attached_policies) >= MOST_ATTACHED:
        raise errors.QuotaExceeded(quota=KINDS[type(entity)].quota, limit=MOST_ATTACHED)
    entity.attached_policies.append(policy_arn)
    ctx.put(entity)
    count_use(ctx, policy_arn, attachments=1)


def detach(ctx: Context, entity: Entity, policy_arn: str) -> None:
    if not is_policy_arn(policy_arn):
        raise errors.ValidationError(reason=f"ARN {policy_arn} is not valid.")
    if policy_arn not in entity.attached_policies:
        raise errors.NoSuchPolicy(policy_arn=policy_arn)
    entity.attached_policies.remove(policy_arn)
    ctx.put(entity)
    count_use(ctx, policy_arn, attachments=-1)


def list_attached(entity: Entity, path_prefix: str) -> dict[str, Page]:
    attached = [
        {"policy_arn": arn, "policy_name": arn.rpartition("/")[2]}
        for arn in entity.attached_policies
        if ("/" + arn.partition("/")[2]).startswith(path_prefix)
    ]
    return {"attached_policies": page_of(attached, key=lambda item: item["policy_arn"])}


# -- permissions boundaries


def bound(ctx: Context, entity: User | Role, policy_arn: str) -> None:
    """Set or, with no ARN, take away the permissions boundary of an entity."""
    if policy_arn:
        check_boundary(ctx, policy_arn)
    before, entity.boundary_arn = entity.boundary_arn, policy_arn
    if before != policy_arn:
        ctx.put(entity)
        count_use(ctx, before, boundaries=-1)
        count_use(ctx, policy_arn, boundaries=1)


def check_boundary(ctx: Context, policy_arn: str) -> None:
    """That a policy may be a boundary. Raises `InvalidInput`, `NoSuchBoundary`."""
    if not is_policy_arn(policy_arn):
        raise errors.InvalidInput(reason=f"ARN {policy_arn} is not valid.")
    if managed_policy(ctx, policy_arn) is None:
        raise errors.NoSuchBoundary(policy_arn=policy_arn)


# -- how often policies are used


def use_of(ctx: Context, policy_arn: str) -> PolicyUse:
    return ctx.get(PolicyUse, policy_arn) or PolicyUse(ctx.account, policy_arn)


def count_use(ctx: Context, policy_arn: str, attachments: int = 0, boundaries: int = 0) -> None:
    """Note that a policy is used more, or less; no ARN is no use."""
    if not policy_arn:
        return
    use = use_of(ctx, policy_arn)
    use.attachments += attachments
    use.boundaries += boundaries
    if use.attachments > 0 or use.boundaries > 0:
        ctx.put(use)
    else:
        ctx.delete(use)


# -- the end of an entity


def check_without_policies(entity: Entity) -> None:
    """That nothing of an entity's policies is left. Raises `StillNeeded` (DeleteConflict)."""
    if entity.attached_policies:
        raise errors.StillNeeded(first="detach all policies")
    if entity.inline_policies:
        raise errors.StillNeeded(first="delete policies")


def release(ctx: Context, entity: Entity) -> None:
    """Remove an entity, and with it its uses of managed policies and the trust in it."""
    for arn in entity.attached_policies:
        count_use(ctx, arn, attachments=-1)
    if not isinstance(entity, Group):
        count_use(ctx, entity.boundary_arn, boundaries=-1)
        principal_changed(ctx, entity.arn, entity.user_id if isinstance(entity, User) else entity.role_id)
    ctx.delete(entity)
