"""IPv6, with packets: as IPv4, without translation."""

import socket

import pytest
from msgspec.structs import replace

from groundcloud.engines.network.wanted import Acl, AclEntry, GroupRule, Route
from tests.engines.network.wishes import OPEN, eni, group, subnet, vpc
from tests.engines.network.world import SHORT, Host, blocked, reaches

pytestmark = pytest.mark.machines

A = "2001:db8:a::"
WEB = group("sg-a", GroupRule(6, 80, 80, blocks=("::/0",)))
DUAL = subnet("subnet-a", "10.0.0.0/24", Route("::/0", "internet"), block6=f"{A}/64")


def _eni(number: int, **more: object):
    return eni(number, addresses6=(f"{A}{number}",), **more)


def test_a_group_rule_opens_its_port_for_ipv6_only(host: Host) -> None:
    one, other = host.build(vpc(_eni(4), _eni(5), groups=(WEB,), subnets=(DUAL,)))
    server = other.do(lambda: socket.create_server(("::", 80), family=socket.AF_INET6))
    assert reaches(one, f"{A}5", 80)
    assert server.accept()[1][0] == f"{A}4"
    assert blocked(one, f"{A}5", 81)
    assert blocked(one, "10.0.0.5", 80)


def test_a_made_up_ipv6_address_gets_nowhere(host: Host) -> None:
    one, other = host.build(vpc(_eni(4), _eni(5), groups=(WEB,), subnets=(DUAL,)))
    one.run(["ip", "addr", "add", f"{A}77/128", "dev", "eth0", "nodad"])
    assert other.path
    assert one.connect(f"{A}5", 80, source=f"{A}77", timeout=SHORT) is None


def test_vpcs_reach_one_another_by_ipv6_over_the_edge(host: Host) -> None:
    beyond = replace(DUAL, block6="2001:db8:b::/64")
    host.build(vpc(_eni(4), groups=(WEB,), subnets=(DUAL,)))
    (other,) = host.build(vpc(eni(4, addresses6=("2001:db8:b::4",)), groups=(WEB,), subnets=(beyond,), name="vpc-b"))
    assert reaches(other, f"{A}4", 80)
    host.engine.reconcile(vpc(_eni(4), groups=(WEB,), subnets=(replace(DUAL, routes=()),)))
    assert blocked(other, f"{A}4", 80)


def test_an_acl_counts_for_ipv6(host: Host) -> None:
    members = (_eni(4), eni(5, at="subnet-b", host="10.0.1.5", addresses6=("2001:db8:a:1::5",)))
    second = subnet("subnet-b", "10.0.1.0/24", block6="2001:db8:a:1::/64", acl="acl-b")
    only4 = Acl("acl-b", (AclEntry(True, -1, "0.0.0.0/0"),), OPEN.outbound)
    network = vpc(*members, groups=(WEB,), subnets=(DUAL, second), acls=(OPEN, only4))
    one, _ = host.build(network)
    assert blocked(one, "2001:db8:a:1::5", 80)
    host.engine.reconcile(replace(network, acls=(OPEN, replace(OPEN, id="acl-b"))))
    assert reaches(one, "2001:db8:a:1::5", 80)
