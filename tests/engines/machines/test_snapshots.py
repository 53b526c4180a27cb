"""Snapshots as files: what they take, and that each has what its volume had."""

import os
import subprocess

import pytest

from groundcloud.engines.machines import copies, snapshots
from groundcloud.engines.machines.images import Images
from groundcloud.engines.machines.names import Folders
from groundcloud.engines.machines.volumes import FileVolumes
from groundcloud.engines.machines.wanted import MachineFailed

MIB = 1024 * 1024


@pytest.fixture()
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture()
def volumes(state, tmp_path, monkeypatch):
    """On a file system that shares no blocks, whatever the tests run on."""
    monkeypatch.setattr(copies, "can_share", lambda file, folder: False)
    folders = Folders(state, tmp_path / "images")
    folders.prepare()
    return FileVolumes(folders, Images(folders))


def put(state, volume, content, at):
    with open(state / "volumes" / volume, "r+b") as file:
        file.seek(at)
        file.write(content)


def taken(*paths):
    """MiB on the disk, each file once."""
    done = subprocess.run(["du", "--summarize", "--total", "--block-size=1024", *map(str, paths)],
                          capture_output=True, text=True, check=True)  # fmt: skip
    return int(done.stdout.splitlines()[-1].split()[0]) / 1024


def test_a_second_snapshot_takes_what_has_changed(volumes, state):
    volumes.create("vol-a", 1)
    put(state, "vol-a", os.urandom(64 * MIB), 0)
    volumes.snapshot("vol-a", "snap-1")
    first = taken(state / "snapshots")
    put(state, "vol-a", os.urandom(100), 7 * MIB)
    put(state, "vol-a", os.urandom(MIB), 900 * MIB)
    volumes.snapshot("vol-a", "snap-2")
    assert first >= 64
    assert taken(state / "snapshots") - first < 4


def test_each_snapshot_has_what_its_volume_had_also_when_others_are_gone(volumes, state):
    volumes.create("vol-a", 1)
    seen = []
    for number in range(3):
        put(state, "vol-a", os.urandom(3 * MIB + 17), number * 2 * MIB + 5)
        if number == 2:
            put(state, "vol-a", bytes(MIB), MIB // 2)
        volumes.snapshot("vol-a", f"snap-{number}")
        with open(state / "volumes/vol-a", "rb") as file:
            seen.append(file.read(16 * MIB))
    volumes.delete_snapshot("snap-1")
    for number in (0, 2):
        volumes.create(f"vol-{number}", 2, f"snap-{number}")
        with open(state / f"volumes/vol-{number}", "rb") as file:
            assert file.read(16 * MIB) == seen[number]
        assert (state / f"volumes/vol-{number}").stat().st_size == 2 << 30


def test_a_snapshot_of_a_restored_volume_takes_what_was_changed_since(volumes, state):
    volumes.create("vol-a", 1)
    put(state, "vol-a", os.urandom(32 * MIB), 0)
    volumes.snapshot("vol-a", "snap-1")
    volumes.create("vol-b", 1, "snap-1")
    before = taken(state / "snapshots")
    volumes.snapshot("vol-b", "snap-2")
    assert taken(state / "snapshots") - before < 1


def test_when_the_last_snapshot_is_gone_the_one_before_it_saves_room(volumes, state):
    volumes.create("vol-a", 1)
    put(state, "vol-a", os.urandom(32 * MIB), 0)
    for name in ("snap-1", "snap-2"):
        volumes.snapshot("vol-a", name)
    volumes.delete_snapshot("snap-2")
    before = taken(state / "snapshots")
    volumes.snapshot("vol-a", "snap-3")
    assert taken(state / "snapshots") - before < 1


def test_scattered_pages_take_pages_and_an_empty_volume_takes_nothing(volumes, state):
    volumes.create("vol-a", 4)
    volumes.snapshot("vol-a", "snap-empty")
    assert taken(state / "snapshots") < 0.1
    for gigabyte in range(4):
        put(state, "vol-a", os.urandom(100), gigabyte << 30)
    volumes.snapshot("vol-a", "snap-1")
    assert taken(state / "snapshots/snap-1") < 0.2


def test_a_block_that_has_as_many_names_as_a_file_can_have_is_written_again(volumes, state, monkeypatch):
    def full(*names):
        raise OSError(31, "Too many links")

    volumes.create("vol-a", 1)
    put(state, "vol-a", b"content", 0)
    volumes.snapshot("vol-a", "snap-1")
    monkeypatch.setattr(os, "link", full)
    volumes.snapshot("vol-a", "snap-2")
    assert (state / "snapshots/snap-2/0/0").read_bytes()[:7] == b"content"


def test_a_snapshot_that_fails_leaves_nothing(volumes, state, monkeypatch):
    def fail(folder):
        raise OSError(28, "No space left on device")

    volumes.create("vol-a", 1)
    put(state, "vol-a", b"content", 0)
    monkeypatch.setattr(snapshots.kernel, "sync", fail)
    with pytest.raises(MachineFailed, match="the host's disk is full"):
        volumes.snapshot("vol-a", "snap-1")
    assert list((state / "snapshots").iterdir()) == []


def test_a_snapshot_of_an_earlier_version_is_a_file_and_restores(volumes, state):
    volumes.create("vol-a", 1)
    put(state, "vol-a", b"content", MIB)
    copies.copy(state / "volumes/vol-a", state / "snapshots/snap-old")
    copies.copy(state / "volumes/vol-a.json", state / "snapshots/snap-old.json")
    volumes.create("vol-b", 1, "snap-old")
    with open(state / "volumes/vol-b", "rb") as file:
        assert file.read(MIB + 7)[MIB:] == b"content"
    volumes.delete_snapshot("snap-old")
    assert list((state / "snapshots").iterdir()) == []
