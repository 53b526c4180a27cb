"""A launch whose image is not there: it waits while somebody builds it, and says so; else it fails and says why."""

import fcntl

import msgspec
import pytest

from groundcloud.engines.machines.wanted import ImageProgress
from tests.clouds import CommandLine
from tests.machines.conftest import Ground, eventually

pytestmark = pytest.mark.machines


@pytest.fixture()
def bare(tmp_path):
    """A cloud whose folder of images has none, while something else seems to build the first one."""
    cache = tmp_path / "images"
    cache.mkdir(mode=0o700)
    (cache / ".debian-12.progress").write_bytes(msgspec.json.encode(ImageProgress("unpacking the base system", 0.35)))
    run = CommandLine(tmp_path)
    with open(cache / ".debian-12.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run.environment["GROUNDCLOUD_IMAGES"] = str(cache)
        ground = Ground(run, tmp_path)
        ground.cache, ground.lock = cache, lock
        try:
            yield ground
        finally:
            run.close()


def test_a_launch_waits_for_its_image_and_says_how_far_that_is_and_fails_when_the_image_does(bare):
    instance = bare.launch()
    eventually(lambda: "StateReason" in bare.seen(instance))
    seen = bare.seen(instance)
    assert seen["State"]["Name"] == "pending"
    words = "pending: the image debian-12 is being built: 35%, unpacking the base system"
    assert seen["StateReason"]["Message"] == words
    assert "image debian-12 35%, unpacking the base system" in bare.run("status", "--data", bare.data).out

    (bare.cache / ".debian-12.failed").write_text("The image debian-12 cannot be made: no mirror")
    fcntl.flock(bare.lock, fcntl.LOCK_UN)
    ended = bare.reaches(instance, "terminated")
    assert ended["StateReason"]["Code"] == "Server.InternalError"
    assert "`groundcloud image build debian-12`" in ended["StateReason"]["Message"]
    assert "no mirror" in ended["StateReason"]["Message"]
    eventually(lambda: not bare.ec2.describe_volumes()["Volumes"])
    assert bare.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert list((bare.data / "machines" / "volumes").iterdir()) == []
