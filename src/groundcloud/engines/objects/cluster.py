"""Bytes in a bucket of any S3-compatible cluster (Ceph RGW and its like), in the same sealed chunks as on a disk.

A blob is one object, named by its random id, and is put whole or as an upload in parts that is completed at the end:
nobody sees half of it. A process that is killed before its record is written leaves an object, or an upload, that
nobody names; `scan` finds both for the scrubber. Keeping several copies of the bytes is the cluster's affair.
"""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from threading import Lock
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from groundcloud.engines.objects import Damaged, Digest, Found, Missing, Stored, Unavailable
from groundcloud.engines.objects.chunks import Cipher, Sealing, Span, check, open_span, sealed_size, spans
from groundcloud.engines.objects.pipeline import BATCH, checked, fill, new_id
from groundcloud.engines.objects.place import Place

_PART = 8 << 20
"""Sealed bytes that are held, and sent at once. 10,000 of them are far more than S3's largest part."""
_READ = 4
"""Chunks that are read at once."""
_THREADS = 16
_OWNER = "groundcloud-owner"
"""The object that says whose blobs these are."""


def connect(place: Place) -> Any:
    """A client of the cluster. Checksums of newer SDKs are left out: not every cluster knows them, and every chunk is
    authenticated."""
    config = Config(
        retries={"mode": "standard", "max_attempts": 3},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=2 * _THREADS,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"},
    )
    session = botocore.session.Session(profile=place.profile)
    return session.create_client("s3", place.region, endpoint_url=place.endpoint, config=config)


class ClusterObjects:
    """The engine for more than one machine. Implements `Objects`.

    `owner` is this installation's: blobs of another one under the same prefix would look like orphans, and be removed.
    """

    def __init__(self, place: Place, owner: str, client: Callable[[], Any] | None = None) -> None:
        self._place = place
        self._owner = owner
        self._connect = client or partial(connect, place)
        self._threads = ThreadPoolExecutor(_THREADS, "objects")
        self._turn = Lock()
        self._client: Any = None
        self._unfinished: dict[str, list[str]] = {}
        """Uploads that `scan` has seen, by their blobs."""

    async def put(
        self, source: AsyncIterator[bytes], key: bytes, digests: Sequence[Digest] = (), size: int | None = None
    ) -> Stored:
        blob = new_id()
        writer = _Writer(self, blob, Cipher(key, blob), digests)
        await fill(self._threads, writer, source, size)
        return Stored(blob, writer.size, writer.digest)

    def open(self, blob: str, key: bytes, size: int) -> "ClusterReading":
        """Nothing is asked yet: whether the blob is there shows when it is read."""
        return ClusterReading(self, checked(blob), Cipher(key, blob), size, self._threads)

    async def delete(self, blobs: Iterable[str]) -> None:
        """In passing: what is not removed now, because the cluster does not answer, the scrubber removes."""
        names = list(blobs)
        if names:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._remove_quietly, names)

    def _remove_quietly(self, blobs: list[str]) -> None:
        with suppress(Unavailable):
            self.remove(blobs)

    def remove(self, blobs: Iterable[str]) -> None:
        for blob in blobs:
            for upload in self._unfinished.pop(blob, ()):
                with suppress(Missing):
                    self.call("abort_multipart_upload", Key=self.name(blob), UploadId=upload)
            self.call("delete_object", Key=self.name(blob))

    def check(self, blob: str, size: int, digest: str) -> None:
        with told():
            body = self.call("get_object", Key=self.name(blob))["Body"]
            try:
                check(iter(partial(body.read, BATCH), b""), size, digest)
            finally:
                body.close()

    def scan(self) -> Iterator[Found]:
        yield from self._pages("list_objects_v2", "Contents", "LastModified")
        self._unfinished.clear()
        for found, upload in self._uploads():
            self._unfinished.setdefault(found.blob, []).append(upload)
            yield found

    def _pages(self, operation: str, member: str, written: str) -> Iterator[Found]:
        token: dict[str, str] = {}
        while True:
            page = self.call(operation, Prefix=self._place.prefix, **token)
            for each in page.get(member, ()):
                blob = each["Key"].removeprefix(self._place.prefix)
                if len(blob) == 32 and blob.isalnum():
                    yield Found(blob, each[written])
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def _uploads(self) -> Iterator[tuple[Found, str]]:
        token: dict[str, str] = {}
        while True:
            page = self.call("list_multipart_uploads", Prefix=self._place.prefix, **token)
            for each in page.get("Uploads", ()):
                yield Found(each["Key"].removeprefix(self._place.prefix), each["Initiated"]), each["UploadId"]
            if not page.get("IsTruncated"):
                return
            token = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    # -- what the parts of this module call; all of it blocks

    def name(self, blob: str) -> str:
        return self._place.prefix + checked(blob)

    def call(self, operation: str, **arguments: Any) -> Any:
        """An operation of the cluster on this engine's bucket. Raises `Missing`, `Unavailable`."""
        with told():
            return getattr(self._claimed(), operation)(Bucket=self._place.bucket, **arguments)

    def _claimed(self) -> Any:
        """The client, once it is sure that the place is this installation's, or nobody's until now."""
        with self._turn:
            if self._client is None:
                client = self._connect()
                marker = {"Bucket": self._place.bucket, "Key": self._place.prefix + _OWNER}
                try:
                    found = client.get_object(**marker)["Body"].read().decode()
                except client.exceptions.NoSuchKey:
                    client.put_object(**marker, Body=self._owner.encode())
                    found = self._owner
                if found != self._owner:
                    raise Unavailable(f"{marker['Bucket']}/{marker['Key']} says that another installation is there")
                self._client = client
            return self._client


@contextmanager
def told() -> Iterator[None]:
    """What the cluster refuses is the engine's own error."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "NoSuchUpload", "404"):
            raise Missing(str(error)) from error
        raise Unavailable(str(error)) from error
    except (BotoCoreError, HTTPClientError, OSError) as error:
        raise Unavailable(str(error)) from error


class _Writer:
    """One blob on its way; every method blocks. Small ones are put at once, larger ones in parts."""

    def __init__(self, engine: ClusterObjects, blob: str, cipher: Cipher, digests: Sequence[Digest]) -> None:
        self._engine = engine
        self._name = engine.name(blob)
        self._sealing = Sealing(cipher)
        self._digests = digests
        self._held: list[bytes | memoryview] = []
        self._held_bytes = 0
        self._upload = ""
        self._parts: list[dict[str, Any]] = []
        self._put = False

    @property
    def size(self) -> int:
        return self._sealing.size

    @property
    def digest(self) -> str:
        return self._sealing.digest

    def write(self, pieces: list[bytes]) -> None:
        """Raises `Unavailable`."""
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        for digest in self._digests:
            digest.update(data)
        self._hold(self._sealing.feed(data))

    def _hold(self, sealed: bytes | memoryview) -> None:
        self._held.append(sealed)
        self._held_bytes += len(sealed)
        if self._held_bytes >= _PART:
            self._send()

    def _send(self) -> None:
        """A part of the upload, which begins with the first one."""
        if not self._upload:
            self._upload = self._engine.call("create_multipart_upload", Key=self._name)["UploadId"]
        number = len(self._parts) + 1
        sent = self._engine.call(
            "upload_part", Key=self._name, UploadId=self._upload, PartNumber=number, Body=self._taken()
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})

    def _taken(self) -> bytes:
        data = b"".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        return data

    def finish(self, pieces: list[bytes]) -> None:
        """The rest of the bytes; then the cluster has the blob. Raises `Unavailable`."""
        if pieces:
            self.write(pieces)
        self._hold(self._sealing.finish())
        if not self._upload:
            self._put = True
            self._engine.call("put_object", Key=self._name, Body=self._taken())
            return
        if self._held:
            self._send()
        parts = {"Parts": self._parts}
        self._put = True
        self._engine.call("complete_multipart_upload", Key=self._name, UploadId=self._upload, MultipartUpload=parts)
        self._upload = ""

    def abandon(self) -> None:
        with suppress(Missing, Unavailable):
            if self._upload:
                self._engine.call("abort_multipart_upload", Key=self._name, UploadId=self._upload)
        with suppress(Missing, Unavailable):
            if self._put:
                self._engine.call("delete_object", Key=self._name)


class ClusterReading:
    """Implements `Reading`: one request for a range, read as it is wanted."""

    def __init__(
        self, engine: ClusterObjects, blob: str, cipher: Cipher, size: int, threads: ThreadPoolExecutor
    ) -> None:
        self._engine = engine
        self._blob = blob
        self._cipher = cipher
        self._size = size
        self._threads = threads

    async def pieces(self, offset: int, count: int) -> AsyncIterator[memoryview]:
        wanted = list(spans(self._size, offset, count, _READ))
        if not wanted:
            return
        last = min(wanted[-1].offset + wanted[-1].length, sealed_size(self._size)) - 1
        stream = _Stream(self._engine, self._blob, wanted[0].offset, last)

        loop = asyncio.get_running_loop()

        def read(span: Span) -> memoryview:
            return open_span(self._cipher, span, stream.read(span.length), self._size)

        try:
            coming = loop.run_in_executor(self._threads, read, wanted[0])
            for span in wanted[1:]:
                piece = await coming
                coming = loop.run_in_executor(self._threads, read, span)  # ahead of the reader
                yield piece
            yield await coming
        finally:
            self._threads.submit(stream.close)


class _Stream:
    """The bytes of a range, in their order."""

    def __init__(self, engine: ClusterObjects, blob: str, first: int, last: int) -> None:
        self._engine = engine
        self._name = engine.name(blob)
        self._range = f"bytes={first}-{last}"
        self._turn = Lock()
        self._body: Any = None

    def read(self, count: int) -> bytes:
        """Raises `Missing` before the first byte, `Damaged` when the blob is too short, `Unavailable`."""
        with self._turn, told():
            if self._body is None:
                try:
                    self._body = self._engine.call("get_object", Key=self._name, Range=self._range)["Body"]
                except Unavailable as error:
                    if "InvalidRange" in str(error):
                        raise Damaged("fewer bytes than were written") from error
                    raise
            data: bytes = self._body.read(count)
            return data

    def close(self) -> None:
        with self._turn:
            if self._body is not None:
                self._body.close()


def owner_of(key: bytes) -> str:
    """How an installation signs its place; from its key, which the name does not give away."""
    return hmac.digest(key, b"objects in a cluster", "sha256").hex()[:32]


__all__ = ["ClusterObjects", "connect", "owner_of"]
