"""Images from elsewhere: a tar archive of a root, or an OCI image archive, whose layers are laid upon one another.

The tree must have systemd and sshd; what it lacks besides is said, not installed.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from groundcloud.engines.machines.image.build import keep
from groundcloud.engines.machines.image.progress import Say
from groundcloud.engines.machines.names import checked_id
from groundcloud.engines.machines.wanted import ImageProgress, MachineFailed

_NEEDED = {
    "systemd": ("lib/systemd/systemd", "usr/lib/systemd/systemd"),
    "sshd": ("usr/sbin/sshd",),
    "python3": ("usr/bin/python3",),
    "useradd": ("usr/sbin/useradd",),
}


def import_image(cache: Path, name: str, file: Path, say: Say) -> None:
    """Make an image of an archive. Raises `MachineFailed`."""
    checked_id(name)
    try:
        say(ImageProgress("reading the archive", 0.05))
        digest = _digest(file)
        keep(cache, name, f"{name}-{digest[:8]}", lambda tree, say: _unpack(file, tree, say), say, trusted=False)
    except (tarfile.TarError, OSError, ValueError, KeyError) as error:
        raise MachineFailed(f"{file} cannot be imported: {error}") from error


def _digest(file: Path) -> str:
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _unpack(file: Path, tree: Path, say: Say) -> None:
    tree.mkdir(mode=0o755)
    parts = tree.with_name("parts")
    parts.mkdir()
    try:
        layers = _oci_layers(file, parts) or [file]
        for number, layer in enumerate(layers):
            say(ImageProgress("unpacking", 0.1 + 0.8 * number / len(layers)))
            _lay(layer, tree)
    finally:
        for path in parts.iterdir():
            path.unlink()
        parts.rmdir()
    for what, paths in _NEEDED.items():
        if not any((tree / path).exists() or (tree / path).is_symlink() for path in paths):
            raise MachineFailed(f"{file} has no {what}, which a machine needs")


def _oci_layers(file: Path, parts: Path) -> list[Path]:
    """The layers of an OCI image archive, from the bottom; none when it is no such archive.

    Source: the OCI image format, "Image Layout" and "Image Manifest".
    """
    with tarfile.open(file) as archive:
        names = set(archive.getnames())
        index_name = next((name for name in ("index.json", "./index.json") if name in names), None)
        if index_name is None:
            return []
        prefix = index_name.removesuffix("index.json")
        manifest = _read_json(archive, index_name)
        while "manifests" in manifest:
            found = _for_this_machine(manifest["manifests"])
            manifest = _read_json(archive, prefix + _blob(found["digest"]))
        layers = []
        for number, layer in enumerate(manifest["layers"]):
            content = archive.extractfile(prefix + _blob(layer["digest"]))
            if content is None:
                raise ValueError(f"there is no layer {layer['digest']}")
            path = parts / f"{number}.tar"
            with open(path, "wb") as made:
                while chunk := content.read(1 << 20):
                    made.write(chunk)
            layers.append(path)
        return layers


def _for_this_machine(manifests: list[dict[str, Any]]) -> dict[str, Any]:
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    for each in manifests:
        platform = each.get("platform") or {}
        if platform.get("architecture", architecture) == architecture and platform.get("os", "linux") == "linux":
            return each
    raise ValueError(f"there is no image for {architecture}")


def _blob(digest: str) -> str:
    algorithm, _, value = digest.partition(":")
    if not (algorithm.isalnum() and value.isalnum()):
        raise ValueError(f"{digest} is no digest")
    return f"blobs/{algorithm}/{value}"


def _read_json(archive: tarfile.TarFile, name: str) -> dict[str, Any]:
    content = archive.extractfile(name)
    if content is None:
        raise ValueError(f"{name} is no file")
    found: dict[str, Any] = json.load(content)
    return found


def _lay(layer: Path, tree: Path) -> None:
    """Unpack a layer over what is there; its white-outs take files of lower ones away.

    tar keeps owners, links and attributes, and writes nothing outside of the tree.
    """
    with tarfile.open(layer) as archive:
        gone = [Path(name) for name in archive.getnames() if Path(name).name.startswith(".wh.")]
    for path in gone:
        _white_out(tree, path)
    words = ["tar", "--extract", "--file", str(layer), "--directory", str(tree), "--numeric-owner", "--xattrs"]
    words += ["--xattrs-include=security.capability", "--exclude=.wh.*"]
    subprocess.run(words, check=True, capture_output=True)


def _white_out(tree: Path, path: Path) -> None:
    folder = (tree / path.parent).resolve()
    if not folder.is_relative_to(tree.resolve()):
        raise ValueError(f"{path} leads outside")
    name = path.name.removeprefix(".wh.")
    found = list(folder.iterdir()) if name == ".wh..opq" and folder.is_dir() else [folder / name]
    for each in found:
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink(missing_ok=True)
