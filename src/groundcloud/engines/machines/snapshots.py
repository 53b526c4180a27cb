"""Snapshots on disk: what has not changed since an earlier one of the same volume takes no room again.

Where the host's file system shares blocks of files, a snapshot is a file. Elsewhere it is a folder of blocks of 512 KiB
(as EBS's are), and a block that an earlier snapshot has too is another name, a hard link, of the same file. So any
snapshot can be deleted at any time, and what others need of it stays.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from groundcloud.engines.machines import copies, kernel

BLOCK = 512 * 1024
_PAGE = 4096
_ZEROS = bytes(BLOCK)
_IN_A_FOLDER = 1024


def write(volume: Path, snapshot: Path, before: Sequence[Path], still: AbstractContextManager[None]) -> None:
    """A snapshot of a file, which stands `still` as long as it is read; `before` are earlier ones, of which the first
    that is there counts. Raises `MachineFailed`, and leaves nothing."""
    if copies.can_share(volume, snapshot.parent):
        with still:
            copies.make(snapshot, lambda made: copies.copy(volume, made))
        return
    earlier = next((each for each in before if each.is_dir()), None)
    made = snapshot.with_name(f".{snapshot.name}.{os.getpid()}")
    shutil.rmtree(made, ignore_errors=True)
    with copies.cleaned(made), open(volume, "rb") as source:
        made.mkdir(mode=0o700)
        with still:
            for index, content in _blocks(source.fileno()):
                _add(made, earlier, index, content)
            (made / "size").write_text(str(os.fstat(source.fileno()).st_size))
        kernel.sync(made)
        made.replace(snapshot)


def _blocks(source: int) -> Iterator[tuple[int, bytes]]:
    """The blocks that are not zeros."""
    end = os.fstat(source).st_size
    position = 0
    while position < end:
        start = copies.next_data(source, position)
        if start is None:
            return
        index = start // BLOCK
        content = os.pread(source, BLOCK, index * BLOCK)
        if content != _ZEROS[: len(content)]:
            yield index, content
        position = (index + 1) * BLOCK


def _place(snapshot: Path, index: int) -> Path:
    return snapshot / f"{index // _IN_A_FOLDER:x}" / f"{index % _IN_A_FOLDER:x}"


def _add(made: Path, earlier: Path | None, index: int, content: bytes) -> None:
    place = _place(made, index)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    if earlier is not None:
        known = _place(earlier, index)
        with contextlib.suppress(FileNotFoundError):
            if known.read_bytes() == content:
                try:
                    os.link(known, place)
                    return
                except OSError as error:
                    if error.errno != errno.EMLINK:  # a file has 65,000 names at most
                        raise
    with open(place, "wb", buffering=0) as block:
        if _ZEROS[:_PAGE] not in content:
            block.write(content)
            return
        for start in range(0, len(content), _PAGE):
            page = content[start : start + _PAGE]
            if page != _ZEROS[: len(page)]:
                os.pwrite(block.fileno(), page, start)
        block.truncate(len(content))


def restore(snapshot: Path, target: Path, size: int = 0) -> None:
    """A file with a snapshot's content, of so many bytes at least. Raises OSError."""
    if not snapshot.is_dir():
        copies.copy(snapshot, target, size)
        return
    with open(target, "wb") as new:
        for folder in snapshot.iterdir():
            for block in folder.iterdir() if folder.is_dir() else ():
                index = int(folder.name, 16) * _IN_A_FOLDER + int(block.name, 16)
                with open(block, "rb") as old:
                    copies.copy_data(old.fileno(), new.fileno(), index * BLOCK)
        new.truncate(max(size, int((snapshot / "size").read_text())))


@contextlib.contextmanager
def whole(snapshot: Path, beside: Path) -> Iterator[Path]:
    """A snapshot as a file to read; one that is put together goes with the context. `beside`: in which folder."""
    if not snapshot.is_dir():
        yield snapshot
        return
    made = beside / f".{snapshot.name}.{os.getpid()}.whole"
    try:
        restore(snapshot, made)
        yield made
    finally:
        made.unlink(missing_ok=True)


def delete(snapshot: Path) -> None:
    """What other snapshots need of it stays."""
    if snapshot.is_dir():
        gone = snapshot.with_name(f".{snapshot.name}.gone")
        shutil.rmtree(gone, ignore_errors=True)  # of a process that ended meanwhile
        snapshot.replace(gone)
        shutil.rmtree(gone)
    else:
        snapshot.unlink(missing_ok=True)
