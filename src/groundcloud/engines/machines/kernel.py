"""The kernel's calls for mounts and namespaces that Python has no function for. Each raises OSError.

Mount namespaces belong to threads: `own_mounts` gives the calling thread one of its own, which the programs that it
starts inherit, and which ends with the last of them, mounts and all. It must be a thread made for that.
"""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from ctypes import c_char_p, c_int, c_long, c_uint, c_uint64

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = c_long

_OPEN_TREE, _MOVE_MOUNT, _FSOPEN, _FSCONFIG, _FSMOUNT, _MOUNT_SETATTR = 428, 429, 430, 431, 432, 442
"""The numbers are the same on every architecture (since Linux 5.2, mount_setattr 5.12)."""

CLONE_FS, CLONE_NEWNS = 0x200, 0x20000
MS_REC, MS_SLAVE = 0x4000, 0x80000
MNT_DETACH, UMOUNT_NOFOLLOW = 2, 8
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE, _AT_NO_AUTOMOUNT = -100, 0x1000, 0x8000, 0x800
_OPEN_TREE_CLONE = 1
_MOVE_MOUNT_F_EMPTY_PATH, _MOVE_MOUNT_T_EMPTY_PATH = 0x4, 0x40
_FSCONFIG_SET_FLAG, _FSCONFIG_SET_STRING, _FSCONFIG_CMD_CREATE = 0, 1, 6
_CLOEXEC = 1
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 0x1, 0x2, 0x4, 0x8
MOUNT_ATTR_NOATIME, MOUNT_ATTR_NODIRATIME = 0x10, 0x80
_MOUNT_ATTR_IDMAP = 0x100000
_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP = 28, 4


class _MountAttr(ctypes.Structure):
    _fields_ = [
        ("attr_set", c_uint64),
        ("attr_clr", c_uint64),
        ("propagation", c_uint64),
        ("userns_fd", c_uint64),
    ]


def _syscall(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(c_long(number), *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _checked(result: int) -> None:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def sync(folder: str | os.PathLike[str]) -> None:
    """Have all that was written into a folder's file system on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _checked(_libc.syncfs(c_int(descriptor)))
    finally:
        os.close(descriptor)


def own_mounts() -> None:
    """Give this thread a mount namespace, to which the host's mounts come, but from which none goes out."""
    _checked(_libc.unshare(c_int(CLONE_NEWNS)))
    _checked(_libc.mount(None, c_char_p(b"/"), None, c_long(MS_REC | MS_SLAVE), None))


def enter(namespace: int, kind: int) -> None:
    """Move this thread into a namespace, given by its descriptor."""
    if kind == CLONE_NEWNS:
        _checked(_libc.unshare(c_int(CLONE_FS)))
    _checked(_libc.setns(c_int(namespace), c_int(kind)))


@contextlib.contextmanager
def acting_as(user: int) -> Iterator[None]:
    """Make files and mounts in this thread as another user, and keep every capability meanwhile."""
    _checked(_libc.prctl(c_int(_PR_SET_SECUREBITS), c_long(_SECBIT_NO_SETUID_FIXUP), c_long(0), c_long(0), c_long(0)))
    try:
        _libc.setfsuid(c_int(user))
        _libc.setfsgid(c_int(user))
        yield
    finally:
        _libc.setfsuid(c_int(0))
        _libc.setfsgid(c_int(0))
        _checked(_libc.prctl(c_int(_PR_SET_SECUREBITS), c_long(0), c_long(0), c_long(0), c_long(0)))


def unmount(path: str) -> None:
    """Take a mount away, as soon as nobody uses it."""
    _checked(_libc.umount2(c_char_p(os.fsencode(path)), c_int(MNT_DETACH | UMOUNT_NOFOLLOW)))


def unmount_now(path: str) -> None:
    """Take a mount away, or raise OSError (EBUSY)."""
    _checked(_libc.umount2(c_char_p(os.fsencode(path)), c_int(UMOUNT_NOFOLLOW)))


def clone_tree(path: str, at: int = _AT_FDCWD) -> int:
    """A mount of a folder or file, which is not yet anywhere: its descriptor."""
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_NO_AUTOMOUNT
    return _syscall(_OPEN_TREE, c_int(at), c_char_p(os.fsencode(path)), c_uint(flags))


def map_ids(mount: int, user_namespace: int, attributes: int = 0) -> None:
    """Show a mount that is not yet anywhere with the owners of a user namespace."""
    attr = _MountAttr(attr_set=_MOUNT_ATTR_IDMAP | attributes, userns_fd=user_namespace)
    _set_attributes(mount, attr)


def restrict(mount: int, attributes: int) -> None:
    """Make a mount read-only, nosuid or nodev."""
    _set_attributes(mount, _MountAttr(attr_set=attributes))


def _set_attributes(mount: int, attr: _MountAttr) -> None:
    size = ctypes.sizeof(attr)
    _syscall(_MOUNT_SETATTR, c_int(mount), c_char_p(b""), c_uint(_AT_EMPTY_PATH), ctypes.byref(attr), c_long(size))


def new_mount(kind: str, options: dict[str, str | None], attributes: int = 0) -> int:
    """A mount of a new file system, which is not yet anywhere: its descriptor. An option without a value is a flag."""
    context = _syscall(_FSOPEN, c_char_p(kind.encode()), c_uint(_CLOEXEC))
    try:
        for name, value in options.items():
            _configure(context, _FSCONFIG_SET_FLAG if value is None else _FSCONFIG_SET_STRING, name, value)
        _configure(context, _FSCONFIG_CMD_CREATE, None, None)
        return _syscall(_FSMOUNT, c_int(context), c_uint(_CLOEXEC), c_uint(attributes))
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}{_said(context)}") from error
    finally:
        os.close(context)


def _configure(context: int, command: int, name: str | None, value: str | None) -> None:
    key = c_char_p(None if name is None else name.encode())
    text = c_char_p(None if value is None else os.fsencode(value))
    _syscall(_FSCONFIG, c_int(context), c_uint(command), key, text, c_int(0))


def _said(context: int) -> str:
    """What the kernel says about a mount that it refused."""
    lines = []
    try:
        while line := os.read(context, 1024):
            lines.append(line.decode(errors="replace").strip())
    except OSError:  # ENODATA: that was all
        pass
    return "".join(f"; {line}" for line in lines)


def place(mount: int, path: str) -> None:
    """Put a mount that is not yet anywhere on a path of this thread's mount namespace."""
    target = c_char_p(os.fsencode(path))
    _syscall(_MOVE_MOUNT, c_int(mount), c_char_p(b""), c_int(_AT_FDCWD), target, c_uint(_MOVE_MOUNT_F_EMPTY_PATH))


def place_at(mount: int, target: int) -> None:
    """The same on a folder or file that is open (O_PATH)."""
    flags = _MOVE_MOUNT_F_EMPTY_PATH | _MOVE_MOUNT_T_EMPTY_PATH
    _syscall(_MOVE_MOUNT, c_int(mount), c_char_p(b""), c_int(target), c_char_p(b""), c_uint(flags))
