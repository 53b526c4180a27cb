"""CopyObject and UploadPartCopy: bytes that are there already, read and written again under a key of their own."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from groundcloud.context import Context
from groundcloud.engines.objects import Missing
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors, events, versioning
from groundcloud.services.s3.access import find_bucket, in_bucket
from groundcloud.services.s3.bodies import Source, forget, read, receive, remove_files, sources
from groundcloud.services.s3.described import checksum_members
from groundcloud.services.s3.keys import CustomerKey, customer_key, encryption_headers, make_key, open_key
from groundcloud.services.s3.multipart import algorithm_of, check_number, find_upload, keep_part
from groundcloud.services.s3.objects import WRITE_CONDITIONS, reading, visible
from groundcloud.services.s3.records import Bucket, Content, Object, UploadedPart
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


class Named(NamedTuple):
    """What x-amz-copy-source names."""

    bucket: str
    key: str
    version_id: str | None


def source_of(copy_source: str) -> Named:
    """`/bucket/key?versionId=...`, percent-encoded. Raises `InvalidArgument`."""
    path, mark, version_id = copy_source.partition("?versionId=")
    bucket, slash, key = unquote(path).lstrip("/").partition("/")
    if not (bucket and slash and key):
        raise errors.InvalidArgument(
            reason="Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            argument_name="x-amz-copy-source",
            argument_value=copy_source,
        )
    return Named(bucket, key, version_id if mark else None)


def _copies(
    ctx: Context,
    bucket: str,
    key: str,
    copy_source: str,
    acl: str | None,
    grant_full_control: str | None,
    grant_read: str | None,
    grant_read_acp: str | None,
    grant_write_acp: str | None,
    tagging: str | None,
    object_lock_mode: str | None,
    object_lock_legal_hold_status: str | None,
) -> list[Resource]:
    """A copy reads its source and writes its target."""
    grants = acl or grant_full_control or grant_read or grant_read_acp or grant_write_acp
    hold = bool(object_lock_legal_hold_status)
    target = find_bucket(ctx, bucket)
    written_to = permissions_of_write(ctx, target, key, bool(grants), tagging, bool(object_lock_mode), hold)
    return [_source_permission(ctx, copy_source), *written_to]


def _copies_part(ctx: Context, bucket: str, key: str, copy_source: str) -> list[Resource]:
    return [_source_permission(ctx, copy_source), in_bucket(ctx, find_bucket(ctx, bucket), key, "s3:PutObject")]


def _source_permission(ctx: Context, copy_source: str) -> Resource:
    return reading(ctx, *source_of(copy_source))


class Read(NamedTuple):
    """A source that is ready to be read."""

    content: Content
    bucket: Bucket
    sources: list[Source]
    offset: int
    length: int


class _Bytes:
    """What is copied, as `receive` wants a payload."""

    trailers: dict[str, str] = {}
    announced = ""

    def __init__(self, ctx: Context, found: Read) -> None:
        self._ctx = ctx
        self._found = found
        self.length: int | None = found.length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        data = await read(self._ctx, self._found.sources, self._found.offset, self._found.length)
        if isinstance(data, bytes):
            yield data
            return
        async for piece in data:
            yield piece


def _read_source(
    ctx: Context,
    copy_source: str,
    given: Preconditions,
    customer: CustomerKey | None,
    expected_owner: str | None,
    wanted: str | None = None,
) -> Read:
    named = source_of(copy_source)
    bucket = find_bucket(ctx, named.bucket)
    if expected_owner is not None and bucket.account != expected_owner:
        raise errors.AccessDenied(reason="Access Denied")
    content = visible(ctx, bucket, named.key, named.version_id)
    conditions.check_copy_source(given, content.e_tag, content.modified)
    key = open_key(ctx, content.seal, customer) if content.seal is not None else b""
    asked = ranges.of_copy_source(wanted, content.size) if wanted else None
    offset, count = (asked.start, asked.length) if asked is not None else (0, content.size)
    try:
        return Read(content, bucket, sources(ctx, content, key, offset, count), offset, count)
    except Missing as error:
        raise errors.InternalError() from error


@operation(
    on=_copies,
    conditions={
        **WRITE_CONDITIONS,
        "s3:x-amz-copy-source": "copy_source",
        "s3:x-amz-metadata-directive": "metadata_directive",
        "s3:if-match": "if_match",
        "s3:if-none-match": "if_none_match",
    },
    data_event=True,
)
async def copy_object(
    ctx: Context,
    bucket: str,
    key: str,
    copy_source: str,
    acl: str | None = None,
    cache_control: str | None = None,
    checksum_algorithm: str | None = None,
    content_disposition: str | None = None,
    content_encoding: str | None = None,
    content_language: str | None = None,
    content_type: str | None = None,
    copy_source_if_match: str | None = None,
    copy_source_if_modified_since: datetime | None = None,
    copy_source_if_none_match: str | None = None,
    copy_source_if_unmodified_since: datetime | None = None,
    expires: datetime | None = None,
    grant_full_control: str | None = None,
    grant_read: str | None = None,
    grant_read_acp: str | None = None,
    grant_write_acp: str | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
    metadata: dict[str, str] | None = None,
    metadata_directive: str = "COPY",
    tagging_directive: str = "COPY",
    server_side_encryption: str | None = None,
    storage_class: str | None = None,
    website_redirect_location: str | None = None,
    sse_customer_algorithm: str | None = None,
    sse_customer_key: str | None = None,
    sse_customer_key_md5: str | None = None,
    ssekms_key_id: str | None = None,
    bucket_key_enabled: bool | None = None,
    copy_source_sse_customer_algorithm: str | None = None,
    copy_source_sse_customer_key: str | None = None,
    copy_source_sse_customer_key_md5: str | None = None,
    tagging: str | None = None,
    object_lock_mode: str | None = None,
    object_lock_retain_until_date: datetime | None = None,
    object_lock_legal_hold_status: str | None = None,
    expected_source_bucket_owner: str | None = None,
) -> dict[str, Any]:
    given = dict(locals())
    keys.check_key(key)
    conditions.check_write_headers(if_match, if_none_match)
    check = Preconditions(
        copy_source_if_match,
        copy_source_if_none_match,
        copy_source_if_modified_since,
        copy_source_if_unmodified_since,
    )
    theirs = customer_key(
        copy_source_sse_customer_algorithm, copy_source_sse_customer_key, copy_source_sse_customer_key_md5
    )
    customer = customer_key(sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    used = checksums.algorithm(checksum_algorithm) if checksum_algorithm else None
    with ctx.snapshot() as inner:
        found = find_bucket(inner, bucket)
        source = _read_source(inner, copy_source, check, theirs, expected_source_bucket_owner)
        _check_changes(given, source.content, customer)
        made_acl = granted_acl(inner, found, given)
        lock = locked(inner, found, object_lock_mode, object_lock_retain_until_date, object_lock_legal_hold_status)
    data_key, seal = await make_key(
        ctx, found, key, server_side_encryption, ssekms_key_id, bucket_key_enabled, customer
    )
    kept = _kept(given, source.content)
    tags = tags_of_header(tagging) if tagging_directive == "REPLACE" else source.content.tags
    taken = await receive(ctx, _Bytes(ctx, source), data_key, algorithm=used or _algorithm(source.content))

    def work(inner: Context) -> tuple[Object, Bucket, list[str]]:
        found = find_bucket(inner, bucket)
        if if_match is not None or if_none_match is not None:
            current = inner.tx.get(Object, bucket, key)
            conditions.check_write(if_match, if_none_match, current.e_tag if current is not None else None)
        made = new_object(inner, bucket, key, kept, seal, tags, made_acl, lock)
        made.body, made.size, made.e_tag = taken.blob.body, taken.blob.size, taken.e_tag
        made.checksums, made.checksum_type = {taken.algorithm: taken.checksum}, checksums.FULL_OBJECT
        inner.put(taken.blob)
        stale = versioning.put(inner, found, made)
        events.created(inner, found, "Copy", made)
        return made, found, stale

    try:
        made, found, stale = await ctx.submit(work)
    except BaseException:
        await forget(ctx, taken.blob)
        raise
    await remove_files(ctx, stale)
    result = {"e_tag": f'"{made.e_tag}"', "last_modified": made.modified, **checksum_members(made)}
    shown = {name: value for name, value in written(made, found).items() if name not in result}
    if source.bucket.versioning:
        shown["copy_source_version_id"] = source.content.version_id
    return {**shown, "copy_object_result": result}


def _algorithm(content: Content) -> checksums.Algorithm:
    return checksums.ALGORITHMS[next(iter(content.checksums), checksums.DEFAULT.name)]


def _check_changes(given: Mapping[str, Any], source: Content, customer: CustomerKey | None) -> None:
    """A copy of an object to itself must change something. Raises `InvalidRequest`."""
    named = source_of(given["copy_source"])
    if (named.bucket, named.key) != (given["bucket"], given["key"]) or named.version_id is not None:
        return
    changes = ("server_side_encryption", "storage_class", "website_redirect_location", "checksum_algorithm")
    if given["metadata_directive"] == "REPLACE" or customer is not None or any(given[name] for name in changes):
        return
    raise errors.InvalidRequest(
        reason="This copy request is illegal because it is trying to copy an object to itself without changing the "
        "object's metadata, storage class, website redirect location or encryption attributes."
    )


def _kept(given: Mapping[str, Any], source: Content) -> Any:
    """The attributes of the copy. The storage class and the redirect are never copied (CopyObject)."""
    if given["metadata_directive"] == "REPLACE":
        return attributes(given)
    old = source.attributes
    fields = ("content_type", "cache_control", "content_disposition", "content_encoding", "content_language", "expires")
    copied = {name: getattr(old, name) for name in fields}
    return attributes(
        {
            **copied,
            "metadata": old.metadata,
            "storage_class": given["storage_class"],
            "website_redirect_location": given["website_redirect_location"],
        }
    )


@operation(on=_copies_part, conditions={"s3:x-amz-copy-source": "copy_source"}, data_event=True)
async def upload_part_copy(
    ctx: Context,
    bucket: str,
    key: str,
    copy_source: str,
    part_number: int,
    upload_id: str,
    copy_source_if_match: str | None = None,
    copy_source_if_modified_since: datetime | None = None,
    copy_source_if_none_match: str | None = None,
    copy_source_if_unmodified_since: datetime | None = None,
    copy_source_range: str | None = None,
    sse_customer_algorithm: str | None = None,
    sse_customer_key: str | None = None,
    sse_customer_key_md5: str | None = None,
    copy_source_sse_customer_algorithm: str | None = None,
    copy_source_sse_customer_key: str | None = None,
    copy_source_sse_customer_key_md5: str | None = None,
    expected_source_bucket_owner: str | None = None,
) -> dict[str, Any]:
    check_number(part_number)
    check = Preconditions(
        copy_source_if_match,
        copy_source_if_none_match,
        copy_source_if_modified_since,
        copy_source_if_unmodified_since,
    )
    theirs = customer_key(
        copy_source_sse_customer_algorithm, copy_source_sse_customer_key, copy_source_sse_customer_key_md5
    )
    customer = customer_key(sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    with ctx.snapshot() as inner:
        upload = find_upload(inner, bucket, key, upload_id)
        data_key = open_key(inner, upload.seal, customer)
        source = _read_source(inner, copy_source, check, theirs, expected_source_bucket_owner, copy_source_range)
    used = algorithm_of(upload) or checksums.DEFAULT
    taken = await receive(ctx, _Bytes(ctx, source), data_key, algorithm=used)
    now = ctx.now()
    part = UploadedPart(
        upload_id=upload_id,
        number=part_number,
        body=taken.blob.body,
        size=taken.blob.size,
        e_tag=taken.e_tag,
        modified=now,
        algorithm=taken.algorithm,
        checksum=taken.checksum,
    )
    await keep_part(ctx, upload, part, taken.blob)
    result: dict[str, Any] = {"e_tag": f'"{taken.e_tag}"', "last_modified": now}
    if upload.checksum_algorithm:
        result[checksums.ALGORITHMS[taken.algorithm].member] = taken.checksum
    shown: dict[str, Any] = {"copy_part_result": result, **encryption_headers(upload.seal)}
    if source.bucket.versioning:
        shown["copy_source_version_id"] = source.content.version_id
    return shown
