"""DNS with unmodified programs: dig asks, and Knot and NSD of the distribution take whole zones as secondaries."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clouds import CommandLine, RunningCloud

pytestmark = pytest.mark.clients


def free_port() -> int:
    """A port that is free for UDP and TCP."""
    with socket.socket() as tcp:
        tcp.bind(("127.0.0.1", 0))
        return int(tcp.getsockname()[1])


def dig(port: int | str, *arguments: str) -> str:
    command = ["dig", "@127.0.0.1", "-p", str(port), "+time=2", "+tries=1", "+noall", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip()


def until(wanted: str, port: int | str, *arguments: str) -> str:
    """What dig prints, asked again until it contains what is wanted."""
    for _ in range(150):
        found = dig(port, *arguments)
        if wanted in found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{wanted!r} is not in {found!r}")


class Named:
    """A cloud with a zone, and a port for a secondary."""

    def __init__(self, cloud: RunningCloud, secondary: int) -> None:
        self.port = int(cloud.printed["dns"].rpartition(":")[2])
        self.secondary = secondary
        self.route53 = cloud.client("route53")
        made = self.route53.create_hosted_zone(Name="example.com", CallerReference="1")
        self.zone_id = made["HostedZone"]["Id"]

    def change(self, *sets: dict[str, Any], action: str = "UPSERT") -> None:
        """Change record sets, and wait until the servers answer by it."""
        changes = [{"Action": action, "ResourceRecordSet": each} for each in sets]
        made = self.route53.change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch={"Changes": changes})
        waiter = self.route53.get_waiter("resource_record_sets_changed")
        waiter.wait(Id=made["ChangeInfo"]["Id"], WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})


def record(name: str, type_: str, *values: str, ttl: int = 300) -> dict[str, Any]:
    return {"Name": name, "Type": type_, "TTL": ttl, "ResourceRecords": [{"Value": each} for each in values]}


@pytest.fixture()
def named(tmp_path: Path) -> Iterator[Named]:
    command = CommandLine(tmp_path / "home")
    secondary = free_port()
    try:
        cloud = command.up(tmp_path / "cloud", GROUNDCLOUD_DNS_SECONDARIES=f"127.0.0.1:{secondary}")
        yield Named(cloud, secondary)
    finally:
        command.close()


def test_dig_is_answered_over_udp_and_tcp(named: Named) -> None:
    named.change(
        record("www.example.com", "A", "192.0.2.1", ttl=30),
        record("example.com", "MX", "10 mail.example.com."),
        record("alias.example.com", "CNAME", "www.example.com"),
        record("*.example.com", "TXT", '"a \\"quoted\\" text" "and more"'),
        record("long.example.com", "TXT", *[f'"{number}{"x" * 240}"' for number in range(20)]),
        record("sub.example.com", "NS", "ns.sub.example.com."),
        record("ns.sub.example.com", "A", "192.0.2.53"),
    )
    port = named.port
    assert dig(port, "www.example.com", "+answer").split() == ["www.example.com.", "30", "IN", "A", "192.0.2.1"]
    assert dig(port, "WWW.eXample.com", "+answer", "+tcp").split()[-1] == "192.0.2.1"
    assert dig(port, "example.com", "MX", "+short", "+answer") == "10 mail.example.com."
    assert dig(port, "alias.example.com", "+short", "+answer").split() == ["www.example.com.", "192.0.2.1"]
    assert dig(port, "any.thing.example.com", "TXT", "+short", "+answer") == '"a \\"quoted\\" text" "and more"'
    assert len(dig(port, "long.example.com", "TXT", "+short", "+answer").splitlines()) == 20  # truncated, then TCP
    assert "flags: qr aa tc" in dig(port, "long.example.com", "TXT", "+ignore", "+comments")
    assert "ns.sub.example.com." in dig(port, "host.sub.example.com", "+authority")
    assert "192.0.2.53" in dig(port, "host.sub.example.com", "+additional")
    assert "status: NXDOMAIN" in dig(port, "a.www.example.com", "+comments")
    assert " 900 IN SOA " in " ".join(dig(port, "www.example.com", "MX", "+authority").split())
    assert "status: REFUSED" in dig(port, "example.net", "+comments")
    assert '"RFC8482"' in dig(port, "www.example.com", "ANY", "+answer")
    assert "version: 0" in dig(port, "www.example.com", "+comments")
    assert "BADVERS" in dig(port, "www.example.com", "+edns=1", "+noednsneg", "+comments")


def test_only_secondaries_may_transfer_a_zone(tmp_path: Path) -> None:
    command = CommandLine(tmp_path / "home")
    try:
        cloud = command.up(tmp_path / "cloud")
        cloud.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
        port = cloud.printed["dns"].rpartition(":")[2]
        until("SOA", port, "example.com", "SOA", "+answer")
        assert "Transfer failed" in dig(port, "example.com", "AXFR", "+answer")
    finally:
        command.close()


def test_records_are_answered_again_after_a_crash(tmp_path: Path) -> None:
    command = CommandLine(tmp_path / "home")
    try:
        first = Named(cloud := command.up(tmp_path / "cloud"), 0)
        first.change(record("www.example.com", "A", "192.0.2.1"))
        cloud.kill()
        again = command.up(tmp_path / "cloud")
        port = again.printed["dns"].rpartition(":")[2]
        assert until("192.0.2.1", port, "www.example.com", "+short", "+answer") == "192.0.2.1"
    finally:
        command.close()


@contextlib.contextmanager
def running(*command: str) -> Iterator[int]:
    """Its process id."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def knot(folder: Path, named: Named) -> list[str]:
    config = folder / "knot.conf"
    config.write_text(f"""
server:
    rundir: {folder}
    listen: 127.0.0.1@{named.secondary}
database:
    storage: {folder}
remote:
  - id: primary
    address: 127.0.0.1@{named.port}
acl:
  - id: told
    address: 127.0.0.1
    action: notify
template:
  - id: default
    storage: {folder}
zone:
  - domain: example.com
    master: primary
    acl: told
""")
    return ["/usr/sbin/knotd", "-c", str(config)]


def nsd(folder: Path, named: Named) -> list[str]:
    config = folder / "nsd.conf"
    config.write_text(f"""
server:
    ip-address: 127.0.0.1
    port: {named.secondary}
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    database: ""
    zonelistfile: "{folder}/zone.list"
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    pidfile: "{folder}/nsd.pid"
remote-control:
    control-enable: no
zone:
    name: example.com
    zonefile: example.com.zone
    allow-notify: 127.0.0.1 NOKEY
    request-xfr: AXFR 127.0.0.1@{named.port} NOKEY
""")
    return ["/usr/sbin/nsd", "-d", "-c", str(config)]


@pytest.mark.parametrize("program", [knot, nsd])
def test_a_secondary_takes_a_zone_and_is_told_of_changes(named: Named, tmp_path: Path, program: Any) -> None:
    named.change(record("www.example.com", "A", "192.0.2.1"), record("example.com", "CAA", '0 issue "ca.example.net"'))
    folder = tmp_path / "secondary"
    folder.mkdir()
    with running(*program(folder, named)):
        assert until("192.0.2.1", named.secondary, "www.example.com", "+answer")
        own = dig(named.port, "example.com", "SOA", "+short", "+answer")
        assert dig(named.secondary, "example.com", "SOA", "+short", "+answer") == own
        named.change(record("www.example.com", "A", "192.0.2.2"), record("new.example.com", "AAAA", "2001:db8::1"))
        assert until("192.0.2.2", named.secondary, "www.example.com", "+answer")
        assert until("2001:db8::1", named.secondary, "new.example.com", "AAAA", "+answer")
