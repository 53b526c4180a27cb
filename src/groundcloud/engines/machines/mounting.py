"""What a machine's root asks of the mount service, and the mounts that answer it."""

import contextlib
import errno
import os

import msgspec
from msgspec import Struct

from groundcloud.engines.machines import devices, kernel
from groundcloud.engines.machines.entry import Entry
from groundcloud.engines.machines.roots import in_thread
from groundcloud.engines.machines.volumes import FileVolumes
from groundcloud.engines.machines.wanted import Disk, MachineFailed

KINDS = ("ext4", "xfs", "btrfs")


class Mount(Struct, frozen=True, forbid_unknown_fields=True):
    """A request: mount one of the machine's disks."""

    device: str
    target: str
    kind: str
    options: tuple[str, ...] = ()


_FLAGS = {"ro": kernel.MOUNT_ATTR_RDONLY, "nosuid": kernel.MOUNT_ATTR_NOSUID, "noexec": kernel.MOUNT_ATTR_NOEXEC}
_WITHOUT_EFFECT = {
    "rw", "defaults", "exec", "suid", "dev", "nodev", "auto", "noauto", "nofail", "relatime", "nouser", "async",
    "_netdev", "user", "users",
}  # fmt: skip
_ATTRIBUTES = {"noatime": kernel.MOUNT_ATTR_NOATIME, "nodiratime": kernel.MOUNT_ATTR_NODIRATIME}
_OF_THE_FILE_SYSTEM = {
    "discard",
    "nobarrier",
    "nouuid",
    "noquota",
    "data=ordered",
    "errors=remount-ro",
    "errors=continue",
}
"""Options of file systems that a machine may give. Others are refused: some would harm the host (errors=panic)."""


def answer(entry: Entry, volumes: FileVolumes, request: bytes) -> None:
    """Do what was asked for. Raises `MachineFailed` and OSError, whose text the machine's root reads."""
    try:
        wanted = msgspec.json.decode(request, type=Mount)
    except msgspec.DecodeError as error:
        raise MachineFailed(f"this is no request: {error}") from error
    with entry.lock:
        if entry.supervisor is None:
            raise MachineFailed("the machine does not run")
        disk = _disk(entry, wanted.device)
        device = volumes.device(disk.volume)
    # without the lock: a machine that makes this wait can still be ended
    attributes, options = options_of(wanted, read_only=disk.read_only)
    in_thread(lambda: _mount(entry, wanted, device, attributes, options))


def _disk(entry: Entry, device: str) -> Disk:
    for disk in entry.machine.disks:
        if device == f"/dev/{disk.device}":
            return disk
    raise MachineFailed(f"{device} is no disk of this machine")


def options_of(wanted: Mount, *, read_only: bool) -> tuple[int, dict[str, str | None]]:
    """The attributes of the mount, and the file system's own options. Raises `MachineFailed`."""
    if wanted.kind not in KINDS:
        raise MachineFailed(f"unknown filesystem type '{wanted.kind}'")
    attributes = kernel.MOUNT_ATTR_NODEV  # its nodes would be the host's devices
    options: dict[str, str | None] = {}
    if wanted.kind == "ext4":
        options["errors"] = "remount-ro"  # or its superblock may ask the host to panic
    for option in wanted.options:
        if option in _FLAGS or option in _ATTRIBUTES:
            attributes |= _FLAGS.get(option, 0) | _ATTRIBUTES.get(option, 0)
        elif option in _OF_THE_FILE_SYSTEM:
            name, _, value = option.partition("=")
            options[name] = value or None
        elif option not in _WITHOUT_EFFECT and not option.startswith(("x-", "comment=")):
            raise MachineFailed(f"the option {option} is not supported")
    if read_only:
        attributes |= kernel.MOUNT_ATTR_RDONLY
        options["ro"] = None
    return attributes, options


def _mount(entry: Entry, wanted: Mount, device: str, attributes: int, options: dict[str, str | None]) -> None:
    mount = kernel.new_mount(wanted.kind, {"source": device, **options}, attributes)
    try:
        namespace = os.open(f"/proc/{entry.leader}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        try:
            kernel.map_ids(mount, namespace)
        finally:
            os.close(namespace)
        devices.enter_machine(entry)
        target = os.open(wanted.target, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            kernel.place_at(mount, target)
        finally:
            os.close(target)
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise MachineFailed(f"{wanted.device} cannot be mounted at {wanted.target}: {error}") from error
        raise
    finally:
        with contextlib.suppress(OSError):
            os.close(mount)
