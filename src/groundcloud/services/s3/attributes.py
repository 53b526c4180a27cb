"""GetObjectAttributes: what is known of an object without its bytes."""

from collections.abc import Sequence
from typing import Any, Unpack

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3.access import find_bucket
from groundcloud.services.s3.described import checksum_members
from groundcloud.services.s3.keys import customer_key, open_key
from groundcloud.services.s3.listing import MOST
from groundcloud.services.s3.parameters import CustomerKeyHeaders
from groundcloud.services.s3.reading import of_existing, visible
from groundcloud.services.s3.records import Content, Layout
from groundcloud.services.s3.rules import checksums


def _reads(ctx: Context, bucket: str, key: str, version_id: str | None) -> list[Resource]:
    """Reading an object's attributes takes the permission to read it as well (GetObjectAttributes)."""
    first = of_existing(ctx, bucket, key, version_id, "s3:GetObjectAttributes")
    return [first, of_existing(ctx, bucket, key, version_id, "s3:GetObject")]


@operation(on=_reads, read=True, data_event=True)
def get_object_attributes(
    ctx: Context,
    bucket: str,
    key: str,
    object_attributes: Sequence[str],
    version_id: str | None = None,
    max_parts: int = MOST,
    part_number_marker: int = 0,
    **given: Unpack[CustomerKeyHeaders],
) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    content = visible(ctx, found, key, version_id)
    if content.seal is not None and content.seal.kind == "customer":
        open_key(ctx, content.seal, customer_key(given))
    parts = _parts(ctx, content, min(max_parts, MOST), part_number_marker) if content.parts else None
    all_of_them: dict[str, Any] = {
        "ETag": ("e_tag", content.e_tag),
        "Checksum": ("checksum", checksum_members(content) or None),
        "ObjectParts": ("object_parts", parts),
        "StorageClass": ("storage_class", content.attributes.storage_class),
        "ObjectSize": ("object_size", content.size),
    }
    shown = dict(all_of_them[name] for name in object_attributes if name in all_of_them)
    shown["last_modified"] = content.modified
    if found.versioning:
        shown["version_id"] = content.version_id
    return shown


def _parts(ctx: Context, content: Content, most: int, marker: int) -> dict[str, Any]:
    """The parts of an object, where their checksums say something that the whole one's does not."""
    shown: dict[str, Any] = {"total_parts_count": content.parts}
    layout = ctx.tx.get(Layout, content.body)
    if layout is None or content.checksum_type != checksums.COMPOSITE:
        return shown
    member = checksums.ALGORITHMS[next(iter(content.checksums))].member
    after = [segment for segment in layout.segments if segment.number > marker]
    page = after[:most]
    return shown | {
        "part_number_marker": marker,
        "next_part_number_marker": page[-1].number if page else 0,
        "max_parts": most,
        "is_truncated": len(after) > most,
        "parts": [{"part_number": each.number, "size": each.size, member: each.checksum} for each in page],
    }
