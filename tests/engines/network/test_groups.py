"""Security groups, with packets."""

import pytest
from msgspec.structs import replace

from groundcloud.engines.network.wanted import GroupRule, Unreachable
from tests.engines.network.wishes import eni, group, ping, tcp, udp, vpc
from tests.engines.network.world import SHORT, Host, answers, blocked, reaches, silent

pytestmark = pytest.mark.machines


def test_neighbours_in_one_subnet_do_not_reach_one_another_unless_a_group_says_so(host: Host) -> None:
    one, other = host.build(vpc(eni(4), eni(5)))
    other.serve(80)
    assert blocked(one, "10.0.0.5", 80)


def test_a_rule_opens_its_port_and_nothing_else(host: Host) -> None:
    one, other = host.build(vpc(eni(4), eni(5), groups=(group("sg-a", tcp(80)),)))
    assert reaches(one, "10.0.0.5", 80)
    assert blocked(one, "10.0.0.5", 81)
    assert reaches(other, "10.0.0.4", 80)


def test_a_rule_for_a_range_is_for_nobody_else(host: Host) -> None:
    one, _, third = host.build(vpc(eni(4), eni(5), eni(6), groups=(group("sg-a", tcp(80, "10.0.0.4/32")),)))
    assert reaches(one, "10.0.0.5", 80)
    assert blocked(third, "10.0.0.5", 80)


def test_a_group_as_a_source_means_its_members(host: Host) -> None:
    groups = (group("sg-web"), group("sg-db", tcp(5432, group="sg-web")))
    web, _, other = host.build(vpc(eni(4, "sg-web"), eni(5, "sg-db"), eni(6, "sg-db"), groups=groups))
    assert reaches(web, "10.0.0.5", 5432)
    assert blocked(other, "10.0.0.5", 5432)


def test_what_no_outbound_rule_lets_through_stays_in(host: Host) -> None:
    closed = group("sg-closed", tcp(80), outbound=(tcp(443),))
    one, _ = host.build(
        vpc(eni(4, "sg-closed"), eni(5, "sg-open"), groups=(closed, group("sg-open", tcp(80), tcp(443))))
    )
    assert blocked(one, "10.0.0.5", 80)
    assert reaches(one, "10.0.0.5", 443)


def test_an_interface_with_two_groups_has_the_rules_of_both(host: Host) -> None:
    groups = (group("sg-a", tcp(80)), group("sg-b", tcp(81), outbound=()))
    one, _ = host.build(vpc(eni(4, "sg-a"), eni(5, "sg-a sg-b"), groups=groups))
    assert [not blocked(one, "10.0.0.5", port) for port in (80, 81, 82)] == [True, True, False]


def test_a_removed_rule_lets_no_new_connection_in_and_keeps_the_tracked_one(host: Host) -> None:
    """AWS, "Security group connection tracking": tracked connections are not interrupted at once."""
    opened = group("sg-a", tcp(80, "10.0.0.0/16"))
    network = vpc(eni(4), eni(5), groups=(opened,))
    one, other = host.build(network)
    server = other.serve(80)
    client = one.connect("10.0.0.5", 80)
    assert client
    served, peer = server.accept()
    assert peer[0] == "10.0.0.4"
    host.engine.reconcile(replace(network, groups=(group("sg-a"),)))
    assert blocked(one, "10.0.0.5", 80)
    assert answers(client, served)
    host.engine.reconcile(network)
    assert reaches(one, "10.0.0.5", 80)


def test_icmp_types_are_told_apart(host: Host) -> None:
    """Type 8 is the question that ping asks, 13 a question for the time."""
    network = vpc(eni(4), eni(5), groups=(group("sg-a", ping()),))
    one, _ = host.build(network)
    ask = ["ping", "-c", "1", "-W", "0.25", "-q", "10.0.0.5"]
    assert "1 received" in one.run(ask)
    host.engine.reconcile(replace(network, groups=(group("sg-a", GroupRule(1, 13, -1, blocks=("0.0.0.0/0",))),)))
    with pytest.raises(Unreachable):
        one.run(ask)


def test_udp_answers_come_back_and_questions_need_a_rule(host: Host) -> None:
    one, other = host.build(vpc(eni(4), eni(5)))
    asked, asker = other.udp(port=53), one.udp()
    asker.sendto(b"?", ("10.0.0.5", 53))
    asked.settimeout(SHORT)
    with pytest.raises(TimeoutError):
        asked.recv(1)
    host.engine.reconcile(vpc(eni(4), eni(5), groups=(group("sg-a", udp(53)),)))
    asker.sendto(b"?", ("10.0.0.5", 53))
    _, peer = asked.recvfrom(1)
    asked.sendto(b"!", peer)
    asker.settimeout(SHORT)
    assert asker.recv(1) == b"!"


def test_a_flow_that_is_not_tracked_ends_with_its_rule_and_goes_on_when_it_returns(host: Host) -> None:
    """AWS, "Security group connection tracking": with a rule for 0.0.0.0/0, and one for all answers, it is untracked,
    and interrupted at once when the rule that enables it is removed."""
    network = vpc(eni(4), eni(5), groups=(group("sg-a", tcp(80)),))
    one, other = host.build(network)
    server = other.serve(80)
    client = one.connect("10.0.0.5", 80)
    assert client
    served, _ = server.accept()
    host.engine.reconcile(replace(network, groups=(group("sg-a", tcp(80), tcp(81)),)))
    assert answers(client, served)
    host.engine.reconcile(replace(network, groups=(group("sg-a", tcp(81)),)))
    assert silent(client, served)
    host.engine.reconcile(network)
    served.settimeout(3)
    assert served.recv(1) == b"x"
    assert answers(served, client)


def test_with_limited_outbound_rules_the_same_flow_is_tracked_and_stays(host: Host) -> None:
    limited = (tcp(80),)
    network = vpc(eni(4), eni(5), groups=(group("sg-a", tcp(80), outbound=limited),))
    one, other = host.build(network)
    server = other.serve(80)
    client = one.connect("10.0.0.5", 80)
    assert client
    served, _ = server.accept()
    host.engine.reconcile(replace(network, groups=(group("sg-a"),)))
    assert answers(client, served)
    assert answers(served, client)
