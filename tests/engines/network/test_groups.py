"""Security groups, with packets."""

import pytest

from tests.engines.network.wishes import eni, group, tcp, vpc
from tests.engines.network.world import Host, reaches

pytestmark = pytest.mark.machines


def test_neighbours_in_one_subnet_do_not_reach_one_another_unless_a_group_says_so(host: Host) -> None:
    one, other = host.build(vpc(eni(4), eni(5)))
    other.serve(80)
    assert not reaches(one, "10.0.0.5", 80)


def test_a_rule_opens_its_port_and_nothing_else(host: Host) -> None:
    one, other = host.build(vpc(eni(4), eni(5), groups=(group("sg-a", tcp(80)),)))
    assert reaches(one, "10.0.0.5", 80)
    assert not reaches(one, "10.0.0.5", 81)
    assert reaches(other, "10.0.0.4", 80)
