"""Images: stacks of read-only layers. The lowest is a tree that was built or imported; those of snapshots lie on it."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import msgspec
from msgspec import Struct

from groundcloud.engines.machines import copies, kernel, loops, snapshots
from groundcloud.engines.machines.image.progress import building, failure
from groundcloud.engines.machines.names import Folders, checked_id
from groundcloud.engines.machines.roots import in_thread
from groundcloud.engines.machines.wanted import ImageProgress, MachineFailed


class Image(Struct, frozen=True):
    """What an image is made of, from the bottom."""

    layers: tuple[str, ...]
    disk: str = ""
    """Of an encrypted snapshot: the encrypted disk that every root volume begins as a copy of. It lies on the layers,
    and is none itself: a layer would have to be unlocked with a key of its own."""
    size: int = 0
    """That disk's, in GiB."""


class Images:
    """The images that one installation sees: the built ones, which all share, and its own."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._lock = Lock()

    def names(self) -> set[str]:
        own = {path.stem for path in (self._folders.state / "images").glob("*.json")}
        return own | {path.stem for path in self._folders.cache.glob("*.json")}

    def image(self, image: str) -> Image:
        """What an image is made of. Raises `MachineFailed`."""
        for path in (self._folders.image(image), self._folders.cache / f"{checked_id(image)}.json"):
            with contextlib.suppress(FileNotFoundError):
                return msgspec.json.decode(path.read_bytes(), type=Image)
        why = failure(self._folders.cache, image)
        said = f"there is no image {image}; `groundcloud image build {image}` makes one that is known"
        raise MachineFailed(f"{said} (the last try failed: {why})" if why else said)

    def building(self) -> dict[str, ImageProgress]:
        """The images that are being made now, by name."""
        return building(self._folders.cache)

    def add_layer(self, image: str, snapshot: Path, below: Sequence[str]) -> None:
        """An image whose topmost layer is what a root volume had at a snapshot."""
        with self._lock:  # a snapshot is mounted once at a time
            self._add_layer(image, snapshot, below)

    def _add_layer(self, image: str, snapshot: Path, below: Sequence[str]) -> None:
        described = self._folders.image(image)
        if described.exists():
            return
        layer = f"of-{image}"
        target = self._folders.state / "layers" / layer
        made = target.with_name(f".{layer}.{os.getpid()}")
        try:
            with snapshots.whole(snapshot, target.parent) as disk:
                in_thread(lambda: _copy_upper(disk, made))
            _delete_tree(target)
            made.rename(target)
        except (OSError, subprocess.CalledProcessError) as error:
            raise MachineFailed(f"{image} cannot be made: {error}") from error
        finally:
            _delete_tree(made)
        content = msgspec.json.encode(Image((*below, layer)))
        copies.make(described, lambda path: path.write_bytes(content))

    def add_disk(self, image: str, snapshot: Path, below: Sequence[str], size: int) -> None:
        """An image whose root volumes begin as copies of an encrypted snapshot."""
        described = self._folders.image(image)
        if described.exists():
            return
        disk = f"of-{image}"
        copies.make(self._folders.disk(disk), lambda made: snapshots.restore(snapshot, made))
        content = msgspec.json.encode(Image(tuple(below), disk, size))
        copies.make(described, lambda path: path.write_bytes(content))

    def delete(self, image: str) -> None:
        """Forget an image of a snapshot. Its layer stays as long as a volume or an image lies on it."""
        described = self._folders.image(image)
        try:
            found = msgspec.json.decode(described.read_bytes(), type=Image)
        except FileNotFoundError:
            return
        described.unlink()
        if found.disk:
            self._folders.disk(found.disk).unlink(missing_ok=True)
        used = self._used_layers()
        for layer in found.layers:
            if layer.startswith("of-") and layer not in used:
                _delete_tree(self._folders.state / "layers" / layer)

    def _used_layers(self) -> set[str]:
        state = self._folders.state
        found: set[str] = set()
        for folder in ("images", "volumes", "snapshots"):
            for path in (state / folder).glob("*.json"):
                found.update(msgspec.json.decode(path.read_bytes(), type=Image).layers)
        return found


def _copy_upper(snapshot: Path, made: Path) -> None:
    """The upper folder of a root volume as a tree of its own, with what says that files of lower layers are gone."""
    kernel.own_mounts()
    place = made.with_suffix(".volume")
    place.mkdir(exist_ok=True)
    try:
        device = loops.attach(snapshot)
        try:
            mount = kernel.new_mount("ext4", {"source": loops.path_of(device)})
        finally:
            os.close(device)
        try:
            kernel.place(mount, str(place))
        finally:
            os.close(mount)
        copied = ["cp", "--archive", "--sparse=auto", str(place / "upper"), str(made)]
        subprocess.run(copied, check=True, capture_output=True)
        kernel.unmount_now(str(place))
    finally:
        place.rmdir()


def _delete_tree(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path)
