"""PutObject, and what all writes of an object's record share."""

from collections.abc import Callable, Mapping
from typing import Any, Unpack

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import events, versioning
from groundcloud.services.s3.access import called_bucket, find_bucket
from groundcloud.services.s3.bodies import Payload, Taken, forget, receive, remove_files
from groundcloud.services.s3.keys import encryption, make_key
from groundcloud.services.s3.parameters import Granting, Put
from groundcloud.services.s3.records import Bucket, Object
from groundcloud.services.s3.rules import acl, checksums, conditions, keys
from groundcloud.services.s3.writing import draft, new_object, permissions_of_write, written


def write_permissions(ctx: Context, bucket: str, key: str, **given: Unpack[Granting]) -> list[Resource]:
    grants = given.get("acl") or any(given.get(name) for name in acl.GRANT_HEADERS)
    retention, hold = bool(given.get("object_lock_mode")), bool(given.get("object_lock_legal_hold_status"))
    found = called_bucket(ctx, bucket)
    return permissions_of_write(ctx, found, key, bool(grants), given.get("tagging"), retention, hold)


WRITE_CONDITIONS = {
    "s3:x-amz-acl": "acl",
    "s3:x-amz-grant-full-control": "grant_full_control",
    "s3:x-amz-grant-read": "grant_read",
    "s3:x-amz-grant-read-acp": "grant_read_acp",
    "s3:x-amz-grant-write-acp": "grant_write_acp",
    "s3:x-amz-server-side-encryption": "server_side_encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "ssekms_key_id",
    "s3:x-amz-server-side-encryption-customer-algorithm": "sse_customer_algorithm",
    "s3:x-amz-storage-class": "storage_class",
    "s3:x-amz-website-redirect-location": "website_redirect_location",
    "s3:object-lock-mode": "object_lock_mode",
    "s3:object-lock-retain-until-date": "object_lock_retain_until_date",
    "s3:object-lock-legal-hold": "object_lock_legal_hold_status",
}


@operation(
    on=write_permissions,
    conditions={**WRITE_CONDITIONS, "s3:if-match": "if_match", "s3:if-none-match": "if_none_match"},
    data_event=True,
)
async def put_object(ctx: Context, bucket: str, key: str, body: Any = None, **given: Unpack[Put]) -> dict[str, Any]:
    keys.check_key(key)
    conditions.check_write_headers(given.get("if_match"), given.get("if_none_match"))
    claimed = claimed_checksum(given, body)
    asked = encryption(given)
    with ctx.snapshot() as inner:
        found = find_bucket(inner, bucket)
        wanted = draft(inner, found, key, given)
        check_write(inner, bucket, key, given)
    data_key, seal = await make_key(ctx, found, key, asked)
    taken = await receive(ctx, body, data_key, given.get("content_md5"), claimed)

    def make(inner: Context) -> Object:
        check_write(inner, bucket, key, given)
        return new_object(inner, wanted, seal)

    return written(*await keep_object(ctx, bucket, taken, make))


async def keep_object(
    ctx: Context, bucket: str, taken: Taken, make: Callable[[Context], Object], how: str = "Put"
) -> tuple[Object, Bucket]:
    """Write the record of an object whose bytes are there, in a transaction of its own; what it replaces goes.
    `how` is what its event says of the write."""

    def work(inner: Context) -> tuple[Object, Bucket, list[str]]:
        found = find_bucket(inner, bucket)
        made = make(inner)
        made.body, made.size, made.e_tag = taken.blob.body, taken.blob.size, taken.e_tag
        made.checksums, made.checksum_type = {taken.algorithm: taken.checksum}, checksums.FULL_OBJECT
        inner.put(taken.blob)
        stale = versioning.put(inner, found, made)
        events.created(inner, found, how, made)
        return made, found, stale

    try:
        made, found, stale = await ctx.submit(work)
    except BaseException:
        await forget(ctx, taken.blob)
        raise
    await remove_files(ctx, stale)
    return made, found


def claimed_checksum(given: Mapping[str, Any], body: Payload | None) -> checksums.Claimed | None:
    """The checksum that a request brings, in a header or behind the body."""
    return checksums.claimed(given, None, getattr(body, "announced", None))


def check_write(ctx: Context, bucket: str, key: str, given: Mapping[str, Any]) -> None:
    """The conditions of a write. Raises `PreconditionFailed`, `NoSuchKey`."""
    if_match, if_none_match = given.get("if_match"), given.get("if_none_match")
    if if_match is not None or if_none_match is not None:
        current = ctx.tx.get(Object, bucket, key)
        conditions.check_write(if_match, if_none_match, current.e_tag if current is not None else None)
