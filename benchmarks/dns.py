"""DNS answers per second: Groundcloud's server, and Knot and NSD as its secondaries with the same zone, in one run.

    python benchmarks/dns.py [--seconds 10] [--names 10000] [--options] [--policies]

Each server has one core (the first) and one worker, dnsperf the others. The names are asked in a random order; with
--options each query has an EDNS option, as those with cookies have, so that Groundcloud has to read it; with --policies
only Groundcloud is asked, and each name has two weighted records. The processor's time for each answer holds also while
other programs run beside; it is what the server spends in all, with the kernel's part. A short run: --seconds 4
--names 2000. Needs dnsperf, knot and nsd of the distribution.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import cpu  # noqa: E402 - beside this file

from tests.clients.test_dns import Named, free_port, knot, nsd, record, running, until  # noqa: E402
from tests.clouds import CommandLine  # noqa: E402


class Asked(NamedTuple):
    """Answers per second, the processor's time for each in microseconds, and what was lost."""

    rate: float
    spent: float
    lost: str

    def __str__(self) -> str:
        return f"{self.rate:9,.0f} answers/s, {self.spent:6.1f} us of the processor each, {self.lost} lost"


def ask(port: int, pid: int, queries: Path, seconds: int, with_options: bool) -> Asked:
    others = ",".join(str(cpu) for cpu in sorted(os.sched_getaffinity(0))[1:]) or "0"
    command = ["taskset", "-c", others, "dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", str(queries)]
    command += ["-l", str(seconds), "-c", "4", "-q", "200"]
    if with_options:
        command += ["-E", "65001:ffff"]
    before = cpu.seconds(pid)
    printed = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    rate = re.search(r"Queries per second:\s+([\d.]+)", printed)
    lost = re.search(r"Queries lost:\s+(\d+)", printed)
    answered = re.search(r"Queries completed:\s+(\d+)", printed)
    assert rate is not None
    assert lost is not None
    assert answered is not None
    return Asked(float(rate[1]), (cpu.seconds(pid) - before) / max(1, int(answered[1])) * 1e6, lost[1])


def fill(named: Named, names: int, weighted: bool) -> None:
    for start in range(0, names, 250):
        numbers = range(start, min(start + 250, names))
        if weighted:
            sets = [
                {**record(f"w{number}.example.com", "A", f"192.0.2.{place}"), "Weight": 1, "SetIdentifier": str(place)}
                for number in numbers
                for place in (1, 2)
            ]
        else:
            sets = [record(f"w{number}.example.com", "A", f"192.0.2.{number % 250 + 1}") for number in numbers]
        named.change(*sets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--names", type=int, default=10_000)
    parser.add_argument("--options", action="store_true")
    parser.add_argument("--policies", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        command = CommandLine(folder / "home")
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # what is started from here inherits one core
        try:
            secondary = free_port()
            cloud = command.up(folder / "cloud", GROUNDCLOUD_DNS_SECONDARIES=f"127.0.0.1:{secondary}")
            compare(Named(cloud, secondary), cloud.pid, folder, options)
        finally:
            command.close()


def compare(named: Named, pid: int, folder: Path, options: argparse.Namespace) -> None:
    begun = time.monotonic()
    fill(named, options.names, options.policies)
    print(f"{options.names} records were made and answered in {time.monotonic() - begun:.1f} s")
    queries = folder / "queries"
    asked = [f"w{number}.example.com A" for number in range(options.names)]
    random.Random(1).shuffle(asked)
    queries.write_text("\n".join(asked) + "\n")
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    own = ask(named.port, pid, queries, options.seconds, options.options)
    print(f"groundcloud {own}", flush=True)
    for program in () if options.policies else (knot, nsd):
        place = folder / program.__name__
        place.mkdir()
        arguments = ["taskset", "-c", "0", *program(place, named)]
        with running(*arguments) as other:
            until("192.0.2.", named.secondary, f"w{options.names - 1}.example.com", "+answer")
            found = ask(named.secondary, other, queries, options.seconds, options.options)
        print(f"{program.__name__:11} {found}; groundcloud has {own.rate / found.rate:.2f} of its rate", flush=True)


if __name__ == "__main__":
    main()
