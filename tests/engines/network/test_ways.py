"""Routes: to the host, to other VPCs, over NAT, over peerings, with packets."""

import socket

import pytest
from msgspec.structs import replace

from groundcloud.engines.network.namespaces import Namespace
from groundcloud.engines.network.wanted import Address, GroupRule, NatGateway, Peering, Route, Unreachable
from tests.engines.network.wishes import INTERNET, SUBNET_A, SUBNET_B, SUBNET_PUBLIC, eni, group, subnet, tcp, vpc
from tests.engines.network.world import Host, answers, blocked, reaches, silent

pytestmark = pytest.mark.machines

HOST = "203.0.113.1"
"""The host's own address in the pool, which machines see when it speaks to them."""

WEB = group("sg-a", tcp(80))
NAT = NatGateway("nat-1", "subnet-a", "10.0.0.200", "203.0.113.200")
SUBNET_PRIVATE = subnet("subnet-b", "10.0.1.0/24", Route("0.0.0.0/0", "nat", "nat-1"))
HERE = Namespace()


def test_the_host_reaches_a_public_address_and_only_what_the_group_opens(host: Host) -> None:
    network = vpc(eni(4, public="203.0.113.7"), groups=(WEB,), subnets=(SUBNET_PUBLIC,))
    (one,) = host.build(network)
    server = one.serve(80)
    assert reaches(HERE, "203.0.113.7", 80)
    assert server.accept()[1][0] == HOST
    assert blocked(HERE, "203.0.113.7", 81)
    with pytest.raises(OSError, match="unreachable"):
        reaches(HERE, "203.0.113.8", 80)


def test_without_a_route_to_the_internet_a_public_address_is_of_no_use(host: Host) -> None:
    host.build(vpc(eni(4, public="203.0.113.7"), groups=(WEB,)))
    assert blocked(HERE, "203.0.113.7", 80)


def test_machines_do_not_reach_the_host(host: Host) -> None:
    (one,) = host.build(vpc(eni(4, public="203.0.113.7"), groups=(WEB,), subnets=(SUBNET_PUBLIC,)))
    server = HERE.do(lambda: socket.create_server(("0.0.0.0", 80)))
    assert blocked(one, HOST, 80)
    server.close()


def test_vpcs_with_the_same_range_are_apart(host: Host) -> None:
    (one,) = host.build(vpc(eni(4), groups=(WEB,)))
    (other,) = host.build(vpc(eni(5), groups=(WEB,), name="vpc-b"))
    other.serve(80)
    assert blocked(one, "10.0.0.5", 80)


def test_public_addresses_of_another_vpc_are_reached_as_the_public_address(host: Host) -> None:
    (one,) = host.build(vpc(eni(4, public="203.0.113.4"), groups=(WEB,), subnets=(SUBNET_PUBLIC,)))
    from_one = group("sg-a", tcp(80, "203.0.113.4/32"))
    (other,) = host.build(vpc(eni(4, public="203.0.113.5"), groups=(from_one,), subnets=(SUBNET_PUBLIC,), name="vpc-b"))
    server = other.serve(80)
    assert reaches(one, "203.0.113.5", 80)
    assert server.accept()[1][0] == "203.0.113.4"
    assert blocked(HERE, "203.0.113.5", 80)


def test_a_neighbours_public_address_leads_out_and_in_again(host: Host) -> None:
    """A group rule for private addresses does not count then: AWS, "Security group rules", sources."""
    members = (eni(4, public="203.0.113.4"), eni(5, public="203.0.113.5"))
    network = vpc(*members, groups=(group("sg-a", tcp(80, "10.0.0.0/16")),), subnets=(SUBNET_PUBLIC,))
    one, other = host.build(network)
    assert blocked(one, "203.0.113.5", 80)
    host.engine.reconcile(replace(network, groups=(WEB,)))
    server = other.serve(80)
    assert reaches(one, "203.0.113.5", 80)
    assert server.accept()[1][0] == "203.0.113.4"


def test_a_moved_elastic_address_leads_to_its_new_machine_and_ends_old_connections(host: Host) -> None:
    first, second = eni(4, public="203.0.113.7"), eni(5)
    network = vpc(first, second, groups=(WEB,), subnets=(SUBNET_PUBLIC,))
    one, other = host.build(network)
    server, new_server = one.serve(80), other.serve(80)
    client = HERE.do(lambda: socket.create_connection(("203.0.113.7", 80), 1))
    served, _ = server.accept()
    assert answers(client, served)
    inside = other.connect("10.0.0.4", 80)
    assert inside
    served_inside, _ = server.accept()
    moved = (eni(4), eni(5, public="203.0.113.7"))
    host.engine.reconcile(replace(network, interfaces=moved))
    assert silent(client, served)
    assert answers(inside, served_inside)
    assert reaches(HERE, "203.0.113.7", 80)
    assert new_server.accept()[1][0] == HOST


def test_a_nat_gateway_leads_out_and_nobody_in(host: Host) -> None:
    (target,) = host.build(vpc(eni(9, public="203.0.113.9"), groups=(WEB,), subnets=(SUBNET_PUBLIC,), name="vpc-b"))
    network = vpc(
        eni(4, at="subnet-b", host="10.0.1.4"),
        groups=(WEB,),
        subnets=(SUBNET_PUBLIC, SUBNET_PRIVATE),
        nat_gateways=(NAT,),
    )
    (one,) = host.build(network)
    server = target.serve(80)
    client = one.connect("203.0.113.9", 80)
    assert client
    served, peer = server.accept()
    assert peer[0] == "203.0.113.200"
    assert answers(served, client)
    assert blocked(target, "203.0.113.200", 80)
    host.engine.reconcile(replace(network, nat_gateways=()))
    assert blocked(one, "203.0.113.9", 80)


def test_a_connection_by_a_nat_gateway_is_tracked_and_outlives_its_rule(host: Host) -> None:
    """AWS, "Security group connection tracking": automatically tracked connections."""
    (target,) = host.build(vpc(eni(9, public="203.0.113.9"), groups=(WEB,), subnets=(SUBNET_PUBLIC,), name="vpc-b"))
    open_ = group("sg-a", GroupRule(-1, blocks=("0.0.0.0/0",)))
    inside = eni(4, at="subnet-b", host="10.0.1.4")
    network = vpc(inside, groups=(open_,), subnets=(SUBNET_PUBLIC, SUBNET_PRIVATE), nat_gateways=(NAT,))
    (one,) = host.build(network)
    server = target.serve(80)
    client = one.connect("203.0.113.9", 80)
    assert client
    served, _ = server.accept()
    host.engine.reconcile(replace(network, groups=(replace(open_, outbound=()),)))
    assert answers(client, served)
    assert blocked(one, "203.0.113.9", 80)


def test_in_a_subnet_behind_nat_a_public_address_does_not_answer(host: Host) -> None:
    """The answer would leave by the NAT gateway, as another address."""
    host.build(
        vpc(
            eni(4, at="subnet-b", host="10.0.1.4", public="203.0.113.7"),
            groups=(WEB,),
            subnets=(SUBNET_PUBLIC, SUBNET_PRIVATE),
            nat_gateways=(NAT,),
        )
    )
    assert blocked(HERE, "203.0.113.7", 80)


def test_without_a_public_address_nothing_leaves_by_the_internet_gateway(host: Host) -> None:
    (target,) = host.build(vpc(eni(9, public="203.0.113.9"), groups=(WEB,), subnets=(SUBNET_PUBLIC,), name="vpc-b"))
    (one,) = host.build(vpc(eni(4), groups=(WEB,), subnets=(SUBNET_PUBLIC,)))
    assert blocked(one, "203.0.113.9", 80)
    assert target.path


def _peered(name: str, other: str, number: int, *blocks: str) -> dict[str, object]:
    route = Route(f"10.{3 - number}.0.0/16", "peering", "pcx-1")
    return {
        "name": name,
        "blocks": (f"10.{number}.0.0/16",),
        "subnets": (
            replace(subnet("subnet-a", f"10.{number}.0.0/24"), routes=(Route(f"10.{number}.0.0/16", "local"), route)),
        ),
        "peerings": (Peering("pcx-1", other, (f"10.{3 - number}.0.0/16",)),),
    }


def test_peered_vpcs_reach_one_another_with_groups_of_the_other_as_sources(host: Host) -> None:
    (one,) = host.build(
        vpc(eni(4, "sg-web", host="10.1.0.4"), groups=(group("sg-web"),), **_peered("vpc-a", "vpc-b", 1))
    )
    (other,) = host.build(
        vpc(
            eni(4, "sg-db", host="10.2.0.4"),
            groups=(group("sg-db", tcp(80, group="sg-web"), tcp(81, "10.1.0.0/16")),),
            group_members={"sg-web": ("10.1.0.4",)},
            **_peered("vpc-b", "vpc-a", 2),
        )
    )
    server = other.serve(80)
    assert reaches(one, "10.2.0.4", 80)
    assert server.accept()[1][0] == "10.1.0.4"
    assert reaches(one, "10.2.0.4", 81)
    assert blocked(one, "10.2.0.4", 82)
    host.engine.reconcile(
        vpc(
            eni(4, "sg-db", host="10.2.0.4"),
            groups=(group("sg-db"),),
            **{**_peered("vpc-b", "vpc-a", 2), "peerings": ()},
        )
    )
    assert blocked(one, "10.2.0.4", 81)


def test_a_nat_instance_forwards_when_its_check_is_off(host: Host) -> None:
    (target,) = host.build(vpc(eni(9, public="203.0.113.9"), groups=(WEB,), subnets=(SUBNET_PUBLIC,), name="vpc-b"))
    inside = subnet("subnet-b", "10.0.1.0/24", Route("0.0.0.0/0", "interface", "eni-5"))
    every = group("sg-a", GroupRule(-1, blocks=("10.0.0.0/16",)))
    instance = eni(5, public="203.0.113.5")
    members = (eni(4, at="subnet-b", host="10.0.1.4"), instance)
    network = vpc(*members, groups=(every,), subnets=(SUBNET_PUBLIC, inside))
    one, router = host.build(network)
    router.set(ipv4__ip_forward="1")
    router.run(["nft", "-f", "-"], "table ip n { chain c { type nat hook postrouting priority 0\nmasquerade\n}\n}")
    server = target.serve(80)
    assert blocked(one, "203.0.113.9", 80)
    host.engine.reconcile(replace(network, interfaces=(members[0], replace(instance, source_dest_check=False))))
    assert reaches(one, "203.0.113.9", 80)
    assert server.accept()[1][0] == "203.0.113.5"


def test_the_most_specific_route_counts(host: Host) -> None:
    (target,) = host.build(vpc(eni(9, public="203.0.113.9"), groups=(WEB,), subnets=(SUBNET_PUBLIC,), name="vpc-b"))
    hole = Route("203.0.113.8/29", "blackhole")
    network = vpc(
        eni(4, public="203.0.113.4"), groups=(WEB,), subnets=(subnet("subnet-a", "10.0.0.0/24", INTERNET, hole),)
    )
    (one,) = host.build(network)
    assert blocked(one, "203.0.113.9", 80)
    host.engine.reconcile(replace(network, subnets=(SUBNET_PUBLIC,)))
    assert reaches(one, "203.0.113.9", 80)
    assert target.path


def test_secondary_addresses_have_public_ones_of_their_own(host: Host) -> None:
    both = (Address("10.0.0.4", "203.0.113.4"), Address("10.0.0.14", "203.0.113.14"))
    (one,) = host.build(vpc(replace(eni(4), addresses=both), groups=(WEB,), subnets=(SUBNET_PUBLIC,)))
    server = one.serve(80, "10.0.0.14")
    assert reaches(HERE, "203.0.113.14", 80)
    assert server.accept()[1][0] == HOST


def test_an_address_outside_the_pool_is_refused(host: Host) -> None:
    with pytest.raises(Unreachable, match=r"198.18.0.1/32 is not"):
        host.engine.reconcile(vpc(eni(4, public="198.18.0.1"), subnets=(SUBNET_A, SUBNET_B)))


def test_what_is_too_large_for_the_internet_is_said_so(host: Host) -> None:
    """AWS: the largest packet is 9001 bytes within a VPC, 1500 over an internet gateway."""
    every = group("sg-a", GroupRule(-1, blocks=("0.0.0.0/0",)))
    host.build(vpc(eni(9, public="203.0.113.9"), groups=(every,), subnets=(SUBNET_PUBLIC,), name="vpc-b"))
    one, _ = host.build(vpc(eni(4, public="203.0.113.4"), eni(5), groups=(every,), subnets=(SUBNET_PUBLIC,)))
    ask = ["ping", "-c", "1", "-W", "1", "-M", "do", "-s"]
    assert "1 received" in one.run([*ask, "8973", "10.0.0.5"])
    with pytest.raises(Unreachable):
        one.run([*ask, "1473", "203.0.113.9"])
    assert [each["metrics"][0]["mtu"] for each in one.show(["route get 203.0.113.9"])[0]] == [1500]
    assert "1 received" in one.run([*ask, "1472", "203.0.113.9"])


def test_an_address_that_a_new_interface_takes_over_has_no_connections_of_the_old_one(host: Host) -> None:
    limited = group("sg-a", tcp(80), outbound=(tcp(80),))
    network = vpc(eni(4), eni(5), groups=(limited,))
    one, other = host.build(network)
    server = other.serve(80)
    client = one.connect("10.0.0.5", 80)
    assert client
    assert server.accept()[1][0] == "10.0.0.4"
    space = host.engine._space("vpc-a")
    assert "dport=80" in space.run(["conntrack", "-L"])
    host.engine.reconcile(vpc(eni(4), eni(5, name="eni-55"), groups=(limited,)))
    assert "dport=80" not in space.run(["conntrack", "-L"])
