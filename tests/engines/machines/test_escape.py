"""What a machine's root tries in order to get out. One machine is the attacker, a second one its neighbour."""

from pathlib import Path

import pytest

from groundcloud.engines.machines.cgroups import Cgroups
from groundcloud.engines.machines.plan import limits
from groundcloud.engines.machines.wanted import Disk
from tests.engines.machines.ground import ENGINES

pytestmark = [pytest.mark.machines, ENGINES]


@pytest.fixture(scope="module")
def root(ground):
    """Runs a command as the attacker's root; its output, whatever its exit code."""
    ground.volumes.create("vol-secret", 1)
    ground.boot(0, memory_mib=192, tasks=200, size=1)
    ground.boot(1, disks=(Disk("vol-secret", "xvdf"),))
    ground.ssh("echo 'a neighbour secret' | sudo tee /dev/xvdf >/dev/null; sudo sync", 1)
    ground.ssh("cloud-init status --wait >/dev/null")

    def run(command):
        return ground.ssh(f"sudo sh -c '{command}' 2>&1 || true")

    return run


def test_its_root_is_nobody_on_the_host(ground, root):
    status = Path(f"/proc/{ground.state(0).pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("Uid:")]
    assert all(int(user) >= 65536 for user in line.split()[1:])


def test_two_machines_have_no_user_in_common(ground, root):
    first, second = (Path(f"/proc/{ground.state(number).pid}/uid_map").read_text().split() for number in (0, 1))
    assert first[1] != second[1]
    assert first[2] == second[2] == "65536"


def test_it_sees_no_file_of_the_host(ground, root):
    places = root('cut -d" " -f 5,10 /proc/self/mountinfo; ls /run/host')
    assert str(ground.folders.state) not in places
    host_disk = ground.ssh("grep /run/groundcloud /proc/self/mountinfo").split()
    assert "ro" in host_disk[5].split(",")
    assert [line.split()[0] for line in places.splitlines() if line.endswith(f" {host_disk[9]}")] == [
        "/run/groundcloud"
    ]
    assert root("ls -A /run/groundcloud; touch /run/groundcloud/x").startswith("mount\ntouch: cannot touch")
    marker = ground.folders.state / "marker"
    marker.write_text("of the host")
    assert "of the host" not in root(f"cat {marker} /proc/1/root{marker} /run/host/*{marker}")


def test_it_sees_no_process_and_no_link_of_the_host(root):
    assert "nspawn" not in root('cat /proc/[0-9]*/cmdline | tr "\\0" " "')
    assert sorted(root("ls /sys/class/net").split()) == ["eth0", "lo"]


@pytest.mark.parametrize(
    "attempt",
    [
        "mknod /tmp/disk b 7 0",
        "mknod /tmp/memory c 1 1",
        "mount -t devtmpfs none /mnt",
        "mount -t ext4 /dev/loop0 /mnt",
        "cat /dev/loop0 /dev/vda /dev/mem",
        "echo 1 > /proc/sys/kernel/panic",
        "echo /tmp/x > /proc/sys/kernel/core_pattern",
        "echo b > /proc/sysrq-trigger",
        "date -s 2030-01-01",
        "nsenter --target 1 --user true && nsenter --mount=/proc/1/ns/mnt --user=/proc/self/ns/user true",
        "swapon /dev/zero",
        "python3 -c 'import ctypes; exit(ctypes.CDLL(None).init_module(0, 0, 0) == 0 or 1)'",
    ],
)
def test_what_only_the_host_root_may_do_fails(ground, root, attempt):
    quoted = attempt.replace("'", "'\\''")
    said = ground.ssh(f"sudo sh -c '{quoted}' >/dev/null 2>&1 && echo done || echo failed")
    assert said == "failed\n"


def test_it_does_not_raise_its_own_limits(ground, root):
    unified = Cgroups(ground.tag).unified
    wanted = [
        each for each in limits(ground.machines.entry("i-0").machine, unified=unified) if each.controller != "devices"
    ]
    files = [ground.group(0, each.controller) / each.file for each in wanted]
    before = [file.read_text().strip() for file in files]
    ground.ssh("for file in $(find /sys/fs/cgroup -name '*limit_in_bytes' -o -name '*.max' -o -name 'cpu.*' "
               "-o -name 'devices.allow'); do for value in 99999999999 9999 a; "
               "do sudo sh -c \"echo $value > $file\" 2>/dev/null; done; done; true")  # fmt: skip
    assert [file.read_text().strip() for file in files] == before
    for setting, value in zip(wanted, before, strict=True):
        if setting.file not in ("cpu.shares", "cpu.weight"):  # LXD has its own measure of them
            assert value == setting.value


def test_a_fork_bomb_stays_in_its_machine(ground, root):
    said = root("for i in $(seq 400); do sleep 4 & done; wait")
    assert "fork" in said
    ground.ssh("true", 1)
    assert "here" in ground.ssh("echo here")


def test_a_machine_that_takes_all_memory_loses_the_process_and_nobody_else(ground, root):
    said = root('python3 -c "x = bytearray(400 * 1024 * 1024)"; echo $?')
    assert "137" in said
    assert ground.state(0).running
    ground.ssh("true", 1)


def test_a_full_disk_is_the_machine_own(ground, root):
    said = root("dd if=/dev/zero of=/large bs=1M count=1500; rm -f /large; sync")
    assert "No space left on device" in said or "Disk quota exceeded" in said
    size = sum(path.stat().st_blocks * 512 for path in (ground.folders.state / "volumes").glob("vol-0*"))
    assert size < 1100 * 1024 * 1024
    ground.ssh("sudo touch /room", 1)


def test_a_disk_that_was_taken_away_is_not_opened_again(ground, root):
    """A mount of the device's node that the machine keeps elsewhere must not lead to the next volume of that number."""
    ground.volumes.create("vol-mine", 1)
    ground.machines.attach("i-0", Disk("vol-mine", "xvdg"))
    assert root("touch /keep; mount --bind /dev/xvdg /keep; head -c 4 /keep | wc -c") == "4\n"
    ground.machines.detach("i-0", "vol-mine")
    ground.volumes.create("vol-other", 1)
    ground.machines.attach("i-1", Disk("vol-other", "xvdg"))
    said = root("head -c 4 /keep | wc -c; head -c 4 /dev/xvdg")
    assert "Permission denied" in said or "not permitted" in said
    root("umount /keep")


def test_it_mounts_nothing_but_its_own_disks(root):
    ask = (
        'import json,socket,sys;s=socket.socket(socket.AF_UNIX);s.connect(\\"/run/groundcloud/mount\\");'
        's.sendall(json.dumps(dict(device=sys.argv[1],target=\\"/mnt\\",kind=\\"ext4\\")).encode()+b\\"\\\\n\\");'
        "print(s.recv(4096))"
    )
    for device in ("/dev/loop0", "/dev/vda", "/dev/xvdf", "/dev/../dev/loop0", ""):
        assert "is no disk of this machine" in root(f'python3 -c "{ask}" "{device}"')


def test_only_its_root_may_ask_for_mounts(ground, root):
    ask = "import socket;s=socket.socket(socket.AF_UNIX);s.connect('/run/groundcloud/mount');print(s.recv(99))"
    assert "only root can do that" in ground.ssh(f'python3 -c "{ask}"')
