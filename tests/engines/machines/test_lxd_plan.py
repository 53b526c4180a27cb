"""What LXD is told, and what its answers mean: text against text."""

from pathlib import Path

import pytest

from groundcloud.engines.machines.lxd.address import Address, address_of
from groundcloud.engines.machines.lxd.endings import ending
from groundcloud.engines.machines.lxd.members import choose
from groundcloud.engines.machines.lxd.plan import IMAGE, ROOT, block_device, root_device, settings, size_of, stored
from groundcloud.engines.machines.wanted import Disk, Machine, MachineFailed

MACHINE = Machine(
    id="i-0abc", image="debian-12", root="vol-1", host_name="ip-10-0-0-5.ec2.internal", vcpus=0.5, memory_mib=512
)


def test_a_machine_is_these_settings():
    assert settings(MACHINE, Path("/state/run/i-0abc"), Path("/run/ground cloud/i-0abc")) == {
        "limits.cpu.allowance": "50ms/100ms",
        "limits.memory": "512MiB",
        "limits.memory.swap": "false",
        "limits.processes": "4096",
        "environment.groundcloud_instance": "i-0abc",
        "environment.groundcloud_fqdn": "ip-10-0-0-5.ec2.internal",
        "raw.lxc": (
            "lxc.uts.name = ip-10-0-0-5\n"
            "lxc.log.level = INFO\n"
            "lxc.console.logfile = /state/run/i-0abc/console.log\n"
            "lxc.console.rotate = 1\n"
            "lxc.console.size = 131072\n"
            "lxc.mount.entry = tmpfs run tmpfs rw,nosuid,nodev,mode=755,create=dir 0 0\n"
            "lxc.mount.entry = /run/ground\\040cloud/i-0abc run/groundcloud none bind,ro,create=dir 0 0\n"
        ),
    }


def test_a_root_has_users_of_its_own_and_no_socket_of_the_daemon():
    assert stored(ROOT, "lxd")["security.idmap.isolated"] == "true"
    assert stored(ROOT, "lxd")["security.privileged"] == "false"
    assert stored(ROOT, "lxd")["security.devlxd"] == "false"
    assert stored(ROOT, "incus")["security.guestapi"] == "false"
    assert stored(IMAGE, "lxd")["security.idmap.isolated"] == "false"


def test_the_size_of_a_root_is_read_as_it_is_written():
    assert size_of({"devices": {"root": root_device("default", 8)}}) == 8


def test_a_disk_is_a_device_of_the_group_disk():
    wanted = {"type": "unix-block", "source": "/dev/loop3", "path": "/dev/xvdf", "mode": "0660", "gid": "6"}
    assert block_device(Disk("vol-2", "xvdf"), "/dev/loop3") == wanted
    assert block_device(Disk("vol-2", "xvdf", read_only=True), "/dev/loop3")["mode"] == "0440"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Child <42> ended on signal Interrupt(2)", "shutdown"),
        ("Child <42> ended on signal Hangup(1)", "reboot"),
        ("Child <42> ended on signal Killed(9)", "died"),
        ("Child <42> ended on error (255)", "died"),
        ("Child <41> ended on signal Interrupt(2)", ""),
        ("", ""),
    ],
)
def test_how_a_machine_ended_is_in_its_log(said, meant):
    """The words are those of lxc/error.c; the signals those of reboot(2) in a PID namespace."""
    before = "lxc vol-1 20261122065333.141 INFO error - ../src/lxc/error.c:lxc_error_set_and_log:34 - "
    assert ending(f"{before}Child <7> ended on signal Killed(9)\n{before}{said}\n", 42) == meant


def instance(location, kind=ROOT):
    return {"location": location, "config": {"user.groundcloud.kind": kind}}


def test_a_root_is_placed_where_the_fewest_are():
    there = [instance("one"), instance("two"), instance("one"), instance("two", IMAGE), instance("two", IMAGE)]
    assert choose(["one", "two"], there) == "two"
    assert choose(["two", "one"], []) == "one"
    with pytest.raises(MachineFailed, match="no member of the cluster"):
        choose([], there)


def test_a_cluster_is_at_the_socket_of_its_member_here():
    assert address_of("lxd:///run/lxd.sock?pool=fast") == Address("lxd", Path("/run/lxd.sock"), "fast")
    assert address_of("incus:") == Address("incus", Path("/var/lib/incus/unix.socket"), "default")
