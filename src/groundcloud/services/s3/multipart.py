"""Multipart uploads: create, upload parts, list, complete, abort. Limits: "Amazon S3 multipart upload limits"."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Unpack

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors, events, versioning
from groundcloud.services.s3.access import called_bucket, find_bucket, in_bucket
from groundcloud.services.s3.bodies import Taken, discard_bodies, forget, receive, remove_files
from groundcloud.services.s3.keys import customer_key, encryption, encryption_headers, new_key, open_key
from groundcloud.services.s3.objects import WRITE_CONDITIONS, check_write, claimed_checksum, write_permissions
from groundcloud.services.s3.parameters import Begin, Complete, UploadPart
from groundcloud.services.s3.records import Bucket, Layout, Object, Segment, Upload, UploadedPart
from groundcloud.services.s3.rules import checksums, conditions, keys
from groundcloud.services.s3.writing import Draft, Lock, draft, new_object, written
from groundcloud.store import Part

MOST_PARTS = 10_000
SMALLEST_PART = 5 * 1024 * 1024
_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._"


def _object(action: str) -> Any:
    def resource(ctx: Context, bucket: str, key: str) -> Resource:
        return in_bucket(ctx, called_bucket(ctx, bucket), key, action)

    return resource


@operation(on=write_permissions, conditions=WRITE_CONDITIONS, data_event=True)
def create_multipart_upload(ctx: Context, bucket: str, key: str, **given: Unpack[Begin]) -> dict[str, Any]:
    keys.check_key(key)
    name = given.get("checksum_algorithm")
    used = checksums.algorithm(name) if name else None
    kind = checksums.upload_type(used, given.get("checksum_type"))
    found = find_bucket(ctx, bucket)
    _, seal = new_key(ctx, found, key, encryption(given))
    wanted = draft(ctx, found, key, given)
    upload = Upload(
        bucket=bucket,
        name=key,
        upload_id=ctx.random_text(_ID_ALPHABET, 96),
        initiated=ctx.now(),
        attributes=wanted.attributes,
        seal=seal,
        account=ctx.account,
        initiator=ctx.principal.arn,
        tags=list(wanted.tags),
        acl=wanted.grants,
        checksum_algorithm=used.name if used is not None else "",
        checksum_type=kind or "",
        lock_mode=wanted.lock.mode,
        lock_until=wanted.lock.until,
        legal_hold=wanted.lock.hold,
    )
    ctx.put(upload)
    return {
        "bucket": bucket,
        "key": key,
        "upload_id": upload.upload_id,
        "checksum_algorithm": upload.checksum_algorithm or None,
        "checksum_type": upload.checksum_type or None,
        **encryption_headers(seal),
    }


def find_upload(ctx: Context, bucket: str, key: str, upload_id: str) -> Upload:
    """Raises `NoSuchUpload`."""
    found = ctx.tx.get(Upload, bucket, key, upload_id)
    if found is None:
        raise errors.NoSuchUpload(upload_id=upload_id)
    return found


def check_number(part_number: int) -> None:
    if not 1 <= part_number <= MOST_PARTS:
        raise errors.InvalidArgument(
            reason="Part number must be an integer between 1 and 10000, inclusive",
            argument_name="partNumber",
            argument_value=part_number,
        )


@operation(on=_object("s3:PutObject"), harmless=("ChecksumAlgorithm",), data_event=True)
async def upload_part(
    ctx: Context, bucket: str, key: str, part_number: int, upload_id: str, body: Any = None, **given: Unpack[UploadPart]
) -> dict[str, Any]:
    claimed = claimed_checksum(given, body)
    check_number(part_number)
    upload, data_key = find_begun(ctx, bucket, key, upload_id, given)
    used = algorithm_of(upload)
    checksums.check_part(used, claimed.algorithm if claimed is not None else None)
    taken = await receive(ctx, body, data_key, given.get("content_md5"), claimed, used or checksums.DEFAULT)
    await keep_part(ctx, upload, part_number, taken)
    shown: dict[str, Any] = {"e_tag": f'"{taken.e_tag}"', **encryption_headers(upload.seal)}
    if claimed is not None or used is not None:
        shown[checksums.ALGORITHMS[taken.algorithm].member] = taken.checksum
    return shown


def find_begun(ctx: Context, bucket: str, key: str, upload_id: str, given: Mapping[str, Any]) -> tuple[Upload, bytes]:
    """The upload that a part is for, and its data key. Raises `NoSuchUpload`, and what `open_key` raises."""
    customer = customer_key(given)
    with ctx.snapshot() as inner:
        upload = find_upload(inner, bucket, key, upload_id)
        return upload, open_key(inner, upload.seal, customer)


def algorithm_of(upload: Upload) -> checksums.Algorithm | None:
    return checksums.ALGORITHMS[upload.checksum_algorithm] if upload.checksum_algorithm else None


async def keep_part(ctx: Context, upload: Upload, number: int, taken: Taken) -> UploadedPart:
    """Write the record of a part whose bytes are there; the same part from before is replaced."""
    part = UploadedPart(
        upload_id=upload.upload_id,
        number=number,
        body=taken.blob.body,
        size=taken.blob.size,
        e_tag=taken.e_tag,
        modified=ctx.now(),
        algorithm=taken.algorithm,
        checksum=taken.checksum,
    )

    def work(inner: Context) -> list[str]:
        find_upload(inner, upload.bucket, upload.name, upload.upload_id)
        before = inner.tx.get(UploadedPart, part.upload_id, part.number)
        stale = discard_bodies(inner.tx, before.body, [before.body]) if before is not None else []
        inner.put(taken.blob)
        inner.put(part)
        return stale

    try:
        stale = await ctx.submit(work)
    except BaseException:
        await forget(ctx, taken.blob)
        raise
    await remove_files(ctx, stale)
    return part


# -- completion


class CompletedPart(Part):
    e_tag: str = ""
    part_number: int = 0
    checksum_crc32: str | None = None
    checksum_crc32_c: str | None = None
    checksum_crc64_nvme: str | None = None
    checksum_sha1: str | None = None
    checksum_sha256: str | None = None
    checksum_sha512: str | None = None
    checksum_md5: str | None = None
    checksum_xxhash64: str | None = None
    checksum_xxhash3: str | None = None
    checksum_xxhash128: str | None = None


class CompletedMultipartUpload(Part):
    parts: list[CompletedPart] = []


@operation(
    on=_object("s3:PutObject"),
    conditions={"s3:if-match": "if_match", "s3:if-none-match": "if_none_match"},
    harmless=("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5"),
    data_event=True,
)
async def complete_multipart_upload(
    ctx: Context,
    bucket: str,
    key: str,
    upload_id: str,
    multipart_upload: CompletedMultipartUpload | None = None,
    **given: Unpack[Complete],
) -> dict[str, Any]:
    asked = multipart_upload.parts if multipart_upload is not None else []
    if not asked:
        raise errors.MalformedXML()
    if any(before.part_number >= after.part_number for before, after in pairwise(asked)):
        raise errors.InvalidPartOrder(upload_id=upload_id)
    conditions.check_write_headers(given.get("if_match"), given.get("if_none_match"))

    def work(inner: Context) -> tuple[Object, Bucket, list[str]]:
        found = find_bucket(inner, bucket)
        upload = find_upload(inner, bucket, key, upload_id)
        checksums.check_completion_type(upload.checksum_type, given.get("checksum_type"))
        check_write(inner, bucket, key, given)
        stored = {part.number: part for part in inner.tx.scan(UploadedPart, upload_id)}
        parts = _matched(upload, asked, stored)
        checksums.check_object_size(given.get("mpu_object_size"), sum(part.size for part in parts))
        made = _joined(inner, upload, parts)
        _check_whole(given, made)
        stale = _unused(inner, upload, stored, parts)
        inner.delete(upload)
        stale += versioning.put(inner, found, made)
        events.created(inner, found, "CompleteMultipartUpload", made)
        return made, found, stale

    made, found, stale = await ctx.submit(work)
    await remove_files(ctx, stale)
    return written(made, found) | {"location": f"http://s3.amazonaws.com/{bucket}/{key}", "bucket": bucket, "key": key}


def _matched(upload: Upload, asked: Sequence[CompletedPart], stored: Mapping[int, UploadedPart]) -> list[UploadedPart]:
    """The parts that the completion names. Raises `InvalidPart`, `EntityTooSmall`."""
    used = algorithm_of(upload)
    found = []
    for number, each in enumerate(asked, 1):
        part = stored.get(each.part_number)
        if part is None or part.e_tag != each.e_tag.strip('"'):
            raise errors.InvalidPart(
                upload_id=upload.upload_id, part_number=each.part_number, e_tag=each.e_tag.strip('"')
            )
        if used is not None:
            value = getattr(each, used.member)
            if value is None and upload.checksum_type == checksums.COMPOSITE:
                raise checksums.part_missing(used, each.part_number)
            if value is not None and value != part.checksum:
                raise errors.InvalidPart(upload_id=upload.upload_id, part_number=each.part_number, e_tag=part.e_tag)
        if number < len(asked) and part.size < SMALLEST_PART:
            raise errors.EntityTooSmall(
                proposed_size=part.size, min_size_allowed=SMALLEST_PART, part_number=part.number, e_tag=part.e_tag
            )
        found.append(part)
    return found


def _joined(ctx: Context, upload: Upload, parts: Sequence[UploadedPart]) -> Object:
    """The object that the parts make; its bytes stay where they are."""
    lock = Lock(upload.lock_mode, upload.lock_until, upload.legal_hold)
    wanted = Draft(upload.bucket, upload.name, upload.attributes, upload.tags, upload.acl, lock)
    made = new_object(ctx, wanted, upload.seal)
    segments = []
    offset = 0
    for part in parts:
        segments.append(Segment(part.number, offset, part.size, part.body, part.checksum))
        offset += part.size
    made.body = ctx.random(16).hex()
    ctx.put(Layout(body=made.body, segments=segments))
    made.size, made.parts = offset, len(parts)
    digests = b"".join(bytes.fromhex(part.e_tag) for part in parts)
    made.e_tag = f"{hashlib.md5(digests).hexdigest()}-{len(parts)}"
    used = algorithm_of(upload)
    if used is None and all(part.algorithm == checksums.DEFAULT.name for part in parts):
        used, kind = checksums.DEFAULT, checksums.FULL_OBJECT
    elif used is not None:
        kind = upload.checksum_type
    if used is not None:
        values = [(part.checksum, part.size) for part in parts]
        whole = kind == checksums.FULL_OBJECT
        value = checksums.full_object(used, values) if whole else checksums.composite(used, [v for v, _ in values])
        made.checksums, made.checksum_type = {used.name: value}, kind
    return made


def _check_whole(given: Mapping[str, Any], made: Object) -> None:
    """The checksum of the whole object, where the completion says it. Raises `BadDigest`."""
    for name, value in made.checksums.items():
        used = checksums.ALGORITHMS[name]
        expected = given.get(used.member)
        if expected is not None and expected != value and expected != value.partition("-")[0]:
            raise errors.ChecksumMismatch(algorithm=name)


def _unused(
    ctx: Context, upload: Upload, stored: Mapping[int, UploadedPart], parts: Sequence[UploadedPart]
) -> list[str]:
    """The records of parts go; the bytes of those that the completion left out as well."""
    taken = {part.number for part in parts}
    left_out = [part.body for part in stored.values() if part.number not in taken]
    for part in stored.values():
        ctx.delete(part)
    return discard_bodies(ctx.tx, f"upload {upload.upload_id}", left_out)


def remove_upload(ctx: Context, upload: Upload) -> list[str]:
    """Remove an upload and its parts; the files to remove once this is committed."""
    parts = list(ctx.tx.scan(UploadedPart, upload.upload_id))
    for part in parts:
        ctx.delete(part)
    ctx.delete(upload)
    return discard_bodies(ctx.tx, f"upload {upload.upload_id}", [part.body for part in parts])


@operation(on=_object("s3:AbortMultipartUpload"), harmless=("IfMatchInitiatedTime",), data_event=True)
async def abort_multipart_upload(ctx: Context, bucket: str, key: str, upload_id: str) -> None:
    def work(inner: Context) -> list[str]:
        find_bucket(inner, bucket)
        return remove_upload(inner, find_upload(inner, bucket, key, upload_id))

    await remove_files(ctx, await ctx.submit(work))
