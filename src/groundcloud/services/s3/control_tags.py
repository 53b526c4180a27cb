"""Tags of access points: TagResource, UntagResource, ListTagsForResource of S3 Control. The pattern of their ARNs in
AWS's model leaves general purpose buckets out, which have operations of their own for tags."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors
from groundcloud.services.s3.account_access import own_account
from groundcloud.services.s3.records import AccessPoint, Tag
from groundcloud.services.s3.tags import checked


def _find(ctx: Context, arn: str) -> AccessPoint:
    """Raises `NoSuchAccessPoint`, `InvalidRequest`."""
    start = f"arn:aws:s3:{ctx.region}:{ctx.account}:accesspoint/"
    if not arn.startswith(start):
        raise errors.InvalidRequest(reason="The specified resource ARN is not valid")
    return ctx.find(AccessPoint, arn.removeprefix(start))


def _tagged(ctx: Context, account_id: str, resource_arn: str) -> Resource:
    own_account(ctx, account_id)
    found = _find(ctx, resource_arn)
    return Resource(found.arn, tags={tag.key: tag.value for tag in found.tags})


@operation(on=_tagged)
def tag_resource(ctx: Context, account_id: str, resource_arn: str, tags: Sequence[Tag]) -> dict[str, Any]:
    found = _find(ctx, resource_arn)
    given = {tag.key for tag in tags}
    found.tags = checked([*(tag for tag in found.tags if tag.key not in given), *tags], bucket=True)
    ctx.put(found)
    return {}


@operation(on=_tagged)
def untag_resource(ctx: Context, account_id: str, resource_arn: str, tag_keys: Sequence[str]) -> dict[str, Any]:
    found = _find(ctx, resource_arn)
    found.tags = [tag for tag in found.tags if tag.key not in tag_keys]
    ctx.put(found)
    return {}


@operation(on=_tagged, read=True)
def list_tags_for_resource(ctx: Context, account_id: str, resource_arn: str) -> dict[str, Any]:
    return {"tags": _find(ctx, resource_arn).tags}
