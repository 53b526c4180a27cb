"""Lists of a bucket's objects: ListObjects, ListObjectsV2, ListObjectVersions.

A page is read by seeking: to the place where the last one ended, and over all keys behind a common prefix at once.
What it costs depends on what it shows, not on how many objects the bucket has.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import find_bucket, of_bucket
from groundcloud.services.s3.owners import shown_owner
from groundcloud.services.s3.records import Bucket, Content, Object, Version
from groundcloud.services.s3.rules.keys import url_encoded
from groundcloud.store.keys import after_prefix, pack
from groundcloud.store.records import decode

MOST = 1000
"""Entries of a page."""

LIST_CONDITIONS = {"s3:prefix": "prefix", "s3:delimiter": "delimiter", "s3:max-keys": "max_keys"}


class Entry(NamedTuple):
    """One line of a list: an object, or a common prefix."""

    name: str
    content: Content | None
    latest: bool = True


def _start(key: str) -> bytes:
    """The place of the first key that is not before this one."""
    return b"\x02" + key.encode("utf-8", "surrogatepass").replace(b"\0", b"\0\xff")


def behind(key: str) -> bytes:
    """The place right behind a key and all its versions."""
    return _start(key) + b"\0\xfe"


def _over(prefix: str) -> bytes:
    """The place behind all keys with a prefix."""
    return _start(prefix) + b"\xff"


class _Cursor:
    """Records of a bucket in the order of their keys, read in growing steps after each seek."""

    def __init__(self, ctx: Context, kind: type[Content], bucket: str) -> None:
        self._range = ctx.tx.table.range
        self._kind = kind
        self._base = pack((kind.table, bucket))
        self._high = after_prefix(self._base)
        self._low = self._base
        self._step = 0
        self._found: list[tuple[bytes, bytes]] = []
        self._at = 0
        self._ended = False
        self.current: Any = None

    def seek(self, place: bytes, step: int = 4) -> None:
        """Go to the first record at a place or behind it; `current` is it, or None at the end."""
        low = self._base + place
        while self._at < len(self._found) and self._found[self._at][0] < low:
            self._at += 1  # what is read already is nearer than the database
        if self._at == len(self._found):
            if self._found and self._ended:
                self.current = None
                return
            self._low, self._step, self._ended = low, step, False
            self._fill()
        self._show()

    def next(self) -> None:
        self._at += 1
        if self._at >= len(self._found) and not self._ended:
            self._low = self._found[-1][0] + b"\0"
            self._step = min(self._step * 4, MOST)
            self._fill()
        self._show()

    def _fill(self) -> None:
        self._found = self._range(self._low, self._high, self._step, False)
        self._at = 0
        self._ended = len(self._found) < self._step

    def _show(self) -> None:
        self.current = decode(self._kind, self._found[self._at][1]) if self._at < len(self._found) else None


def entries(ctx: Context, bucket: str, prefix: str, delimiter: str, place: bytes, limit: int) -> Iterator[Entry]:
    """Current objects and common prefixes, in order, from a place on."""
    cursor = _Cursor(ctx, Object, bucket)
    cursor.seek(max(place, _start(prefix)), min(limit + 1, MOST) if not delimiter else 4)
    while (found := cursor.current) is not None and found.name.startswith(prefix):
        common = _common(found.name, prefix, delimiter)
        if common is None:
            yield Entry(found.name, found)
            cursor.next()
        else:
            yield Entry(common, None)
            cursor.seek(_over(common))


def _common(name: str, prefix: str, delimiter: str) -> str | None:
    """The common prefix under which a key is rolled up."""
    if not delimiter:
        return None
    end = name.find(delimiter, len(prefix))
    return name[: end + len(delimiter)] if end >= 0 else None


class _Listed(NamedTuple):
    """A page."""

    entries: list[Entry]
    truncated: bool


def _page(found: Iterator[Entry], limit: int) -> _Listed:
    page: list[Entry] = []
    if limit == 0:
        return _Listed(page, False)
    for entry in found:
        if len(page) == limit:
            return _Listed(page, True)
        page.append(entry)
    return _Listed(page, False)


def place_after(marker: str, prefix: str, delimiter: str) -> bytes:
    """Where a list goes on after a marker; after a common prefix, behind all that is rolled up in it."""
    common = _common(marker, prefix, delimiter) if marker.startswith(prefix) else None
    return _over(common) if common is not None and common == marker else behind(marker)


def checked_limit(max_keys: int) -> int:
    """Raises `InvalidArgument`."""
    if max_keys < 0:
        raise errors.InvalidArgument(
            reason="Argument maxKeys must be an integer between 0 and 2147483647",
            argument_name="maxKeys",
            argument_value=max_keys,
        )
    return min(max_keys, MOST)


class Spelling:
    """How names are written: as they are, or percent-encoded for `encoding-type=url`."""

    def __init__(self, encoding_type: str | None) -> None:
        if encoding_type not in (None, "", "url"):
            raise errors.InvalidArgument(
                reason="Invalid Encoding Method specified in Request",
                argument_name="encoding-type",
                argument_value=encoding_type,
            )
        self.type = encoding_type or None
        self._encoded = bool(encoding_type)

    def __call__(self, text: str | None) -> str | None:
        return url_encoded(text) if text and self._encoded else text


def shown_object(content: Content, spelling: Spelling, owner: dict[str, str] | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "key": spelling(content.name),
        "last_modified": content.modified,
        "e_tag": f'"{content.e_tag}"',
        "size": content.size,
        "storage_class": content.attributes.storage_class,
    }
    if content.checksums:
        shown["checksum_algorithm"] = list(content.checksums)
        shown["checksum_type"] = content.checksum_type
    if owner is not None:
        shown["owner"] = owner
    return shown


def _rows(page: _Listed, spelling: Spelling, owner: dict[str, str] | None) -> dict[str, Any]:
    contents = [shown_object(each.content, spelling, owner) for each in page.entries if each.content is not None]
    common = [{"prefix": spelling(each.name)} for each in page.entries if each.content is None]
    return {"contents": contents or None, "common_prefixes": common or None, "is_truncated": page.truncated}


@operation(
    on=of_bucket,
    read=True,
    action="s3:ListBucket",
    conditions=LIST_CONDITIONS,
    harmless=("OptionalObjectAttributes",),
    data_event=True,
)
def list_objects_v2(
    ctx: Context,
    bucket: str,
    delimiter: str = "",
    encoding_type: str | None = None,
    max_keys: int = MOST,
    prefix: str = "",
    continuation_token: str | None = None,
    fetch_owner: bool = False,
    start_after: str | None = None,
) -> dict[str, Any]:
    if continuation_token is not None:
        marker = _opened_token(ctx, bucket, continuation_token)
    else:
        marker = start_after or ""
    spelling = Spelling(encoding_type)
    page, shown = _current_page(ctx, bucket, marker, prefix, delimiter, max_keys, spelling, fetch_owner)
    if page.truncated:
        shown["next_continuation_token"] = _token(ctx, bucket, page.entries[-1].name)
    return shown | {
        "key_count": len(page.entries),
        "continuation_token": continuation_token,
        "start_after": spelling(start_after),
    }


@operation(
    on=of_bucket,
    read=True,
    action="s3:ListBucket",
    conditions=LIST_CONDITIONS,
    harmless=("OptionalObjectAttributes",),
    data_event=True,
)
def list_objects(
    ctx: Context,
    bucket: str,
    delimiter: str = "",
    encoding_type: str | None = None,
    marker: str = "",
    max_keys: int = MOST,
    prefix: str = "",
) -> dict[str, Any]:
    spelling = Spelling(encoding_type)
    page, shown = _current_page(ctx, bucket, marker, prefix, delimiter, max_keys, spelling, True)
    if page.truncated and delimiter:  # without a delimiter the last key is the marker, and S3 names none
        shown["next_marker"] = spelling(page.entries[-1].name)
    return shown | {"marker": spelling(marker)}


def _current_page(
    ctx: Context, bucket: str, marker: str, prefix: str, delimiter: str, max_keys: int, spelling: Spelling, owned: bool
) -> tuple[_Listed, dict[str, Any]]:
    """A page of current objects, and what both lists say of it."""
    found = find_bucket(ctx, bucket)
    limit = checked_limit(max_keys)
    place = place_after(marker, prefix, delimiter) if marker else b""
    page = _page(entries(ctx, bucket, prefix, delimiter, place, limit), limit)
    return page, _rows(page, spelling, shown_owner(ctx, found) if owned else None) | {
        "name": bucket,
        "prefix": spelling(prefix),
        "delimiter": spelling(delimiter) or None,
        "max_keys": limit,
        "encoding_type": spelling.type,
    }


def _token(ctx: Context, bucket: str, marker: str) -> str:
    return ctx.seal_text(marker.encode("utf-8", "surrogatepass"), f"s3 list {bucket}")


def _opened_token(ctx: Context, bucket: str, token: str) -> str:
    found = ctx.open_text(token, f"s3 list {bucket}")
    if found is None:
        raise errors.InvalidArgument(
            reason="The continuation token provided is incorrect", argument_name="continuation-token"
        )
    return found.decode("utf-8", "surrogatepass")


# -- versions


def version_entries(
    ctx: Context, bucket: str, prefix: str, delimiter: str, place: bytes, after: tuple[str, int] | None
) -> Iterator[Entry]:
    """All versions, by key and then newest first: the current ones and the others merged. `after` is a key and the
    sequence of its version after which the list begins."""
    start = max(place, _start(prefix))
    current, others = _Cursor(ctx, Object, bucket), _Cursor(ctx, Version, bucket)
    current.seek(start, 64)
    others.seek(start, 64)
    last = ""
    while True:
        cursor = _nearer(current, others)
        if cursor is None or not cursor.current.name.startswith(prefix):
            return
        found: Content = cursor.current
        common = _common(found.name, prefix, delimiter)
        if common is not None:
            yield Entry(common, None)
            current.seek(_over(common))
            others.seek(_over(common))
            continue
        if after is None or found.name != after[0] or found.sequence < after[1]:
            yield Entry(found.name, found, found.name != last and (after is None or found.name != after[0]))
        last = found.name
        cursor.next()


def _nearer(current: _Cursor, others: _Cursor) -> _Cursor | None:
    """Whose key comes first; of the same key, the current version."""
    if current.current is None:
        return others if others.current is not None else None
    if others.current is None:
        return current
    a, b = _start(current.current.name) + b"\0", _start(others.current.name) + b"\0"
    return current if a <= b else others


@operation(
    on=of_bucket,
    read=True,
    action="s3:ListBucketVersions",
    conditions=LIST_CONDITIONS,
    harmless=("OptionalObjectAttributes",),
    data_event=True,
)
def list_object_versions(
    ctx: Context,
    bucket: str,
    delimiter: str = "",
    encoding_type: str | None = None,
    key_marker: str = "",
    max_keys: int = MOST,
    prefix: str = "",
    version_id_marker: str = "",
) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    limit, spelling = checked_limit(max_keys), Spelling(encoding_type)
    place, after = _version_place(ctx, bucket, key_marker, version_id_marker, prefix, delimiter)
    page = _page(version_entries(ctx, bucket, prefix, delimiter, place, after), limit)
    shown = _version_rows(ctx, found, page, spelling)
    if page.truncated:
        last = page.entries[-1]
        shown["next_key_marker"] = spelling(last.name)
        shown["next_version_id_marker"] = last.content.version_id if last.content is not None else None
    return shown | {
        "name": bucket,
        "prefix": spelling(prefix),
        "delimiter": spelling(delimiter) or None,
        "key_marker": spelling(key_marker),
        "version_id_marker": version_id_marker,
        "max_keys": limit,
        "encoding_type": spelling.type,
        "is_truncated": page.truncated,
    }


def _version_place(
    ctx: Context, bucket: str, key_marker: str, version_id_marker: str, prefix: str, delimiter: str
) -> tuple[bytes, tuple[str, int] | None]:
    from groundcloud.services.s3.versioning import NULL, find, sequence_of

    if version_id_marker and not key_marker:
        raise errors.InvalidArgument(
            reason="A version-id marker cannot be specified without a key marker.",
            argument_name="version-id-marker",
            argument_value=version_id_marker,
        )
    if not key_marker:
        return b"", None
    if not version_id_marker:
        return place_after(key_marker, prefix, delimiter), None
    sequence = sequence_of(version_id_marker)
    if version_id_marker == NULL:
        sequence = find(ctx, bucket, key_marker, NULL).sequence
    if sequence is None:
        raise errors.InvalidArgument(
            reason="Invalid version id specified",
            argument_name="version-id-marker",
            argument_value=version_id_marker,
        )
    return _start(key_marker), (key_marker, sequence)


def _version_rows(ctx: Context, bucket: Bucket, page: _Listed, spelling: Spelling) -> dict[str, Any]:
    owner = shown_owner(ctx, bucket)
    versions, markers, common = [], [], []
    for entry in page.entries:
        content = entry.content
        if content is None:
            common.append({"prefix": spelling(entry.name)})
            continue
        about = {"version_id": content.version_id, "is_latest": entry.latest, "owner": owner}
        if content.delete_marker:
            markers.append({"key": spelling(content.name), "last_modified": content.modified, **about})
        else:
            versions.append(shown_object(content, spelling, owner) | about)
    return {"versions": versions or None, "delete_markers": markers or None, "common_prefixes": common or None}
