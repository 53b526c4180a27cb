"""A bucket's policy, Block Public Access and object ownership."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.policy import MalformedPolicy, check_resource_policy
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import ARN, find_bucket, of_bucket, public_access
from groundcloud.services.s3.owners import canonical_id
from groundcloud.services.s3.rules import acl, public
from groundcloud.services.s3.rules.public import PublicAccessBlockConfiguration
from groundcloud.store import Part

LARGEST_POLICY = 20 * 1024


@operation(on=of_bucket, harmless=("ConfirmRemoveSelfBucketAccess",))
def put_bucket_policy(ctx: Context, bucket: str, policy: str) -> None:
    found = find_bucket(ctx, bucket)
    arn = ARN + bucket
    if len(policy.encode()) > LARGEST_POLICY:
        raise errors.MalformedPolicy(reason="Policy exceeds the maximum allowed document size.")

    def covers(resource: str) -> bool:
        return resource == arn or resource.startswith(f"{arn}/") or resource.rstrip("*") in ("", ARN, arn)

    try:
        check_resource_policy(policy, "s3", covers)
    except MalformedPolicy as error:
        raise errors.MalformedPolicy(reason=error.message) from error
    public.check_policy(public_access(ctx, found), policy, ctx.principal.arn, arn)
    found.policy = policy
    ctx.put(found)


@operation(on=of_bucket, read=True)
def get_bucket_policy(ctx: Context, bucket: str) -> dict[str, Any]:
    policy = find_bucket(ctx, bucket).policy
    if policy is None:
        raise errors.NoSuchBucketPolicy(bucket_name=bucket)
    return {"policy": policy}


@operation(on=of_bucket)
def delete_bucket_policy(ctx: Context, bucket: str) -> None:
    found = find_bucket(ctx, bucket)
    found.policy = None
    ctx.put(found)


@operation(on=of_bucket, read=True)
def get_bucket_policy_status(ctx: Context, bucket: str) -> dict[str, Any]:
    policy = find_bucket(ctx, bucket).policy
    if policy is None:
        raise errors.NoSuchBucketPolicy(bucket_name=bucket)
    return {"policy_status": {"is_public": public.is_public_policy(policy)}}


@operation(on=of_bucket, action="s3:PutBucketPublicAccessBlock")
def put_public_access_block(
    ctx: Context, bucket: str, public_access_block_configuration: PublicAccessBlockConfiguration
) -> None:
    found = find_bucket(ctx, bucket)
    found.public_access = public_access_block_configuration
    ctx.put(found)


@operation(on=of_bucket, read=True, action="s3:GetBucketPublicAccessBlock")
def get_public_access_block(ctx: Context, bucket: str) -> dict[str, Any]:
    settings = find_bucket(ctx, bucket).public_access
    if settings is None:
        raise errors.NoSuchPublicAccessBlock(bucket_name=bucket)
    return {"public_access_block_configuration": settings}


@operation(on=of_bucket, action="s3:PutBucketPublicAccessBlock")
def delete_public_access_block(ctx: Context, bucket: str) -> None:
    found = find_bucket(ctx, bucket)
    found.public_access = None
    ctx.put(found)


class OwnershipControlsRule(Part):
    object_ownership: str


class OwnershipControls(Part):
    rules: list[OwnershipControlsRule]


@operation(on=of_bucket)
def put_bucket_ownership_controls(ctx: Context, bucket: str, ownership_controls: OwnershipControls) -> None:
    found = find_bucket(ctx, bucket)
    wanted = [rule.object_ownership for rule in ownership_controls.rules]
    owner = canonical_id(found.account)
    found.ownership = acl.check_ownership(wanted, found.acl or [], owner)
    found.has_ownership_controls = True
    ctx.put(found)


@operation(on=of_bucket, read=True)
def get_bucket_ownership_controls(ctx: Context, bucket: str) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    if not found.has_ownership_controls:
        raise errors.NoSuchOwnershipControls(bucket_name=bucket)
    return {"ownership_controls": {"rules": [{"object_ownership": found.ownership}]}}


@operation(on=of_bucket, action="s3:PutBucketOwnershipControls")
def delete_bucket_ownership_controls(ctx: Context, bucket: str) -> None:
    found = find_bucket(ctx, bucket)
    found.ownership = acl.OBJECT_WRITER  # what a bucket without the setting means
    found.has_ownership_controls = False
    ctx.put(found)
