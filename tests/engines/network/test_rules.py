"""The packet filter, as text."""

from msgspec.structs import replace

from groundcloud.engines.network.links import groups_name, interface_link, table_of
from groundcloud.engines.network.rules import ruleset
from groundcloud.engines.network.wanted import Acl, AclEntry, GroupRule, NatGateway, Network, Route
from tests.engines.network.wishes import INTERNET, OPEN, SUBNET_PUBLIC, eni, group, ping, subnet, tcp, udp, vpc

ETH4 = interface_link("eni-4")


def all_of(*groups: str) -> str:
    return f"all_of_{groups_name(groups)}"


def chain(network: Network, name: str) -> list[str]:
    lines = ruleset(network).splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"chain {name} {{"))
    return lines[start + 1 : lines.index("}", start)]


def declared(network: Network, name: str) -> str:
    return next(line for line in ruleset(network).splitlines() if f" {name} {{" in line)


def test_the_whole_filter_is_replaced_in_one_transaction() -> None:
    lines = ruleset(vpc(eni(4))).splitlines()
    assert lines[:3] == ["table inet vpc", "delete table inet vpc", "table inet vpc {"]


def test_the_same_network_is_the_same_text_whatever_the_order() -> None:
    one = vpc(eni(4), eni(5), groups=(group("sg-a", tcp(80)), group("sg-b")))
    other = replace(one, interfaces=one.interfaces[::-1], groups=one.groups[::-1])
    assert ruleset(one) == ruleset(other)


def test_a_group_is_a_chain_for_each_direction() -> None:
    members = group(
        "sg-web", tcp(80), tcp(5432, "10.0.1.0/24", "10.0.0.0/16"), udp(53, "10.0.0.9/32"), ping(), tcp(1, group="sg-b")
    )
    network = vpc(groups=(members,))
    assert chain(network, "in_sg_web") == [
        "meta nfproto ipv4 tcp dport 80 goto done",
        "ip saddr { 10.0.0.0/16 } tcp dport 5432 goto done",
        "ip saddr { 10.0.0.9/32 } udp dport 53 goto done",
        "meta nfproto ipv4 icmp type 8 goto done",
        "ip saddr @m4_sg_b tcp dport 1 goto done",
        "ip6 saddr @m6_sg_b tcp dport 1 goto done",
    ]
    assert chain(network, "out_sg_web") == ["meta nfproto ipv4 goto leaving", "meta nfproto ipv6 goto leaving"]


def test_protocols_and_ports_of_rules() -> None:
    def rule(*numbers: int | None) -> GroupRule:
        return GroupRule(*numbers, blocks=("::/0",))

    every = (
        rule(6, 0, 65535),
        rule(17, 5, 9),
        rule(6, None),
        rule(58, 128, 0),
        rule(58, -1, -1),
        rule(1, 3, 4),
        rule(47),
    )
    assert chain(vpc(groups=(group("sg-a", *every),)), "in_sg_a") == [
        f"meta nfproto ipv6 {match} goto done"
        for match in (
            "meta l4proto 6",
            "udp dport 5-9",
            "meta l4proto 6",
            "icmpv6 type 128 icmpv6 code 0",
            "meta l4proto 58",
            "icmp type 3 icmp code 4",
            "meta l4proto 47",
        )
    ]


def test_an_interface_asks_its_groups_and_drops_the_rest() -> None:
    network = vpc(eni(4, "sg-a sg-b"), groups=(group("sg-a", outbound=()), group("sg-b", outbound=())))
    both = f"in_{all_of('sg-a', 'sg-b')}"
    assert chain(network, both) == ["jump in_sg_a", "jump in_sg_b", "goto refused_in"]
    assert chain(network, "arriving") == [f'oifname vmap {{ "{ETH4}" : goto {both} }}', "drop"]


def test_untracked_flows_are_those_that_rules_let_through_for_everybody_both_ways() -> None:
    network = vpc(eni(4), groups=(group("sg-a", tcp(22), tcp(80, "10.0.0.0/8")),))
    assert chain(network, f"in_{all_of('sg-a')}") == [
        "meta nfproto ipv4 tcp dport 22 ct mark set ct mark | 0x80000000 goto done",
        "jump in_sg_a",
        "goto refused_in",
    ]
    assert chain(network, f"out_{all_of('sg-a')}") == ["jump out_sg_a", "goto refused_out"]
    assert chain(network, "refused_out") == ["drop"]


def test_members_of_a_group_are_a_set_with_those_of_peered_vpcs() -> None:
    groups = (group("sg-a"), group("sg-b", tcp(80, group="sg-a")))
    network = vpc(eni(4), eni(5), eni(6, "sg-b"), groups=groups, group_members={"sg-a": ("10.9.0.1", "2001:db8::1")})
    assert (
        declared(network, "m4_sg_a") == "set m4_sg_a { type ipv4_addr; elements = { 10.0.0.4, 10.0.0.5, 10.9.0.1 }; }"
    )
    assert declared(network, "m6_sg_a") == "set m6_sg_a { type ipv6_addr; elements = { 2001:db8::1 }; }"


def test_an_acl_is_asked_at_the_borders_of_its_subnet() -> None:
    entries = (
        AclEntry(False, 6, "192.0.2.0/24", 22, 22),
        AclEntry(True, -1, "0.0.0.0/0"),
        AclEntry(True, 1, "::/0", None, None, 8, -1),
    )
    shut = Acl("acl-1", entries, ())
    network = vpc(eni(4), subnets=(subnet("subnet-a", "10.0.0.0/24", acl="acl-1"),), acls=(OPEN, shut))
    mark = f"{table_of('subnet-a'):#x}"
    assert [line for line in chain(network, "forward") if "acl" in line] == [
        f"meta mark {mark} oifname != @links_subnet_a jump acl_out_acl_1",
        f"oifname @links_subnet_a meta mark != {mark} jump acl_in_acl_1",
    ]
    assert chain(network, "acl_in_acl_1") == [
        "ip saddr { 192.0.2.0/24 } tcp dport 22 goto refused_in",
        "meta nfproto ipv4 return",
        "meta nfproto ipv6 icmp type 8 return",
        "goto refused_in",
    ]
    assert chain(network, "acl_out_acl_1") == ["goto refused_out"]


def test_an_acl_that_allows_all_costs_nothing() -> None:
    assert "acl" not in ruleset(vpc(eni(4)))


def test_the_address_outside_is_chosen_by_the_most_specific_way() -> None:
    nat = NatGateway("nat-1", "subnet-a", "10.0.0.200", "203.0.113.200")
    hole, direct = Route("192.0.2.0/24", "blackhole"), Route("192.0.2.7/32", "internet")
    private = subnet("subnet-b", "10.0.1.0/24", Route("0.0.0.0/0", "nat", "nat-1"), hole, direct)
    network = vpc(subnets=(SUBNET_PUBLIC, private), nat_gateways=(nat,))
    assert chain(network, "from_subnet_b") == [
        "ip daddr 192.0.2.7/32 snat ip to ip saddr map @public_of",
        "ip daddr 192.0.2.0/24 accept",
        "ip daddr 0.0.0.0/0 snat ip to 203.0.113.200",
    ]
    assert chain(network, "outward_subnet_b") == [
        "ip daddr 192.0.2.7/32 goto by_address",
        "ip daddr 192.0.2.0/24 return",
        "ip daddr 0.0.0.0/0 goto by_nat_1",
        "drop",
    ]


def test_public_addresses_are_mapped_one_to_one() -> None:
    network = vpc(eni(4, public="203.0.113.4"), subnets=(subnet("subnet-a", "10.0.0.0/24", INTERNET),))
    assert declared(network, "public_of").endswith("elements = { 10.0.0.4 : 203.0.113.4 }; }")
    assert declared(network, "private_of").endswith("elements = { 203.0.113.4 : 10.0.0.4 }; }")
