"""Buckets: make, list, head, locate, delete."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Unpack

from groundcloud.context import Context
from groundcloud.models import service_model
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import ARN, POINT, bucket_resource, find_bucket, of_bucket
from groundcloud.services.s3.acls import ACL_CONDITIONS
from groundcloud.services.s3.owners import accounts, canonical_id
from groundcloud.services.s3.parameters import BucketGrants
from groundcloud.services.s3.records import AccessPoint, Bucket, Object, Setting, Tag, Upload, Version
from groundcloud.services.s3.rules import acl as acl_rules
from groundcloud.services.s3.rules import bucket_names, public
from groundcloud.services.s3.rules.acl import BUCKET_OWNER_ENFORCED, Grant
from groundcloud.services.s3.rules.object_lock import ObjectLockConfiguration
from groundcloud.services.s3.tags import checked
from groundcloud.store import Part

_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d+")


class LocationInfo(Part):
    type: str = ""
    name: str = ""


class BucketInfo(Part):
    data_redundancy: str = ""
    type: str = ""


class CreateBucketConfiguration(Part):
    location_constraint: str = ""
    location: LocationInfo | None = None
    bucket: BucketInfo | None = None
    tags: list[Tag] = []


def _new_bucket(
    ctx: Context,
    bucket: str,
    object_lock_enabled_for_bucket: bool,
    object_ownership: str | None,
    create_bucket_configuration: CreateBucketConfiguration | None,
    **given: Unpack[BucketGrants],
) -> list[Resource]:
    """What the new bucket is given at once takes the permission to give it later (CreateBucket, "Permissions")."""
    actions = ["s3:CreateBucket"]
    if any(given.get(name) for name in acl_rules.GRANT_HEADERS) or given.get("acl") not in (None, "private"):
        actions.append("s3:PutBucketAcl")
    if object_lock_enabled_for_bucket:
        actions += ["s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"]
    if object_ownership is not None:
        actions.append("s3:PutBucketOwnershipControls")
    if create_bucket_configuration is not None and create_bucket_configuration.tags:
        actions.append("s3:TagResource")
    return [Resource(ARN + bucket, action=action) for action in actions]


def _location(ctx: Context, create_bucket_configuration: CreateBucketConfiguration | None) -> str | None:
    return create_bucket_configuration.location_constraint if create_bucket_configuration else None


@operation(
    on=_new_bucket,
    conditions={
        "s3:locationconstraint": _location,
        **ACL_CONDITIONS,
        "s3:x-amz-object-ownership": "object_ownership",
    },
)
def create_bucket(
    ctx: Context,
    bucket: str,
    create_bucket_configuration: CreateBucketConfiguration | None = None,
    object_lock_enabled_for_bucket: bool = False,
    object_ownership: str | None = None,
    bucket_namespace: str = "",
    **given: Unpack[BucketGrants],
) -> dict[str, Any]:
    ownership = object_ownership or BUCKET_OWNER_ENFORCED
    bucket_names.check_new(bucket, account=ctx.account, region=ctx.region, namespace=bucket_namespace)
    asked = create_bucket_configuration or CreateBucketConfiguration()
    region = _region(ctx, asked.location_constraint)
    existing = ctx.tx.get(Bucket, bucket)
    if existing is not None:
        if existing.account != ctx.account:
            raise errors.BucketAlreadyExists(bucket_name=bucket)
        if not (existing.region == region == "us-east-1"):  # there, making it again is no error (CreateBucket)
            raise errors.BucketAlreadyOwnedByYou(bucket_name=bucket)
        return {"location": f"/{bucket}", "bucket_arn": ARN + bucket}
    grants = _first_acl(ctx, given, ownership)
    ctx.put(
        Bucket(
            name=bucket,
            account=ctx.account,
            region=region,
            constraint="EU" if asked.location_constraint == "EU" else "",
            created=ctx.now(),
            ownership=ownership,
            versioning="Enabled" if object_lock_enabled_for_bucket else "",
            object_lock=ObjectLockConfiguration("Enabled") if object_lock_enabled_for_bucket else None,
            public_access=public.CLOSED,
            acl=grants,
            tags=checked(asked.tags, bucket=True),
        )
    )
    location = f"/{bucket}" if region == "us-east-1" else f"http://{bucket}.s3.amazonaws.com/"
    return {"location": location, "bucket_arn": ARN + bucket}


def _first_acl(ctx: Context, given: Mapping[str, Any], ownership: str) -> list[Grant] | None:
    """The list of a new bucket; Block Public Access, which is on for new buckets, lets it give nothing to everybody."""
    canned, headers = given.get("acl"), {name: given.get(name) for name in acl_rules.GRANT_HEADERS}
    by_headers = any(headers.values())
    acl_rules.check_one_way(canned, by_headers)
    if ownership == BUCKET_OWNER_ENFORCED:
        if by_headers or canned not in (None, "private"):
            raise errors.InvalidBucketAclWithObjectOwnership()
        return None
    if by_headers:
        grants = acl_rules.from_headers(headers, accounts(ctx))
    else:
        grants = acl_rules.canned(canned or "private", owner=canonical_id(ctx.account))
    public.check_acl(public.CLOSED, grants, ctx.principal.arn, ARN)
    return grants


def _region(ctx: Context, constraint: str) -> str:
    """Where a new bucket is to be: in the region that is called, which only us-east-1 takes for granted."""
    if ctx.region == "us-east-1":
        if constraint and (constraint == "us-east-1" or constraint not in _constraints()):
            raise errors.InvalidLocationConstraint(location_constraint=constraint)
        return {"": "us-east-1", "EU": "eu-west-1"}.get(constraint, constraint)
    if not _REGION.fullmatch(ctx.region):  # s3cmd signs for "US" at first, and learns the region from this answer
        raise errors.AuthorizationHeaderMalformed(
            reason=f"the region '{ctx.region}' is wrong; expecting 'us-east-1'", region="us-east-1"
        )
    wanted = "eu-west-1" if constraint == "EU" else constraint
    if not wanted:
        raise errors.IllegalLocationConstraint(
            reason="The unspecified location constraint is incompatible for the region specific endpoint this request "
            "was sent to."
        )
    if wanted != ctx.region:
        raise errors.IllegalLocationConstraint(
            reason=f"The {constraint} location constraint is incompatible for the region specific endpoint this "
            "request was sent to."
        )
    return wanted


@cache
def _constraints() -> frozenset[str]:
    """The Regions that AWS's model knows."""
    shape: Any = service_model("s3").shape_for("BucketLocationConstraint")
    return frozenset(shape.enum)


@operation(on=of_bucket)
def delete_bucket(ctx: Context, bucket: str) -> None:
    found = find_bucket(ctx, bucket)
    if ctx.tx.exists(Version, bucket):
        raise errors.VersionedBucketNotEmpty(bucket_name=bucket)
    if ctx.tx.exists(Object, bucket):
        raise errors.BucketNotEmpty(bucket_name=bucket)
    if ctx.tx.exists(Upload, bucket):
        raise errors.BucketNotEmpty(bucket_name=bucket)
    if ctx.tx.exists(AccessPoint, bucket, index="by_bucket"):
        raise errors.BucketHasAccessPointsAttached(bucket_name=bucket)
    for setting in list(ctx.tx.scan(Setting, bucket)):
        ctx.delete(setting)
    ctx.delete(found)


def _headed(ctx: Context, bucket: str) -> Resource:
    """Whoever may not see the bucket learns where it is (HeadBucket)."""
    found = of_bucket(ctx, bucket)
    return found._replace(told=(("x-amz-bucket-region", find_bucket(ctx, bucket).region),))


@operation(on=_headed, read=True, action="s3:ListBucket")
def head_bucket(ctx: Context, bucket: str) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    through = POINT in ctx.facts.extra
    return {"bucket_region": found.region, "bucket_arn": ARN + bucket, "access_point_alias": through}


def _located(ctx: Context, bucket: str) -> Resource:
    """us-east-1 knows where every bucket is, which is how clients find out."""
    if (ctx.facts.endpoint_region or ctx.facts.signed_region) == "us-east-1":
        return bucket_resource(ctx, find_bucket(ctx, bucket))
    return of_bucket(ctx, bucket)


@operation(on=_located, read=True)
def get_bucket_location(ctx: Context, bucket: str) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    return {"location_constraint": None if found.region == "us-east-1" else found.constraint or found.region}


@operation(on="*", read=True, action="s3:ListAllMyBuckets", page_size=10_000)
def list_buckets(ctx: Context, prefix: str = "", bucket_region: str = "") -> dict[str, Any]:
    def wanted(bucket: Bucket) -> bool:
        return bucket.name.startswith(prefix) and bucket_region in ("", bucket.region)

    def shown(bucket: Bucket) -> dict[str, Any]:
        return {
            "name": bucket.name,
            "creation_date": bucket.created,
            "bucket_region": bucket.region,
            "bucket_arn": ARN + bucket.name,
        }

    buckets: Page = ctx.page(Bucket, index="by_owner", where=wanted, each=shown)
    return {"buckets": buckets, "owner": {"id": canonical_id(ctx.account)}, "prefix": prefix or None}
