"""What a machine engine is told. Plain values without AWS's records, so that the engine knows no service."""

from typing import Protocol

from msgspec import Struct


class Disk(Struct, frozen=True):
    """A volume as a block device of a machine."""

    volume: str
    device: str
    """The name in the machine, without `/dev/`: `xvdf`."""
    read_only: bool = False


class Seal(Struct, frozen=True):
    """The data keys, 64 bytes each, of an encrypted volume that is made. Nobody writes them down, and no log has
    them."""

    key: bytes
    source: bytes = b""
    """Of the snapshot or image that it is made of, where that is encrypted under another key: all is encrypted anew."""

    def __repr__(self) -> str:
        return "Seal(...)"


class Machine(Struct, frozen=True):
    """A machine that should run."""

    id: str
    image: str
    """The engine's name of the image (a stack of read-only layers) that its root volume lies on."""
    root: str
    """The root volume: a writable layer on the image, of `Volumes.create_root`."""
    host_name: str
    vcpus: float
    memory_mib: int
    tasks: int = 4096
    """The most processes and threads."""
    disks: tuple[Disk, ...] = ()


class State(Struct, frozen=True):
    """What the engine sees of a machine."""

    id: str
    running: bool
    pid: int = 0
    """Its first process, while it runs."""
    started: float = 0.0
    """Unix time."""
    ended: str = ""
    """Why it does not run any more, when it is known: `shutdown` (from inside, or asked for), `reboot`, `died`."""


class DiskUse(Struct, frozen=True):
    """What a volume's device has done since it is there; another device of the volume counts anew."""

    device: str
    reads: int = 0
    bytes_read: int = 0
    read_seconds: float = 0.0
    """Of all reads together, which may go side by side."""
    writes: int = 0
    bytes_written: int = 0
    write_seconds: float = 0.0
    in_flight: int = 0
    """Operations that have not ended yet."""
    busy_seconds: float = 0.0
    """In which there was anything to do."""
    waited_seconds: float = 0.0
    """Those of all operations together: per second of the clock, how many were in the queue."""


class Usage(Struct, frozen=True):
    """What a machine that runs has used since its start."""

    started: float
    """Unix time: what began at another time counts anew."""
    processor_seconds: float
    disks: dict[str, DiskUse] = {}
    """By volume, the root among them."""


class ImageProgress(Struct, frozen=True):
    """A step of the making of an image, to show to a person."""

    step: str
    done: float
    """From 0 to 1."""


class MachineFailed(Exception):
    """A machine, an image or a volume could not be had; the message says why, and nothing half-made is left."""


class Machines(Protocol):
    """The machine engine. Every method may be repeated at no harm; none blocks for longer than part of a second."""

    def start(self, machine: Machine) -> State:
        """Boot it, unless it runs. Raises `MachineFailed`."""
        ...

    def stop(self, machine_id: str, *, force: bool = False) -> None:
        """Ask it to shut down (SIGRTMIN+4 to its init), or kill it. `states` tells when it is over."""
        ...

    def reboot(self, machine_id: str) -> None:
        """Restart it with the same root, disks, network and id."""
        ...

    def states(self) -> dict[str, State]:
        """All machines that run, and those that have ended and were not forgotten yet. It is cheap."""
        ...

    def forget(self, machine_id: str) -> None:
        """Clean up what is left of a machine that does not run (mounts, cgroups, its console log stays until
        `remove`)."""
        ...

    def remove(self, machine_id: str) -> None:
        """Forget it and its console log. Its volumes are the caller's to delete."""
        ...

    def console(self, machine_id: str) -> bytes:
        """The last 64 KiB of what it wrote to its console, also after it ended."""
        ...

    def attach(self, machine_id: str, disk: Disk) -> None:
        """Give a running machine a block device."""
        ...

    def detach(self, machine_id: str, volume: str, *, force: bool = False) -> None:
        """Take it away. Raises `MachineFailed` while it is mounted, unless forced."""
        ...


class Meters(Protocol):
    """What is told of machines besides, whichever engine has them."""

    def usage(self) -> dict[str, Usage]:
        """What machines that run have used since their start. Raises `MachineFailed` where nobody can say."""
        ...


class Volumes(Protocol):
    """Volumes, snapshots and images on disk. Sizes are in GiB."""

    def create_root(self, volume: str, size: int, image: str, seal: Seal | None = None) -> None:
        """A writable layer on an image, which cannot grow over its size; encrypted where there is a seal. What the
        image has of an encrypted snapshot comes into the layer."""
        ...

    def create(self, volume: str, size: int, snapshot: str = "", seal: Seal | None = None) -> None:
        """An empty volume, or one with a snapshot's content; encrypted where there is a seal. Of an encrypted snapshot
        only encrypted volumes are made. A snapshot of an encrypted volume has that volume's key."""
        ...

    def unlock(self, volume: str, key: bytes) -> None:
        """Let a machine use an encrypted volume: to be called before `Machines.start` and `Machines.attach`. It stays
        so until the machine ends (not: until it reboots) or the volume is detached, also when this process ends.
        Raises `MachineFailed` for another volume's key."""
        ...

    def grow(self, volume: str, size: int) -> None: ...

    def grow_file_system(self, volume: str) -> None:
        """Let the ext4 file system that a machine has mounted from a volume fill it, while it is used. Raises
        `MachineFailed`."""
        ...

    def delete(self, volume: str) -> None: ...

    def snapshot(self, volume: str, snapshot: str) -> None:
        """Keep a volume's content as it is now. It is consistent also while a machine uses the volume."""
        ...

    def delete_snapshot(self, snapshot: str) -> None: ...

    def image_from_snapshot(self, image: str, snapshot: str) -> None:
        """An image whose root is a snapshot of a root volume."""
        ...

    def delete_image(self, image: str) -> None: ...

    def images(self) -> set[str]:
        """The images that are there, built ones (`debian-12`) and those of snapshots."""
        ...

    def build_image(self, image: str) -> ImageProgress:
        """Have an image of a recipe as it is today: begins to build it, in the background, where it is lacking. `done`
        is 1 once it is there. Raises `MachineFailed` for one that could not be built, and then begins anew."""
        ...

    def building(self) -> dict[str, ImageProgress]:
        """The images that are being built, by name, and how far each is."""
        ...
