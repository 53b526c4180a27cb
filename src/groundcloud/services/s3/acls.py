"""Access control lists of buckets and objects."""

from collections.abc import Mapping
from typing import Any, Unpack

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import events, replication_outbox, versioning
from groundcloud.services.s3.access import ARN, find_bucket, of_bucket, public_access
from groundcloud.services.s3.owners import accounts, canonical_id
from groundcloud.services.s3.parameters import BucketGrants
from groundcloud.services.s3.reading import of_existing
from groundcloud.services.s3.records import Bucket
from groundcloud.services.s3.rules import acl as rules
from groundcloud.services.s3.rules import public
from groundcloud.services.s3.rules.acl import AccessControlPolicy, Grant

ACL_CONDITIONS = {
    "s3:x-amz-acl": "acl",
    "s3:x-amz-grant-full-control": "grant_full_control",
    "s3:x-amz-grant-read": "grant_read",
    "s3:x-amz-grant-read-acp": "grant_read_acp",
    "s3:x-amz-grant-write": "grant_write",
    "s3:x-amz-grant-write-acp": "grant_write_acp",
}


def _wanted(
    ctx: Context,
    bucket: Bucket,
    policy: AccessControlPolicy | None,
    given: Mapping[str, Any],
    owner: str,
    key: str | None = None,
) -> list[Grant]:
    """The grants that a request sets, for a bucket or for an object of it. Raises S3's refusals."""
    canned, resource = given.get("acl"), ARN + bucket.name + ("" if key is None else f"/{key}")
    headers = {name: given.get(name) for name in rules.GRANT_HEADERS}
    rules.check_one_way(canned, any(headers.values()), policy, needed=True)
    bucket_owner = canonical_id(bucket.account)
    if policy is not None:
        grants = rules.from_policy(policy, owner, accounts(ctx))
    elif canned is not None:
        grants = rules.canned(canned, owner=owner, bucket_owner="" if key is None else bucket_owner)
    else:
        grants = rules.from_headers(headers, accounts(ctx))
    if canned != "private":
        rules.check_allowed(bucket.ownership, canned, grants, bucket_owner)
    public.check_acl(public_access(ctx, bucket), grants, ctx.principal.arn, resource)
    return grants


def _shown(grants: list[Grant] | None, owner: str) -> dict[str, Any]:
    usual = [Grant(rules.user(owner), "FULL_CONTROL")]
    return {"owner": {"id": owner}, "grants": grants if grants is not None else usual}


@operation(on=of_bucket, conditions=ACL_CONDITIONS)
def put_bucket_acl(
    ctx: Context,
    bucket: str,
    access_control_policy: AccessControlPolicy | None = None,
    **given: Unpack[BucketGrants],
) -> None:
    found = find_bucket(ctx, bucket)
    grants = _wanted(ctx, found, access_control_policy, given, canonical_id(found.account))
    found.acl = None if found.ownership == rules.BUCKET_OWNER_ENFORCED else grants
    ctx.put(found)


@operation(on=of_bucket, read=True)
def get_bucket_acl(ctx: Context, bucket: str) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    return _shown(found.acl, canonical_id(found.account))


def _writes(ctx: Context, bucket: str, key: str, version_id: str | None) -> Resource:
    return of_existing(ctx, bucket, key, version_id, "s3:PutObjectAcl")


def _reads(ctx: Context, bucket: str, key: str, version_id: str | None) -> Resource:
    return of_existing(ctx, bucket, key, version_id, "s3:GetObjectAcl")


@operation(on=_writes, conditions=ACL_CONDITIONS, data_event=True)
def put_object_acl(
    ctx: Context,
    bucket: str,
    key: str,
    access_control_policy: AccessControlPolicy | None = None,
    version_id: str | None = None,
    **given: Unpack[BucketGrants],
) -> None:
    found = find_bucket(ctx, bucket)
    content = versioning.find_shown(ctx, bucket, key, version_id)
    owner = canonical_id(content.owner or found.account)
    content.acl = _wanted(ctx, found, access_control_policy, given, owner, key)
    replication_outbox.note(ctx, found, content, change=True)
    ctx.put(content)
    events.tell(ctx, found, "s3:ObjectAcl:Put", content)


@operation(on=_reads, read=True, data_event=True)
def get_object_acl(ctx: Context, bucket: str, key: str, version_id: str | None = None) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    content = versioning.find_shown(ctx, bucket, key, version_id)
    if found.ownership == rules.BUCKET_OWNER_ENFORCED:
        return _shown(None, canonical_id(found.account))
    return _shown(content.acl, canonical_id(content.owner or found.account))
