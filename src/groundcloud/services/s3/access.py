"""What a call acts on, as policies see it: a bucket or an object, its owner, its policy, its tags.

A bucket's policy, its access control list and Block Public Access become one policy here. Source: Service
Authorization Reference, "Actions, resources, and condition keys for Amazon S3"; S3 User Guide, "Access control list
(ACL) overview" (which action each permission of a list stands for), "Configuring IAM policies for using access points".
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors
from groundcloud.services.s3.owners import canonical_id
from groundcloud.services.s3.records import AccessPoint, AccountAccess, Bucket, Content
from groundcloud.services.s3.rules import acl, public
from groundcloud.services.s3.rules.public import PublicAccessBlockConfiguration

ARN = "arn:aws:s3:::"

_OF_BUCKET = {
    "READ": ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
    "WRITE": ("s3:PutObject", "s3:DeleteObject"),
    "READ_ACP": ("s3:GetBucketAcl",),
    "WRITE_ACP": ("s3:PutBucketAcl",),
}
_OF_OBJECT = {
    "READ": ("s3:GetObject", "s3:GetObjectVersion"),
    "READ_ACP": ("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
    "WRITE_ACP": ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
}


def find_bucket(ctx: Context, bucket: str) -> Bucket:
    """Raises `NoSuchBucket`."""
    found = ctx.tx.get(Bucket, bucket)
    if found is None:
        raise errors.NoSuchBucket(bucket_name=bucket)
    return found


def called_bucket(ctx: Context, bucket: str) -> Bucket:
    """The bucket that a call is sent to. Raises `NoSuchBucket`, and what S3 answers in a Region that is not its own.

    Where the host names no Region, the signature's counts for it. Source: S3 User Guide, "Making requests" ("Request
    redirection and the REST API").
    """
    found = find_bucket(ctx, bucket)
    facts = ctx.facts
    signed = facts.signed_region
    asked = facts.endpoint_region or signed
    if asked not in ("", "*", found.region):
        raise errors.PermanentRedirect(bucket, found.region)
    if signed not in ("", found.region):
        raise errors.WrongRegion(signed, found.region)
    return found


def of_bucket(ctx: Context, bucket: str) -> Resource:
    """The bucket that a call names. Raises `NoSuchBucket` before anybody's permission is asked, as S3 does."""
    return bucket_resource(ctx, called_bucket(ctx, bucket))


def bucket_resource(ctx: Context, bucket: Bucket, action: str = "") -> Resource:
    own = Resource(ARN + bucket.name, account=bucket.account, policy=_policy(ctx, bucket, None), action=action)
    return _through(ctx, bucket, own, "")


def in_bucket(
    ctx: Context,
    bucket: Bucket,
    key: str,
    action: str = "",
    facts: Mapping[str, str | Sequence[str]] | None = None,
    content: Content | None = None,
) -> Resource:
    """An object, whether it exists or not; `content` is what is there, where its own list of access counts."""
    own = Resource(
        f"{ARN}{bucket.name}/{key}",
        account=bucket.account,
        policy=_policy(ctx, bucket, content),
        action=action,
        facts=facts or {},
    )
    return _through(ctx, bucket, own, f"/object/{key}")


POINT = "s3:dataaccesspointarn"
"""The condition key that says through which access point a call came; nothing else says it."""


def _through(ctx: Context, bucket: Bucket, own: Resource, rest: str) -> Resource:
    """What a call acts on that came through an access point: the point, and the bucket behind it as well."""
    arn = ctx.facts.extra.get(POINT)
    if arn is None:
        return own
    _, _, _, region, account, name = arn.split(":", 5)
    point = ctx.tx.get(AccessPoint, account, region, name.partition("/")[2])
    if point is None or point.bucket != bucket.name:
        return own
    policy = point.policy
    settings = public.strictest(public_access(ctx, bucket), account_access(ctx, point.account), point.public_access)
    caller = ctx.principal
    if public.shuts_out(
        settings, policy, caller_account=caller.account, bucket_account=account, is_service=bool(caller.service)
    ):
        policy = None
    return own._replace(arn=arn + rest, account=point.account, policy=policy, also=(own,))


def account_access(ctx: Context, account: str) -> PublicAccessBlockConfiguration | None:
    """Block Public Access of a whole account."""
    found = ctx.tx.get(AccountAccess, account)
    return found.public_access if found is not None else None


def public_access(ctx: Context, bucket: Bucket) -> PublicAccessBlockConfiguration:
    """Block Public Access as it holds for a bucket: its own settings and its account's."""
    return public.strictest(account_access(ctx, bucket.account), bucket.public_access)


def check_expected_owner(ctx: Context, expected: str, arguments: Mapping[str, Any]) -> None:
    """x-amz-expected-bucket-owner. Raises `AccessDenied`."""
    if find_bucket(ctx, arguments["bucket"]).account != expected:
        raise errors.AccessDenied(reason="Access Denied")


def _policy(ctx: Context, bucket: Bucket, content: Content | None) -> str | None:
    """The bucket's policy, with what access control lists give this caller."""
    policy = bucket.policy
    principal = ctx.principal
    if principal.account == bucket.account:
        return policy
    if policy is not None and shut_out(ctx, bucket, principal.account, bool(principal.service)):
        policy = None
    if bucket.ownership == acl.BUCKET_OWNER_ENFORCED:
        return policy
    given = _granted(ctx, bucket.acl, bucket, _OF_BUCKET)
    if content is not None:
        given += _granted(ctx, content.acl, bucket, _OF_OBJECT)
    return _with(policy, given) if given else policy


def shut_out(ctx: Context, bucket: Bucket, caller_account: str, is_service: bool) -> bool:
    """Whether Block Public Access keeps a caller from what the bucket's policy gives."""
    settings = public_access(ctx, bucket)
    return public.shuts_out(
        settings, bucket.policy, caller_account=caller_account, bucket_account=bucket.account, is_service=is_service
    )


def _granted(
    ctx: Context, grants: list[acl.Grant] | None, bucket: Bucket, actions: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """The actions that a list gives the caller."""
    if not grants:
        return ()
    account = ctx.principal.account
    caller = canonical_id(account) if account else ""
    ignored = public_access(ctx, bucket).ignore_public_acls
    found = acl.permissions(grants, caller, authenticated=bool(account), ignore_public=ignored)
    return tuple(sorted(action for permission in found for action in actions.get(permission, ())))


@lru_cache(maxsize=1024)
def _with(policy: str | None, actions: tuple[str, ...]) -> str:
    """A policy that allows some more actions. It is asked for the caller and the resource in question only."""
    document: dict[str, Any] = json.loads(policy) if policy is not None else {"Version": "2012-10-17", "Statement": []}
    statements = document["Statement"]
    statements = list(statements) if isinstance(statements, list) else [statements]
    statements.append({"Effect": "Allow", "Principal": "*", "Action": list(actions), "Resource": "arn:aws:s3:::*"})
    return json.dumps({**document, "Statement": statements})
