"""Machines under a cloud that is started, killed in part, and ended by the command line."""

import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from groundcloud.engines.host.client import host_engines
from groundcloud.engines.host.places import socket_of, tag_of
from groundcloud.engines.machines.wanted import Machine
from tests.engines.machines.ground import IMAGES, built_image, leaks

pytestmark = pytest.mark.machines


@pytest.fixture()
def data(tmp_path):
    return tmp_path / "cloud"


@pytest.fixture()
def up(groundcloud, data):
    """Starts the cloud; its privileged process is ended with it."""

    def start():
        return groundcloud.up(data, "--machines", "--images", str(IMAGES))

    yield start
    groundcloud("down", "--data", data)
    assert leaks(data / "machines", tag_of(data)) == []


def engines(data):
    found = host_engines(socket_of(data))
    return found["machines"], found["volumes"]


def start(data):
    machines, volumes = engines(data)
    volumes.create_root("vol-1", 8, built_image())
    return machines.start(Machine("i-1", built_image(), "vol-1", "ip-1", 1, 256))


def host_process(groundcloud, data):
    return int(groundcloud("status", "--data", data, "--json").json["machines"].rpartition(" ")[2])


def test_machines_outlive_the_server_and_the_privileged_process(groundcloud, data, up):
    running = up()
    started = start(data)
    assert "1 run, privileged process" in groundcloud("status", "--data", data).out
    os.kill(host_process(groundcloud, data), signal.SIGKILL)
    os.kill(running.pid, signal.SIGKILL)
    up()
    assert engines(data)[0].states()["i-1"] == started


def test_up_brings_back_a_privileged_process_that_was_killed_alone(groundcloud, data, up):
    running = up()
    started = start(data)
    os.kill(host_process(groundcloud, data), signal.SIGKILL)
    assert up().pid == running.pid
    assert engines(data)[0].states()["i-1"] == started


def test_down_ends_machines_and_keeps_their_volumes_and_reset_deletes_them(groundcloud, data, up):
    up()
    start(data)
    groundcloud("down", "--data", data)
    assert not socket_of(data).exists()
    assert (data / "machines" / "volumes" / "vol-1").exists()
    up()
    machines, _ = engines(data)
    assert machines.states() == {}
    start(data)
    groundcloud("reset", "--yes", "--data", data)
    assert not (data / "machines").exists()
    assert not socket_of(data).parent.exists()


def test_the_server_gives_up_root_for_whoever_called_sudo(groundcloud, tmp_path, data):
    """Where that user cannot even read this Python, the start says so."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    groundcloud.environment["SUDO_UID"] = "65534"
    if not _others_can_run(Path(sys.executable).resolve()):
        said = groundcloud("up", "--data", data, "--port", 0, "--machines", code=1)
        assert "The user nobody cannot run" in said.err
        assert not socket_of(data).exists()
        groundcloud("reset", "--yes", "--data", data)
        return
    running = groundcloud.up(data, "--machines", "--images", str(IMAGES))
    assert owners(running.pid) == {"65534"}
    assert socket_of(data).stat().st_uid == 65534
    assert owners(host_process(groundcloud, data)) == {"0"}
    assert not (data / "machines").exists()
    groundcloud("reset", "--yes", "--data", data)


def owners(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return set(next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:])


def _others_can_run(path):
    return all(each.stat().st_mode & stat.S_IXOTH for each in (path, *path.parents))


def test_the_privileged_process_is_small(groundcloud, data, up):
    up()
    status = Path(f"/proc/{host_process(groundcloud, data)}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    assert int(line.split()[1]) < 30 * 1024


def test_without_the_setting_there_is_no_privileged_process(groundcloud, data):
    groundcloud.up(data)
    assert groundcloud("status", "--data", data, "--json").json["machines"] == "none: the setting `machines` is off"
    assert not socket_of(data).exists()
