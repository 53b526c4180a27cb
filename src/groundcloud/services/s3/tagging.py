"""Tags of objects and buckets: put, get, delete."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors, events, replication_outbox, versioning
from groundcloud.services.s3.access import find_bucket, of_bucket
from groundcloud.services.s3.reading import of_existing
from groundcloud.services.s3.records import Tag
from groundcloud.services.s3.tags import checked
from groundcloud.store import Part


class Tagging(Part):
    tag_set: list[Tag] = []


@operation(on=of_bucket)
def put_bucket_tagging(ctx: Context, bucket: str, tagging: Tagging) -> None:
    found = find_bucket(ctx, bucket)
    found.tags = checked(tagging.tag_set, bucket=True)
    ctx.put(found)


@operation(on=of_bucket, read=True)
def get_bucket_tagging(ctx: Context, bucket: str) -> dict[str, Any]:
    tags = find_bucket(ctx, bucket).tags
    if not tags:
        raise errors.NoSuchTagSet(bucket_name=bucket)
    return {"tag_set": tags}


@operation(on=of_bucket, action="s3:PutBucketTagging")
def delete_bucket_tagging(ctx: Context, bucket: str) -> None:
    found = find_bucket(ctx, bucket)
    found.tags = []
    ctx.put(found)


def _permission(action: str) -> Any:
    def resource(ctx: Context, bucket: str, key: str, version_id: str | None) -> Resource:
        return of_existing(ctx, bucket, key, version_id, action)

    return resource


def _puts(ctx: Context, bucket: str, key: str, version_id: str | None, tagging: Tagging) -> Resource:
    found = of_existing(ctx, bucket, key, version_id, "s3:PutObjectTagging")
    asked: dict[str, Any] = {f"s3:requestobjecttag/{tag.key.lower()}": tag.value for tag in tagging.tag_set}
    asked["s3:requestobjecttagkeys"] = [tag.key for tag in tagging.tag_set]
    return found._replace(facts={**found.facts, **asked})


def _set(ctx: Context, bucket: str, key: str, version_id: str | None, tags: list[Tag]) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    content = versioning.find_shown(ctx, bucket, key, version_id)
    content.tags = tags
    replication_outbox.note(ctx, found, content, change=True)
    ctx.put(content)
    events.tell(ctx, found, f"s3:ObjectTagging:{'Put' if tags else 'Delete'}", content)
    return {"version_id": content.version_id if found.versioning else None}


@operation(on=_puts, data_event=True)
def put_object_tagging(
    ctx: Context, bucket: str, key: str, tagging: Tagging, version_id: str | None = None
) -> dict[str, Any]:
    return _set(ctx, bucket, key, version_id, checked(tagging.tag_set))


@operation(on=_permission("s3:GetObjectTagging"), read=True, data_event=True)
def get_object_tagging(ctx: Context, bucket: str, key: str, version_id: str | None = None) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    content = versioning.find_shown(ctx, bucket, key, version_id)
    return {"tag_set": content.tags, "version_id": content.version_id if found.versioning else None}


@operation(on=_permission("s3:DeleteObjectTagging"), data_event=True)
def delete_object_tagging(ctx: Context, bucket: str, key: str, version_id: str | None = None) -> dict[str, Any]:
    return _set(ctx, bucket, key, version_id, [])
