"""Writes a table's items, as they were at a moment, to a bucket: gzipped lines, and the manifests that list them.

Source: "DynamoDB table export output format" in the developer guide. An export that a crash interrupts is begun again.
"""

import base64
import gzip
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.controllers import Act, Outcome
from groundcloud.errors import AwsError
from groundcloud.services.dynamodb import items
from groundcloud.services.dynamodb.backup_controller import copy_items
from groundcloud.services.dynamodb.descriptions import table_arn
from groundcloud.services.dynamodb.encryption import own_cipher
from groundcloud.services.dynamodb.keys import after
from groundcloud.services.dynamodb.records import Export
from groundcloud.services.dynamodb.schema import Schema
from groundcloud.services.dynamodb.transfers import fail
from groundcloud.store import Key, Store, Transaction
from groundcloud.store.erase import AT_ONCE, erase
from groundcloud.store.keys import pack

_LARGEST = 32 * 1024 * 1024
"""Bytes of items in one object."""

_json = msgspec.json.Encoder().encode


class Exports:
    """Implements `Controller` for exports."""

    name = "dynamodb.exports"
    kind = Export

    def __init__(self, store: Store, clock: Callable[[], datetime], act: Act) -> None:
        self._store = store
        self._clock = clock
        self._act = act

    def reconcile(self, key: Key, wanted: Export | None) -> Outcome:
        if wanted is None or wanted.status != "IN_PROGRESS":
            return Outcome()
        scratch = pack(("dynamodb.exported", wanted.arn))
        copy_items(self._store, wanted.definition, scratch, wanted.moment)
        wanted.status = "COMPLETED"
        try:
            self._act(wanted.account, wanted.region, "dynamodb", "", lambda ctx: self._write(ctx, wanted, scratch))
        except AwsError as error:
            fail(wanted, error, self._clock().replace(microsecond=0))
        erase(self._store, scratch, after(scratch))
        wanted.ended = wanted.ended or self._clock().replace(microsecond=0)
        return Outcome(write=lambda tx: _settle(tx, wanted))

    async def _write(self, ctx: Context, export: Export, scratch: bytes) -> None:
        """The objects of an export, the summary last. Raises S3's errors."""
        export.item_count = export.size_bytes = 0
        entries = []
        schema = Schema(export.definition).under(own_cipher(ctx, export.definition))
        for number, (count, lines) in enumerate(self._files(export, schema, scratch)):
            body = gzip.compress(lines, mtime=0)
            name = base64.b32encode(hashlib.sha256(f"{export.arn}/{number}".encode()).digest())[:26].decode().lower()
            key = f"{export.folder}/data/{name}.json.gz"
            answer = await _put(ctx, export, key, body)
            checksum = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
            etag = str(answer["e_tag"]).strip('"')
            entries.append({"itemCount": count, "md5Checksum": checksum, "etag": etag, "dataFileS3Key": key})
        export.ended = self._clock().replace(microsecond=0)
        manifest = f"{export.folder}/manifest-files"
        await _put_with_checksum(ctx, export, manifest, b"".join(_json(entry) + b"\n" for entry in entries))
        await _put_with_checksum(ctx, export, f"{export.folder}/manifest-summary", _json(_summary(export, manifest)))

    def _files(self, export: Export, schema: Schema, scratch: bytes) -> Iterator[tuple[int, bytes]]:
        """How many items each file has, and its lines; one at least."""
        low, more, written = scratch, True, False
        while more or not written:
            lines = bytearray()
            count = 0
            while more and len(lines) < _LARGEST:
                with self._store.snapshot() as tx:
                    pairs = tx.table.range(low, after(scratch), AT_ONCE, False)
                for _, data in pairs:
                    found = items.stored(schema, data)
                    lines += b'{"Item":' + found.document + b"}\n"
                    export.size_bytes += found.size
                count += len(pairs)
                more = len(pairs) == AT_ONCE
                low = pairs[-1][0] + b"\0" if more else low
            export.item_count += count
            if count or not written:
                yield count, bytes(lines)
            written = True


def _settle(tx: Transaction, done: Export) -> None:
    if tx.get(Export, *done.key_values()) is not None:
        tx.put(done)


async def _put(ctx: Context, export: Export, key: str, body: bytes) -> Any:
    sealed: dict[str, Any] = {"server_side_encryption": "AES256"}
    if export.sse_algorithm == "KMS":
        sealed = {"server_side_encryption": "aws:kms", "ssekms_key_id": export.sse_key}
    return await ctx.wait("s3", "put_object", bucket=export.bucket, key=key, body=body, **sealed)


async def _put_with_checksum(ctx: Context, export: Export, name: str, body: bytes) -> None:
    await _put(ctx, export, f"{name}.json", body)
    checksum = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest())
    await _put(ctx, export, f"{name}.checksum", checksum)


def _summary(export: Export, manifest: str) -> dict[str, Any]:
    return {
        "version": "2020-06-30",
        "exportArn": export.arn,
        "startTime": _text(export.started),
        "endTime": _text(export.ended),
        "tableArn": table_arn(export.definition),
        "tableId": export.definition.table_id,
        "exportTime": _text(export.time),
        "s3Bucket": export.bucket,
        "s3Prefix": export.prefix or None,
        "s3SseAlgorithm": export.sse_algorithm,
        "s3SseKmsKeyId": export.sse_key,
        "manifestFilesS3Key": f"{manifest}.json",
        "billedSizeBytes": export.size_bytes,
        "itemCount": export.item_count,
        "outputFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
    }


def _text(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z" if moment is not None else None
