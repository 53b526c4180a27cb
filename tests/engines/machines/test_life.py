"""The life of a machine: boot, login, reboot, shutdown, and what is left. What all engines do by the same code is tried
on one of them."""

import os
import signal
import time
from contextlib import suppress

import msgspec
import pytest

from groundcloud.engines.machines import volumes
from groundcloud.engines.machines.wanted import MachineFailed
from tests.engines.machines.ground import ENGINES, leaks

pytestmark = pytest.mark.machines


@ENGINES
def test_a_machine_boots_takes_the_key_and_keeps_its_disk_over_a_stop(fresh):
    state = fresh.boot()
    assert state.running
    assert os.path.exists(f"/proc/{state.pid}")
    assert fresh.ssh("hostname; sudo touch /kept; sudo sync") == "ip-10-9-0-10\n"
    fresh.stop()
    assert fresh.state().ended == "shutdown"
    fresh.start()
    assert fresh.ssh("ls /kept", user="ec2-user") == "/kept\n"
    assert fresh.ssh("sudo id -u", user="ubuntu") == "0\n"


def test_a_start_that_is_repeated_changes_nothing(ground):
    first = ground.boot(1)
    again = ground.machines.start(ground.machines.entry("i-1").machine)
    assert again == first


@ENGINES
def test_a_reboot_from_inside_keeps_the_machine_and_tells_of_it(ground):
    told = []
    ground.machines.again = told.append
    first = ground.boot(2)
    ground.ssh("sudo touch /here; sudo reboot || true", 2)
    ground.wait(lambda: told == ["i-2"])
    second = ground.state(2)
    assert second.running
    assert second.pid != first.pid
    ground.lab.plug(second.pid, "10.9.0.12")
    assert ground.ssh("ls /here", 2) == "/here\n"


def test_a_reboot_from_outside_is_one_too(ground):
    first = ground.boot(3)
    ground.machines.reboot("i-3")
    ground.wait(lambda: ground.state(3).running and ground.state(3).pid not in (0, first.pid))


def test_a_stop_that_comes_before_the_system_is_up_is_heard(ground):
    ground.boot(11)
    ground.stop(11)
    assert ground.state(11).ended == "shutdown"


@ENGINES
def test_a_shutdown_from_inside_ends_the_machine(ground):
    ground.boot(4)
    ground.ssh("sudo poweroff || true", 4)
    ground.wait(lambda: not ground.state(4).running)
    assert ground.state(4).ended == "shutdown"


@ENGINES
def test_a_machine_whose_first_process_is_killed_has_died_and_leaves_nothing(ground):
    state = ground.boot(5)
    os.kill(state.pid, signal.SIGKILL)
    ground.wait(lambda: not ground.state(5).running and ground.state(5).ended != "")
    assert ground.state(5).ended == "died"
    ground.machines.forget("i-5")
    assert "i-5" not in ground.machines.states()
    ground.wait(lambda: not [each for each in leaks(ground.folders.state, ground.tag) if "i-5" in each])


def test_a_machine_that_is_stopped_by_force_is_gone_at_once(ground):
    ground.boot(6)
    begun = time.monotonic()
    ground.stop(6, force=True)
    assert ground.state(6).ended == "shutdown"
    assert time.monotonic() - begun < 10


@ENGINES
def test_machines_live_on_without_the_engine_and_the_next_one_finds_them(fresh):
    running = fresh.boot(0)
    fresh.boot(1)
    fresh.ssh("true", 1)
    fresh.machines.close()
    with suppress(ProcessLookupError):
        os.kill(fresh.state(1).pid, signal.SIGKILL)
    fresh.wait(lambda: fresh.is_over(1))
    fresh.begin()
    assert fresh.state(0) == running
    fresh.wait(lambda: fresh.state(1).ended == "died")
    assert fresh.ssh("echo alive") == "alive\n"
    fresh.stop()
    assert fresh.state(0).ended == "shutdown"


@ENGINES
def test_a_machine_without_its_image_says_so_and_leaves_nothing(ground):
    with pytest.raises(MachineFailed, match="there is no image debian-1"):
        ground.volumes.create_root("vol-7", 8, "debian-1")
    with pytest.raises(MachineFailed, match="there is no volume vol-7"):
        ground.start(7)
    assert ground.state(7).ended == "died"
    ground.machines.forget("i-7")
    assert not [each for each in leaks(ground.folders.state, ground.tag) if "i-7" in each]


@ENGINES
def test_a_root_volume_is_one_machine_alone(ground, monkeypatch):
    monkeypatch.setattr(volumes, "_PATIENCE", 0.1)
    ground.boot(9)
    taken = msgspec.structs.replace(ground.machines.entry("i-9").machine, id="i-10")
    with pytest.raises(MachineFailed, match="vol-9 is in use"):
        ground.machines.start(taken)
    with pytest.raises(MachineFailed, match="vol-9 is in use"):
        ground.volumes.delete("vol-9")
    assert ground.state(9).running


@ENGINES
def test_the_console_is_kept_after_the_end_and_has_the_host_keys(fresh):
    fresh.boot()
    fresh.ssh("cloud-init status --wait")
    fresh.stop()
    fresh.machines.forget("i-0")
    text = fresh.machines.console("i-0").decode()
    begin, end = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"
    keys = text.partition(begin)[2].partition(end)[0].split("\n")
    assert {line.split()[0] for line in keys if line.strip()} >= {"ssh-ed25519", "ecdsa-sha2-nistp256"}
    assert "-----BEGIN SSH HOST KEY FINGERPRINTS-----" in text
    fresh.machines.remove("i-0")
    assert fresh.machines.console("i-0") == b""


@ENGINES
def test_a_machine_that_writes_much_to_its_console_keeps_the_last_64_kib(ground):
    ground.boot(8)
    ground.ssh("sudo sh -c 'yes 0123456789abcdef | head -c 2000000 > /dev/console; echo the end > /dev/console'", 8)
    ground.wait(lambda: b"the end" in ground.machines.console("i-8"))
    assert len(ground.machines.console("i-8")) == 64 * 1024
    assert (ground.folders.run("i-8") / "console.log").stat().st_size <= 2 * 64 * 1024
