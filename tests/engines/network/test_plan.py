"""What a router should have, as text."""

from ipaddress import ip_network

import pytest
from msgspec.structs import replace

from groundcloud.engines.network import links, plan
from groundcloud.engines.network.seen import changes, route_changes, route_lines
from groundcloud.engines.network.valid import check
from groundcloud.engines.network.wanted import Address, Endpoint, GroupRule, NatGateway, Peering, Route
from tests.engines.network.wishes import INTERNET, SUBNET_PUBLIC, eni, group, subnet, vpc

NAT = NatGateway("nat-1", "subnet-a", "10.0.0.200", "203.0.113.200")


def _routes(network, *there: str, version: int = 4) -> list[str]:
    """Routes of the first subnet's table."""
    mark = f" table {links.table_of(network.subnets[0].id)}"
    found = plan.routes(network, {links.UPLINK, *there}, version)
    return sorted(line.replace(mark, "") for line in found if mark in line)


def test_a_router_has_the_first_addresses_and_those_of_metadata_dns_and_the_cloud() -> None:
    assert plan.addresses(vpc()) == {
        "10.0.0.1/32",
        "10.0.1.1/32",
        "10.0.0.2/32",
        "169.254.169.254/32",
        "169.254.169.253/32",
        "198.51.100.1/32",
        "198.51.100.2/32",
        "198.51.100.3/32",
    }


def test_a_subnet_without_a_way_out_has_the_vpc_and_nothing() -> None:
    assert _routes(vpc()) == ["blackhole 0.0.0.0/0 metric 9999", "throw 10.0.0.0/16"]


def test_a_route_counts_while_its_link_is_there_and_is_a_black_hole_otherwise() -> None:
    away = Route("10.9.0.0/16", "peering", "pcx-1")
    network = vpc(
        subnets=(subnet("subnet-a", "10.0.0.0/24", INTERNET, away),), peerings=(Peering("pcx-1", "vpc-b", ()),)
    )
    link = links.peering_link("pcx-1")
    without = [
        "blackhole 0.0.0.0/0 metric 9999",
        "blackhole 10.9.0.0/16 metric 9999",
        "throw 10.0.0.0/16",
        "unicast 0.0.0.0/0 via 169.254.0.1 dev uplink onlink",
    ]
    assert _routes(network) == without
    assert _routes(network, link) == sorted([*without, f"unicast 10.9.0.0/16 via 169.254.0.1 dev {link} onlink"])


def test_an_interface_is_a_target_only_when_it_takes_what_is_for_others() -> None:
    one = eni(5, source_dest_check=False)
    network = vpc(one, subnets=(subnet("subnet-a", "10.0.0.0/24", Route("0.0.0.0/0", "interface", "eni-5")),))
    link = links.interface_link("eni-5")
    assert f"unicast 0.0.0.0/0 via 10.0.0.5 dev {link} onlink" in _routes(network, link)
    checked = replace(network, interfaces=(eni(5),))
    assert not [line for line in _routes(checked, link) if "unicast" in line]


def test_a_way_over_nat_goes_on_as_the_gateways_subnet_says() -> None:
    private = subnet("subnet-b", "10.0.1.0/24", Route("0.0.0.0/0", "nat", "nat-1"))
    hole = Route("198.18.0.0/15", "blackhole")
    onward = subnet("subnet-a", "10.0.0.0/24", INTERNET, hole)
    network = vpc(subnets=(onward, private), nat_gateways=(NAT,))
    assert plan.way_to(plan.ways(network, private), "192.0.2.1") == plan.Way("0.0.0.0/0", "internet", "", NAT)
    closed = replace(network, subnets=(subnet("subnet-a", "10.0.0.0/24"), private))
    assert plan.ways(closed, private)[-1] == plan.Way("0.0.0.0/0", "blackhole")
    gone = replace(network, nat_gateways=())
    assert plan.ways(gone, private)[-1] == plan.Way("0.0.0.0/0", "blackhole")


def test_the_most_specific_way_comes_first() -> None:
    routes = (Route("0.0.0.0/0", "internet"), Route("192.0.2.0/24", "blackhole"), Route("192.0.2.7/32", "internet"))
    found = plan.ways(vpc(), subnet("subnet-a", "10.0.0.0/24", *routes))
    assert [ip_network(way.destination).prefixlen for way in found] == [32, 24, 16, 0]


def test_who_has_a_way_to_the_cloud() -> None:
    cloud, s3, dynamodb = "198.51.100.1", "198.51.100.2", "198.51.100.3"
    both = (Address("10.0.0.4", "203.0.113.4"), Address("10.0.0.14"))
    network = vpc(replace(eni(4), addresses=both), eni(5), subnets=(SUBNET_PUBLIC,))
    assert plan.reachable(network) == {("10.0.0.4", target) for target in (cloud, s3, dynamodb)}
    with_endpoint = replace(network, endpoints=(Endpoint("vpce-1", "dynamodb", ("subnet-a",)),))
    assert plan.reachable(with_endpoint) - plan.reachable(network) == {("10.0.0.14", dynamodb), ("10.0.0.5", dynamodb)}


def test_over_a_nat_instance_the_cloud_is_reached_if_the_instance_reaches_it() -> None:
    inside = subnet("subnet-b", "10.0.1.0/24", Route("0.0.0.0/0", "interface", "eni-5"))
    machine = eni(4, at="subnet-b", host="10.0.1.4")
    instance = eni(5, public="203.0.113.5", source_dest_check=False)
    network = vpc(machine, instance, subnets=(SUBNET_PUBLIC, inside))
    assert ("10.0.1.4", "198.51.100.1") in plan.reachable(network)
    checked = replace(network, interfaces=(machine, replace(instance, source_dest_check=True)))
    assert ("10.0.1.4", "198.51.100.1") not in plan.reachable(checked)


def test_neighbours_are_fixed_for_the_links_that_are_there() -> None:
    network = vpc(eni(4, addresses6=("2001:db8::4",)), eni(5))
    link = links.interface_link("eni-4")
    assert plan.neighbours(network, {link}) == {
        f"10.0.0.4 lladdr 02:00:00:00:00:04 dev {link}",
        f"2001:db8::4 lladdr 02:00:00:00:00:04 dev {link}",
    }


def test_ipv6_has_tables_of_its_own_when_a_subnet_has_a_range() -> None:
    assert plan.routes(vpc(), {links.UPLINK}, 6) == set()
    dual = subnet("subnet-a", "10.0.0.0/24", INTERNET, Route("::/0", "internet"), block6="2001:db8:1::/64")
    assert _routes(vpc(subnets=(dual,)), version=6) == [
        "blackhole ::/0 metric 9999",
        "throw 2001:db8:1::/64",
        "unicast ::/0 via fe80::1 dev uplink onlink",
    ]


def test_routes_of_the_kernel_are_read_as_they_are_written() -> None:
    shown = [
        {"dst": "default", "gateway": "169.254.0.1", "dev": "uplink", "table": "70000", "flags": ["onlink"]},
        {"type": "6", "dst": "10.0.0.0/16", "flags": []},
        {"type": "6", "dst": "default", "table": "70000", "metric": 9999, "flags": []},
        {"type": "9", "dst": "10.0.0.0/16", "table": "70000", "flags": []},
        {"dst": "10.0.0.7", "dev": "ia", "scope": "253", "flags": []},
        {"type": "2", "dst": "127.0.0.1", "dev": "lo", "table": "255", "flags": []},
        {
            "dst": "default",
            "gateway": "fe80::1",
            "dev": "uplink",
            "metric": 1024,
            "flags": ["onlink"],
            "pref": "medium",
        },
        {"dst": "fe80::/64", "dev": "ia", "metric": 256, "flags": [], "pref": "medium"},
    ]
    assert route_lines(shown, 4) == {
        "unicast 0.0.0.0/0 table 70000 via 169.254.0.1 dev uplink onlink",
        "blackhole 10.0.0.0/16 table 254",
        "blackhole 0.0.0.0/0 table 70000 metric 9999",
        "throw 10.0.0.0/16 table 70000",
        "unicast 10.0.0.7/32 table 254 dev ia",
    }
    assert route_lines(shown, 6) == {"unicast ::/0 table 254 via fe80::1 dev uplink onlink"}


def test_a_route_that_changes_is_replaced_and_not_deleted_first() -> None:
    seen = {"unicast 10.0.0.7/32 table 254 dev ia", "unicast 10.0.0.8/32 table 254 dev ia"}
    assert route_changes({"unicast 10.0.0.7/32 table 254 dev ib"}, seen) == [
        "route del unicast 10.0.0.8/32 table 254 dev ia",
        "route replace unicast 10.0.0.7/32 table 254 dev ib",
    ]
    assert changes("addr", {"a"}, {"b"}, " dev lo") == ["addr del b dev lo", "addr add a dev lo"]


def test_names_of_links_fit_and_differ() -> None:
    names = {make("eni-0123456789abcdef0") for make in (links.interface_link, links.peering_link, links.edge_link)}
    assert len(names) == 3
    assert all(len(name) <= 15 for name in {*names, links.host_link("t" * 32)})


@pytest.mark.parametrize(
    "wrong",
    [
        vpc(name="vpc-a; reboot"),
        vpc(name="../vpc"),
        vpc(blocks=()),
        vpc(blocks=("10.0.0.0/16 accept",)),
        vpc(eni(4, "sg-none")),
        vpc(eni(4, at="subnet-none")),
        vpc(replace(eni(4), mac="02:00:00:00:00:04 netns 1")),
        vpc(replace(eni(4), mac="03:00:00:00:00:04")),
        vpc(eni(4, host="10.0.0.4/8")),
        vpc(eni(4, public="none")),
        vpc(eni(4, name='eni-4"')),
        vpc(groups=(group("sg-a", GroupRule(6, 22, 99999, blocks=("0.0.0.0/0",))),)),
        vpc(groups=(group("sg-a", GroupRule(6, 22, 22, blocks=("0.0.0.0/0", "::/0"))),)),
        vpc(groups=(group("sg-a", GroupRule(6, 22, 22, group="sg b")),)),
        vpc(subnets=(subnet("subnet-a", "10.0.0.0/24", Route("0.0.0.0/0", "elsewhere")),)),
        vpc(group_members={"sg-b": ("x",)}),
    ],
)
def test_what_is_not_what_its_field_holds_is_refused(wrong) -> None:
    with pytest.raises(ValueError):
        check(wrong)
