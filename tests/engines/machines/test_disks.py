"""Disks: attached while a machine runs, formatted, mounted, grown, kept in snapshots, restored, made into images."""

import pytest

from groundcloud.engines.machines import loops
from groundcloud.engines.machines.wanted import Disk, MachineFailed
from tests.engines.machines.ground import ENGINES

pytestmark = [pytest.mark.machines, ENGINES]


@pytest.fixture(scope="module")
def machine(ground):
    ground.boot()
    return ground


def use(ground, volume, device="xvdf", size=1):
    ground.volumes.create(volume, size)
    ground.machines.attach("i-0", Disk(volume, device))


def test_a_disk_is_formatted_and_mounted_as_on_aws(machine):
    use(machine, "vol-a")
    said = machine.ssh("sudo mkfs -q -t ext4 /dev/xvdf && sudo mkdir -p /data && sudo mount /dev/xvdf /data && "
                       "sudo touch /data/file && df --output=target /data && stat -c %U /data/file")  # fmt: skip
    assert said.split() == ["Mounted", "on", "/data", "root"]
    with pytest.raises(MachineFailed, match="vol-a is mounted at /data"):
        machine.machines.detach("i-0", "vol-a")
    machine.ssh("sudo umount /data")
    machine.machines.detach("i-0", "vol-a")
    assert "xvdf" not in machine.ssh("ls /dev")
    assert machine.volumes.device("vol-a") == ""
    machine.volumes.delete("vol-a")


def test_what_was_written_is_there_after_attaching_again_elsewhere(machine):
    use(machine, "vol-b")
    machine.ssh("sudo mkfs.ext4 -q /dev/xvdf && sudo mount -o noatime,nofail /dev/xvdf /mnt && "
                "echo hello | sudo tee /mnt/file && sudo umount /mnt")  # fmt: skip
    machine.machines.detach("i-0", "vol-b")
    machine.boot(1, disks=(Disk("vol-b", "sdf"),))
    assert machine.ssh("sudo mount /dev/sdf /mnt && cat /mnt/file", 1) == "hello\n"
    machine.stop(1)
    machine.wait(lambda: machine.volumes.device("vol-b") == "")  # the kernel lets go once the mount is gone


def test_fstab_mounts_disks_at_the_next_boot(machine):
    machine.volumes.create("vol-c", 1)
    machine.boot(2, disks=(Disk("vol-c", "xvdh"),))
    machine.ssh("sudo mkfs.ext4 -q /dev/xvdh && sudo mkdir /srv/data && "
                "echo '/dev/xvdh /srv/data ext4 defaults,nofail 0 2' | sudo tee -a /etc/fstab", 2)  # fmt: skip
    again = []
    machine.machines.again = again.append
    machine.machines.reboot("i-2")
    machine.wait(lambda: again)
    machine.lab.plug(machine.state(2).pid, "10.9.0.12")
    assert machine.ssh("systemctl is-active --wait groundcloud-mounts >/dev/null; mountpoint /srv/data", 2) == (
        "/srv/data is a mountpoint\n"
    )


def test_options_that_would_harm_the_host_are_refused(machine):
    use(machine, "vol-d", "xvdi")
    machine.ssh("sudo mkfs.ext4 -q /dev/xvdi")
    assert "is not supported" in machine.ssh("sudo mount -t ext4 -o errors=panic /dev/xvdi /mnt 2>&1 || true")
    machine.ssh(
        "sudo mount /dev/xvdi /mnt; sudo mknod /mnt/null c 1 3 2>/dev/null; grep ' /mnt ' /proc/mounts | grep -q nodev"
    )
    machine.machines.detach("i-0", "vol-d", force=True)
    assert "/mnt" not in machine.ssh("cat /proc/mounts")


def test_a_volume_grows_while_it_is_in_use(machine):
    use(machine, "vol-e", "xvdj")
    machine.volumes.grow("vol-e", 3)
    assert machine.ssh("sudo blockdev --getsize64 /dev/xvdj") == f"{3 * 1024**3}\n"
    with pytest.raises(MachineFailed, match="cannot shrink"):
        machine.volumes.grow("vol-e", 2)


def test_a_root_volume_has_grown_at_the_next_start_at_the_latest(machine):
    machine.boot(5, size=2)
    machine.volumes.grow("vol-5", 5)
    machine.ssh("sudo touch /kept", 5)
    machine.stop(5)
    machine.start(5)
    machine.ssh("ls /kept; sudo fallocate -l 4G /large", 5)
    assert machine.ssh("sudo fallocate -l 1100M /more 2>/dev/null || echo full", 5) == "full\n"


def test_a_snapshot_of_a_disk_in_use_is_whole_and_restores(machine):
    use(machine, "vol-f", "xvdk")
    machine.ssh(
        "sudo mkfs.ext4 -q /dev/xvdk && sudo mkdir /f && sudo mount /dev/xvdk /f && echo one | sudo tee /f/file"
    )
    machine.volumes.snapshot("vol-f", "snap-f")
    machine.ssh("echo two | sudo tee /f/file")
    machine.volumes.create("vol-g", 2, "snap-f")
    machine.machines.attach("i-0", Disk("vol-g", "xvdl"))
    assert machine.ssh("sudo mkdir /g && sudo mount /dev/xvdl /g && cat /g/file /f/file").split() == ["one", "two"]
    with pytest.raises(MachineFailed, match="do not hold"):
        machine.volumes.create("vol-h", 0, "snap-f")


def test_an_image_of_a_machine_has_what_it_had_and_is_a_machine_of_its_own(machine):
    machine.boot(3)
    machine.ssh("sudo rm /etc/issue && echo mine | sudo tee /etc/mine && cloud-init status --wait", 3)
    key = machine.ssh("cat /etc/ssh/ssh_host_ed25519_key.pub", 3)
    machine.volumes.snapshot("vol-3", "snap-3")
    machine.volumes.image_from_snapshot("ami-3", "snap-3")
    assert {"ami-3", machine.image} <= machine.volumes.images()
    machine.boot(4, image="ami-3")
    assert machine.ssh("cat /etc/mine; ls /etc/issue 2>&1 | grep -c cannot", 4).split() == ["mine", "1"]
    assert machine.ssh("cat /etc/ssh/ssh_host_ed25519_key.pub", 4) != key
    machine.stop(4, force=True)
    machine.volumes.delete_image("ami-3")
    machine.start(4)
    assert machine.ssh("cat /etc/mine", 4) == "mine\n"


def test_the_same_name_twice_and_unknown_volumes_are_refused(machine):
    use(machine, "vol-i", "xvdm")
    machine.volumes.create("vol-j", 1)
    with pytest.raises(MachineFailed, match="xvdm is in use"):
        machine.machines.attach("i-0", Disk("vol-j", "xvdm"))
    with pytest.raises(MachineFailed, match="there is no volume vol-none"):
        machine.machines.attach("i-0", Disk("vol-none", "xvdn"))
    with pytest.raises(MachineFailed, match="is in use"):
        machine.volumes.delete("vol-i")
    assert all(str(machine.folders.state) in str(file) for file, _ in loops.all_found() if file.name == "vol-i")
