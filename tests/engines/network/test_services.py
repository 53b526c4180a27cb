"""What the router answers: metadata, DNS, and the cloud itself, with packets."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from groundcloud.engines.network.wanted import SERVICE_ADDRESSES, Acl, Endpoint, NatGateway, Route
from tests.engines.network.wishes import OPEN, SUBNET_PUBLIC, eni, group, subnet, tcp, vpc
from tests.engines.network.world import SHORT, Host, Machine, blocked, reaches

pytestmark = pytest.mark.machines

CLOUD = SERVICE_ADDRESSES[""]
S3 = SERVICE_ADDRESSES["s3"]
METADATA, RESOLVER = "169.254.169.254", "169.254.169.253"


@contextmanager
def listening(host: Host) -> Iterator[dict[str, socket.socket]]:
    """The VPC's sockets. The kernel takes connections for them, so nobody need accept."""
    opened = {name: socket.socket(fileno=fd) for name, fd in host.engine.listen("vpc-a").items()}
    try:
        yield opened
    finally:
        for each in opened.values():
            each.close()


def peer_of(listener: socket.socket) -> str:
    listener.settimeout(SHORT)
    connection, peer = listener.accept()
    connection.close()
    return str(peer[0])


def test_metadata_answers_without_any_group_rule_and_sees_who_asks(host: Host) -> None:
    """AWS, "Security groups": traffic to and from the metadata address is not filtered."""
    (one,) = host.build(vpc(eni(4), groups=(group("sg-a", outbound=()),)))
    with listening(host) as sockets:
        assert reaches(one, METADATA, 80)
        assert peer_of(sockets["metadata"]) == "10.0.0.4"
        assert blocked(one, METADATA, 443)


def test_dns_answers_at_both_its_addresses_without_any_group_rule_or_acl(host: Host) -> None:
    shut = (replace(SUBNET_PUBLIC, acl="acl-shut"),)
    (one,) = host.build(
        vpc(eni(4), groups=(group("sg-a", outbound=()),), subnets=shut, acls=(Acl("acl-shut", (), ()),))
    )
    with listening(host) as sockets:
        server, asker = sockets["dns-udp"], one.udp()
        server.settimeout(SHORT)
        asker.settimeout(SHORT)
        for address in (RESOLVER, "10.0.0.2"):
            asker.sendto(b"?", (address, 53))
            _, peer = server.recvfrom(1)
            assert peer[0] == "10.0.0.4"
            server.sendto(b"!", peer)
            assert asker.recvfrom(1) == (b"!", (address, 53))
            assert reaches(one, address, 53)
            assert peer_of(sockets["dns-tcp"]) == "10.0.0.4"
        assert blocked(one, "10.0.0.1", 53)


def _reached(one: Machine, *addresses: str) -> list[bool]:
    return [not blocked(one, address, 443) for address in addresses]


def test_the_cloud_is_where_the_internet_is(host: Host) -> None:
    private = vpc(eni(4), subnets=(SUBNET_PUBLIC,))
    (one,) = host.build(private)
    with listening(host) as sockets:
        assert _reached(one, CLOUD) == [False]
        host.engine.reconcile(replace(private, interfaces=(eni(4, public="203.0.113.4"),)))
        assert _reached(one, CLOUD, S3) == [True, True]
        assert peer_of(sockets["https"]) == "10.0.0.4"
        assert reaches(one, CLOUD, 80)
        assert peer_of(sockets["http"]) == "10.0.0.4"
        assert blocked(one, CLOUD, 22)


def test_the_cloud_is_reached_over_nat_and_over_nothing_else(host: Host) -> None:
    gateway = NatGateway("nat-1", "subnet-a", "10.0.0.200", "203.0.113.200")
    private = subnet("subnet-b", "10.0.1.0/24", Route("0.0.0.0/0", "nat", "nat-1"))
    network = vpc(eni(4, at="subnet-b", host="10.0.1.4"), subnets=(SUBNET_PUBLIC, private), nat_gateways=(gateway,))
    (one,) = host.build(network)
    with listening(host) as sockets:
        assert _reached(one, CLOUD) == [True]
        assert peer_of(sockets["https"]) == "10.0.1.4"
        host.engine.reconcile(replace(network, nat_gateways=()))
        assert _reached(one, CLOUD) == [False]


def test_a_gateway_endpoint_leads_to_its_service_only(host: Host) -> None:
    network = vpc(eni(4), endpoints=(Endpoint("vpce-1", "s3", ("subnet-a",)),))
    (one,) = host.build(network)
    with listening(host):
        assert _reached(one, S3, CLOUD, SERVICE_ADDRESSES["dynamodb"]) == [True, False, False]


def test_outbound_rules_and_acls_count_on_the_way_to_the_cloud(host: Host) -> None:
    member = eni(4, public="203.0.113.4")
    network = vpc(member, groups=(group("sg-a", outbound=(tcp(80),)),), subnets=(SUBNET_PUBLIC,))
    (one,) = host.build(network)
    with listening(host):
        assert [not blocked(one, CLOUD, port) for port in (80, 443)] == [True, False]
        one_way = Acl("acl-shut", (), OPEN.outbound)
        host.engine.reconcile(replace(network, subnets=(replace(SUBNET_PUBLIC, acl="acl-shut"),), acls=(one_way,)))
        assert blocked(one, CLOUD, 80)


def test_metadata_and_dns_never_see_an_address_that_a_machine_has_made_up(host: Host) -> None:
    """Also not from a machine that may send for others."""
    one, _ = host.build(vpc(eni(4, source_dest_check=False), eni(5)))
    one.run(["ip", "addr", "add", "10.0.0.5/32", "dev", "eth0"])
    with listening(host) as sockets:
        server = sockets["dns-udp"]
        server.settimeout(SHORT)
        one.udp("10.0.0.5").sendto(b"?", (RESOLVER, 53))
        with pytest.raises(TimeoutError):
            server.recv(1)
        one.udp("10.0.0.4").sendto(b"?", (RESOLVER, 53))
        assert server.recvfrom(1)[1][0] == "10.0.0.4"
        assert one.connect(METADATA, 80, source="10.0.0.5", timeout=SHORT) is None
