import os

import pytest

from groundcloud.engines.machines.copies import copy, empty, make
from groundcloud.engines.machines.wanted import MachineFailed

MIB = 1024 * 1024


def test_a_copy_has_the_same_bytes_and_no_more_blocks_than_needed(tmp_path):
    source = tmp_path / "source"
    empty(source, 64 * MIB)
    with open(source, "r+b") as file:
        for position in (0, 5 * MIB, 40 * MIB):
            file.seek(position)
            file.write(os.urandom(4096))
    copy(source, tmp_path / "target", 80 * MIB)
    target = (tmp_path / "target").read_bytes()
    assert target[: 64 * MIB] == source.read_bytes()
    assert len(target) == 80 * MIB
    assert (tmp_path / "target").stat().st_blocks * 512 < 2 * MIB


def test_what_fails_leaves_nothing(tmp_path):
    def fail(path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(MachineFailed, match="the host's disk is full"):
        make(tmp_path / "volume", fail)
    assert list(tmp_path.iterdir()) == []
