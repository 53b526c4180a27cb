"""Objects: put, get, head."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.engines.objects import Missing
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors, events, versioning
from groundcloud.services.s3.access import bucket_resource, called_bucket, find_bucket, in_bucket
from groundcloud.services.s3.archive import ARCHIVED, readable_until
from groundcloud.services.s3.bodies import Payload, Taken, forget, read, receive, remove_files, sources
from groundcloud.services.s3.described import Wanted, described
from groundcloud.services.s3.keys import CustomerKey, customer_key, make_key, open_key
from groundcloud.services.s3.records import Bucket, Content, Layout, Object
from groundcloud.services.s3.rules import checksums, conditions, keys, ranges
from groundcloud.services.s3.rules.conditions import Preconditions
from groundcloud.services.s3.tags import tags_of_header
from groundcloud.services.s3.writing import (
    attributes,
    granted_acl,
    locked,
    new_object,
    permissions_of_write,
    written,
)

_CHECKSUMS = tuple(checksums.BY_MEMBER)


def write_permissions(
    ctx: Context,
    bucket: str,
    key: str,
    acl: str | None,
    grant_full_control: str | None,
    grant_read: str | None,
    grant_read_acp: str | None,
    grant_write_acp: str | None,
    tagging: str | None,
    object_lock_mode: str | None,
    object_lock_legal_hold_status: str | None,
) -> list[Resource]:
    grants = acl or grant_full_control or grant_read or grant_read_acp or grant_write_acp
    found = called_bucket(ctx, bucket)
    hold = bool(object_lock_legal_hold_status)
    return permissions_of_write(ctx, found, key, bool(grants), tagging, bool(object_lock_mode), hold)


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
async def put_object(
    ctx: Context,
    bucket: str,
    key: str,
    body: Any = None,
    acl: str | None = None,
    cache_control: str | None = None,
    content_disposition: str | None = None,
    content_encoding: str | None = None,
    content_language: str | None = None,
    content_md5: str | None = None,
    content_type: str | None = None,
    checksum_algorithm: str | None = None,
    checksum_crc32: str | None = None,
    checksum_crc32_c: str | None = None,
    checksum_crc64_nvme: str | None = None,
    checksum_sha1: str | None = None,
    checksum_sha256: str | None = None,
    checksum_sha512: str | None = None,
    checksum_md5: str | None = None,
    checksum_xxhash64: str | None = None,
    checksum_xxhash3: str | None = None,
    checksum_xxhash128: str | None = None,
    expires: datetime | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
    grant_full_control: str | None = None,
    grant_read: str | None = None,
    grant_read_acp: str | None = None,
    grant_write_acp: str | None = None,
    metadata: dict[str, str] | None = None,
    server_side_encryption: str | None = None,
    storage_class: str | None = None,
    website_redirect_location: str | None = None,
    sse_customer_algorithm: str | None = None,
    sse_customer_key: str | None = None,
    sse_customer_key_md5: str | None = None,
    ssekms_key_id: str | None = None,
    bucket_key_enabled: bool | None = None,
    tagging: str | None = None,
    object_lock_mode: str | None = None,
    object_lock_retain_until_date: datetime | None = None,
    object_lock_legal_hold_status: str | None = None,
) -> dict[str, Any]:
    given = dict(locals())
    keys.check_key(key)
    conditions.check_write_headers(if_match, if_none_match)
    claimed = claimed_checksum(given, body)
    customer = customer_key(sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    kept = attributes(given)
    tags = tags_of_header(tagging)
    with ctx.snapshot() as inner:
        found = find_bucket(inner, bucket)
        made_acl = granted_acl(inner, found, given)
        lock = locked(inner, found, object_lock_mode, object_lock_retain_until_date, object_lock_legal_hold_status)
        check_write(inner, bucket, key, if_match, if_none_match)
    data_key, seal = await make_key(
        ctx, found, key, server_side_encryption, ssekms_key_id, bucket_key_enabled, customer
    )
    taken = await receive(ctx, body, data_key, content_md5, claimed)

    def make(inner: Context) -> Object:
        check_write(inner, bucket, key, if_match, if_none_match)
        return new_object(inner, bucket, key, kept, seal, tags, made_acl, lock)

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
    members = {name: given.get(name) for name in _CHECKSUMS}
    return checksums.claimed(members, None, getattr(body, "announced", None))


def check_write(ctx: Context, bucket: str, key: str, if_match: str | None, if_none_match: str | None) -> None:
    """The conditions of a write. Raises `PreconditionFailed`, `NoSuchKey`."""
    if if_match is not None or if_none_match is not None:
        current = ctx.tx.get(Object, bucket, key)
        conditions.check_write(if_match, if_none_match, current.e_tag if current is not None else None)


# -- reading


def reading(ctx: Context, bucket: str, key: str, version_id: str | None) -> Resource:
    """The permission to read an object: another one where a version is named. Its tags are facts."""
    return of_existing(ctx, bucket, key, version_id, "s3:GetObject")


def of_existing(ctx: Context, bucket: str, key: str, version_id: str | None, action: str) -> Resource:
    """An object that is there, with its tags; the action on a version is another one (`s3:GetObjectVersion`)."""
    return existing(ctx, called_bucket(ctx, bucket), key, version_id, action)


def existing(ctx: Context, found: Bucket, key: str, version_id: str | None, action: str) -> Resource:
    """The same in a bucket of whatever Region."""
    bucket = found.name
    content: Content | None = ctx.tx.get(Object, bucket, key)
    if version_id:
        if content is None or content.version_id != version_id:
            content = versioning.noncurrent(ctx, bucket, key, version_id)
        action = action.replace("Object", "ObjectVersion", 1)
    facts: dict[str, str] = {"s3:versionid": version_id} if version_id else {}
    if content is not None:
        for tag in content.tags:
            facts[f"s3:existingobjecttag/{tag.key.lower()}"] = tag.value
    return in_bucket(ctx, found, key, action, facts, content)


def _look_up(
    ctx: Context,
    bucket: str,
    key: str,
    version_id: str | None,
    given: Preconditions,
    customer: CustomerKey | None,
    range_header: str | None,
    part_number: int | None,
    with_key: bool = True,
) -> Wanted:
    found = find_bucket(ctx, bucket)
    content = visible(ctx, found, key, version_id)
    wanted = Wanted(found, content)
    if content.attributes.storage_class in ARCHIVED:
        wanted.restored_until = readable_until(content, ctx.now())
        if with_key and wanted.restored_until is None:
            raise errors.InvalidObjectState(storage_class=content.attributes.storage_class)
    if content.seal is not None and (with_key or content.seal.kind == "customer"):
        wanted.key = open_key(ctx, content.seal, customer)
    if given is not conditions.NONE:
        conditions.check_read(given, content.e_tag, content.modified)
    if part_number is not None:
        ranges.check_one_way(range_header, part_number)
        layout = ctx.tx.get(Layout, content.body) if content.parts else None
        wanted.part_sizes = [each.size for each in layout.segments] if layout is not None else [content.size]
        wanted.range = ranges.of_part(part_number, wanted.part_sizes)
    else:
        wanted.range = ranges.requested(range_header, content.size)
    return wanted


def visible(ctx: Context, bucket: Bucket, key: str, version_id: str | None) -> Content:
    """The version that is asked for. Whoever may not list the bucket is not told that there is no such object."""
    try:
        content = versioning.find(ctx, bucket.name, key, version_id)
    except errors.NoSuchKey:
        ctx.authorize("s3:ListBucket", bucket_resource(ctx, bucket))
        raise
    if content.delete_marker:
        raise errors.MarkerMethodNotAllowed(versioning.marker_headers(content))
    return content


def _preconditions(
    if_match: str | None,
    if_none_match: str | None,
    if_modified_since: datetime | None,
    if_unmodified_since: datetime | None,
) -> Preconditions:
    if if_match is None and if_none_match is None and if_modified_since is None and if_unmodified_since is None:
        return conditions.NONE
    return Preconditions(if_match, if_none_match, if_modified_since, if_unmodified_since)


@operation(on=reading, read=True, data_event=True)
async def get_object(
    ctx: Context,
    bucket: str,
    key: str,
    if_match: str | None = None,
    if_modified_since: datetime | None = None,
    if_none_match: str | None = None,
    if_unmodified_since: datetime | None = None,
    range: str | None = None,
    response_cache_control: str | None = None,
    response_content_disposition: str | None = None,
    response_content_encoding: str | None = None,
    response_content_language: str | None = None,
    response_content_type: str | None = None,
    response_expires: datetime | None = None,
    version_id: str | None = None,
    sse_customer_algorithm: str | None = None,
    sse_customer_key: str | None = None,
    sse_customer_key_md5: str | None = None,
    part_number: int | None = None,
    checksum_mode: str | None = None,
) -> dict[str, Any]:
    given = dict(locals())
    check = _preconditions(if_match, if_none_match, if_modified_since, if_unmodified_since)
    customer = customer_key(sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    for attempt in (1, 2):  # an object that is replaced while we look has lost its file; then look again
        try:
            with ctx.snapshot() as inner:
                wanted = _look_up(inner, bucket, key, version_id, check, customer, range, part_number)
                start, count = _extent(wanted)
                wanted.sources = sources(inner, wanted.content, wanted.key, start, count)
            body = await read(ctx, wanted.sources, start, count)
            break
        except Missing as error:
            if attempt == 2:
                raise errors.InternalError() from error
    return described(wanted, checksum_mode) | _overrides(ctx, given) | {"body": body}


@operation(on=reading, read=True, data_event=True)
async def head_object(
    ctx: Context,
    bucket: str,
    key: str,
    if_match: str | None = None,
    if_modified_since: datetime | None = None,
    if_none_match: str | None = None,
    if_unmodified_since: datetime | None = None,
    range: str | None = None,
    response_cache_control: str | None = None,
    response_content_disposition: str | None = None,
    response_content_encoding: str | None = None,
    response_content_language: str | None = None,
    response_content_type: str | None = None,
    response_expires: datetime | None = None,
    version_id: str | None = None,
    sse_customer_algorithm: str | None = None,
    sse_customer_key: str | None = None,
    sse_customer_key_md5: str | None = None,
    part_number: int | None = None,
    checksum_mode: str | None = None,
) -> dict[str, Any]:
    given = dict(locals())
    check = _preconditions(if_match, if_none_match, if_modified_since, if_unmodified_since)
    customer = customer_key(sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    with ctx.snapshot() as inner:
        wanted = _look_up(inner, bucket, key, version_id, check, customer, range, part_number, with_key=False)
    return described(wanted, checksum_mode) | _overrides(ctx, given)


def _extent(wanted: Wanted) -> tuple[int, int]:
    if wanted.range is None:
        return 0, wanted.content.size
    return wanted.range.start, wanted.range.length


_OVERRIDES = {
    "response_cache_control": "cache_control",
    "response_content_disposition": "content_disposition",
    "response_content_encoding": "content_encoding",
    "response_content_language": "content_language",
    "response_content_type": "content_type",
    "response_expires": "expires",
}


def _overrides(ctx: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """Headers that a signed request may choose for its answer."""
    found = {header: given[name] for name, header in _OVERRIDES.items() if given[name] is not None}
    if found and ctx.principal.type == "Anonymous":
        raise errors.InvalidRequest(
            reason="Request specific response headers cannot be used for anonymous GET requests."
        )
    return found
