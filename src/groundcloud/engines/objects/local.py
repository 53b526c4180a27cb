"""Bytes in local files, by random ids in two levels of folders.

A blob is written to a file that has no name yet, linked into place, and synced together with its folder; only then does
the caller hear of it. A process that is killed before leaves nothing, or a blob that nobody names (the scrubber's).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from threading import local

from groundcloud.engines.objects import Damaged, Digest, Found, Missing, Stored, Unavailable
from groundcloud.engines.objects.chunks import CHUNK, SEALED, Cipher, Sealing, Span, check, open_span, spans
from groundcloud.engines.objects.pipeline import BATCH, ahead, checked, fill, new_id

_READ = 4
"""Chunks that are read at once."""
_READ_WHOLE = 9
"""The same of a range up to a mebibyte, wherever it begins: it comes in one piece."""
_SYNC_EVERY = 32 << 20
"""Bytes after which the disk begins to write, so that the last sync is short."""


class LocalObjects:
    """The embedded engine. Implements `Objects`."""

    def __init__(self, folder: Path, threads: int = 4, writers: int = 4) -> None:
        """Those who write have threads of their own: a read does not wait for a sync."""
        self._folder = folder
        self._threads = ThreadPoolExecutor(threads, "objects")
        self._writers = ThreadPoolExecutor(writers, "writes")
        self._syncs: dict[Path, _FolderSync] = {}

    async def put(
        self, source: AsyncIterator[bytes], key: bytes, digests: Sequence[Digest] = (), size: int | None = None
    ) -> Stored:
        blob = new_id()
        path = self._path(blob)
        writer = _Writer(path, Cipher(key, blob), digests)
        await fill(self._writers, writer, source, size)
        try:
            await self._sync_folder(path.parent)
        except BaseException:
            writer.abandon()
            raise
        writer.close()
        return Stored(blob, writer.size, writer.digest)

    def open(self, blob: str, key: bytes, size: int) -> "LocalReading":
        try:
            descriptor = os.open(self._path(blob), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise Missing(blob) from error
        return LocalReading(_Descriptor(descriptor), Cipher(key, blob), size, self._threads)

    async def delete(self, blobs: Iterable[str]) -> None:
        paths = [self._path(blob) for blob in blobs]
        if paths:
            await asyncio.get_running_loop().run_in_executor(self._threads, _unlink, paths)

    def remove(self, blobs: Iterable[str]) -> None:
        """The same for a thread that may block."""
        _unlink([self._path(blob) for blob in blobs])

    def check(self, blob: str, size: int, digest: str) -> None:
        try:
            with self._path(blob).open("rb", buffering=0) as file:
                check(iter(partial(file.read, BATCH), b""), size, digest)
        except FileNotFoundError as error:
            raise Missing(blob) from error
        except OSError as error:  # a disk that cannot read its own sector
            raise Damaged(str(error)) from error

    def scan(self) -> Iterator[Found]:
        for first in _folders(self._folder):
            for second in _folders(first):
                with suppress(FileNotFoundError), os.scandir(second) as entries:
                    for entry in entries:
                        with suppress(FileNotFoundError):
                            yield Found(entry.name, datetime.fromtimestamp(entry.stat().st_mtime, UTC))

    def _path(self, blob: str) -> Path:
        checked(blob)
        return self._folder / blob[:2] / blob[2:4] / blob

    async def _sync_folder(self, folder: Path) -> None:
        sync = self._syncs.get(folder)
        if sync is None:
            if len(self._syncs) > 64:
                self._syncs = {path: one for path, one in self._syncs.items() if one.busy}
            sync = self._syncs[folder] = _FolderSync(folder, self._threads)
        await sync.wait()


class _FolderSync:
    """Syncs of one folder: who asks while one is running shares the next one."""

    def __init__(self, folder: Path, threads: ThreadPoolExecutor) -> None:
        self._folder = folder
        self._threads = threads
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        return self._running is not None or self._next is not None

    async def wait(self) -> None:
        """Return once a sync that began after this call has ended."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._sync(self._running))
        await asyncio.shield(self._next)

    async def _sync(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait((before,))
        self._running, self._next = self._next, None
        try:
            with _told():
                await asyncio.get_running_loop().run_in_executor(self._threads, _sync_folder, self._folder)
        finally:
            if self._next is None:
                self._running = None


class _Writer:
    """One file being written, from its first bytes on; every method blocks."""

    def __init__(self, path: Path, cipher: Cipher, digests: Sequence[Digest]) -> None:
        self._path = path
        self._sealing = Sealing(cipher)
        self._digests = digests
        self._unsynced = 0
        self._linked = False
        self._descriptor = -1

    @property
    def size(self) -> int:
        return self._sealing.size

    @property
    def digest(self) -> str:
        return self._sealing.digest

    def write(self, pieces: list[bytes]) -> None:
        """Raises `Unavailable`."""
        with _told():
            self._write(pieces)

    def _write(self, pieces: list[bytes]) -> None:
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()  # nobody holds the bytes twice while they are digested
        for digest in self._digests:
            digest.update(data)
        self._put(self._sealing.feed(data, _buffer()))
        if self._unsynced >= _SYNC_EVERY:
            os.fdatasync(self._descriptor)
            self._unsynced = 0

    def finish(self, pieces: list[bytes]) -> None:
        """The rest of the bytes; then the file has its name and its bytes are on the disk. Raises `Unavailable`."""
        with _told():
            if pieces:
                self._write(pieces)
            self._put(self._sealing.finish())
            _link(self._descriptor, self._path)
            self._linked = True
            os.fsync(self._descriptor)

    def _put(self, sealed: bytes | memoryview) -> None:
        if self._descriptor < 0:
            self._descriptor = _unnamed(self._path.parent)
        view = memoryview(sealed)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self._unsynced += len(sealed)

    def abandon(self) -> None:
        if self._linked:
            _unlink([self._path])
        self.close()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def _told() -> Iterator[None]:
    """What the disk refuses is the engine's own error."""
    try:
        yield
    except OSError as error:
        raise Unavailable(str(error)) from error


class _Descriptor:
    """An open file that is closed when nobody holds it any more."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.close(self.number)


class LocalReading:
    """Implements `Reading`."""

    def __init__(self, file: _Descriptor, cipher: Cipher, size: int, threads: ThreadPoolExecutor) -> None:
        self._file = file
        self._cipher = cipher
        self._size = size
        self._threads = threads

    async def pieces(self, offset: int, count: int) -> AsyncIterator[memoryview]:
        chunks = _READ_WHOLE if count <= (_READ_WHOLE - 1) * CHUNK else _READ
        wanted = spans(self._size, offset, count, chunks)
        for span in wanted:
            piece = self._at_hand(span)
            if piece is None:
                async for piece in ahead(self._threads, self._read, chain((span,), wanted)):
                    yield piece
            else:
                yield piece

    def _at_hand(self, span: Span) -> memoryview | None:
        """A span that the kernel has in memory: it is opened sooner than a thread is woken."""
        buffer = _buffer()[: span.length]
        try:
            count = os.preadv(self._file.number, [buffer], span.offset, os.RWF_NOWAIT)
        except OSError:  # EAGAIN: the disk would have to be waited for; or a file system that knows no such reads
            return None
        return open_span(self._cipher, span, buffer, self._size) if count == span.length else None

    def _read(self, span: Span) -> memoryview:
        buffer = _buffer()[: span.length]
        count = os.preadv(self._file.number, [buffer], span.offset)
        return open_span(self._cipher, span, buffer[:count], self._size)


_of_thread = local()


def _buffer() -> memoryview:
    """Where a thread has sealed bytes: one for all its blobs, for a new one costs as much as filling it."""
    found: memoryview | None = getattr(_of_thread, "buffer", None)
    if found is None:
        found = _of_thread.buffer = memoryview(bytearray(_READ_WHOLE * SEALED))
    return found


def _unnamed(folder: Path) -> int:
    """A new file without a name in a folder, which is made, and is on the disk, when it is not there yet."""
    try:
        return os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        _make_folder(folder)
        return os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)


def _make_folder(folder: Path) -> None:
    if not folder.parent.is_dir():
        _make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _sync_folder(folder.parent)


_ROOT = os.open("/", os.O_PATH | os.O_CLOEXEC)


def _link(descriptor: int, path: Path) -> None:
    """Give a file without a name its name. Python follows the link in /proc only when a folder is given as well."""
    os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=_ROOT, follow_symlinks=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except FileNotFoundError:
        return []
