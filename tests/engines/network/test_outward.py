"""To the internet through `pasta`, with a namespace that stands in for the internet."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from groundcloud.engines.network.namespaces import NAMED
from groundcloud.engines.network.wanted import NatGateway, Network, Route
from tests.engines.network.wishes import SUBNET_PUBLIC, eni, subnet, vpc
from tests.engines.network.world import SHORT, Host, answers, blocked

pytestmark = pytest.mark.machines

INTERNET, HOST = "192.0.2.1", "192.0.2.2"


@pytest.fixture()
def outward(tmp_path: Path) -> Iterator[Host]:
    with Host(tmp_path / "state", outward=True) as made:
        yield made


def behind_nat() -> Network:
    return vpc(
        eni(4, at="subnet-b", host="10.0.1.4"),
        subnets=(SUBNET_PUBLIC, subnet("subnet-b", "10.0.1.0/24", Route("0.0.0.0/0", "nat", "nat-1"))),
        nat_gateways=(NatGateway("nat-1", "subnet-a", "10.0.0.200", "203.0.113.200"),),
    )


def _soon(true: Callable[[], bool]) -> bool:
    """`pasta` takes its time for a connection of a second program."""
    return any(true() or time.sleep(0.05) for _ in range(40))


def _process(host: Host) -> int:
    return host.engine._edge._pid()


def test_a_machine_behind_nat_reaches_the_internet_as_the_host(outward: Host) -> None:
    server = outward.internet().serve(80)
    (one,) = outward.build(behind_nat())
    client = one.connect(INTERNET, 80, timeout=2)
    assert client
    served, peer = server.accept()
    assert peer[0] == HOST
    assert answers(client, served)
    assert answers(served, client)


def test_udp_goes_and_comes_back(outward: Host) -> None:
    server = outward.internet().udp(port=53)
    (one,) = outward.build(behind_nat())
    asker = one.udp()
    server.settimeout(2)
    asker.settimeout(2)
    asker.sendto(b"?", (INTERNET, 53))
    _, peer = server.recvfrom(1)
    server.sendto(b"!", peer)
    assert asker.recvfrom(1) == (b"!", (INTERNET, 53))


def test_the_hosts_own_addresses_are_not_the_internet(outward: Host) -> None:
    outward.internet()
    (one,) = outward.build(behind_nat())
    servers = [socket.create_server((address, 8080)) for address in (HOST, "127.0.0.1")]
    for address in (HOST, "203.0.113.1", "169.254.2.2", "169.254.2.1"):
        assert blocked(one, address, 8080)
    for server in servers:
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
        server.close()


def test_the_way_out_comes_back_when_its_process_has_ended(outward: Host) -> None:
    server = outward.internet().serve(80)
    (one,) = outward.build(behind_nat())
    first = _process(outward)
    os.kill(first, signal.SIGKILL)
    assert _soon(lambda: _process(outward) == 0)
    outward.engine.reconcile(behind_nat())
    assert _process(outward) not in (0, first)
    assert one.connect(INTERNET, 80, timeout=2)
    assert server.accept()[1][0] == HOST


def test_a_new_host_process_keeps_the_way_out_and_removal_ends_it(outward: Host) -> None:
    outward.internet()
    outward.build(behind_nat())
    first = _process(outward)
    outward.engine = outward.new_engine()
    outward.engine.reconcile(behind_nat())
    assert _process(outward) == first
    outward.engine.remove("vpc-a")
    assert _soon(lambda: not Path(f"/proc/{first}/cmdline").exists() or not Path(f"/proc/{first}/cmdline").read_bytes())
    assert not list(NAMED.glob(f"gc-{outward.tag}[-.]*"))


def test_a_host_without_a_way_out_has_networks_all_the_same(outward: Host) -> None:
    (one,) = outward.build(behind_nat())
    assert one.connect(INTERNET, 80, timeout=SHORT) is None
