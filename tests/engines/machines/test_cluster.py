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


def drain(ground, member, **how):
    ground.project.shared.do("POST", "cluster", "members", member, "state", body={"action": "evacuate", **how})


def fill(ground, member):
    ground.project.shared.do("POST", "cluster", "members", member, "state", body={"action": "restore"})


def test_machines_are_spread_over_the_members_and_move_when_one_is_drained(ground):
    ground.boot(0)
    before = ground.boot(1)
    assert [member_of(ground, number) for number in (0, 1)] == ["one", "two"]
    ground.ssh("sudo touch /kept; sync", 1)
    told = []
    ground.machines.again = told.append
    drain(ground, "two")
    ground.wait(lambda: told == ["i-1"])
    assert member_of(ground, 1) == "one"
    assert ground.state(1).running
    assert ground.state(1).pid != before.pid
    ground.lab.plug(ground.state(1).pid, "10.9.0.11")
    assert ground.ssh("ls /kept", 1) == "/kept\n"
    ground.create_root("vol-2", 8, ground.image)
    assert member_of(ground, 2) == "one"
    ground.stop(1, force=True)
    ground.machines.remove("i-1")
    ground.volumes.delete("vol-1")  # or it would be moved back
    fill(ground, "two")


def test_what_a_drained_member_leaves_behind_moves_when_it_starts(ground):
    ground.volumes.create("vol-data", 1)
    ground.boot(3, disks=(Disk("vol-data", "xvdf"),))
    assert member_of(ground, 3) == "two"
    drain(ground, "two", mode="stop")
    ground.wait(lambda: not ground.state(3).running)
    assert ground.state(3).ended == "died"  # its controller starts it again
    ground.start(3, disks=(Disk("vol-data", "xvdf"),))
    assert member_of(ground, 3) == "one"
    assert ground.ssh("ls /dev/xvdf", 3) == "/dev/xvdf\n"
