from pathlib import Path

from groundcloud.logfile import LogFile


def test_a_large_file_is_put_aside_and_begun_anew(tmp_path):
    path = tmp_path / "calls.log"
    log = LogFile(path, largest=10, kept=2)
    for number in range(5):
        log.write(b"line %d of it\n" % number)
    assert path.read_bytes() == b"line 4 of it\n"
    assert (tmp_path / "calls.log.1").read_bytes() == b"line 3 of it\n"
    assert (tmp_path / "calls.log.2").read_bytes() == b"line 2 of it\n"
    assert len(list(tmp_path.iterdir())) == 3


def test_another_process_follows_to_the_new_file(tmp_path):
    path = tmp_path / "calls.log"
    one, other = LogFile(path, largest=10), LogFile(path, largest=10)
    one.write(b"before the turn\n")
    one.write(b"after it\n")
    other.write(b"too\n")
    assert path.read_bytes() == b"after it\ntoo\n"


def test_a_full_disk_stops_nobody():
    log = LogFile(Path("/dev/full"))
    assert log.write(b"a line\n") == 0
    assert log.dropped == 1
