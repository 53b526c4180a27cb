"""Built images as the cluster has them: each is packed and handed over once, at its first use, and then shared by all
installations.

An image's layers are told by their names, which change with their content.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock, Thread

from groundcloud.engines.machines import kernel
from groundcloud.engines.machines.lxd.client import Lxd, LxdFailed
from groundcloud.engines.machines.roots import in_thread
from groundcloud.engines.machines.wanted import ImageProgress, MachineFailed

_PIECE = 1 << 18
_METADATA = "architecture: {machine}\ncreation_date: {created}\nproperties:\n  description: {alias}\n"


class Handover:
    """The images that are on their way to the cluster."""

    def __init__(self, shared: Lxd, work: Path) -> None:
        self._lxd = shared
        self._work = work
        self._lock = Lock()
        self._under_way: dict[str, ImageProgress] = {}
        self._failed: dict[str, str] = {}

    def found(self, image: str, layers: Sequence[Path]) -> str:
        """The cluster's name of an image that it has. Else begins to hand it over, in the background, and raises
        `MachineFailed`; `under_way` then tells of it. Raises the same, once, for what could not be handed over."""
        alias = _alias(image, layers)
        known = self._lxd.find("images", "aliases", alias)
        if known is not None:
            return str(known["target"])
        with self._lock:
            if why := self._failed.pop(image, ""):
                raise MachineFailed(f"the cluster does not take the image {image}: {why}")
            if image not in self._under_way:
                self._under_way[image] = ImageProgress("handing it over to the cluster", 0.9)
                Thread(target=self._give, args=(image, alias, list(layers)), name=f"image {image}", daemon=True).start()
        raise MachineFailed(f"the image {image} is being handed over to the cluster")

    def under_way(self) -> dict[str, ImageProgress]:
        with self._lock:
            return dict(self._under_way)

    def _give(self, image: str, alias: str, layers: list[Path]) -> None:
        try:
            self._hand_over(image, alias, layers)
        except (MachineFailed, OSError, subprocess.SubprocessError) as error:
            with self._lock:
                self._failed[image] = str(error)
        finally:
            with self._lock:
                self._under_way.pop(image, None)

    def _hand_over(self, image: str, alias: str, layers: list[Path]) -> None:
        place = self._work / f".{alias}.{os.getpid()}"
        digest = hashlib.sha256()
        try:
            fingerprint = self._lxd.upload(_counted(_packed(place, alias, layers), digest), "images")["fingerprint"]
        except LxdFailed as error:
            if "same fingerprint" not in str(error):
                raise
            fingerprint = digest.hexdigest()
        finally:
            shutil.rmtree(place, ignore_errors=True)
        with contextlib.suppress(LxdFailed):  # another installation was quicker
            self._lxd.do("POST", "images", "aliases", body={"name": alias, "target": fingerprint})
        self._forget_older(image, alias)

    def _forget_older(self, image: str, alias: str) -> None:
        """Delete what the image was before it was built anew. Volumes that were made of it stay."""
        prefix = f"groundcloud-{image}-"
        for each in self._lxd.get("images", "aliases", recursion="1"):
            name = each["name"]
            if name != alias and name.startswith(prefix) and "-" not in name.removeprefix(prefix):
                with contextlib.suppress(LxdFailed):
                    self._lxd.do("DELETE", "images", each["target"])


def _alias(image: str, layers: Sequence[Path]) -> str:
    names = " ".join(layer.parent.name if layer.name == "tree" else layer.name for layer in layers)
    return f"groundcloud-{image}-{hashlib.sha256(names.encode()).hexdigest()[:12]}"


def _counted(pieces: Iterator[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece


def _packed(place: Path, alias: str, layers: list[Path]) -> Iterator[bytes]:
    """A tar archive with the image's tree and what LXD wants to know of it."""
    (place / "rootfs").mkdir(mode=0o700, parents=True)
    created = int(max(layer.stat().st_mtime for layer in layers))
    text = _METADATA.format(machine=os.uname().machine, created=created, alias=alias)
    (place / "metadata.yaml").write_text(text)
    process = in_thread(lambda: _pack(place, layers))
    assert process.stdout is not None
    with process.stdout:
        while piece := process.stdout.read(_PIECE):
            yield piece
    if process.wait() != 0:
        raise MachineFailed(f"tar ended with {process.returncode}")


def _pack(place: Path, layers: list[Path]) -> "subprocess.Popen[bytes]":
    """Start tar in a thread's own mounts, where the layers are one tree."""
    kernel.own_mounts()
    if len(layers) == 1:
        mount = kernel.clone_tree(str(layers[0]))
    else:
        mount = kernel.new_mount("overlay", {"lowerdir": ":".join(str(layer) for layer in reversed(layers))})
    try:
        kernel.place(mount, str(place / "rootfs"))
    finally:
        os.close(mount)
    words = ["tar", "--create", "--numeric-owner", "--xattrs", "--xattrs-include=security.capability",
             f"--directory={place}", "metadata.yaml", "rootfs"]  # fmt: skip
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
