"""Encrypted volumes: a file whose bytes are worth nothing without the volume's data key.

The file holds an ext4 file system with one folder under an fscrypt policy (AES-256-XTS), and in it a sparse file: the
disk. Only the kernel holds the key, and only as long as a loop device has that file: the mount is nowhere in the tree,
and goes with the device. So whoever restarts this process finds open volumes as they are. Kernel documentation:
Documentation/filesystems/fscrypt.rst. What it does not hide: how large the disk is, and where it has data.
"""

import contextlib
import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

from groundcloud.engines.machines import copies, kernel, loops
from groundcloud.engines.machines.wanted import MachineFailed

KEY_SIZE = 64
"""Bytes of a data key: what AES-256-XTS takes."""

_ADD_KEY, _SET_POLICY = 0xC0506617, 0x800C6613
_AES_256_XTS, _AES_256_CTS, _PAD_32 = 1, 4, 3
_TO_GROW = 16 << 30
"""Bytes that a disk can grow by while it is used. To grow further the kernel must let root resize ext4 online
(CAP_SYS_RESOURCE), which some containers' roots may not; else it grows when it is unlocked the next time."""
_FOLDER, _DISK = "sealed", "disk"
_MKFS = ("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "encrypt", "-N", "16", "-J", "size=4", "-b", "4096",
         "-E", "assume_storage_prezeroed=1,nodiscard,root_owner=0:0")  # fmt: skip


def make(path: Path, size: int, key: bytes) -> None:
    """An encrypted disk of so many bytes, all zeros. Raises `MachineFailed` and OSError."""
    copies.empty(path, _around(size + _TO_GROW))
    try:
        subprocess.run([*_MKFS, str(path)], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise MachineFailed(f"mkfs.ext4 failed: {error.stderr.decode(errors='replace').strip()}") from error
    with _opened(path, key) as (top, identifier):
        os.mkdir(_FOLDER, 0o700, dir_fd=top)
        folder = os.open(_FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=top)
        try:
            policy = struct.pack("=BBBBBBBB16s", 2, _AES_256_XTS, _AES_256_CTS, _PAD_32, 0, 0, 0, 0, identifier)
            _policy(folder, policy)
            disk = os.open(_DISK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
            try:
                os.truncate(disk, size)
                os.fsync(disk)
            finally:
                os.close(disk)
        finally:
            os.close(folder)


def _policy(folder: int, policy: bytes) -> None:
    try:
        fcntl.ioctl(folder, _SET_POLICY, policy)
    except OSError as error:
        raise MachineFailed(f"the host's kernel cannot encrypt files (CONFIG_FS_ENCRYPTION): {error}") from error


def _around(size: int) -> int:
    """Bytes of a file that holds an encrypted disk: what describes where its blocks lie comes on top."""
    return size + size // 64 + (64 << 20)


@contextlib.contextmanager
def disk(path: Path, key: bytes, size: int = 0, *, read_only: bool = False) -> Iterator[int]:
    """The decrypted disk in a file, as an open descriptor; grown to `size` bytes where it is smaller. Raises
    `MachineFailed` for a wrong key, and OSError."""
    if _is_too_small(path, size):
        os.truncate(path, _around(size))
        for program in (["e2fsck", "-fp", str(path)], ["resize2fs", str(path)]):
            subprocess.run(program, capture_output=True, check=False)
    with _opened(path, key, read_only=read_only) as (top, _):
        opened = _disk_of(top, read_only=read_only)
        try:
            if os.fstat(opened).st_size < size:
                os.truncate(opened, size)
            yield opened
            if not read_only:
                os.fsync(opened)
        finally:
            os.close(opened)


def unlock(path: Path, key: bytes, size: int) -> str:
    """The loop device of an encrypted disk, which stays until `lock`."""
    known = device(path)
    if known:
        return known
    with disk(path, key, size) as opened:
        made = loops.attach(Path(f"/proc/self/fd/{opened}"), stays=True)
        try:
            return loops.path_of(made)
        finally:
            os.close(made)


def device(path: Path) -> str:
    """The loop device of the disk in a file; nothing while it is locked."""
    around = loops.found(path)
    inner = unlocked() if around else {}
    return next((inner[each] for each in around if each in inner), "")


def unlocked() -> dict[str, str]:
    """The loop devices of all disks that are unlocked, by those of the files that they are in."""
    inner = [each for file, each in loops.all_found() if file == Path("/", _FOLDER, _DISK)]
    return {loops.lies_on(each): each for each in inner}


def is_going(path: Path) -> bool:
    """Whether a disk that was locked is still open: by a machine that has just ended."""
    known = device(path)
    return bool(known) and loops.goes(known)


def lock(path: Path) -> None:
    """Take the key from the kernel, as soon as nobody has the disk open."""
    known = device(path)
    if known:
        loops.clear(known)


def grow(path: Path, size: int) -> None:
    """Make an unlocked disk as large as this; one that is locked grows when it is unlocked."""
    known = device(path)
    if not known:
        return
    if _is_too_small(path, size):
        before = path.stat().st_size
        os.truncate(path, _around(size))
        loops.resized(path)
        if not copies.grow_ext4(path, _around(size)):
            os.truncate(path, before)
            loops.resized(path)
            raise MachineFailed(f"{path.name} cannot grow so much while it is used")
    for mount in copies.mounts_of(path):
        try:
            opened = _disk_of(mount)
        finally:
            os.close(mount)
        try:
            os.truncate(opened, size)
        finally:
            os.close(opened)
    loops.see_size(known)


@contextlib.contextmanager
def still(path: Path) -> Iterator[None]:
    """Let nobody write into an encrypted disk, nor into the file around it, and have all of it on the disk."""
    known = device(path)
    with contextlib.ExitStack() as stack:
        if known:
            stack.enter_context(copies.frozen([known]))
            copies.flush(Path(known))
        stack.enter_context(copies.still(path))
        yield


# -- how


def _is_too_small(path: Path, size: int) -> bool:
    return path.stat().st_size < _around(size)


@contextlib.contextmanager
def _opened(path: Path, key: bytes, *, read_only: bool = False) -> Iterator[tuple[int, bytes]]:
    """The file system in a file, mounted nowhere, with the key: its top folder, and the key's identifier."""
    loop = loops.attach(path, read_only=read_only)
    try:
        options: dict[str, str | None] = {"source": loops.path_of(loop)}
        options |= {"ro": None} if read_only else {"discard": None}
        mount = kernel.new_mount("ext4", options)
    finally:
        os.close(loop)
    try:
        top = os.open(f"/proc/self/fd/{mount}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield top, _add_key(top, key)
        finally:
            os.close(top)
    finally:
        os.close(mount)


def _add_key(top: int, key: bytes) -> bytes:
    """Give the kernel a key for one file system: `struct fscrypt_add_key_arg` with the key after it. Its identifier."""
    if len(key) != KEY_SIZE:
        raise MachineFailed(f"a data key has {KEY_SIZE} bytes")
    argument = bytearray(struct.pack("=II32sII32s", 2, 0, b"", len(key), 0, b"") + key)
    try:
        fcntl.ioctl(top, _ADD_KEY, argument)
    except OSError as error:
        raise MachineFailed(f"the host's kernel takes no key for files (CONFIG_FS_ENCRYPTION): {error}") from error
    identifier = bytes(argument[8:24])
    argument[:] = bytes(len(argument))
    return identifier


def _disk_of(top: int, *, read_only: bool = False) -> int:
    """The disk's descriptor. Without its key the kernel does not find the name."""
    try:
        flags = (os.O_RDONLY if read_only else os.O_RDWR) | os.O_CLOEXEC
        return os.open(f"{_FOLDER}/{_DISK}", flags, dir_fd=top)
    except FileNotFoundError as error:
        raise MachineFailed("the key is not this volume's") from error
