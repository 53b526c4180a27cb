"""CopyObject and UploadPartCopy: bytes that are there already, read and written again under a key of their own."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from groundcloud.context import Context
from groundcloud.engines.objects import Missing
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import called_bucket, find_bucket, in_bucket
from groundcloud.services.s3.addressing import POINT_KEYS, behind_access_point
from groundcloud.services.s3.archive import ARCHIVED, readable_until
from groundcloud.services.s3.bodies import Source, read, receive, sources
from groundcloud.services.s3.described import checksum_members
from groundcloud.services.s3.keys import CustomerKey, customer_key, encryption_headers, make_key, open_key
from groundcloud.services.s3.multipart import algorithm_of, check_number, find_upload, keep_part
from groundcloud.services.s3.objects import (
    WRITE_CONDITIONS,
    check_write,
    existing,
    keep_object,
    visible,
    write_permissions,
)
from groundcloud.services.s3.records import Bucket, Content, Object, UploadedPart
from groundcloud.services.s3.rules import checksums, conditions, keys, ranges
from groundcloud.services.s3.rules.conditions import Preconditions
from groundcloud.services.s3.tags import tags_of_header
from groundcloud.services.s3.writing import (
    attributes,
    granted_acl,
    locked,
    new_object,
    written,
)


class Named(NamedTuple):
    """What x-amz-copy-source names."""

    bucket: str
    key: str
    version_id: str | None


def source_of(copy_source: str) -> Named:
    """`/bucket/key?versionId=...`, percent-encoded; or the ARN of an object behind an access point. Raises
    `InvalidArgument`."""
    path, mark, version_id = copy_source.partition("?versionId=")
    text = unquote(path).lstrip("/")
    bucket, slash, key = text.partition("/object/" if text.startswith("arn:") else "/")
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
    written_to = write_permissions(
        ctx, bucket, key, acl, grant_full_control, grant_read, grant_read_acp, grant_write_acp, tagging,
        object_lock_mode, object_lock_legal_hold_status,
    )  # fmt: skip
    return [_source_permission(ctx, copy_source), *written_to]


def _copies_part(ctx: Context, bucket: str, key: str, copy_source: str) -> list[Resource]:
    return [_source_permission(ctx, copy_source), in_bucket(ctx, called_bucket(ctx, bucket), key, "s3:PutObject")]


def _source_permission(ctx: Context, copy_source: str) -> Resource:
    """The source may be in another Region than the one that the call is sent to."""
    ctx, named = _behind(ctx, copy_source)
    found = existing(ctx, find_bucket(ctx, named.bucket), named.key, named.version_id, "s3:GetObject")
    facts = {**found.facts, **{key: ctx.facts.extra.get(key) for key in POINT_KEYS}}
    return found._replace(facts=facts, also=tuple(each._replace(facts=facts) for each in found.also))


def _behind(ctx: Context, copy_source: str) -> tuple[Context, Named]:
    """The source with its bucket's own name, and the call as it comes to the source: through an access point or not,
    whatever it comes to its target through."""
    named = source_of(copy_source)
    arguments = {"bucket": named.bucket}
    facts = behind_access_point(ctx.tx, "GetObject", arguments)
    rest = {key: value for key, value in ctx.facts.extra.items() if key not in POINT_KEYS}
    return ctx.with_facts({**rest, **facts}), named._replace(bucket=arguments["bucket"])


class Read(NamedTuple):
    """A source that is ready to be read."""

    content: Content
    bucket: Bucket
    sources: list[Source]
    offset: int
    length: int


class SourceBytes:
    """What is copied, as `receive` wants a payload."""

    trailers: dict[str, str] = {}
    announced = ""

    def __init__(self, ctx: Context, found: Read) -> None:
        self._ctx = ctx
        self._found = found
        self.length: int | None = found.length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            data = await read(self._ctx, self._found.sources, self._found.offset, self._found.length)
        except Missing as error:
            raise errors.InternalError() from error
        if isinstance(data, bytes | memoryview):
            yield bytes(data)
            return
        async for piece in data:
            yield bytes(piece)


def _read_source(ctx: Context, given: Mapping[str, Any]) -> Read:
    """The source that the copy_source_* arguments name. Raises what they refuse."""
    ctx, named = _behind(ctx, given["copy_source"])
    bucket = find_bucket(ctx, named.bucket)
    if given["expected_source_bucket_owner"] not in (None, bucket.account):
        raise errors.AccessDenied(reason="Access Denied")
    content = visible(ctx, bucket, named.key, named.version_id)
    asked = Preconditions(**{name: given[f"copy_source_{name}"] for name in Preconditions.__struct_fields__})
    conditions.check_copy_source(asked, content.e_tag, content.modified)
    if content.attributes.storage_class in ARCHIVED and readable_until(content, ctx.now()) is None:
        raise errors.ObjectNotInActiveTier()
    customer = customer_key(
        given["copy_source_sse_customer_algorithm"],
        given["copy_source_sse_customer_key"],
        given["copy_source_sse_customer_key_md5"],
    )
    key = open_key(ctx, content.seal, customer) if content.seal is not None else b""
    wanted = given.get("copy_source_range")
    part = ranges.of_copy_source(wanted, content.size) if wanted else None
    offset, count = (part.start, part.length) if part is not None else (0, content.size)
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
    customer = customer_key(sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    used = checksums.algorithm(checksum_algorithm) if checksum_algorithm else None
    with ctx.snapshot() as inner:
        found = find_bucket(inner, bucket)
        source = _read_source(inner, given)
        _check_changes(given, source.content, customer)
        made_acl = granted_acl(inner, found, given)
        lock = locked(inner, found, object_lock_mode, object_lock_retain_until_date, object_lock_legal_hold_status)
    data_key, seal = await make_key(
        ctx, found, key, server_side_encryption, ssekms_key_id, bucket_key_enabled, customer
    )
    kept = _kept(given, source.content)
    tags = tags_of_header(tagging) if tagging_directive == "REPLACE" else source.content.tags
    taken = await receive(ctx, SourceBytes(ctx, source), data_key, algorithm=used or _algorithm(source.content))

    def make(inner: Context) -> Object:
        check_write(inner, bucket, key, if_match, if_none_match)
        return new_object(inner, bucket, key, kept, seal, tags, made_acl, lock)

    made, found = await keep_object(ctx, bucket, taken, make, "Copy")
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
    given = dict(locals())
    check_number(part_number)
    customer = customer_key(sse_customer_algorithm, sse_customer_key, sse_customer_key_md5)
    with ctx.snapshot() as inner:
        upload = find_upload(inner, bucket, key, upload_id)
        data_key = open_key(inner, upload.seal, customer)
        source = _read_source(inner, given)
    used = algorithm_of(upload) or checksums.DEFAULT
    taken = await receive(ctx, SourceBytes(ctx, source), data_key, algorithm=used)
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
