"""What comes, stays and goes: plugging, crashes, removal."""

import os
import socket
import subprocess
from pathlib import Path
from threading import get_native_id

import pytest
from msgspec.structs import replace

from groundcloud.engines.network.links import edge_link, interface_link
from groundcloud.engines.network.namespaces import NAMED, Namespace
from groundcloud.engines.network.wanted import Unreachable
from tests.engines.network.wishes import SUBNET_A, SUBNET_PUBLIC, eni, group, tcp, vpc
from tests.engines.network.world import Host, answers, blocked, reaches

pytestmark = pytest.mark.machines

WEB = group("sg-a", tcp(80))


def _left(host: Host) -> list[str]:
    """Names of namespaces and links that the engine has on the host."""
    links = [name for _, name in socket.if_nameindex() if name != "lo"]
    return [*links, *(path.name for path in NAMED.glob(f"gc-{host.tag}[-.]*"))]


def test_removal_leaves_nothing(host: Host) -> None:
    host.build(vpc(eni(4, public="203.0.113.4"), groups=(WEB,), subnets=(SUBNET_PUBLIC,)))
    host.build(vpc(eni(4), name="vpc-b"))
    assert host.engine.networks() == {"vpc-a", "vpc-b"}
    assert len(_left(host)) == 4
    host.engine.remove("vpc-a")
    assert host.engine.networks() == {"vpc-b"}
    host.engine.remove("vpc-b")
    host.engine.remove("vpc-b")
    assert _left(host) == []


def test_removal_leaves_no_links_where_a_socket_is_still_open(host: Host) -> None:
    (one,) = host.build(vpc(eni(4)))
    sockets = host.engine.listen("vpc-a")
    host.engine.remove("vpc-a")
    assert _left(host) == []
    assert [link["ifname"] for link in one.show(["link show"])[0]] == ["lo"]
    for descriptor in sockets.values():
        os.close(descriptor)


def test_what_a_crash_has_left_half_made_is_made_whole(host: Host) -> None:
    network = vpc(eni(4, public="203.0.113.4"), groups=(WEB,), subnets=(SUBNET_PUBLIC,))
    edge, space = host.engine._edge.space, host.engine._space("vpc-a")
    for name in (edge.path, space.path):
        Namespace().run(["ip", "netns", "add", Path(name).name])
    here = f"/proc/{os.getpid()}/task/{get_native_id()}/ns/net"
    edge.batch([f"link add host type veth peer name {host.engine._edge._link} netns {here}"])
    space.batch([f"link add uplink type veth peer name {edge_link('vpc-a')} netns {edge.path}"])
    host.build(network)
    assert reaches(Namespace(), "203.0.113.4", 80)


def test_a_new_process_takes_over_what_is_there(host: Host) -> None:
    network = vpc(eni(4, public="203.0.113.4"), eni(5), groups=(WEB,), subnets=(SUBNET_PUBLIC,))
    one, other = host.build(network)
    server = other.serve(80)
    client = one.connect("10.0.0.5", 80)
    assert client
    served, _ = server.accept()
    host.engine = host.new_engine()
    assert host.engine.networks() == {"vpc-a"}
    host.engine.reconcile(network)
    assert answers(client, served)
    assert reaches(Namespace(), "203.0.113.4", 80)
    host.engine = host.new_engine()
    host.engine.plug("vpc-a", "eni-4", "vpc-a/eni-4", "eth0")
    assert answers(served, client)


def test_what_was_taken_away_from_outside_comes_back(host: Host) -> None:
    network = vpc(eni(4, public="203.0.113.4"), eni(5), groups=(WEB,), subnets=(SUBNET_PUBLIC,))
    one, _ = host.build(network)
    space = host.engine._space("vpc-a")
    space.run(["nft", "flush", "ruleset"])
    space.run(["ip", "route", "flush", "table", "main"])
    space.run(["ip", "rule", "flush", "pref", "1000"])
    space.run(["ip", "link", "delete", "uplink"])
    space.run(["ip", "addr", "flush", "dev", "lo"])
    host.engine.reconcile(network)
    assert reaches(one, "10.0.0.5", 80)
    assert blocked(one, "10.0.0.5", 81)
    assert reaches(Namespace(), "203.0.113.4", 80)


def test_a_name_that_a_crash_has_left_without_a_namespace_does_no_harm(host: Host) -> None:
    path = NAMED / f"gc-{host.tag}-vpc-a"
    NAMED.mkdir(exist_ok=True)
    path.touch()
    one, _ = host.build(vpc(eni(4), eni(5), groups=(WEB,)))
    assert reaches(one, "10.0.0.5", 80)


def test_the_machines_end_has_its_mac_address_and_route(host: Host) -> None:
    (one,) = host.build(vpc(eni(4)))
    shown, routes = one.show(["addr show eth0", "route show"])
    assert shown[0]["address"] == "02:00:00:00:00:04"
    assert [(each["local"], each["prefixlen"]) for each in shown[0]["addr_info"] if each["family"] == "inet"] == [
        ("10.0.0.4", 24)
    ]
    assert [each["gateway"] for each in routes if each["dst"] == "default"] == ["10.0.0.1"]


def test_an_unplugged_interface_goes_to_another_machine(host: Host) -> None:
    network = vpc(eni(4), eni(5), groups=(WEB,))
    one, other = host.build(network)
    host.engine.unplug("vpc-a", "eni-5")
    host.engine.unplug("vpc-a", "eni-5")
    assert [link["ifname"] for link in other.show(["link show"])[0]] == ["lo"]
    host.machine("another")
    host.engine.plug("vpc-a", "eni-5", "another", "eth0")
    assert reaches(one, "10.0.0.5", 80)


def test_a_machine_that_ends_takes_its_link_along(host: Host) -> None:
    network = vpc(eni(4), eni(5), groups=(WEB,))
    one, other = host.build(network)
    other.end()
    host.machine("vpc-a/eni-5")
    host.engine.reconcile(network)
    host.engine.plug("vpc-a", "eni-5", "vpc-a/eni-5", "eth0")
    assert reaches(one, "10.0.0.5", 80)


def test_a_machine_that_starts_anew_is_plugged_while_its_old_namespace_is_still_there(host: Host) -> None:
    network = vpc(eni(4), eni(5), groups=(WEB,))
    one, _ = host.build(network)
    kept = host.machine("vpc-a/eni-5")
    host.engine.plug("vpc-a", "eni-5", "vpc-a/eni-5", "eth0")
    server = kept.serve(80)
    assert reaches(one, "10.0.0.5", 80)
    assert server.accept()[1][0] == "10.0.0.4"


def test_a_plugging_that_was_cut_short_is_done_again(host: Host) -> None:
    network = vpc(eni(4), eni(5), groups=(WEB,))
    one, other = host.build(network)
    host.engine._space("vpc-a").run(["ip", "link", "set", interface_link("eni-5"), "alias", ""])
    other.run(["ip", "addr", "flush", "dev", "eth0"])
    host.engine.plug("vpc-a", "eni-5", "vpc-a/eni-5", "eth0")
    assert reaches(one, "10.0.0.5", 80)


def test_an_interface_that_is_no_longer_named_is_gone(host: Host) -> None:
    network = vpc(eni(4), eni(5), groups=(WEB,))
    _, other = host.build(network)
    host.engine.reconcile(replace(network, interfaces=(eni(4),)))
    assert [link["ifname"] for link in other.show(["link show"])[0]] == ["lo"]


def test_a_machine_in_a_user_namespace_is_plugged_from_outside(host: Host) -> None:
    process = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", "echo; exec sleep 30"], stdout=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.readline()
    network = vpc(eni(4), eni(5), groups=(WEB,), subnets=(SUBNET_A,))
    try:
        _, other = host.build(network)
        host.engine.unplug("vpc-a", "eni-4")
        host.machines["vpc-a/eni-4"].process, kept = process, host.machines["vpc-a/eni-4"].process
        host.engine.plug("vpc-a", "eni-4", "vpc-a/eni-4", "eth0")
        assert reaches(Namespace(f"/proc/{process.pid}/ns/net"), "10.0.0.5", 80)
        host.machines["vpc-a/eni-4"].process = kept
        assert other.path
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_what_is_not_there_is_said(host: Host) -> None:
    host.engine.reconcile(vpc(eni(4)))
    host.machine("m")
    with pytest.raises(Unreachable, match="vpc-b is not there yet"):
        host.engine.plug("vpc-b", "eni-4", "m", "eth0")
    with pytest.raises(Unreachable, match="no interface eni-9"):
        host.engine.plug("vpc-a", "eni-9", "m", "eth0")
    with pytest.raises(Unreachable, match="vpc-b"):
        host.engine.listen("vpc-b")
    host.machines["m"].end()
    with pytest.raises(Unreachable, match="/ns/net"):
        host.engine.plug("vpc-a", "eni-4", "m", "eth0")


def test_an_interface_answers_while_its_machine_has_it_up(host: Host) -> None:
    """Also where no group lets anything in: ARP is below them."""
    one, _ = host.build(vpc(eni(4), eni(5)))
    assert host.engine.answering("vpc-a") == {"eni-4", "eni-5"}
    one.batch(["link set eth0 down"])
    assert host.engine.answering("vpc-a") == {"eni-5"}
    one.batch(["link set eth0 up"])
    assert host.engine.answering("vpc-a") == {"eni-4", "eni-5"}
    host.engine.unplug("vpc-a", "eni-5")
    assert host.engine.answering("vpc-a") == {"eni-4"}
    with pytest.raises(Unreachable):
        host.engine.answering("vpc-b")
