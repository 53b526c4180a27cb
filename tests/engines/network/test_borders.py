"""Network ACLs, and packets that are not what they say, with packets."""

import socket

import pytest
from msgspec.structs import replace

from groundcloud.engines.network.wanted import Acl, AclEntry, GroupRule, Unreachable
from tests.engines.network.wishes import OPEN, OPEN_ENTRIES, OUT, SUBNET_A, SUBNET_B, eni, group, tcp, vpc
from tests.engines.network.world import SHORT, Host, Machine, blocked, reaches, silent

pytestmark = pytest.mark.machines

ALL = group("sg-a", GroupRule(-1, blocks=("0.0.0.0/0",)))


def web_only(*outbound: AclEntry) -> Acl:
    return Acl("acl-web", (AclEntry(True, 6, "10.0.0.0/24", 80, 80),), outbound)


def test_an_acl_is_stateless_so_answers_need_an_entry_too(host: Host) -> None:
    """AWS, "Control subnet traffic with network ACLs": answers go to ephemeral ports, which must be allowed."""
    subnets = (SUBNET_A, replace(SUBNET_B, acl="acl-web"))
    members = (eni(4), eni(5, at="subnet-b", host="10.0.1.5"))
    network = vpc(*members, groups=(ALL,), subnets=subnets, acls=(OPEN, web_only()))
    one, other = host.build(network)
    assert blocked(one, "10.0.1.5", 80)
    answer = AclEntry(True, 6, "10.0.0.0/24", 1024, 65535)
    host.engine.reconcile(replace(network, acls=(OPEN, web_only(answer))))
    assert reaches(one, "10.0.1.5", 80)
    assert blocked(one, "10.0.1.5", 81)
    assert blocked(other, "10.0.0.4", 80)


def test_an_acl_ends_a_connection_that_a_group_has_let_in(host: Host) -> None:
    subnets = (SUBNET_A, replace(SUBNET_B, acl="acl-b"))
    network = vpc(
        eni(4),
        eni(5, at="subnet-b", host="10.0.1.5"),
        groups=(ALL,),
        subnets=subnets,
        acls=(OPEN, replace(OPEN, id="acl-b")),
    )
    one, other = host.build(network)
    server = other.serve(80)
    client = one.connect("10.0.1.5", 80)
    assert client
    served, _ = server.accept()
    closed = Acl("acl-b", (AclEntry(False, -1, "10.0.0.4/32"), *OPEN_ENTRIES), OPEN_ENTRIES)
    host.engine.reconcile(replace(network, acls=(OPEN, closed)))
    assert silent(client, served)


def test_an_acl_is_not_asked_within_its_subnet(host: Host) -> None:
    shut = Acl("acl-shut", (), ())
    network = vpc(eni(4), eni(5), groups=(ALL,), subnets=(replace(SUBNET_A, acl="acl-shut"),), acls=(shut,))
    one, _ = host.build(network)
    assert reaches(one, "10.0.0.5", 80)


def _take(machine: Machine, address: str) -> None:
    machine.run(["ip", "addr", "add", f"{address}/32", "dev", "eth0"])


def test_an_address_that_a_machine_has_made_up_gets_nowhere(host: Host) -> None:
    one, other, third = host.build(vpc(eni(4), eni(5), eni(6), groups=(ALL,)))
    receiver = third.udp(port=9)
    receiver.settimeout(SHORT)
    one.udp("10.0.0.4").sendto(b"x", ("10.0.0.6", 9))
    assert receiver.recv(1) == b"x"
    for address in ("10.0.0.5", "10.0.0.77", "169.254.169.254", "203.0.113.9"):
        _take(one, address)
        one.udp(address).sendto(b"x", ("10.0.0.6", 9))
        with pytest.raises(TimeoutError):
            receiver.recv(1)
    one.udp("10.0.0.4").sendto(b"x", ("10.0.0.6", 9))
    assert receiver.recv(1) == b"x"
    assert reaches(other, "10.0.0.6", 80)


def test_an_interface_without_the_check_may_send_for_others(host: Host) -> None:
    one, other = host.build(vpc(eni(4, source_dest_check=False), eni(5), groups=(ALL,)))
    receiver = other.udp(port=9)
    receiver.settimeout(SHORT)
    _take(one, "10.0.9.9")
    one.udp("10.0.9.9").sendto(b"x", ("10.0.0.5", 9))
    assert receiver.recv(1) == b"x"
    _take(one, "169.254.169.254")
    one.udp("169.254.169.254").sendto(b"x", ("10.0.0.5", 9))
    with pytest.raises(TimeoutError):
        receiver.recv(1)


def test_a_machine_that_claims_a_neighbours_address_by_arp_gets_none_of_its_packets(host: Host) -> None:
    one, other, thief = host.build(vpc(eni(4), eni(5), eni(6), groups=(ALL,)))
    _take(thief, "10.0.0.5")
    with pytest.raises(Unreachable):
        thief.run(["ping", "-c", "1", "-W", "0.1", "-I", "10.0.0.5", "-q", "10.0.0.1"])
    server = other.serve(80)
    client = one.connect("10.0.0.5", 80)
    assert client
    assert server.accept()[1][0] == "10.0.0.4"


def test_nothing_else_of_the_router_answers(host: Host) -> None:
    one, _ = host.build(vpc(eni(4), eni(5), groups=(group("sg-a", outbound=(OUT,)),)))
    router = host.engine._space("vpc-a")
    server = router.do(lambda: socket.create_server(("0.0.0.0", 8080)))
    assert blocked(one, "10.0.0.1", 8080)
    assert blocked(one, "10.0.0.2", 8080)
    assert blocked(one, "169.254.169.254", 8080)
    server.close()


def test_a_machine_cannot_fill_the_hosts_table_of_neighbours(host: Host) -> None:
    """The table is one for all namespaces of a kernel."""
    one, _ = host.build(vpc(eni(4), eni(5), groups=(group("sg-a", tcp(80)),)))
    for last in range(20, 30):
        _take(one, f"10.0.0.{last}")
        one.udp(f"10.0.0.{last}").sendto(b"x", ("10.0.0.1", 9))
    shown = host.engine._space("vpc-a").show(["neigh show nud all"])[0]
    assert {each["dst"] for each in shown if each["dst"].startswith("10.0.0.")} <= {"10.0.0.4", "10.0.0.5", "10.0.0.1"}
