from pathlib import Path

import pytest

from groundcloud.engines.machines.names import checked_device, checked_host_name, checked_id
from groundcloud.engines.machines.plan import Range, command, device_rule, limits, overlay, places
from groundcloud.engines.machines.wanted import Machine, MachineFailed

MACHINE = Machine(
    id="i-0abc", image="debian-12", root="vol-1", host_name="ip-10-0-0-5.ec2.internal", vcpus=0.5, memory_mib=512
)


def test_a_machine_is_this_program():
    assert "\n".join(command(MACHINE, Range(524288), Path("/state/run/i-0abc"))) == (
        "systemd-nspawn\n"
        "--quiet\n"
        "--boot\n"
        "--directory=/state/run/i-0abc/root\n"
        "--machine=i-0abc\n"
        "--hostname=ip-10-0-0-5\n"
        "--private-users=524288:65536\n"
        "--private-users-ownership=off\n"
        "--private-network\n"
        "--keep-unit\n"
        "--register=no\n"
        "--settings=no\n"
        "--console=read-only\n"
        "--link-journal=no\n"
        "--resolv-conf=off\n"
        "--timezone=off\n"
        "--bind-ro=/state/run/i-0abc/service:/run/groundcloud\n"
        "--setenv=groundcloud_instance=i-0abc\n"
        "--setenv=groundcloud_fqdn=ip-10-0-0-5.ec2.internal"
    )


def test_its_limits_on_the_unified_hierarchy():
    assert [tuple(each) for each in limits(MACHINE, unified=True)] == [
        ("", "memory.max", "536870912"),
        ("", "cpu.max", "50000 100000"),
        ("", "cpu.weight", "50"),
        ("", "pids.max", "4096"),
    ]


def test_its_limits_on_separate_hierarchies_allow_no_device_but_the_harmless():
    found = [tuple(each) for each in limits(MACHINE, unified=False)]
    assert found[:6] == [
        ("memory", "memory.limit_in_bytes", "536870912"),
        ("cpu", "cpu.cfs_period_us", "100000"),
        ("cpu", "cpu.cfs_quota_us", "50000"),
        ("cpu", "cpu.shares", "512"),
        ("pids", "pids.max", "4096"),
        ("devices", "devices.deny", "a"),
    ]
    assert all(value.startswith("c ") for _, file, value in found if file == "devices.allow")


def test_the_topmost_layer_comes_first():
    found = places(["/images/base", "/images/own", "/layers/of-ami-1"])
    assert [each.layer for each in found] == ["/layers/of-ami-1", "/images/own", "/images/base"]
    assert overlay([each.name for each in found]) == {
        "lowerdir": "layer2:layer1:layer0",
        "upperdir": "volume/upper",
        "workdir": "volume/work",
    }


def test_a_disk_that_is_only_read_is_allowed_no_more():
    assert device_rule(7, 3, read_only=True) == "b 7:3 r"
    assert device_rule(7, 3, read_only=False) == "b 7:3 rw"


@pytest.mark.parametrize("text", ["", "..", "a/b", "../a", "/a", "a b", "A", "a\n", "-a", ".a", "a..b", "x" * 64, "é"])
def test_what_could_leave_the_folder_is_no_id(text):
    with pytest.raises(MachineFailed, match="is no id"):
        checked_id(text)


@pytest.mark.parametrize("text", ["i-0123456789abcdef0", "vol-1", "debian-12", "snap-0a.1"])
def test_ids_of_aws_and_names_of_images_are_ids(text):
    assert checked_id(text) == text


@pytest.mark.parametrize("text", ["", "/dev/sdf", "xvdf/..", "sd f", "1", "console;x", "a" * 17])
def test_what_is_no_name_in_dev_is_no_device(text):
    with pytest.raises(MachineFailed, match="is no name of a device"):
        checked_device(text)


@pytest.mark.parametrize("text", ["", "-a", "a b", "a,b", "a\nb", "a=b"])
def test_what_is_no_host_name_is_refused(text):
    with pytest.raises(MachineFailed, match="is no host name"):
        checked_host_name(text)
