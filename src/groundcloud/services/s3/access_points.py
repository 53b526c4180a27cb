"""Access points: make, show, list, delete, and their policies. What they let in is decided in `access.py`.

Source: S3 User Guide, "Managing access to shared datasets with access points". Points for a VPC are not here, for
there is no VPC to tell requests by.
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.policy import MalformedPolicy, check_resource_policy
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import POINT, account_access, find_bucket, public_access
from groundcloud.services.s3.account_access import own_account
from groundcloud.services.s3.records import AccessPoint, Bucket, Tag
from groundcloud.services.s3.rules import public
from groundcloud.services.s3.rules.public import PublicAccessBlockConfiguration
from groundcloud.services.s3.tags import checked

LARGEST_POLICY = 20 * 1024
_NAME = re.compile(r"(?!xn--)[a-z0-9][a-z0-9-]{1,48}[a-z0-9](?<!-s3alias)", re.ASCII)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_LONGEST_ALIAS = 63


def _point(ctx: Context, account_id: str, name: str) -> Resource:
    """An access point of the caller's account, by name or by ARN."""
    own_account(ctx, account_id)
    arn = f"arn:aws:s3:{ctx.region}:{account_id}:accesspoint/{_named(name)}"
    return Resource(arn, facts={POINT: arn, "s3:dataaccesspointaccount": account_id})


def _named(name: str) -> str:
    return name.rpartition("/")[2] if name.startswith("arn:") else name


def _find(ctx: Context, name: str) -> AccessPoint:
    return ctx.find(AccessPoint, _named(name))


@operation(on=_point)
def create_access_point(
    ctx: Context,
    account_id: str,
    name: str,
    bucket: str,
    public_access_block_configuration: PublicAccessBlockConfiguration | None = None,
    bucket_account_id: str = "",
    tags: Sequence[Tag] = (),
) -> dict[str, Any]:
    if _NAME.fullmatch(name) is None:
        raise errors.InvalidRequest(reason="Your Amazon S3 AccessPoint name is invalid")
    found = find_bucket(ctx, bucket)
    if found.account != (bucket_account_id or ctx.account):
        raise errors.AccessDenied(reason="Access Denied")
    if found.region != ctx.region:
        raise errors.InvalidRequest(reason="Amazon S3 AccessPoint can only be created for an existing bucket")
    if ctx.get(AccessPoint, name) is not None:
        raise errors.AccessPointAlreadyOwnedByYou(access_point_name=name)
    suffix = ctx.random_text(_ALPHABET, 34)
    made = AccessPoint(
        account=ctx.account,
        region=ctx.region,
        name=name,
        bucket=bucket,
        bucket_account=found.account,
        alias=f"{name[: _LONGEST_ALIAS - len(suffix) - 9].rstrip('-')}-{suffix}-s3alias",
        created=ctx.now(),
        public_access=public_access_block_configuration or public.CLOSED,
        tags=checked(tags, bucket=True),
    )
    ctx.put(made)
    return {"access_point_arn": made.arn, "alias": made.alias}


def _shown(point: AccessPoint) -> dict[str, Any]:
    return {
        "name": point.name,
        "network_origin": "Internet",
        "bucket": point.bucket,
        "access_point_arn": point.arn,
        "alias": point.alias,
        "bucket_account_id": point.bucket_account,
    }


@operation(on=_point, read=True)
def get_access_point(ctx: Context, account_id: str, name: str) -> dict[str, Any]:
    point = _find(ctx, name)
    return {
        **_shown(point),
        "public_access_block_configuration": point.public_access,
        "creation_date": point.created,
        "endpoints": {
            "ipv4": f"s3-accesspoint.{point.region}.amazonaws.com",
            "dualstack": f"s3-accesspoint.dualstack.{point.region}.amazonaws.com",
        },
    }


@operation(on=own_account, read=True)
def list_access_points(
    ctx: Context, account_id: str, bucket: str = "", next_token: str = "", max_results: int = 1000
) -> dict[str, Any]:
    after = ctx.open_text(next_token, f"s3 access points {ctx.account}") if next_token else b""
    if after is None or not 0 <= max_results <= 1000:
        raise errors.InvalidRequest(reason="Invalid request")
    if bucket:
        found = ctx.tx.scan_from(AccessPoint, bucket, ctx.account, index="by_bucket", after=after)
    else:
        found = ctx.tx.scan_from(AccessPoint, ctx.account, ctx.region, after=after)
    page = list(islice(found, max_results + 1))
    shown = page[:max_results]
    more = len(page) > max_results and bool(shown)
    return {
        "access_point_list": [_shown(point) for _, point in shown],
        "next_token": ctx.seal_text(shown[-1][0], f"s3 access points {ctx.account}") if more else None,
    }


@operation(on=_point)
def delete_access_point(ctx: Context, account_id: str, name: str) -> None:
    ctx.delete(_find(ctx, name))


@operation(on=_point)
def put_access_point_policy(ctx: Context, account_id: str, name: str, policy: str) -> None:
    point = _find(ctx, name)
    if len(policy.encode()) > LARGEST_POLICY:
        raise errors.MalformedPolicy(reason="Policy exceeds the maximum allowed document size.")
    try:
        check_resource_policy(
            policy, "s3", lambda resource: resource == point.arn or resource.startswith(f"{point.arn}/")
        )
    except MalformedPolicy as error:
        raise errors.MalformedPolicy(reason=error.message) from error
    bucket = ctx.tx.get(Bucket, point.bucket)
    settings = public.strictest(
        account_access(ctx, ctx.account),
        point.public_access,
        public_access(ctx, bucket) if bucket is not None else None,
    )
    public.check_policy(settings, policy, ctx.principal.arn, point.arn)
    point.policy = policy
    ctx.put(point)


@operation(on=_point, read=True)
def get_access_point_policy(ctx: Context, account_id: str, name: str) -> dict[str, Any]:
    return {"policy": _policy_of(_find(ctx, name))}


def _policy_of(point: AccessPoint) -> str:
    if point.policy is None:
        raise errors.NoSuchAccessPointPolicy(access_point_name=point.name)
    return point.policy


@operation(on=_point)
def delete_access_point_policy(ctx: Context, account_id: str, name: str) -> None:
    point = _find(ctx, name)
    point.policy = None
    ctx.put(point)


@operation(on=_point, read=True)
def get_access_point_policy_status(ctx: Context, account_id: str, name: str) -> dict[str, Any]:
    return {"policy_status": {"is_public": public.is_public_policy(_policy_of(_find(ctx, name)))}}
