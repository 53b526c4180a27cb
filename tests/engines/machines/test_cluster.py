"""A cluster of two members: where machines are placed, and what becomes of them when a member is drained."""

import pytest

from groundcloud.engines.machines.wanted import Disk
from tests.engines.machines.ground import Ground
from tests.lxd import two_members

__all__ = ["two_members"]

pytestmark = pytest.mark.machines


@pytest.fixture(scope="module")
def ground(tmp_path_factory, two_members):
    made = Ground(tmp_path_factory.mktemp("cluster"), two_members[0].address)
    try:
        yield made
    finally:
        made.close()


def member_of(ground, number):
    return ground.project.lxd.get("instances", f"vol-{number}")["location"]


def test_machines_are_spread_over_the_members_and_leave_one_that_is_drained(ground):
    """LXD moves what has nothing of its member's; what has a disk of the host it stops."""
    told = []
    ground.machines.again = told.append
    ground.volumes.create("vol-data", 1)
    ground.boot(0)
    before = ground.boot(1)
    ground.create_root("vol-2", 8, ground.image)
    ground.boot(3, disks=(Disk("vol-data", "xvdf"),))
    assert [member_of(ground, number) for number in range(4)] == ["one", "two"] * 2
    ground.ssh("sudo touch /kept; sync", 1)
    ground.project.shared.do("POST", "cluster", "members", "two", "state", body={"action": "evacuate"})
    ground.wait(lambda: told == ["i-1"] and not ground.state(3).running)
    assert member_of(ground, 1) == "one"
    assert ground.state(1).running
    assert ground.state(1).pid != before.pid
    ground.lab.plug(ground.state(1).pid, "10.9.0.11")
    assert ground.ssh("ls /kept", 1) == "/kept\n"
    assert ground.state(3).ended == "died"  # so its controller starts it again
    ground.start(3, disks=(Disk("vol-data", "xvdf"),))
    assert member_of(ground, 3) == "one"
    assert ground.ssh("ls /dev/xvdf", 3) == "/dev/xvdf\n"
    ground.create_root("vol-4", 8, ground.image)
    assert member_of(ground, 4) == "one"
