import pytest

from groundcloud.engines.machines import kernel
from groundcloud.engines.machines.mounting import Mount, options_of
from groundcloud.engines.machines.wanted import MachineFailed


def asked(*options, kind="ext4", read_only=False):
    return options_of(Mount("/dev/xvdf", "/data", kind, options), read_only=read_only)


def test_nodes_of_a_mounted_disk_are_never_devices():
    attributes, _ = asked("dev", "rw", "defaults", "nofail", "x-systemd.automount")
    assert attributes & kernel.MOUNT_ATTR_NODEV


def test_a_broken_ext4_never_stops_the_host():
    assert asked()[1]["errors"] == "remount-ro"
    for option in ("errors=panic", "errors=continue,panic"):
        with pytest.raises(MachineFailed, match="is not supported"):
            asked(option)


def test_flags_become_attributes_of_the_mount():
    attributes, options = asked("ro", "nosuid", "noexec", "noatime", "discard")
    for flag in (kernel.MOUNT_ATTR_RDONLY, kernel.MOUNT_ATTR_NOSUID, kernel.MOUNT_ATTR_NOEXEC,
                 kernel.MOUNT_ATTR_NOATIME):  # fmt: skip
        assert attributes & flag
    assert options["discard"] is None


def test_a_disk_that_is_only_read_is_mounted_so():
    attributes, options = asked("rw", read_only=True)
    assert attributes & kernel.MOUNT_ATTR_RDONLY
    assert "ro" in options


@pytest.mark.parametrize("kind", ["overlay", "proc", "nfs", "", "ext4;"])
def test_only_file_systems_of_disks_are_mounted(kind):
    with pytest.raises(MachineFailed, match="unknown filesystem type"):
        asked(kind=kind)


@pytest.mark.parametrize(
    "option", ["journal_dev=8", "usrquota", "subvol=/x", "logdev=/dev/vda", "dax", "device=/dev/vda"]
)
def test_options_that_are_not_known_are_refused(option):
    with pytest.raises(MachineFailed, match="is not supported"):
        asked(option)
