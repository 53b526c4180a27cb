"""What the kernel counts of machines, on both kinds of hierarchies, out of files as it writes them."""

from groundcloud.engines.machines.usage import processor_seconds
from groundcloud.engines.network.seen import counted
from groundcloud.engines.network.wanted import Traffic


def test_the_whole_machine_is_counted_on_hierarchies_by_controller(tmp_path):
    group = tmp_path / "cpuacct" / "groundcloud" / "c1" / "i-1"
    group.mkdir(parents=True)
    (group / "cpuacct.usage").write_text("2500000000\n")
    membership = (
        "12:pids:/groundcloud/c1/i-1\n4:cpuacct:/groundcloud/c1/i-1\n"
        "1:name=systemd:/groundcloud/c1/i-1/init.scope\n0::/groundcloud/c1/i-1/init.scope\n"
    )
    assert processor_seconds(membership, tmp_path) == 2.5


def test_controllers_may_share_a_hierarchy(tmp_path):
    group = tmp_path / "cpu,cpuacct" / "groundcloud" / "i-1"
    group.mkdir(parents=True)
    (group / "cpuacct.usage").write_text("1000000\n")
    assert processor_seconds("3:cpu,cpuacct:/groundcloud/i-1/init.scope\n", tmp_path) == 0.001


def test_the_whole_machine_is_counted_on_the_unified_hierarchy(tmp_path):
    group = tmp_path / "groundcloud" / "c1" / "i-1"
    group.mkdir(parents=True)
    (group / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n")
    assert processor_seconds("0::/groundcloud/c1/i-1/init.scope\n", tmp_path) == 1.5


def test_what_a_router_receives_its_machine_has_sent():
    names = "Inter-|   Receive\n face |bytes packets errs drop fifo frame compressed multicast|bytes packets\n"
    table = f"{names}    lo: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\ni0123456789ab: 1500 15 0 0 0 0 0 0 9000 90 0 0 0 0 0 0\n"
    assert counted(table)["i0123456789ab"] == Traffic(9000, 90, 1500, 15)
