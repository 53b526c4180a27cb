"""DNS answers per second: Groundcloud's server, and Knot and NSD as its secondaries with the same zone, in one run.

    python benchmarks/dns.py [--seconds 10] [--names 10000] [--options]

Each server has one core (the first) and one worker, dnsperf the others. The names are asked in a random order; with
--options each query has an EDNS option, as those with cookies have, so that
Groundcloud has to read it. Needs dnsperf, knot and nsd of the distribution.
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

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.clients.test_dns import Named, free_port, knot, nsd, record, running, until  # noqa: E402
from tests.clouds import CommandLine  # noqa: E402


def ask(port: int, queries: Path, seconds: int, with_options: bool) -> tuple[float, str]:
    """Answers per second, and what was lost."""
    others = ",".join(str(cpu) for cpu in sorted(os.sched_getaffinity(0))[1:]) or "0"
    command = ["taskset", "-c", others, "dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", str(queries)]
    command += ["-l", str(seconds), "-c", "4", "-q", "200"]
    if with_options:
        command += ["-E", "65001:ffff"]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    rate = re.search(r"Queries per second:\s+([\d.]+)", printed)
    lost = re.search(r"Queries lost:\s+(\d+)", printed)
    assert rate is not None
    assert lost is not None
    return float(rate[1]), lost[1]


def fill(named: Named, names: int) -> None:
    for start in range(0, names, 500):
        sets = [
            record(f"w{number}.example.com", "A", f"192.0.2.{number % 250 + 1}")
            for number in range(start, min(start + 500, names))
        ]
        named.change(*sets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--names", type=int, default=10_000)
    parser.add_argument("--options", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        command = CommandLine(folder / "home")
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # what is started from here inherits one core
        try:
            secondary = free_port()
            cloud = command.up(folder / "cloud", GROUNDCLOUD_DNS_SECONDARIES=f"127.0.0.1:{secondary}")
            compare(Named(cloud, secondary), folder, options)
        finally:
            command.close()


def compare(named: Named, folder: Path, options: argparse.Namespace) -> None:
    begun = time.monotonic()
    fill(named, options.names)
    print(f"{options.names} records were made and answered in {time.monotonic() - begun:.1f} s")
    queries = folder / "queries"
    asked = [f"w{number}.example.com A" for number in range(options.names)]
    random.Random(1).shuffle(asked)
    queries.write_text("\n".join(asked) + "\n")
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    own, lost = ask(named.port, queries, options.seconds, options.options)
    print(f"groundcloud {own:9,.0f} answers/s, {lost} lost")
    for program in (knot, nsd):
        place = folder / program.__name__
        place.mkdir()
        arguments = ["taskset", "-c", "0", *program(place, named)]
        with running(*arguments):
            until("192.0.2.", named.secondary, f"w{options.names - 1}.example.com", "+answer")
            rate, lost = ask(named.secondary, queries, options.seconds, options.options)
        print(f"{program.__name__:11} {rate:9,.0f} answers/s, {lost} lost; groundcloud has {own / rate:.2f} of it")


if __name__ == "__main__":
    main()
