"""Archives as trees. Source: the OCI image format, "Image Layout" and "Image Layer Filesystem Changeset"."""

import hashlib
import io
import json
import os
import tarfile

import pytest

from groundcloud.engines.machines.image.importing import _unpack
from groundcloud.engines.machines.wanted import MachineFailed

pytestmark = pytest.mark.machines

SYSTEM = {
    "usr/lib/systemd/systemd": b"init", "usr/sbin/sshd": b"sshd", "usr/bin/python3": b"python", "usr/sbin/useradd": b"",
}  # fmt: skip


def tar(files):
    """An archive: bytes are files, None is a folder, text is a link to there."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if content is None:
                entry.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
            else:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content) if isinstance(content, bytes) else None)
    return made.getvalue()


def oci(*layers, architecture=""):
    """An OCI image archive of these layers."""
    architecture = architecture or {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    blobs, found = {}, []

    def keep(content):
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}", "size": len(content)}

    found = [keep(layer) for layer in layers]
    manifest = keep(json.dumps({"schemaVersion": 2, "layers": found}).encode())
    index = {"manifests": [{**manifest, "platform": {"architecture": architecture, "os": "linux"}}]}
    outer = keep(json.dumps(index).encode())
    return tar({"oci-layout": b"{}", "index.json": json.dumps({"manifests": [outer]}).encode(), **blobs})


@pytest.fixture()
def unpack(tmp_path):
    def run(content):
        file = tmp_path / "archive.tar"
        file.write_bytes(content)
        _unpack(file, tmp_path / "tree", lambda progress: None)
        return tmp_path / "tree"

    return run


def test_a_tar_archive_is_a_tree(unpack):
    tree = unpack(tar({**SYSTEM, "etc/name": b"value"}))
    assert (tree / "etc/name").read_bytes() == b"value"


def test_layers_lie_upon_one_another_and_take_files_away(unpack):
    tree = unpack(oci(
        tar({**SYSTEM, "a/old": b"1", "a/kept": b"2", "b/one": b"3", "b/two": b"4", "c": b"5"}),
        tar({"a/.wh.old": b"", "b/.wh..wh..opq": b"", "b/three": b"6", "c": b"7"}),
    ))  # fmt: skip
    found = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    assert found == {*SYSTEM, "a/kept", "b/three", "c"}
    assert (tree / "c").read_bytes() == b"7"


def test_a_layer_takes_nothing_away_outside_of_the_tree(unpack, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").touch()
    with pytest.raises(ValueError, match="leads outside"):
        unpack(oci(tar({**SYSTEM, "way": str(tmp_path / "outside")}), tar({"way/.wh.file": b""})))
    assert (tmp_path / "outside" / "file").exists()


def test_an_image_of_another_architecture_is_refused(unpack):
    with pytest.raises(ValueError, match="no image for"):
        unpack(oci(tar(SYSTEM), architecture="s390x"))


@pytest.mark.parametrize("name", SYSTEM)
def test_a_tree_without_what_a_machine_needs_is_refused(unpack, name):
    with pytest.raises(MachineFailed, match="which a machine needs"):
        unpack(tar({each: content for each, content in SYSTEM.items() if each != name}))
