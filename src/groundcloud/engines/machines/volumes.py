"""Volumes as sparse files: one with a file system over which a root lies, or one that is a disk of a machine.

A root volume is ext4 with the folders `upper` and `work`; nothing but the kernel writes into it. Of a data volume this
engine reads nothing (`broker.py` mounts what a machine has made in it).
"""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import msgspec
from msgspec import Struct

from groundcloud.engines.machines import copies, loops, sealed, snapshots
from groundcloud.engines.machines.image.building import Builds
from groundcloud.engines.machines.images import Images
from groundcloud.engines.machines.names import Folders
from groundcloud.engines.machines.wanted import ImageProgress, MachineFailed, Seal

_GIB = 1024**3
_BEFORE = 8
"""Earlier snapshots that are remembered of a volume: the newest of them that is still there saves room."""
_PATIENCE = 3.0
"""Seconds that the end of a machine may take to let go of its root."""
MKFS = ("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "assume_storage_prezeroed=1,nodiscard,root_owner=0:0")
"""A sparse file holds zeros, so nothing needs to be written but the description of the file system."""


class About(Struct, frozen=True):
    """What is known of a volume or a snapshot beside its bytes."""

    size: int
    """GiB."""
    layers: tuple[str, ...] = ()
    """What a root volume lies on, from the bottom; empty for a data volume."""
    sealed: bool = False
    """Its bytes are encrypted (`sealed.py`)."""
    before: tuple[str, ...] = ()
    """Of a volume, the last snapshots that were made of it or that it was made of, the newest first."""


class Source(NamedTuple):
    """What a volume is made of."""

    path: Path
    about: About


class FileVolumes:
    """Volumes, snapshots and images in the engine's folder."""

    def __init__(self, folders: Folders, images: Images) -> None:
        self._folders = folders
        self._images = images
        self._lock = Lock()
        self._held: dict[str, str] = {}
        self._builds = Builds(folders.cache)

    # -- what the contract says

    def create_root(self, volume: str, size: int, image: str, seal: Seal | None = None) -> None:
        path = self._folders.volume(volume)
        if path.exists():
            return
        found = self._images.image(image)
        if found.disk:
            source = Source(self._folders.disk(found.disk), About(found.size, found.layers, sealed=True))
        else:
            source = Source(self._template(size), About(size, found.layers))
        self._make(path, size, source, seal)

    def create(self, volume: str, size: int, snapshot: str = "", seal: Seal | None = None) -> None:
        path = self._folders.volume(volume)
        if path.exists():
            return
        source = None
        if snapshot:
            there = self._folders.snapshot(snapshot)
            found = self._about(there, "snapshot")
            source = Source(there, msgspec.structs.replace(found, before=(snapshot, *found.before)[:_BEFORE]))
        self._make(path, size, source, seal)

    def unlock(self, volume: str, key: bytes) -> None:
        path = self._folders.volume(volume)
        about = self._about(path, "volume")
        if not about.sealed:
            return
        _wait_until(lambda: not sealed.is_going(path), path)
        with self._lock:
            try:
                sealed.unlock(path, key, about.size * _GIB)
            except OSError as error:
                raise MachineFailed(f"{volume} cannot be unlocked: {error}") from error

    def grow(self, volume: str, size: int) -> None:
        path = self._folders.volume(volume)
        about = self._about(path, "volume")
        if size < about.size:
            raise MachineFailed(f"{volume} has {about.size} GiB and cannot shrink to {size}")
        if about.sealed:
            sealed.grow(path, size * _GIB)
        else:
            os.truncate(path, size * _GIB)
            loops.resized(path)
        if about.layers:
            mark = _mark(path)
            mark.touch()
            if self._grow_mounted(path, about, size):
                mark.unlink()
        self._write_about(path, msgspec.structs.replace(about, size=size))

    def grow_file_system(self, volume: str) -> None:
        path = self._folders.volume(volume)
        about = self._about(path, "volume")
        if not self._grow_mounted(path, about, about.size):
            raise MachineFailed(f"the file system of {volume} cannot grow while it is used")

    def delete(self, volume: str) -> None:
        path = self._folders.volume(volume)
        self.lock(volume)
        _wait_until_unused(path)
        for each in (path, _about_file(path), _mark(path)):
            each.unlink(missing_ok=True)

    def snapshot(self, volume: str, snapshot: str) -> None:
        source, path = self._folders.volume(volume), self._folders.snapshot(snapshot)
        if path.exists():
            return
        about = self._about(source, "volume")
        still = sealed.still(source) if about.sealed else copies.still(source)
        snapshots.write(source, path, [self._folders.snapshot(each) for each in about.before], still)
        self._write_about(path, about)
        now = self._about(source, "volume")  # it may have grown meanwhile
        self._write_about(source, msgspec.structs.replace(now, before=(snapshot, *now.before)[:_BEFORE]))

    def delete_snapshot(self, snapshot: str) -> None:
        path = self._folders.snapshot(snapshot)
        snapshots.delete(path)
        _about_file(path).unlink(missing_ok=True)

    def image_from_snapshot(self, image: str, snapshot: str) -> None:
        source = self._folders.snapshot(snapshot)
        about = self._about(source, "snapshot")
        if not about.layers:
            raise MachineFailed(f"{snapshot} is of no root volume")
        if about.sealed:
            self._images.add_disk(image, source, about.layers, about.size)
        else:
            self._images.add_layer(image, source, about.layers)

    def delete_image(self, image: str) -> None:
        self._images.delete(image)

    def images(self) -> set[str]:
        return self._images.names()

    def build_image(self, image: str) -> ImageProgress:
        return self._builds.build(image)

    def building(self) -> dict[str, ImageProgress]:
        return self._images.building()

    # -- for the machine engine

    def layers_of(self, root: str, image: str) -> list[Path]:
        """The trees that a root volume lies on, from the bottom. Raises `MachineFailed`."""
        about = self._about(self._folders.volume(root), "volume")
        if not about.layers:
            raise MachineFailed(f"{root} is no root volume")
        found = [self._folders.layer(layer) for layer in about.layers]
        for path in found:
            if not path.is_dir():
                raise MachineFailed(f"the image {image} is not here any more: {path.name} is missing")
        return found

    def ready_root(self, root: str) -> Path:
        """The file, or for an encrypted one the device, of a root volume that no other machine has, with its file
        system as large as it is."""
        path = self._folders.volume(root)
        found = path
        if self._about(path, "volume").sealed:
            found = Path(self._unlocked(path))
            _wait_until(lambda: not copies.mounted_kind(str(found)), path)
        else:
            _wait_until_unused(path)
        if _mark(path).exists():
            for program in (["e2fsck", "-fp", str(found)], ["resize2fs", str(found)]):
                subprocess.run(program, capture_output=True, check=False)
            _mark(path).unlink()
        return found

    def hold(self, volume: str, *, read_only: bool = False) -> str:
        """The loop device of a data volume, which stays until `let_go`."""
        with self._lock:
            path = self._folders.volume(volume)
            if self._about(path, "volume").sealed:
                return self._unlocked(path)
            known = loops.found(path)
            if known:
                return known[0]
            device = loops.attach(path, read_only=read_only, stays=True)
            try:
                return loops.path_of(device)
            finally:
                os.close(device)

    def device(self, volume: str) -> str:
        """The loop device of a volume, or nothing."""
        path = self._folders.volume(volume)
        if path.exists() and self._about(path, "volume").sealed:
            return sealed.device(path)
        return next(iter(loops.found(path)), "")

    def let_go(self, volume: str) -> None:
        """Give the volume's loop device back as soon as nobody has it open."""
        with self._lock:
            device = self.device(volume)
            if device:
                loops.clear(device)

    def lock(self, volume: str) -> None:
        """Of an encrypted volume, take the key from the kernel as soon as nobody has it open."""
        path = self._folders.volume(volume)
        if _about_file(path).exists() and self._about(path, "volume").sealed:
            sealed.lock(path)

    def let_go_of_all_but(self, volumes: set[str]) -> None:
        """Clean up what an earlier process has left."""
        folder = self._folders.state / "volumes"
        for file, device in loops.all_found():
            if file.parent == folder and file.name not in volumes:
                loops.clear(sealed.device(file) or device)

    # -- how

    def _make(self, path: Path, size: int, source: "Source | None", seal: Seal | None) -> None:
        """A volume of a source's content. Raises `MachineFailed`."""
        before = source.about if source is not None else About(0)
        if size < before.size:
            raise MachineFailed(f"{path.name} is of {before.size} GiB, which {size} GiB do not hold")
        if before.sealed and seal is None:
            raise MachineFailed(f"{path.name} is of something encrypted, and so is encrypted too")

        def write(made: Path) -> None:
            if seal is not None and not (before.sealed and not seal.source):
                sealed.make(made, size * _GIB, seal.key)
                if source is not None:
                    _fill(made, source, seal)
            elif source is not None:  # encrypted content stays as it is: it has the same key
                snapshots.restore(source.path, made, 0 if before.sealed else size * _GIB)
            else:
                copies.empty(made, size * _GIB)

        copies.make(path, write)
        if before.layers and size > before.size:
            _mark(path).touch()
        kept = () if seal is not None and not before.sealed else before.before
        self._write_about(path, About(size, before.layers, seal is not None, kept))

    def _unlocked(self, path: Path) -> str:
        found = sealed.device(path)
        if not found:
            raise MachineFailed(f"{path.name} is encrypted, and its key is not here")
        return found

    def _grow_mounted(self, path: Path, about: About, size: int) -> bool:
        if not about.sealed:
            return copies.grow_ext4(path, size * _GIB)
        device = sealed.device(path)
        return bool(device) and copies.grow_ext4_on([device], size * _GIB)

    def _template(self, size: int) -> Path:
        """A file with an empty file system, made once for each size."""
        path = self._folders.state / "templates" / f"ext4-{int(size)}"
        with self._lock:
            if not path.exists():
                copies.make(path, lambda made: _format(made, size))
        return path

    def _about(self, path: Path, kind: str) -> About:
        try:
            return msgspec.json.decode(_about_file(path).read_bytes(), type=About)
        except FileNotFoundError as error:
            raise MachineFailed(f"there is no {kind} {path.name}") from error

    def _write_about(self, path: Path, about: About) -> None:
        copies.make(_about_file(path), lambda made: made.write_bytes(msgspec.json.encode(about)))


def _fill(made: Path, source: Source, seal: Seal) -> None:
    """Encrypt a source's content into a new volume."""
    with snapshots.whole(source.path, made.parent) as content, sealed.disk(made, seal.key) as new:
        if source.about.sealed:
            with sealed.disk(content, seal.source, read_only=True) as old:
                copies.copy_data(old, new)
        else:
            with open(content, "rb") as plain:
                copies.copy_data(plain.fileno(), new)


def _about_file(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _wait_until_unused(path: Path) -> None:
    """A machine that has just ended may still be unmounting its root. Raises `MachineFailed`."""
    _wait_until(lambda: not loops.found(path), path)


def _wait_until(good: Callable[[], bool], path: Path) -> None:
    last = time.monotonic() + _PATIENCE
    while not good():
        if time.monotonic() > last:
            raise MachineFailed(f"{path.name} is in use")
        time.sleep(0.005)


def _mark(path: Path) -> Path:
    """Says that a root volume's file system is to be made as large as the volume, before it is mounted."""
    return path.with_name(path.name + ".grown")


def _format(made: Path, size: int) -> None:
    copies.empty(made, size * _GIB)
    folder = made.with_suffix(".root")
    for name in ("upper", "work"):
        (folder / name).mkdir(mode=0o755, parents=True, exist_ok=True)
    try:
        subprocess.run([*MKFS, "-d", str(folder), str(made)], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        full = "No space left" in said
        raise MachineFailed("the host's disk is full" if full else f"mkfs.ext4 failed: {said}") from error
    finally:
        for name in ("upper", "work"):
            (folder / name).rmdir()
        folder.rmdir()
