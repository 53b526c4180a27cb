"""The network engine: throughput as a share of a plain veth pair's, measured in turns, and how long its steps take.

On a machine with other work the rate says little; what a CPU second carries (of both ends together) says more.

As root, in the clone: PYTHONPATH=src:. python benchmarks/network.py [--rounds 3] [--seconds 2] [--interfaces 50]

Everything is in namespaces of its own. Needs iperf3.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from groundcloud.engines.network.namespaces import Namespace
from groundcloud.engines.network.wanted import GroupRule, NatGateway, Route
from tests.engines.network.wishes import SUBNET_PUBLIC, eni, group, subnet, tcp, vpc
from tests.engines.network.world import Host, Machine

EVERY = group("sg-a", GroupRule(-1, blocks=("0.0.0.0/0",)))
NAT = NatGateway("nat-1", "subnet-a", "10.0.0.200", "203.0.113.200")


Rates = tuple[float, float]
"""Gbit/s of one TCP connection, and Gbit per CPU second."""


def rate(client: Namespace, server: Machine, address: str, seconds: int) -> Rates:
    listener = subprocess.Popen(
        ["nsenter", f"--net={server.path}", "iperf3", "--server", "--one-off", "--forceflush"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert listener.stdout
    while "listening" not in listener.stdout.readline():
        pass
    try:
        said = json.loads(client.run(["iperf3", "--client", address, "--time", str(seconds), "--json"]))
    finally:
        listener.terminate()
        listener.wait(10)
        listener.stdout.close()
    gigabits = float(said["end"]["sum_received"]["bits_per_second"]) / 1e9
    used = said["end"]["cpu_utilization_percent"]
    return gigabits, gigabits / ((used["host_total"] + used["remote_total"]) / 100)


def plain(host: Host, mtu: int) -> Callable[[int], Rates]:
    """Two namespaces with a veth pair between them, and no filter."""
    one, other = host.machine(f"plain-{mtu}-a"), host.machine(f"plain-{mtu}-b")
    one.batch(
        [
            f"link add eth0 mtu {mtu} type veth peer name eth0 mtu {mtu} netns {other.path}",
            "addr add 198.18.0.1/30 dev eth0",
            "link set eth0 up",
        ]
    )
    other.batch(["addr add 198.18.0.2/30 dev eth0", "link set eth0 up"])
    return lambda seconds: rate(one, other, "198.18.0.2", seconds)


def cases(host: Host) -> dict[str, Callable[[int], Rates]]:
    private = subnet("subnet-b", "10.0.1.0/24", Route("0.0.0.0/0", "nat", "nat-1"))
    one, other, inside, _ = host.build(
        vpc(
            eni(4, public="203.0.113.4"),
            eni(5),
            eni(6, at="subnet-b", host="10.0.1.6"),
            eni(7),
            groups=(EVERY,),
            subnets=(SUBNET_PUBLIC, private),
            nat_gateways=(NAT,),
        )
    )
    (away,) = host.build(vpc(eni(4, public="203.0.113.9"), groups=(EVERY,), subnets=(SUBNET_PUBLIC,), name="vpc-b"))
    return {
        "plain pair, MTU 9001": plain(host, 9001),
        "neighbours in a VPC": lambda seconds: rate(one, other, "10.0.0.5", seconds),
        "plain pair, MTU 1500": plain(host, 1500),
        "public addresses of two VPCs": lambda seconds: rate(one, away, "203.0.113.9", seconds),
        "NAT gateway to another VPC": lambda seconds: rate(inside, away, "203.0.113.9", seconds),
        "host to a public address": lambda seconds: rate(Namespace(), away, "203.0.113.9", seconds),
    }


def throughput(host: Host, rounds: int, seconds: int) -> None:
    measured = cases(host)
    found: dict[str, list[Rates]] = {name: [] for name in measured}
    for _ in range(rounds):
        for name, run in measured.items():
            found[name].append(run(seconds))
    print("| way | Gbit/s | of a plain pair | Gbit per CPU second | of a plain pair |\n|---|---|---|---|---|")
    base = (1.0, 1.0)
    for name, values in found.items():
        speed, work = median(each[0] for each in values), median(each[1] for each in values)
        base = (speed, work) if name.startswith("plain") else base
        print(f"| {name} | {speed:.1f} | {speed / base[0]:.0%} | {work:.1f} | {work / base[1]:.0%} |")


def steps(host: Host, count: int) -> None:
    members = [eni(number, host=f"10.0.0.{number}", public=f"203.0.113.{number}") for number in range(4, 4 + count)]
    shape = vpc(*members, groups=(group("sg-a", tcp(22)),), subnets=(SUBNET_PUBLIC,), name="vpc-c")
    for member in members:
        host.machine(member.id)
    print("\n| step | median ms | slowest ms |\n|---|---|---|")
    show("first reconcile", [timed(lambda: host.engine.reconcile(shape))])
    show("plug", [timed(lambda m=m: host.engine.plug("vpc-c", m.id, m.id, "eth0")) for m in members])
    show(f"reconcile, {count} interfaces, nothing new", [timed(lambda: host.engine.reconcile(shape)) for _ in range(9)])
    ports = iter(range(1000, 1009))
    changed = lambda: vpc(*members, groups=(group("sg-a", tcp(next(ports))),), subnets=(SUBNET_PUBLIC,), name="vpc-c")  # noqa: E731
    show(
        f"reconcile, {count} interfaces, a new rule",
        [timed(lambda: host.engine.reconcile(changed())) for _ in range(9)],
    )
    show("unplug", [timed(lambda m=m: host.engine.unplug("vpc-c", m.id)) for m in members[:9]])
    show("remove", [timed(lambda: host.engine.remove("vpc-c"))])


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def show(step: str, times: list[float]) -> None:
    print(f"| {step} | {median(times):.0f} | {max(times):.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--interfaces", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Host(Path(folder)) as host:
        throughput(host, min(options.rounds, 9), min(options.seconds, 10))
        steps(host, min(options.interfaces, 200))


if __name__ == "__main__":
    main()
