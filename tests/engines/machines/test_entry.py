import os

import msgspec

from groundcloud.engines.machines.entry import Entry, Supervisor, begun, boot, load, watched
from groundcloud.engines.machines.wanted import Machine

MACHINE = Machine("i-1", "debian-12", "vol-1", "ip-1", 1, 256)


def kept(tmp_path, supervisor):
    entry = Entry(MACHINE, tmp_path)
    entry.supervisor = supervisor
    entry.save()
    return load(tmp_path)


def test_a_process_that_still_is_the_same_is_found(tmp_path):
    found = kept(tmp_path, watched(os.getpid()))
    assert found.supervisor.pid == os.getpid()
    assert found.machine == MACHINE
    assert not found.lost


def test_another_process_of_the_same_number_is_not_taken_for_it(tmp_path):
    found = kept(tmp_path, Supervisor(os.getpid(), begun(os.getpid()) - 1, 1.0, boot()))
    assert found.supervisor is None
    assert not found.lost


def test_a_machine_of_another_start_of_the_host_is_one_that_should_run(tmp_path):
    assert kept(tmp_path, Supervisor(os.getpid(), begun(os.getpid()), 1.0, "another")).lost


def test_a_machine_that_had_ended_before_the_host_did_is_not(tmp_path):
    (tmp_path / "ended").write_text("0")
    found = kept(tmp_path, Supervisor(os.getpid(), 1, 1.0, "another"))
    assert not found.lost
    assert found.exit_code() == 0


def test_a_folder_that_is_not_whole_is_no_machine(tmp_path):
    assert load(tmp_path) is None
    (tmp_path / "machine.json").write_bytes(msgspec.json.encode(MACHINE)[:-5])
    assert load(tmp_path) is None
