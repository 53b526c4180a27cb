"""Reading objects: GetObject, HeadObject, and the permission to read."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Unpack

from groundcloud.context import Context
from groundcloud.engines.objects import Missing
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors, versioning
from groundcloud.services.s3.access import POINT, bucket_resource, called_bucket, find_bucket, in_bucket
from groundcloud.services.s3.archive import ARCHIVED, readable_until
from groundcloud.services.s3.bodies import inline, read, sources
from groundcloud.services.s3.described import Wanted, described
from groundcloud.services.s3.keys import CustomerKey, customer_key, open_key
from groundcloud.services.s3.parameters import Read
from groundcloud.services.s3.records import Bucket, Content, Layout, Object
from groundcloud.services.s3.rules import conditions, ranges
from groundcloud.services.s3.rules.conditions import Preconditions

_REMEMBERED = 2048
"""Bytes that what is remembered of an object counts for, besides its own."""


def reading(ctx: Context, bucket: str, key: str, version_id: str | None) -> Resource:
    """The permission to read an object: another one where a version is named. Its tags are facts."""
    facts, caller = ctx.facts, ctx.principal
    if version_id is not None or POINT in facts.extra:
        return of_existing(ctx, bucket, key, version_id, "s3:GetObject")
    place = ("s3.reading", bucket, key, caller.account, caller.service, facts.endpoint_region, facts.signed_region)
    return ctx.tx.remembered(place, lambda: of_existing(ctx, bucket, key, None, "s3:GetObject"))


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


class Asked(NamedTuple):
    """What a read asks for."""

    bucket: str
    key: str
    version_id: str | None
    conditions: Preconditions
    customer: CustomerKey | None
    range: str | None
    part_number: int | None

    @property
    def plain(self) -> bool:
        """Whether it asks for nothing but the object."""
        return self[2:] == _PLAIN


_PLAIN = (None, conditions.NONE, None, None, None)
_CONDITIONS = Preconditions.__struct_fields__


def _asked(bucket: str, key: str, given: Mapping[str, Any]) -> Asked:
    if not given:
        return Asked(bucket, key, *_PLAIN)
    check = conditions.NONE
    if not given.keys().isdisjoint(_CONDITIONS):
        check = Preconditions(**{name: given.get(name) for name in _CONDITIONS})
    customer = customer_key(given)
    return Asked(bucket, key, given.get("version_id"), check, customer, given.get("range"), given.get("part_number"))


def _look_up(ctx: Context, asked: Asked, with_bytes: bool) -> Wanted:
    """What is asked for, which may be remembered from another call that saw the same data. Whether the caller may have
    it is decided each time; so is what KMS, a client's key or the time has a say in."""
    if not asked.plain:
        return _found(ctx, asked, with_bytes)
    place = ("s3.object", asked.bucket, asked.key, with_bytes)
    wanted: Wanted | None = ctx.tx.recall(place)
    if wanted is None:
        wanted = _found(ctx, asked, with_bytes)
        content = wanted.content
        if content.attributes.storage_class not in ARCHIVED and content.seal is not None and content.seal.is_own:
            if with_bytes:
                wanted.bytes = inline(ctx, content, wanted.key)
            ctx.tx.keep(place, wanted, _REMEMBERED + len(wanted.bytes or b""))
    return wanted


def _found(ctx: Context, asked: Asked, with_bytes: bool) -> Wanted:
    found = find_bucket(ctx, asked.bucket)
    content = visible(ctx, found, asked.key, asked.version_id)
    wanted = Wanted(found, content)
    if content.attributes.storage_class in ARCHIVED:
        wanted.restored_until = readable_until(content, ctx.now())
        if with_bytes and wanted.restored_until is None:
            raise errors.InvalidObjectState(storage_class=content.attributes.storage_class)
    if content.seal is not None and (with_bytes or content.seal.kind == "customer"):
        wanted.key = open_key(ctx, content.seal, asked.customer)
    if asked.conditions is not conditions.NONE:
        conditions.check_read(asked.conditions, content.e_tag, content.modified)
    if asked.part_number is not None:
        ranges.check_one_way(asked.range, asked.part_number)
        layout = ctx.tx.get(Layout, content.body) if content.parts else None
        wanted.part_sizes = [each.size for each in layout.segments] if layout is not None else [content.size]
        wanted.range = ranges.of_part(asked.part_number, wanted.part_sizes)
    else:
        wanted.range = ranges.requested(asked.range, content.size)
    return wanted


@operation(on=reading, read=True, data_event=True)
async def get_object(ctx: Context, bucket: str, key: str, **given: Unpack[Read]) -> dict[str, Any]:
    asked = _asked(bucket, key, given)
    body: Any = None
    for attempt in (1, 2):  # an object that is replaced while we look has lost its file; then look again
        try:
            with ctx.snapshot() as inner:
                wanted = _look_up(inner, asked, with_bytes=True)
                if wanted.bytes is not None:
                    break
                start, count = wanted.extent
                found = sources(inner, wanted.content, wanted.key, start, count)
            body = await read(ctx, found, start, count)
            break
        except Missing as error:
            if attempt == 2:
                raise errors.InternalError() from error
    answer = _overridden(ctx, described(wanted, given.get("checksum_mode")), given)
    return answer if body is None else answer | {"body": body}


@operation(on=reading, read=True, data_event=True)
async def head_object(ctx: Context, bucket: str, key: str, **given: Unpack[Read]) -> dict[str, Any]:
    with ctx.snapshot() as inner:
        wanted = _look_up(inner, _asked(bucket, key, given), with_bytes=False)
    return _overridden(ctx, described(wanted, given.get("checksum_mode")), given)


_OVERRIDES = {
    "response_cache_control": "cache_control",
    "response_content_disposition": "content_disposition",
    "response_content_encoding": "content_encoding",
    "response_content_language": "content_language",
    "response_content_type": "content_type",
    "response_expires": "expires",
}


def _overridden(ctx: Context, answer: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with the headers that a signed request chooses for it."""
    if not given:
        return answer
    found = {header: given[name] for name, header in _OVERRIDES.items() if given.get(name) is not None}
    if found and ctx.principal.type == "Anonymous":
        raise errors.InvalidRequest(
            reason="Request specific response headers cannot be used for anonymous GET requests."
        )
    return answer | found if found else answer
