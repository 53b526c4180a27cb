"""Versions of a key: which is current, what a write does with the one before, and how versions are found."""

import base64
from collections.abc import Iterator

import msgspec

from groundcloud.context import Context
from groundcloud.services.s3 import errors, replication_outbox
from groundcloud.services.s3.bodies import discard
from groundcloud.services.s3.records import Bucket, Content, Object, Version

NULL = "null"


def newest(ctx: Context, bucket: str, key: str) -> Content | None:
    """The current version, which may be a delete marker."""
    current = ctx.tx.get(Object, bucket, key)
    return current if current is not None else next(ctx.tx.scan(Version, bucket, key), None)


def find(ctx: Context, bucket: str, key: str, version_id: str | None) -> Content:
    """The version that a call names, or the current object. Raises `NoSuchKey` and `NoSuchVersion`."""
    current = ctx.tx.get(Object, bucket, key)
    if version_id is None:
        if current is None:
            marker = next(ctx.tx.scan(Version, bucket, key), None)
            raise NoCurrentVersion(key, marker)
        return current
    if current is not None and current.version_id == version_id:
        return current
    found = noncurrent(ctx, bucket, key, version_id)
    if found is None:
        raise errors.NoSuchVersion(key=key, version_id=version_id)
    return found


def find_shown(ctx: Context, bucket: str, key: str, version_id: str | None) -> Content:
    """The same, but a delete marker is refused: it has nothing that could be shown or changed."""
    found = find(ctx, bucket, key, version_id)
    if found.delete_marker:
        raise errors.MethodNotAllowed(resource_type="DeleteMarker")
    return found


class NoCurrentVersion(errors.NoSuchKey, code="NoSuchKey", status=404):
    """The specified key does not exist."""

    def __init__(self, key: str, marker: Version | None) -> None:
        self.headers = marker_headers(marker) if marker is not None and marker.delete_marker else []
        super().__init__(key=key)


def marker_headers(marker: Content) -> list[tuple[str, str]]:
    """How an error says that a delete marker is in the way."""
    return [("x-amz-delete-marker", "true"), ("x-amz-version-id", marker.version_id)]


def noncurrent(ctx: Context, bucket: str, key: str, version_id: str) -> Version | None:
    """A noncurrent version or delete marker by its id."""
    if version_id == NULL:
        return next(ctx.tx.scan(Version, bucket, key, index="null"), None)
    sequence = sequence_of(version_id)
    found = ctx.tx.get(Version, bucket, key, -sequence) if sequence is not None else None
    return found if found is not None and found.version_id == version_id else None


def sequence_of(version_id: str) -> int | None:
    """The sequence that a version id carries; None for a text that is no version id of ours."""
    try:
        data = base64.b64decode(version_id, altchars=b"._", validate=True)
    except ValueError:
        return None
    return int.from_bytes(data[:8], "big") if len(data) == 24 and data[0] < 0x80 else None


def new_version_id(ctx: Context, sequence: int) -> str:
    """An id of 32 characters that leads straight to its record."""
    return base64.b64encode(sequence.to_bytes(8, "big") + ctx.random(16), altchars=b"._").decode()


def put(ctx: Context, bucket: Bucket, made: Object) -> list[str]:
    """Make a new current version; the files to remove once this is committed."""
    current = ctx.tx.get(Object, bucket.name, made.name)
    _number(ctx, bucket, made, current)
    stale = _retire(ctx, bucket, made.name, current)
    replication_outbox.note(ctx, bucket, made)
    ctx.tx.put(made)
    return stale


def place(ctx: Context, bucket: Bucket, made: Object) -> bool:
    """Put a version where its sequence says, which may be behind the current one; False if another has that place."""
    if ctx.tx.get(Version, bucket.name, made.name, -made.sequence) is not None:
        return False
    current, before = ctx.tx.get(Object, bucket.name, made.name), newest(ctx, bucket.name, made.name)
    if before is not None and before.sequence >= made.sequence:
        if before.sequence == made.sequence:
            return False
        ctx.tx.put(as_version(made))
        return True
    if current is not None:
        ctx.tx.put(as_version(current))
        if made.delete_marker:
            ctx.tx.delete(current)
    ctx.tx.put(as_version(made) if made.delete_marker else made)
    return True


def mark_deleted(ctx: Context, bucket: Bucket, key: str, by_lifecycle: bool = False) -> tuple[Version, list[str]]:
    """A delete marker as the current version; the files to remove once this is committed."""
    current = ctx.tx.get(Object, bucket.name, key)
    marker = Version(bucket=bucket.name, name=key, sequence=0, version_id="", modified=ctx.now(), delete_marker=True)
    _number(ctx, bucket, marker, current)
    stale = _retire(ctx, bucket, key, current)
    if current is not None:
        ctx.tx.delete(current)
    replication_outbox.note(ctx, bucket, marker, by_lifecycle=by_lifecycle)
    ctx.tx.put(marker)
    return marker, stale


def _number(ctx: Context, bucket: Bucket, made: Content, current: Content | None) -> None:
    """Later than every version before it, whatever the clock says."""
    before = current
    if before is None and bucket.versioning:
        before = next(ctx.tx.scan(Version, bucket.name, made.name), None)
    now = int(ctx.world.clock().timestamp() * 1_000_000)
    made.sequence = max(now, before.sequence + 1) if before is not None else now
    made.version_id = new_version_id(ctx, made.sequence) if bucket.versioned else NULL


def _retire(ctx: Context, bucket: Bucket, key: str, current: Object | None) -> list[str]:
    """Make room for a new current version: the one before is kept as noncurrent, or is replaced for good."""
    stale: list[str] = []
    if not bucket.versioned:
        if bucket.versioning and (old := noncurrent(ctx, bucket.name, key, NULL)):
            stale += remove_noncurrent(ctx, old)
        if current is not None and current.version_id == NULL:
            return stale + discard(ctx.tx, current)
    if current is not None:
        ctx.tx.put(as_version(current))
    return stale


def as_version(current: Object) -> Version:
    return Version(**msgspec.structs.asdict(current))


def as_object(version: Version) -> Object:
    return Object(**msgspec.structs.asdict(version))


def remove_noncurrent(ctx: Context, version: Version) -> list[str]:
    stale = discard(ctx.tx, version)
    ctx.tx.delete(version)
    return stale


def remove(ctx: Context, content: Content) -> list[str]:
    """Remove one version for good. The version before it becomes current, if it is no delete marker."""
    stale = discard(ctx.tx, content)
    was_newest = isinstance(content, Object)
    if isinstance(content, Version):
        was_newest = content.delete_marker and _is_newest(ctx, content)
    ctx.tx.delete(content)
    if was_newest:
        before = next(ctx.tx.scan(Version, content.bucket, content.name), None)
        if before is not None and not before.delete_marker:
            ctx.tx.delete(before)
            ctx.tx.put(as_object(before))
    return stale


def _is_newest(ctx: Context, version: Version) -> bool:
    if ctx.tx.get(Object, version.bucket, version.name) is not None:
        return False
    first = next(ctx.tx.scan(Version, version.bucket, version.name), None)
    return first is not None and first.sequence == version.sequence


def versions(ctx: Context, bucket: str, key: str) -> Iterator[Content]:
    """All versions of a key, newest first."""
    current = ctx.tx.get(Object, bucket, key)
    if current is not None:
        yield current
    yield from ctx.tx.scan(Version, bucket, key)
