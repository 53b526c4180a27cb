"""Instances behind the API: launch to login, many at once, memory, and how soon a security group counts.

On a machine with other work the times say little; the load before and after is printed beside them.

As root, in the clone: PYTHONPATH=src:. python benchmarks/machines.py [--rounds 5] [--at-once 20] [--idle 50]

The cloud is one of its own in a temporary folder. Needs ssh, and Debian's image (`groundcloud image build debian-12`).
"""

import argparse
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from groundcloud.engines.host.client import Host, HostMachines
from groundcloud.engines.host.places import socket_of
from tests.clouds import CommandLine
from tests.machines.conftest import LOGIN, Ground


def until(found: Callable[[], object], every: float = 0.01, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not found():
        if time.monotonic() > end:
            raise TimeoutError(f"nothing in {seconds} s")
        time.sleep(every)


def open_(address: str) -> bool:
    try:
        socket.create_connection((address, 22), timeout=0.5).close()
    except OSError:
        return False
    return True


def logs_in(ground: Ground, address: str) -> bool:
    words = ["ssh", "-i", str(ground.key), *LOGIN, f"admin@{address}", "true"]
    return subprocess.run(words, capture_output=True, timeout=30, stdin=subprocess.DEVNULL).returncode == 0


def log_in(ground: Ground, address: str) -> None:
    """Asks by what costs little first: who asks takes the time of those who boot."""
    until(lambda: open_(address), 0.05)
    until(lambda: logs_in(ground, address), 0.1)


def launch(ground: Ground, count: int) -> list[str]:
    """The public addresses of as many new instances, once they run: who asks before has to wait for TCP's next try."""
    made = ground.ec2.run_instances(
        ImageId=ground.image, InstanceType="t2.micro", KeyName="lab", MinCount=count, MaxCount=count,
        SecurityGroupIds=[ground.web],
    )["Instances"]  # fmt: skip
    ids = [each["InstanceId"] for each in made]

    def seen() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ground.ec2.describe_instances(InstanceIds=ids)["Reservations"][0]["Instances"]
        return found

    until(lambda: all(each["State"]["Name"] == "running" for each in seen()), 0.02 * count)
    return [each["PublicIpAddress"] for each in seen()]


def login_time(ground: Ground, count: int = 1) -> float:
    """Seconds from the call to the last instance's first login."""
    begun = time.monotonic()
    addresses = launch(ground, count)
    with ThreadPoolExecutor(4) as logins:
        list(logins.map(lambda address: log_in(ground, address), addresses))
    return time.monotonic() - begun


def end_all(ground: Ground) -> None:
    reservations = ground.ec2.describe_instances()["Reservations"]
    ids = [each["InstanceId"] for one in reservations for each in one["Instances"]]
    ground.ec2.terminate_instances(InstanceIds=ids, Force=True)
    until(lambda: all(ground.seen(each)["State"]["Name"] == "terminated" for each in ids), 0.1)


def machine_memory(ground: Ground) -> list[float]:
    """MB of each machine: the proportional sizes of its processes and of what supervises it."""
    host = Host(socket_of(ground.data))
    try:
        leaders = [state.pid for state in HostMachines(host).states().values() if state.running]
    finally:
        host.close()
    of_namespace: dict[str, float] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            space = os.readlink(process / "ns/pid")
            lines = (process / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        size = next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
        of_namespace[space] = of_namespace.get(space, 0) + size / 1024
    return [of_namespace[os.readlink(f"/proc/{pid}/ns/pid")] for pid in leaders]


def group_change(ground: Ground) -> tuple[float, float]:
    """Seconds from the call to the first connection that gets through, and to the first that does not."""
    address = launch(ground, 1)[0]
    until(lambda: logs_in(ground, address))
    rule = {"GroupId": ground.web, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}

    times = []
    for change, wanted in (("revoke", False), ("authorize", True)):
        begun = time.monotonic()
        getattr(ground.ec2, f"{change}_security_group_ingress")(**rule)
        until(lambda wanted=wanted: open_(address) is wanted)
        times.append(time.monotonic() - begun)
    return times[1], times[0]


def run(ground: Ground, rounds: int, at_once: int, idle: int) -> None:
    def show(what: str, value: str) -> None:
        print(f"| {what} | {value} | {os.getloadavg()[0]:.0f} |", flush=True)

    print("| | | load of the host |\n|---|---|---|")
    single = []
    for _ in range(rounds):
        single.append(login_time(ground))
        end_all(ground)
    show("RunInstances to an ssh login, median (least, most)",
         f"{median(single):.2f} s ({min(single):.2f}, {max(single):.2f})")  # fmt: skip
    show(f"{at_once} at once, to the last login", f"{login_time(ground, at_once):.1f} s")
    end_all(ground)
    opened, closed = group_change(ground)
    show("a security group's rule to effect: added, removed", f"{opened:.2f} s, {closed:.2f} s")
    end_all(ground)
    show(f"{idle} at once, to the last login", f"{login_time(ground, idle):.1f} s")
    time.sleep(20)  # until they have nothing to do any more
    sizes = machine_memory(ground)
    show(f"memory of an idle instance's processes, of {len(sizes)}", f"{median(sizes):.0f} MB")
    end_all(ground)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--idle", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        commands = CommandLine(Path(home))
        try:
            run(Ground(commands, Path(home)), options.rounds, options.at_once, options.idle)
        finally:
            commands.close()


if __name__ == "__main__":
    main()
