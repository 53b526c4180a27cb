"""What an id may be, and where each thing lies in the engine's folder. Pure: it opens nothing.

Every id becomes a file's name and part of a path, so each is checked here before it is used.
"""

import re
from pathlib import Path
from typing import NamedTuple

from groundcloud.engines.machines.wanted import MachineFailed

_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_DEVICE = re.compile(r"[a-z][a-z0-9]{1,15}")
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


def checked_id(text: str) -> str:
    """An id that is safe as a file's name. Raises `MachineFailed`."""
    if not _ID.fullmatch(text) or ".." in text:
        raise MachineFailed(f"{text!r} is no id")
    return text


def checked_device(text: str) -> str:
    """`xvdf`, `sdf1`. Raises `MachineFailed`."""
    if not _DEVICE.fullmatch(text):
        raise MachineFailed(f"{text!r} is no name of a device")
    return text


def checked_host_name(text: str) -> str:
    if not _HOST_NAME.fullmatch(text):
        raise MachineFailed(f"{text!r} is no host name")
    return text


class Folders(NamedTuple):
    """The engine's folder (one installation's own), and the folder of built images, which installations share."""

    state: Path
    cache: Path

    def prepare(self) -> None:
        """Make what is missing; nobody but root looks in."""
        for folder in (self.state, self.cache, *(self.state / name for name in _PARTS)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def run(self, machine_id: str) -> Path:
        """What belongs to a machine beside its volumes: its state, its console, the places of its mounts."""
        return self.state / "run" / checked_id(machine_id)

    def volume(self, volume: str) -> Path:
        return self.state / "volumes" / checked_id(volume)

    def snapshot(self, snapshot: str) -> Path:
        return self.state / "snapshots" / checked_id(snapshot)

    def image(self, image: str) -> Path:
        """The description of an image that was made from a snapshot."""
        return self.state / "images" / f"{checked_id(image)}.json"

    def disk(self, disk: str) -> Path:
        """The encrypted disk of an image of an encrypted snapshot."""
        return self.state / "disks" / checked_id(disk)

    def layer(self, layer: str) -> Path:
        """A read-only tree: of a built image, or of a snapshot."""
        checked_id(layer)
        own = self.state / "layers" / layer
        return own if own.is_dir() else self.cache / layer / "tree"


_PARTS = ("run", "volumes", "snapshots", "images", "layers", "disks", "templates")
