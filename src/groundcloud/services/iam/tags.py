"""Tags of users, roles, instance profiles and managed policies.

The keys of users' and roles' tags do not tell capitals from small letters; those of the others do (IAM guide, "Tags for
IAM resources").
"""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.iam import errors
from groundcloud.services.iam.common import (
    customer_policy,
    instance_profile,
    managed_policy,
    own_policy,
    policy,
    role,
    user,
)
from groundcloud.services.iam.records import InstanceProfile, ManagedPolicy, Role, Tag, User

MOST_TAGS = 50
Tagged = User | Role | InstanceProfile | ManagedPolicy


def merged_tags(old: Sequence[Tag], new: Sequence[Tag], folded: bool = True) -> list[Tag]:
    """The tags of a record after some were set; `folded` where capitals in keys make no difference."""
    given = [_identity(tag.key, folded) for tag in new]
    if len(set(given)) < len(given):
        note = " Please note that Tag keys are case insensitive." if folded else ""
        raise errors.InvalidInput(reason=f"Duplicate tag keys found.{note}")
    if any(tag.key.lower().startswith("aws:") for tag in new):
        raise errors.InvalidInput(reason="aws: prefixed tag key names are not allowed for external use.")
    tags = {_identity(tag.key, folded): tag for tag in old}
    tags.update(zip(given, new, strict=True))
    if len(tags) > MOST_TAGS:
        raise errors.LimitExceeded(reason="The number of tags has reached the maximum limit.")
    return list(tags.values())


def _identity(key: str, folded: bool) -> str:
    return key.lower() if folded else key


def _tag(ctx: Context, record: Tagged, tags: Sequence[Tag]) -> None:
    record.tags = merged_tags(record.tags, tags, _folds(record))
    ctx.put(record)


def _untag(ctx: Context, record: Tagged, tag_keys: Sequence[str]) -> None:
    folded = _folds(record)
    gone = {_identity(key, folded) for key in tag_keys}
    record.tags = [tag for tag in record.tags if _identity(tag.key, folded) not in gone]
    ctx.put(record)


def _folds(record: Tagged) -> bool:
    return isinstance(record, (User, Role))


def _listed(tags: Sequence[Tag]) -> dict[str, Page]:
    return {"tags": page_of(tags, key=lambda tag: tag.key)}


@operation(on=user)
def tag_user(ctx: Context, user_name: str, tags: Sequence[Tag]) -> None:
    _tag(ctx, ctx.find(User, user_name), tags)


@operation(on=user)
def untag_user(ctx: Context, user_name: str, tag_keys: Sequence[str]) -> None:
    _untag(ctx, ctx.find(User, user_name), tag_keys)


@operation(on=user, read=True)
def list_user_tags(ctx: Context, user_name: str) -> dict[str, Page]:
    return _listed(ctx.find(User, user_name).tags)


@operation(on=role)
def tag_role(ctx: Context, role_name: str, tags: Sequence[Tag]) -> None:
    _tag(ctx, ctx.find(Role, role_name), tags)


@operation(on=role)
def untag_role(ctx: Context, role_name: str, tag_keys: Sequence[str]) -> None:
    _untag(ctx, ctx.find(Role, role_name), tag_keys)


@operation(on=role, read=True)
def list_role_tags(ctx: Context, role_name: str) -> dict[str, Page]:
    return _listed(ctx.find(Role, role_name).tags)


@operation(on=instance_profile)
def tag_instance_profile(ctx: Context, instance_profile_name: str, tags: Sequence[Tag]) -> None:
    _tag(ctx, ctx.find(InstanceProfile, instance_profile_name), tags)


@operation(on=instance_profile)
def untag_instance_profile(ctx: Context, instance_profile_name: str, tag_keys: Sequence[str]) -> None:
    _untag(ctx, ctx.find(InstanceProfile, instance_profile_name), tag_keys)


@operation(on=instance_profile, read=True)
def list_instance_profile_tags(ctx: Context, instance_profile_name: str) -> dict[str, Page]:
    return _listed(ctx.find(InstanceProfile, instance_profile_name).tags)


@operation(on=customer_policy)
def tag_policy(ctx: Context, policy_arn: str, tags: Sequence[Tag]) -> None:
    _tag(ctx, own_policy(ctx, policy_arn), tags)


@operation(on=customer_policy)
def untag_policy(ctx: Context, policy_arn: str, tag_keys: Sequence[str]) -> None:
    _untag(ctx, own_policy(ctx, policy_arn), tag_keys)


@operation(on=policy, read=True)
def list_policy_tags(ctx: Context, policy_arn: str) -> dict[str, Page]:
    found = managed_policy(ctx, policy_arn)
    if found is None:
        raise errors.NoSuchPolicy(policy_arn=policy_arn)
    return _listed(found.tags if isinstance(found, ManagedPolicy) else ())
