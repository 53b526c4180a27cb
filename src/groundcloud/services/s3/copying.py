"""CopyObject and UploadPartCopy: bytes that are there already, read and written again under a key of their own."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple, Unpack
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
from groundcloud.services.s3.keys import customer_key, encryption, encryption_headers, make_key, open_key
from groundcloud.services.s3.multipart import algorithm_of, check_number, find_begun, keep_part
from groundcloud.services.s3.objects import WRITE_CONDITIONS, check_write, keep_object, write_permissions
from groundcloud.services.s3.parameters import Copy, Granting, UploadPartCopy
from groundcloud.services.s3.reading import existing, visible
from groundcloud.services.s3.records import Attributes, Bucket, Content, Object
from groundcloud.services.s3.rules import checksums, conditions, keys, ranges
from groundcloud.services.s3.rules.conditions import Preconditions
from groundcloud.services.s3.writing import attributes, draft, new_object, written


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


def _copies(ctx: Context, bucket: str, key: str, copy_source: str, **given: Unpack[Granting]) -> list[Resource]:
    """A copy reads its source and writes its target."""
    return [_source_permission(ctx, copy_source), *write_permissions(ctx, bucket, key, **given)]


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


def _read_source(ctx: Context, copy_source: str, given: Mapping[str, Any]) -> Read:
    """The source of a copy, as the copy_source_* arguments ask for it. Raises what they refuse."""
    ctx, named = _behind(ctx, copy_source)
    bucket = find_bucket(ctx, named.bucket)
    if given.get("expected_source_bucket_owner") not in (None, bucket.account):
        raise errors.AccessDenied(reason="Access Denied")
    content = visible(ctx, bucket, named.key, named.version_id)
    asked = Preconditions(**{name: given.get(f"copy_source_{name}") for name in Preconditions.__struct_fields__})
    conditions.check_copy_source(asked, content.e_tag, content.modified)
    if content.attributes.storage_class in ARCHIVED and readable_until(content, ctx.now()) is None:
        raise errors.ObjectNotInActiveTier()
    customer = customer_key(given, "copy_source_")
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
    metadata_directive: str = "COPY",
    tagging_directive: str = "COPY",
    **given: Unpack[Copy],
) -> dict[str, Any]:
    keys.check_key(key)
    conditions.check_write_headers(given.get("if_match"), given.get("if_none_match"))
    asked = encryption(given)
    name = given.get("checksum_algorithm")
    used = checksums.algorithm(name) if name else None
    replaces = metadata_directive == "REPLACE"
    with ctx.snapshot() as inner:
        found = find_bucket(inner, bucket)
        source = _read_source(inner, copy_source, given)
        if not replaces and asked.customer is None and not any(given.get(each) for each in _CHANGES):
            _check_elsewhere(copy_source, bucket, key)
        kept = attributes(given) if replaces else _kept(given, source.content)
        tags = None if tagging_directive == "REPLACE" else source.content.tags
        wanted = draft(inner, found, key, given, kept, tags)
    data_key, seal = await make_key(ctx, found, key, asked)
    taken = await receive(ctx, SourceBytes(ctx, source), data_key, algorithm=used or _algorithm(source.content))

    def make(inner: Context) -> Object:
        check_write(inner, bucket, key, given)
        return new_object(inner, wanted, seal)

    made, found = await keep_object(ctx, bucket, taken, make, "Copy")
    result = {"e_tag": f'"{made.e_tag}"', "last_modified": made.modified, **checksum_members(made)}
    shown = {name: value for name, value in written(made, found).items() if name not in result}
    return {**shown, **_version_of(source), "copy_object_result": result}


def _version_of(source: Read) -> dict[str, Any]:
    return {"copy_source_version_id": source.content.version_id} if source.bucket.versioning else {}


def _algorithm(content: Content) -> checksums.Algorithm:
    return checksums.ALGORITHMS[next(iter(content.checksums), checksums.DEFAULT.name)]


_CHANGES = ("server_side_encryption", "storage_class", "website_redirect_location", "checksum_algorithm")


def _check_elsewhere(copy_source: str, bucket: str, key: str) -> None:
    """A copy of an object to itself must change something. Raises `InvalidRequest`."""
    if source_of(copy_source) != Named(bucket, key, None):
        return
    raise errors.InvalidRequest(
        reason="This copy request is illegal because it is trying to copy an object to itself without changing the "
        "object's metadata, storage class, website redirect location or encryption attributes."
    )


def _kept(given: Mapping[str, Any], source: Content) -> Attributes:
    """What a copy keeps of its source. The storage class and the redirect are never copied (CopyObject)."""
    old = source.attributes
    fields = ("content_type", "cache_control", "content_disposition", "content_encoding", "content_language", "expires")
    copied = {name: getattr(old, name) for name in fields}
    named = {name: given.get(name) for name in ("storage_class", "website_redirect_location")}
    return attributes({**copied, **named, "metadata": old.metadata})


@operation(on=_copies_part, conditions={"s3:x-amz-copy-source": "copy_source"}, data_event=True)
async def upload_part_copy(
    ctx: Context,
    bucket: str,
    key: str,
    copy_source: str,
    part_number: int,
    upload_id: str,
    **given: Unpack[UploadPartCopy],
) -> dict[str, Any]:
    check_number(part_number)
    upload, data_key = find_begun(ctx, bucket, key, upload_id, given)
    with ctx.snapshot() as inner:
        source = _read_source(inner, copy_source, given)
    used = algorithm_of(upload) or checksums.DEFAULT
    taken = await receive(ctx, SourceBytes(ctx, source), data_key, algorithm=used)
    part = await keep_part(ctx, upload, part_number, taken)
    result: dict[str, Any] = {"e_tag": f'"{taken.e_tag}"', "last_modified": part.modified}
    if upload.checksum_algorithm:
        result[checksums.ALGORITHMS[taken.algorithm].member] = taken.checksum
    return {"copy_part_result": result, **encryption_headers(upload.seal), **_version_of(source)}
