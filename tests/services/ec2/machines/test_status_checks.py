"""When status checks pass and fail. Source: "Status checks for Amazon EC2 instances" in the EC2 user guide."""

from datetime import UTC, datetime

import pytest

from groundcloud.engines.network.wanted import Unreachable
from groundcloud.services.ec2.machines.records import Instance
from groundcloud.services.ec2.machines.status_checks import StatusChecks


class Networks:
    """A VPC in which some interfaces answer."""

    def __init__(self):
        self.answers = set()
        self.looks = 0

    def answering(self, network_id):
        self.looks += 1
        if self.answers is None:
            raise Unreachable(network_id)
        return self.answers


@pytest.fixture()
def networks():
    return Networks()


@pytest.fixture()
def check(networks):
    """Check an instance at a second, and write down what came of it."""
    checks = StatusChecks(networks)
    launched = datetime(2026, 1, 1, tzinfo=UTC)
    instance = Instance(
        "111122223333", "us-east-1", "i-1", "r-1", "ami-1", "t3.micro", launched, "us-east-1a", "subnet-1", "vpc-1",
        interfaces=["eni-1"],
    )  # fmt: skip

    def at(second):
        instance.reachability = checks.result(instance, 1000.0 + second)
        return instance.reachability

    return at


def test_a_check_passes_with_the_first_answer(networks, check):
    assert check(0) == "initializing"
    networks.answers = {"eni-1", "eni-2"}
    assert check(0.5) == "initializing"  # it looks every second
    assert check(1) == "passed"


def test_a_machine_that_boots_has_five_minutes(check):
    assert [check(second) for second in (0, 299, 301)] == ["initializing", "initializing", "failed"]


def test_a_machine_that_falls_silent_fails_after_a_minute_and_passes_again_at_once(networks, check):
    networks.answers = {"eni-1"}
    assert check(0) == "passed"
    networks.answers = set()
    assert [check(second) for second in (59, 60, 119, 120)] == ["passed", "passed", "passed", "failed"]
    networks.answers = {"eni-1"}
    assert check(122) == "passed"


def test_a_machine_that_runs_well_is_asked_once_a_minute(networks, check):
    networks.answers = {"eni-1"}
    for second in range(121):
        check(second)
    assert networks.looks == 3


def test_where_nothing_is_known_nothing_changes(networks, check):
    networks.answers = None
    assert [check(second) for second in (0, 400)] == ["initializing", "initializing"]
