"""Lists of uploads in progress and of their parts."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3.access import find_bucket, in_bucket, of_bucket
from groundcloud.services.s3.listing import MOST, Spelling, checked_limit
from groundcloud.services.s3.multipart import find_upload
from groundcloud.services.s3.owners import canonical_id, shown_owner
from groundcloud.services.s3.records import Upload, UploadedPart
from groundcloud.services.s3.rules import checksums


def _parts_of(ctx: Context, bucket: str, key: str) -> Resource:
    return in_bucket(ctx, find_bucket(ctx, bucket), key, "s3:ListMultipartUploadParts")


@operation(
    on=_parts_of,
    read=True,
    harmless=("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5"),
    data_event=True,
)
def list_parts(
    ctx: Context, bucket: str, key: str, upload_id: str, max_parts: int = MOST, part_number_marker: int = 0
) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    upload = find_upload(ctx, bucket, key, upload_id)
    limit = checked_limit(max_parts)
    parts = [part for part in ctx.tx.scan(UploadedPart, upload_id) if part.number > part_number_marker]
    page = parts[:limit]
    owner = shown_owner(ctx, found)
    return {
        "bucket": bucket,
        "key": key,
        "upload_id": upload_id,
        "part_number_marker": part_number_marker,
        "next_part_number_marker": page[-1].number if page else 0,
        "max_parts": limit,
        "is_truncated": len(parts) > limit,
        "parts": [_shown_part(part) for part in page] or None,
        "initiator": {"id": upload.initiator, "display_name": upload.initiator.rpartition("/")[2]},
        "owner": owner,
        "storage_class": upload.attributes.storage_class,
        "checksum_algorithm": upload.checksum_algorithm or None,
        "checksum_type": upload.checksum_type or None,
    }


def _shown_part(part: UploadedPart) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "part_number": part.number,
        "last_modified": part.modified,
        "e_tag": f'"{part.e_tag}"',
        "size": part.size,
    }
    if part.algorithm:
        shown[checksums.ALGORITHMS[part.algorithm].member] = part.checksum
    return shown


@operation(on=of_bucket, read=True, action="s3:ListBucketMultipartUploads", data_event=True)
def list_multipart_uploads(
    ctx: Context,
    bucket: str,
    delimiter: str = "",
    encoding_type: str | None = None,
    key_marker: str = "",
    max_uploads: int = MOST,
    prefix: str = "",
    upload_id_marker: str = "",
) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    limit, spelling = checked_limit(max_uploads), Spelling(encoding_type)
    after = (key_marker, upload_id_marker)
    page = _page(ctx.tx.scan(Upload, bucket), prefix, delimiter, after, limit)
    owner = shown_owner(ctx, found)
    return {
        "bucket": bucket,
        "key_marker": spelling(key_marker),
        "upload_id_marker": upload_id_marker,
        "next_key_marker": spelling(page.last.name) if page.last is not None else None,
        "next_upload_id_marker": page.last.upload_id if page.last is not None else None,
        "delimiter": spelling(delimiter) or None,
        "prefix": spelling(prefix),
        "max_uploads": limit,
        "is_truncated": page.last is not None,
        "encoding_type": spelling.type,
        "uploads": [_shown_upload(each, spelling, owner) for each in page.rows] or None,
        "common_prefixes": [{"prefix": spelling(each)} for each in page.prefixes] or None,
    }


class _Page(NamedTuple):
    rows: list[Upload]
    prefixes: list[str]
    last: Upload | None
    """The last upload that it shows, where more follow."""


def _page(uploads: Iterator[Upload], prefix: str, delimiter: str, after: tuple[str, str], limit: int) -> _Page:
    rows: list[Upload] = []
    prefixes: list[str] = []
    last: Upload | None = None
    for upload in uploads:
        if not upload.name.startswith(prefix) or not _after(upload, *after):
            continue
        end = upload.name.find(delimiter, len(prefix)) if delimiter else -1
        common = upload.name[: end + len(delimiter)] if end >= 0 else ""
        if common and common in prefixes:
            continue
        if len(rows) + len(prefixes) >= limit:
            return _Page(rows, prefixes, last)
        if common:
            prefixes.append(common)
        else:
            rows.append(upload)
        last = upload
    return _Page(rows, prefixes, None)


def _after(upload: Upload, key_marker: str, upload_id_marker: str) -> bool:
    if not key_marker or upload.name > key_marker:
        return True
    return bool(upload_id_marker) and upload.name == key_marker and upload.upload_id > upload_id_marker


def _shown_upload(upload: Upload, spelling: Spelling, owner: dict[str, Any]) -> dict[str, Any]:
    return {
        "upload_id": upload.upload_id,
        "key": spelling(upload.name),
        "initiated": upload.initiated,
        "storage_class": upload.attributes.storage_class,
        "owner": {"id": canonical_id(upload.account)},
        "initiator": {"id": upload.initiator, "display_name": upload.initiator.rpartition("/")[2]},
        "checksum_algorithm": upload.checksum_algorithm or None,
        "checksum_type": upload.checksum_type or None,
    }
