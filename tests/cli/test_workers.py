"""Several processes that answer as one cloud."""

import os
import re
import signal
import time
import urllib.request

import pytest

from tests.clouds import CommandLine, RunningCloud, workers_of

_SAMPLE = re.compile(r'groundcloud_calls_total\{worker="(\d)",.*operation="ListUsers".*\} (\d+)')


@pytest.fixture()
def pair(groundcloud: CommandLine, tmp_path) -> RunningCloud:
    return groundcloud.up(tmp_path / "cloud", "--workers", 2)


def counted(cloud: RunningCloud) -> dict[str, int]:
    with urllib.request.urlopen(f"{cloud.endpoint}/_groundcloud/metrics", timeout=10) as answer:
        return {worker: int(count) for worker, count in _SAMPLE.findall(answer.read().decode())}


def eventually(done, seconds: float = 120.0) -> None:
    last = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < last
        time.sleep(0.05)


def test_workers_share_the_store_and_the_calls(pair):
    """Each client is a connection of its own, which the kernel gives to one worker by a hash of its ports."""
    pair.client("iam").create_user(UserName="alice")
    calls = 0

    def both_have_answered() -> bool:
        nonlocal calls
        for _ in range(8):
            names = [user["UserName"] for user in pair.client("iam").list_users()["Users"]]
            assert names == ["admin", "alice"]
            calls += 1
        return set(counted(pair)) == {"1", "2"}

    eventually(both_have_answered, seconds=30)
    eventually(lambda: sum(counted(pair).values()) == calls)


def test_a_worker_that_dies_is_started_again(pair):
    first = workers_of(pair.pid)
    assert len(first) == 2
    os.kill(first[0], signal.SIGKILL)
    eventually(lambda: len(workers_of(pair.pid)) == 2 and set(workers_of(pair.pid)) != set(first))
    assert pair.client("sts").get_caller_identity()["Account"] == pair.account


def test_workers_end_with_their_supervisor_however_it_ends(groundcloud: CommandLine, pair: RunningCloud):
    workers = workers_of(pair.pid)
    pair.kill()
    eventually(lambda: not any(os.path.exists(f"/proc/{pid}/cmdline") for pid in workers))
    again = groundcloud.up(pair.data, "--workers", 2)
    assert again.client("sts").get_caller_identity()["Account"] == pair.account
    groundcloud("down", "--data", pair.data)
    assert groundcloud("status", "--data", pair.data, code=3)
