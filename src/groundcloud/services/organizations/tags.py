"""Tags of roots, units, accounts and policies."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.common import administered, policy_of, tagged, target_exists
from groundcloud.services.organizations.managed import MANAGED
from groundcloud.services.organizations.records import Organization, Tag, Tags
from groundcloud.store import Transaction

_MOST = 50


def checked_tags(tags: Sequence[Tag]) -> list[Tag]:
    """Tags as a request brings them: each key once, none of AWS's own, fifty at most."""
    if len({tag.key for tag in tags}) < len(tags):
        raise errors.duplicate_tag_key()
    if any(tag.key.lower().startswith("aws:") for tag in tags):
        raise errors.system_tag()
    if len(tags) > _MOST:
        raise errors.too_many_tags()
    return list(tags)


def put_tags(tx: Transaction, organization: Organization, resource_id: str, tags: Sequence[Tag]) -> None:
    """Set tags besides those that the resource has."""
    known = tx.get(Tags, organization.organization_id, resource_id)
    merged = {tag.key: tag for tag in known.tags} if known is not None else {}
    merged.update({tag.key: tag for tag in checked_tags(tags)})
    if len(merged) > _MOST:
        raise errors.too_many_tags()
    if merged:
        tx.put(Tags(organization.organization_id, resource_id, list(merged.values())))


def delete_tags(ctx: Context, organization: Organization, resource_id: str) -> None:
    """Those of a resource that goes."""
    known = ctx.tx.get(Tags, organization.organization_id, resource_id)
    if known is not None:
        ctx.delete(known)


def _taggable(ctx: Context, organization: Organization, resource_id: str) -> None:
    if resource_id.startswith("p-"):
        if resource_id in MANAGED:
            raise errors.immutable_policy()
        policy_of(ctx, organization, resource_id)
    elif not target_exists(ctx, organization, resource_id):
        raise errors.TargetNotFound()


@operation(on=tagged)
def tag_resource(ctx: Context, resource_id: str, tags: Sequence[Tag]) -> None:
    organization = administered(ctx)
    _taggable(ctx, organization, resource_id)
    put_tags(ctx.tx, organization, resource_id, tags)


@operation(on=tagged)
def untag_resource(ctx: Context, resource_id: str, tag_keys: Sequence[str]) -> None:
    organization = administered(ctx)
    _taggable(ctx, organization, resource_id)
    known = ctx.tx.get(Tags, organization.organization_id, resource_id)
    if known is not None:
        known.tags = [tag for tag in known.tags if tag.key not in tag_keys]
        ctx.put(known)


@operation(on=tagged, read=True)
def list_tags_for_resource(ctx: Context, resource_id: str) -> dict[str, Page]:
    organization = administered(ctx)
    _taggable(ctx, organization, resource_id)
    known = ctx.tx.get(Tags, organization.organization_id, resource_id)
    return {"tags": page_of(known.tags if known is not None else (), key=lambda tag: tag.key)}
