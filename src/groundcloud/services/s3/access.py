"""What a call acts on, as policies see it: a bucket or an object, its owner, its policy, its tags.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
"""

from collections.abc import Mapping
from typing import Any

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors
from groundcloud.services.s3.records import Bucket

ARN = "arn:aws:s3:::"


def find_bucket(ctx: Context, bucket: str) -> Bucket:
    """Raises `NoSuchBucket`."""
    found = ctx.tx.get(Bucket, bucket)
    if found is None:
        raise errors.NoSuchBucket(bucket_name=bucket)
    return found


def of_bucket(ctx: Context, bucket: str) -> Resource:
    """The bucket that a call names. Raises `NoSuchBucket` before anybody's permission is asked, as S3 does."""
    found = find_bucket(ctx, bucket)
    return Resource(ARN + bucket, account=found.account, policy=found.policy)


def of_object(ctx: Context, bucket: str, key: str) -> Resource:
    """The object that a call names, whether it exists or not."""
    return in_bucket(find_bucket(ctx, bucket), key)


def in_bucket(bucket: Bucket, key: str, action: str = "", facts: Mapping[str, str] | None = None) -> Resource:
    return Resource(
        f"{ARN}{bucket.name}/{key}", account=bucket.account, policy=bucket.policy, action=action, facts=facts or {}
    )


def check_expected_owner(ctx: Context, expected: str, arguments: Mapping[str, Any]) -> None:
    """x-amz-expected-bucket-owner. Raises `AccessDenied`."""
    if find_bucket(ctx, arguments["bucket"]).account != expected:
        raise errors.AccessDenied(reason="Access Denied")
