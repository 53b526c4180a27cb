"""DeleteObject and DeleteObjects."""

from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors, events, versioning
from groundcloud.services.s3.access import called_bucket, find_bucket, in_bucket
from groundcloud.services.s3.bodies import remove_files
from groundcloud.services.s3.records import Bucket, Content, Object
from groundcloud.services.s3.rules import conditions, object_lock
from groundcloud.store import Part

MOST = 1000


def deletion(ctx: Context, bucket: str, key: str, version_id: str | None) -> Resource:
    """DeleteObject, or DeleteObjectVersion where a version is named."""
    found = called_bucket(ctx, bucket)
    return _deletion(ctx, found, key, version_id)


def _deletion(ctx: Context, bucket: Bucket, key: str, version_id: str | None) -> Resource:
    if version_id:
        return in_bucket(ctx, bucket, key, "s3:DeleteObjectVersion", {"s3:versionid": version_id})
    return in_bucket(ctx, bucket, key, "s3:DeleteObject")


@operation(on=deletion, harmless=("MFA",), data_event=True)
async def delete_object(
    ctx: Context,
    bucket: str,
    key: str,
    version_id: str | None = None,
    bypass_governance_retention: bool = False,
    if_match: str | None = None,
    if_match_last_modified_time: datetime | None = None,
    if_match_size: int | None = None,
) -> dict[str, Any]:
    asked = ObjectIdentifier(key, version_id, if_match, if_match_last_modified_time, if_match_size)

    def work(inner: Context) -> tuple[dict[str, Any], list[str]]:
        return delete_one(inner, find_bucket(inner, bucket), asked, bypass_governance_retention)

    shown, stale = await ctx.submit(work)
    await remove_files(ctx, stale)
    return shown


class ObjectIdentifier(Part):
    key: str
    version_id: str | None = None
    e_tag: str | None = None
    last_modified_time: datetime | None = None
    size: int | None = None


class Delete(Part):
    objects: list[ObjectIdentifier]
    quiet: bool = False


def delete_one(
    ctx: Context, bucket: Bucket, asked: ObjectIdentifier, bypass: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """Delete an object or one version of it; what the answer says, and the files to remove after the commit."""
    if asked.e_tag or asked.size is not None or asked.last_modified_time is not None:
        _check(ctx, bucket.name, asked)
    if asked.version_id:
        return _delete_version(ctx, bucket, asked.key, asked.version_id, bypass)
    if bucket.versioning:
        marker, stale = versioning.mark_deleted(ctx, bucket, asked.key)
        events.tell(ctx, bucket, "s3:ObjectRemoved:DeleteMarkerCreated", marker)
        return {"delete_marker": True, "version_id": marker.version_id}, stale
    current = ctx.tx.get(Object, bucket.name, asked.key)
    return {}, _remove(ctx, bucket, current) if current is not None else []


def _remove(ctx: Context, bucket: Bucket, content: Content) -> list[str]:
    events.tell(ctx, bucket, "s3:ObjectRemoved:Delete", content)
    return versioning.remove(ctx, content)


def _check(ctx: Context, bucket: str, asked: ObjectIdentifier) -> None:
    """The conditions of a delete. Raises `PreconditionFailed`, `NoSuchKey`."""
    current: Content | None = ctx.tx.get(Object, bucket, asked.key)
    conditions.check_delete(asked.e_tag, current.e_tag if current is not None else None)
    if current is not None and (
        (asked.size is not None and asked.size != current.size)
        or (asked.last_modified_time is not None and asked.last_modified_time != current.modified)
    ):
        raise errors.PreconditionFailed(condition="If-Match")


def _delete_version(
    ctx: Context, bucket: Bucket, key: str, version_id: str, bypass: bool
) -> tuple[dict[str, Any], list[str]]:
    current = ctx.tx.get(Object, bucket.name, key)
    if version_id == versioning.NULL and not bucket.versioning:
        return {}, _remove(ctx, bucket, current) if current is not None else []
    found: Content | None = current
    if found is None or found.version_id != version_id:
        found = versioning.noncurrent(ctx, bucket.name, key, version_id)
    if found is None:
        if version_id != versioning.NULL and versioning.sequence_of(version_id) is None:
            raise errors.InvalidArgument(
                reason="Invalid version id specified", argument_name="versionId", argument_value=version_id
            )
        return {"version_id": version_id}, []
    check_lock(ctx, bucket, found, bypass)
    shown: dict[str, Any] = {"version_id": version_id}
    if found.delete_marker:
        shown["delete_marker"] = True
    return shown, _remove(ctx, bucket, found)


def check_lock(ctx: Context, bucket: Bucket, content: Content, bypass: bool) -> None:
    """Object Lock: a version that is held or retained stays. Raises `AccessDenied`."""
    if not content.lock_mode and not content.legal_hold:
        return
    if bypass:
        ctx.authorize("s3:BypassGovernanceRetention", in_bucket(ctx, bucket, content.name))
    hold = "ON" if content.legal_hold else "OFF"
    object_lock.check_delete(retention_of(content), hold, bypass=bypass, now=ctx.now())


def retention_of(content: Content) -> object_lock.Retention:
    return object_lock.Retention(content.lock_mode or None, content.lock_until)


def _deletions(ctx: Context, bucket: str) -> list[Resource]:
    """Each object is asked for by itself, and refused by itself (`delete_objects`)."""
    called_bucket(ctx, bucket)
    return []


@operation(on=_deletions, harmless=("MFA", "ChecksumAlgorithm"), data_event=True)
async def delete_objects(
    ctx: Context, bucket: str, delete: Delete, bypass_governance_retention: bool = False
) -> dict[str, Any]:
    if not 1 <= len(delete.objects) <= MOST:
        raise errors.MalformedXML()

    def work(inner: Context) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
        found = find_bucket(inner, bucket)
        deleted: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        files: list[str] = []
        for asked in delete.objects:
            try:
                inner.authorize(*_asked(inner, found, asked))
                shown, stale = delete_one(inner, found, asked, bypass_governance_retention)
            except AwsError as error:
                failed.append(
                    {"key": asked.key, "version_id": asked.version_id, "code": error.code, "message": error.message}
                )
            else:
                deleted.append(_deleted(asked, shown))
                files += stale
        return deleted, failed, files

    deleted, failed, files = await ctx.submit(work)
    await remove_files(ctx, files)
    return {"deleted": None if delete.quiet else deleted or None, "errors": failed or None}


def _asked(ctx: Context, bucket: Bucket, asked: ObjectIdentifier) -> tuple[str, Resource]:
    resource = _deletion(ctx, bucket, asked.key, asked.version_id)
    return resource.action, resource


def _deleted(asked: ObjectIdentifier, shown: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"key": asked.key, "version_id": asked.version_id}
    if shown.get("delete_marker"):
        found["delete_marker"] = True
        found["delete_marker_version_id"] = shown["version_id"]
    return found
