"""Files that are made whole or not at all, and copies that share blocks where the host's file system can."""

import contextlib
import errno
import fcntl
import os
import shutil
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from groundcloud.engines.machines import kernel, loops
from groundcloud.engines.machines.wanted import MachineFailed

_FICLONE = 0x40049409
_FIFREEZE, _FITHAW = 0xC0045877, 0xC0045878
_EXT4_RESIZE, _BLOCK = 0x40086610, 4096
_CHUNK, _PIECE = 1 << 26, 1 << 22


def make(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name, then give it its own. Raises `MachineFailed`, and leaves nothing."""
    made = path.with_name(f".{path.name}.{os.getpid()}")
    with cleaned(made):
        write(made)
        made.replace(path)


@contextlib.contextmanager
def cleaned(made: Path) -> Iterator[None]:
    """A file or folder that is being made, which is not left behind. Raises `MachineFailed` for OSError."""
    try:
        yield
    except OSError as error:
        raise MachineFailed(_reason(error)) from error
    finally:
        if made.is_dir():
            shutil.rmtree(made, ignore_errors=True)
        else:
            made.unlink(missing_ok=True)


def can_share(file: Path, folder: Path) -> bool:
    """Whether a copy of a file in this folder shares its blocks."""
    made = folder / f".{file.name}.{os.getpid()}.shared"
    try:
        with open(file, "rb") as old, open(made, "wb") as new:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        return True
    except OSError:
        return False
    finally:
        made.unlink(missing_ok=True)


def _reason(error: OSError) -> str:
    return "the host's disk is full" if error.errno == errno.ENOSPC else str(error)


def empty(path: Path, size: int) -> None:
    """A file of so many zeros that takes no room."""
    with open(path, "wb") as made:
        made.truncate(size)


def copy(source: Path, target: Path, size: int = 0) -> None:
    """The bytes of a file, at once where blocks can be shared, else only those that are not zeros."""
    with open(source, "rb") as old, open(target, "wb") as new:
        try:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        except OSError:
            copy_data(old.fileno(), new.fileno())
        new.truncate(max(size, os.fstat(old.fileno()).st_size))


def next_data(file: int, position: int) -> int | None:
    """Where the first byte from a position on is that is not in a hole; None where only a hole is left."""
    try:
        return os.lseek(file, position, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise


def copy_data(old: int, new: int, offset: int = 0) -> None:
    """What is not a hole, to the same places and so many bytes further."""
    end = os.fstat(old).st_size
    position = 0
    while position < end:
        start = next_data(old, position)
        if start is None:
            return
        position = os.lseek(old, start, os.SEEK_HOLE)
        while start < position:
            copied = _copy_range(old, new, start, start + offset, min(_CHUNK, position - start))
            if copied == 0:
                return
            start += copied


def _copy_range(old: int, new: int, start: int, to: int, size: int) -> int:
    try:
        return os.copy_file_range(old, new, size, start, to)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP):
            raise
    content = os.pread(old, min(size, _PIECE), start)  # between file systems the kernel does not do it
    return os.pwrite(new, content, to) if content else 0


@contextlib.contextmanager
def still(file: Path) -> Iterator[None]:
    """Let nobody write into the file system of a volume that is mounted, and have all of it on the disk."""
    with frozen(loops.found(file)):
        flush(file)
        yield


@contextlib.contextmanager
def frozen(devices: Sequence[str]) -> Iterator[None]:
    """Let nobody write into the file systems that are mounted from these devices."""
    mounts = _mounts(devices)
    try:
        for mount in mounts:
            fcntl.ioctl(mount, _FIFREEZE, struct.pack("i", 0))
        yield
    finally:
        for mount in mounts:
            with contextlib.suppress(OSError):
                fcntl.ioctl(mount, _FITHAW, struct.pack("i", 0))
            os.close(mount)


def grow_ext4(file: Path, size: int) -> bool:
    """Make the ext4 of a volume that is mounted as large as the volume; False where it must be unmounted first."""
    return grow_ext4_on(loops.found(file), size)


def grow_ext4_on(devices: Sequence[str], size: int) -> bool:
    """The same by its devices."""
    mounts = _mounts(devices)
    try:
        for mount in mounts:
            fcntl.ioctl(mount, _EXT4_RESIZE, struct.pack("Q", size // _BLOCK))
    except OSError:
        return False
    finally:
        for mount in mounts:
            os.close(mount)
    return bool(mounts)


def mounts_of(file: Path) -> list[int]:
    """The file systems that are mounted from a file: descriptors of their top folders, the caller's to close."""
    return _mounts(loops.found(file))


def _mounts(devices: Sequence[str]) -> list[int]:
    return [mount for device in devices if (mount := _second_mount(device)) is not None]


def _second_mount(device: str) -> int | None:
    """The file system on a device that is mounted somewhere; None when none is."""
    kind = mounted_kind(device)
    if not kind:
        return None
    mount = kernel.new_mount(kind, {"source": device})
    try:
        return os.open(f"/proc/self/fd/{mount}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    finally:
        os.close(mount)


def mounted_kind(device: str) -> str:
    """The type of the file system that is mounted from a device, as ext4, XFS and btrfs tell in /sys."""
    name = Path(device).name
    for kind in ("ext4", "xfs"):
        if Path(f"/sys/fs/{kind}/{name}").is_dir():
            return kind
    if any(Path("/sys/fs/btrfs").glob(f"*/devices/{name}")):
        return "btrfs"
    return ""


def flush(file: Path) -> None:
    """Have all that was written into a file, or a device, on the disk."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
