"""Encrypted volumes without a machine: what lies in their files, and who can read it."""

import os
from threading import Timer

import pytest

from groundcloud.engines.machines import loops, sealed
from groundcloud.engines.machines.images import Images
from groundcloud.engines.machines.names import Folders
from groundcloud.engines.machines.volumes import FileVolumes
from groundcloud.engines.machines.wanted import MachineFailed, Seal
from tests.machines.conftest import eventually

pytestmark = pytest.mark.machines

KEY, OTHER = bytes(range(64)), bytes(range(64, 128))
WORDS = b"written by the machine " * 1000


@pytest.fixture()
def volumes(tmp_path):
    folders = Folders(tmp_path / "state", tmp_path / "images")
    folders.prepare()
    made = FileVolumes(folders, Images(folders))
    yield made
    for file, device in loops.all_found():
        if file.is_relative_to(folders.state):
            loops.clear(sealed.device(file) or device)
    eventually(lambda: not [file for file, _ in loops.all_found() if file.is_relative_to(folders.state)])


@pytest.fixture()
def folder(volumes, tmp_path):
    return tmp_path / "state"


def write(volumes, volume, content=WORDS, at=5 << 20):
    device = os.open(volumes.hold(volume), os.O_RDWR)
    try:
        os.pwrite(device, content, at)
        os.fsync(device)
    finally:
        os.close(device)


def read(volumes, volume, at=5 << 20):
    device = os.open(volumes.hold(volume), os.O_RDONLY)
    try:
        return os.pread(device, len(WORDS), at)
    finally:
        os.close(device)


def data(file):
    """All that lies in a file, or in the files of a folder."""
    if file.is_dir():
        return b"".join(data(each) for each in file.rglob("*") if each.is_file())
    found = []
    with open(file, "rb") as opened:
        end, at = os.fstat(opened.fileno()).st_size, 0
        while at < end:
            try:
                at = os.lseek(opened.fileno(), at, os.SEEK_DATA)
            except OSError:  # only a hole is left
                break
            hole = os.lseek(opened.fileno(), at, os.SEEK_HOLE)
            found.append(os.pread(opened.fileno(), hole - at, at))
            at = hole
    return b"".join(found)


def lock(volumes, volume):
    volumes.let_go(volume)
    eventually(lambda: not volumes.device(volume))


def test_what_is_written_is_not_in_the_file_and_comes_back_with_the_key(volumes, folder):
    volumes.create("vol-a", 1, "", Seal(KEY))
    volumes.unlock("vol-a", KEY)
    write(volumes, "vol-a")
    volumes.snapshot("vol-a", "snap-a")
    lock(volumes, "vol-a")
    for file in (folder / "volumes/vol-a", folder / "snapshots/snap-a"):
        assert b"written by the machine" not in data(file)
    with pytest.raises(MachineFailed, match="its key is not here"):
        volumes.hold("vol-a")
    with pytest.raises(MachineFailed, match="the key is not this volume's"):
        volumes.unlock("vol-a", OTHER)
    with pytest.raises(MachineFailed, match="a data key has 64 bytes"):
        volumes.unlock("vol-a", KEY[:32])
    volumes.unlock("vol-a", KEY)
    assert read(volumes, "vol-a") == WORDS
    volumes.create("vol-b", 2, "snap-a", Seal(KEY))
    volumes.unlock("vol-b", KEY)
    assert read(volumes, "vol-b") == WORDS
    write(volumes, "vol-b", at=(2 << 30) - len(WORDS))
    assert read(volumes, "vol-b", at=(2 << 30) - len(WORDS)) == WORDS


def test_a_process_that_begins_anew_finds_unlocked_volumes_and_locks_those_that_nobody_uses(volumes, folder):
    for name in ("vol-a", "vol-b"):
        volumes.create(name, 1, "", Seal(KEY))
        volumes.unlock(name, KEY)
    write(volumes, "vol-a")
    folders = Folders(folder, folder)
    again = FileVolumes(folders, Images(folders))
    again.let_go_of_all_but({"vol-a"})
    assert read(again, "vol-a") == WORDS
    eventually(lambda: not again.device("vol-b"))


def test_a_volume_that_somebody_has_open_still_is_unlocked_again_once_it_is_not(volumes):
    volumes.create("vol-a", 1, "", Seal(KEY))
    volumes.unlock("vol-a", KEY)
    write(volumes, "vol-a")
    left = os.open(volumes.hold("vol-a"), os.O_RDONLY)
    volumes.let_go("vol-a")
    closing = Timer(0.2, os.close, (left,))
    closing.start()
    volumes.unlock("vol-a", KEY)
    closing.join()
    assert read(volumes, "vol-a") == WORDS


def test_a_volume_of_a_plain_snapshot_is_encrypted_and_one_of_an_encrypted_snapshot_gets_another_key(volumes, folder):
    volumes.create("vol-plain", 1)
    write(volumes, "vol-plain")
    volumes.snapshot("vol-plain", "snap-plain")
    volumes.create("vol-a", 1, "snap-plain", Seal(KEY))
    volumes.snapshot("vol-a", "snap-a")
    with pytest.raises(MachineFailed, match="is of something encrypted"):
        volumes.create("vol-b", 1, "snap-a")
    volumes.create("vol-b", 1, "snap-a", Seal(OTHER, source=KEY))
    assert b"written by the machine" in data(folder / "snapshots/snap-plain")
    assert b"written by the machine" not in data(folder / "volumes/vol-b")
    with pytest.raises(MachineFailed, match="the key is not this volume's"):
        volumes.unlock("vol-b", KEY)
    volumes.unlock("vol-b", OTHER)
    assert read(volumes, "vol-b") == WORDS


def test_an_encrypted_volume_grows_while_it_is_used_and_while_it_is_not(volumes):
    volumes.create("vol-a", 1, "", Seal(KEY))
    volumes.grow("vol-a", 2)
    volumes.unlock("vol-a", KEY)
    write(volumes, "vol-a", at=(2 << 30) - len(WORDS))
    volumes.grow("vol-a", 3)
    write(volumes, "vol-a", at=(3 << 30) - len(WORDS))
    assert read(volumes, "vol-a", at=(2 << 30) - len(WORDS)) == WORDS
    assert read(volumes, "vol-a", at=(3 << 30) - len(WORDS)) == WORDS
    lock(volumes, "vol-a")
    volumes.grow("vol-a", 40)
    volumes.unlock("vol-a", KEY)
    write(volumes, "vol-a", at=(40 << 30) - len(WORDS))
    assert read(volumes, "vol-a", at=(3 << 30) - len(WORDS)) == WORDS


def test_an_encrypted_volume_takes_room_for_what_is_in_it_and_goes_without_a_trace(volumes, folder):
    volumes.create("vol-a", 100, "", Seal(KEY))
    volumes.unlock("vol-a", KEY)
    write(volumes, "vol-a")
    assert (folder / "volumes/vol-a").stat().st_blocks * 512 < 32 << 20
    volumes.delete("vol-a")
    assert not list((folder / "volumes").iterdir())


def test_a_seal_is_shown_without_its_key():
    assert KEY.hex()[:8] not in repr(Seal(KEY)) and str(KEY) not in repr(Seal(KEY))
