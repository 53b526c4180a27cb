"""Counting for flow logs, with packets."""

import pytest
from msgspec.structs import replace

from groundcloud.engines.network import flowlog
from groundcloud.engines.network.wanted import Acl, AclEntry, Flow, Network
from tests.engines.network.wishes import OPEN, SUBNET_A, SUBNET_B, SUBNET_PUBLIC, eni, group, ping, tcp, vpc
from tests.engines.network.world import Host, Machine, blocked, reaches

pytestmark = pytest.mark.machines


def told(host: Host) -> set[tuple[str, bool, str, str, int, int]]:
    """Interface, accepted, source, destination, protocol, and the lower port: the other one is anyone's."""
    return {
        (
            flow.interface,
            flow.accepted,
            flow.source,
            flow.destination,
            flow.protocol,
            min(flow.source_port, flow.destination_port),
        )
        for flow in host.engine.flows("vpc-a")
    }


def logging(**more: object) -> Network:
    return vpc(eni(4), eni(5), groups=(group("sg-a", tcp(80), ping()),), logged=("eni-4", "eni-5"), **more)


def test_what_is_accepted_is_counted_at_both_ends_and_both_ways(host: Host) -> None:
    one, other = host.build(logging())
    server = other.serve(80)
    assert reaches(one, "10.0.0.5", 80)
    assert server.accept()[1][0] == "10.0.0.4"
    both = (("10.0.0.4", "10.0.0.5"), ("10.0.0.5", "10.0.0.4"))
    assert told(host) == {(end, True, *way, 6, 80) for end in ("eni-4", "eni-5") for way in both}
    assert told(host) == set()


def test_what_is_refused_is_counted_where_it_is_refused(host: Host) -> None:
    one, _ = host.build(logging())
    assert blocked(one, "10.0.0.5", 81)
    assert told(host) == {
        ("eni-4", True, "10.0.0.4", "10.0.0.5", 6, 81),
        ("eni-5", False, "10.0.0.4", "10.0.0.5", 6, 81),
    }


def test_what_an_acl_refuses_is_counted_too(host: Host) -> None:
    shut = Acl("acl-shut", (AclEntry(False, 6, "10.0.0.0/16", 80, 80),), OPEN.outbound)
    network = replace(
        logging(subnets=(SUBNET_A, replace(SUBNET_B, acl="acl-shut")), acls=(OPEN, shut)),
        interfaces=(eni(4), eni(5, at="subnet-b", host="10.0.1.5")),
    )
    one, _ = host.build(network)
    assert blocked(one, "10.0.1.5", 80)
    assert ("eni-5", False, "10.0.0.4", "10.0.1.5", 6, 80) in told(host)


def _ping(machine: Machine, address: str) -> None:
    machine.run(["ping", "-c", "2", "-i", "0.05", "-q", address])


def test_counts_are_of_packets_and_bytes_and_outlive_new_rules(host: Host) -> None:
    network = logging()
    one, _ = host.build(network)
    _ping(one, "10.0.0.5")
    host.engine.reconcile(replace(network, groups=(group("sg-a", ping()),)))
    _ping(one, "10.0.0.5")
    flows = [flow for flow in host.engine.flows("vpc-a") if flow.interface == "eni-4" and flow.source == "10.0.0.4"]
    assert flows == [Flow("eni-4", True, "10.0.0.4", "10.0.0.5", 1, 0, 0, 4, 4 * 84)]


def test_the_way_to_the_cloud_is_counted_and_metadata_is_not(host: Host) -> None:
    network = vpc(eni(4, public="203.0.113.4"), subnets=(SUBNET_PUBLIC,), logged=("eni-4",))
    (one,) = host.build(network)
    blocked(one, "169.254.169.254", 80)
    blocked(one, "198.51.100.1", 443)
    assert told(host) == {
        ("eni-4", True, "10.0.0.4", "198.51.100.1", 6, 443),
        ("eni-4", True, "198.51.100.1", "10.0.0.4", 6, 443),
    }


def test_a_network_without_logs_has_no_counters(host: Host) -> None:
    host.build(replace(logging(), logged=()))
    assert host.engine.flows("vpc-a") == []
    assert flowlog.declarations(replace(logging(), logged=("eni-9",))) == []
