"""Loop devices: a file as a block device."""

import errno
import fcntl
import os
import stat
import struct
from pathlib import Path

_CONTROL = "/dev/loop-control"
_GET_FREE, _CONFIGURE, _CLR_FD, _SET_CAPACITY = 0x4C82, 0x4C0A, 0x4C01, 0x4C07
_READ_ONLY, _AUTOCLEAR, _DIRECT_IO = 1, 4, 16
_MAJOR = 7
_GET_STATUS, _STATUS_SIZE = 0x4C05, 232
"""`struct loop_info64` of linux/loop.h; it begins with the device, as the kernel's `huge_encode_dev` writes it."""


def attach(file: Path, *, read_only: bool = False, stays: bool = False) -> int:
    """A loop device of a file: its open descriptor. It goes away when nobody has it open, unless it `stays` until
    `clear`. Raises OSError."""
    backing = os.open(file, (os.O_RDONLY if read_only else os.O_RDWR) | os.O_CLOEXEC)
    try:
        for direct in (_DIRECT_IO, 0):  # a file system that cannot do it says EINVAL
            flags = direct | (0 if stays else _AUTOCLEAR) | (_READ_ONLY if read_only else 0)
            try:
                return _attach(backing, flags)
            except OSError as error:
                if error.errno != errno.EINVAL or not direct:
                    raise
    finally:
        os.close(backing)
    raise AssertionError("unreachable")


def opened(volume: Path) -> int:
    """The device of a volume that may be one already, as an encrypted one is: its open descriptor."""
    if stat.S_ISBLK(os.stat(volume).st_mode):
        return os.open(volume, os.O_RDWR | os.O_CLOEXEC)
    return attach(volume)


def _attach(backing: int, flags: int) -> int:
    for _ in range(100):  # between the two calls another process may take the device
        device = _free()
        try:
            fcntl.ioctl(device, _CONFIGURE, _config(backing, flags))
            return device
        except OSError as error:
            os.close(device)
            if error.errno != errno.EBUSY:
                raise
    raise OSError(errno.EBUSY, "no loop device is free")


def _free() -> int:
    control = os.open(_CONTROL, os.O_RDWR | os.O_CLOEXEC)
    try:
        number = fcntl.ioctl(control, _GET_FREE)
    finally:
        os.close(control)
    path = f"/dev/loop{number}"
    if not os.path.exists(path):  # without udev nobody else makes it
        os.mknod(path, 0o60660, os.makedev(_MAJOR, number))
    return os.open(path, os.O_RDWR | os.O_CLOEXEC)


def _config(backing: int, flags: int) -> bytes:
    """`struct loop_config` of linux/loop.h: descriptor, block size, `struct loop_info64`, reserved."""
    info = struct.pack("=QQQQQIIII64s64s32sQQ", 0, 0, 0, 0, 0, 0, 0, 0, flags, b"", b"", b"", 0, 0)
    return struct.pack("=II", backing, 0) + info + bytes(64)


def path_of(device: int) -> str:
    """`/dev/loop3`, of an open loop device."""
    return f"/dev/loop{os.minor(os.fstat(device).st_rdev)}"


def found(file: Path) -> list[str]:
    """The loop devices of a file, whoever made them."""
    return [device for backing, device in all_found() if backing == file]


def resized(file: Path) -> None:
    """Let the loop devices of a file see its new size."""
    for path in found(file):
        see_size(path)


def see_size(path: str) -> None:
    """Let a loop device see the new size of its file."""
    device = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(device, _SET_CAPACITY)
    finally:
        os.close(device)


def lies_on(path: str) -> str:
    """The loop device whose file system has the file of another one; nothing when that has none any more."""
    try:
        device = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        status = bytearray(_STATUS_SIZE)
        fcntl.ioctl(device, _GET_STATUS, status)
    except OSError:
        return ""
    finally:
        os.close(device)
    (number,) = struct.unpack_from("=Q", status)
    return f"/dev/loop{number & 0xFF | number >> 12 & 0xFFF00}" if number >> 8 & 0xFFF == _MAJOR else ""


def clear(path: str) -> None:
    """Take a loop device from its file as soon as nobody has it open."""
    device = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(device, _CLR_FD)
    except OSError as error:
        if error.errno != errno.ENXIO:  # it has none
            raise
    finally:
        os.close(device)


def goes(path: str) -> bool:
    """Whether a loop device goes away when nobody has it open any more: it is nothing to begin something on."""
    try:
        return Path("/sys/block", Path(path).name, "loop/autoclear").read_text().strip() == "1"
    except OSError:  # it has gone
        return True


def all_found() -> list[tuple[Path, str]]:
    """Every loop device with its file."""
    devices = []
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            devices.append((Path(backing.read_text().rstrip("\n")), f"/dev/{backing.parts[3]}"))
        except OSError:  # it has just gone
            continue
    return devices
