"""Buckets: make, list, head, locate, delete."""

import re
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import ARN, find_bucket, of_bucket
from groundcloud.services.s3.owners import canonical_id
from groundcloud.services.s3.records import Bucket, Object, Setting, Tag, Upload, Version
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


def _new_bucket(ctx: Context, bucket: str) -> Resource:
    return Resource(ARN + bucket)


def _location(ctx: Context, create_bucket_configuration: CreateBucketConfiguration | None) -> str | None:
    return create_bucket_configuration.location_constraint if create_bucket_configuration else None


@operation(
    on=_new_bucket,
    conditions={
        "s3:locationconstraint": _location,
        "s3:x-amz-acl": "acl",
        "s3:x-amz-object-ownership": "object_ownership",
    },
)
def create_bucket(
    ctx: Context,
    bucket: str,
    acl: str | None = None,
    create_bucket_configuration: CreateBucketConfiguration | None = None,
    object_lock_enabled_for_bucket: bool = False,
    object_ownership: str = BUCKET_OWNER_ENFORCED,
    bucket_namespace: str = "",
) -> dict[str, Any]:
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
    if object_ownership == BUCKET_OWNER_ENFORCED and acl not in (None, "private"):
        raise errors.InvalidBucketAclWithObjectOwnership()
    ctx.put(
        Bucket(
            name=bucket,
            account=ctx.account,
            region=region,
            created=ctx.now(),
            ownership=object_ownership,
            versioning="Enabled" if object_lock_enabled_for_bucket else "",
            object_lock=ObjectLockConfiguration("Enabled") if object_lock_enabled_for_bucket else None,
            public_access=public.CLOSED,
            acl=_first_acl(ctx, acl) if object_ownership != BUCKET_OWNER_ENFORCED else None,
            tags=checked(asked.tags, bucket=True),
        )
    )
    location = f"/{bucket}" if region == "us-east-1" else f"http://{bucket}.s3.amazonaws.com/"
    return {"location": location, "bucket_arn": ARN + bucket}


def _first_acl(ctx: Context, canned: str | None) -> list[Grant]:
    """The ACL of a new bucket, which Block Public Access (on for new buckets) lets be private only."""
    grants = acl_rules.canned(canned or "private", owner=canonical_id(ctx.account))
    public.check_acl(public.CLOSED, grants, ctx.principal.arn, ARN)
    return grants


def _region(ctx: Context, constraint: str) -> str:
    """Where a new bucket is to be: in the region that is called, which only us-east-1 takes for granted."""
    if ctx.region == "us-east-1":
        if constraint == "us-east-1":
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


@operation(on=of_bucket)
def delete_bucket(ctx: Context, bucket: str) -> None:
    found = find_bucket(ctx, bucket)
    if ctx.tx.exists(Version, bucket):
        raise errors.VersionedBucketNotEmpty(bucket_name=bucket)
    if ctx.tx.exists(Object, bucket):
        raise errors.BucketNotEmpty(bucket_name=bucket)
    if ctx.tx.exists(Upload, bucket):
        raise errors.BucketNotEmpty(bucket_name=bucket)
    for setting in list(ctx.tx.scan(Setting, bucket)):
        ctx.delete(setting)
    ctx.delete(found)


@operation(on=of_bucket, read=True, action="s3:ListBucket")
def head_bucket(ctx: Context, bucket: str) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    return {"bucket_region": found.region, "bucket_arn": ARN + bucket, "access_point_alias": False}


@operation(on=of_bucket, read=True)
def get_bucket_location(ctx: Context, bucket: str) -> dict[str, Any]:
    region = find_bucket(ctx, bucket).region
    return {"location_constraint": None if region == "us-east-1" else region}


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
