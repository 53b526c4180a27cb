"""The edge beside its peers, in one run: start, memory, and calls per second of IAM and STS.

    python benchmarks/edge.py --peers FOLDER [--seconds 2] [--rounds 3] [--write docs/performance.md]

FOLDER is a virtual environment with `benchmarks/requirements.txt`. Servers are measured in turns, round after round,
and the median of the rounds counts, so that a noisy machine is noisy for all of them.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from load import Result, run, signed
from peers import Running, client, groundcloud, others, resident, running

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    }
)
READS = {
    "GetCallerIdentity": ("sts", "Action=GetCallerIdentity&Version=2011-06-15"),
    "GetUser": ("iam", "Action=GetUser&Version=2010-05-08&UserName=reader"),
}
CONCURRENCY = (1, 16, 64)
_HEAD = """# Performance

Written by `python benchmarks/edge.py --peers FOLDER --write docs/performance.md`: every server on this page ran in the
same run, in turns, {rounds} rounds of {seconds:g} s each, of which the median counts. The load comes from the same
machine over loopback: {cores} cores, {cpu}.

What is compared is not the same work. Groundcloud verifies every signature, evaluates policies, keeps an event of each
call, and has each write on the disk (fsync) before it answers. `moto` and `ministack`, as they start by themselves,
verify no signature, evaluate no policy and keep nothing on the disk; `ministack AUTH` is ministack with `AUTH=true`,
which checks.

"""
_names: Iterator[int] = iter(range(10**9))


def requests_of(server: Running, operation: str, roles: dict[str, str]) -> tuple[list[bytes], bool]:
    """Signed requests of one operation, and whether they may be sent again."""
    endpoint = f"http://127.0.0.1:{server.port}"
    if operation in READS:
        service, form = READS[operation]
        return [signed(endpoint, service, form, server.key, server.secret) for _ in range(100)], True
    if operation == "AssumeRole":
        form = f"Action=AssumeRole&Version=2011-06-15&RoleSessionName=session&RoleArn={roles[server.peer.name]}"
        return [signed(endpoint, "sts", form, server.key, server.secret) for _ in range(100)], True
    form = "Action=CreateUser&Version=2010-05-08&UserName=b{}"
    return [signed(endpoint, "iam", form.format(next(_names)), server.key, server.secret) for _ in range(9_000)], False


def prepare(server: Running) -> str:
    """What the operations need: a user to read and a role to assume; the role's ARN."""
    iam = client(server.port, "iam", server.key, server.secret)
    iam.create_user(UserName="reader")
    return str(iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"])


def measure(servers: list[Running], seconds: float, rounds: int) -> dict[tuple[str, int, str], Result]:
    """The median round of each operation, concurrency and server."""
    roles = {server.peer.name: prepare(server) for server in servers}
    found: dict[tuple[str, int, str], Result] = {}
    for operation in (*READS, "AssumeRole", "CreateUser"):
        for concurrency in CONCURRENCY:
            results: dict[str, list[Result]] = {server.peer.name: [] for server in servers}
            for _ in range(rounds):
                for server in servers:
                    requests, repeat = requests_of(server, operation, roles)
                    result = run(server.port, requests, concurrency, seconds, repeat)
                    if result.failed:
                        raise RuntimeError(f"{server.peer.name} {operation}: {result.first_failure}")
                    results[server.peer.name].append(result)
            for name, each in results.items():
                found[operation, concurrency, name] = sorted(each)[len(each) // 2]
            print(_line(operation, concurrency, servers, found), flush=True)
    return found


def _line(operation: str, concurrency: int, servers: list[Running], found: dict[tuple[str, int, str], Result]) -> str:
    cells = []
    for server in servers:
        result = found[operation, concurrency, server.peer.name]
        cells.append(f"{result.rate:8.0f}/s (p99 {result.p99:6.1f} ms)")
    return f"| {operation} | {concurrency} | " + " | ".join(cells) + " |"


def scale(seconds: float) -> tuple[float, float]:
    """GetUser per second with ten users and one policy, and with 10,000 users and 1,000 policies in the account."""
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}}
    )
    with running(groundcloud()) as server:
        prepare(server)
        endpoint = f"http://127.0.0.1:{server.port}"

        def fill(action: str, count: int) -> None:
            forms = [f"Action={action.format(number)}&Version=2010-05-08" for number in range(count)]
            run(
                server.port,
                [signed(endpoint, "iam", form, server.key, server.secret) for form in forms],
                16,
                300,
                False,
            )

        def rate() -> float:
            requests, _ = requests_of(server, "GetUser", {})
            return statistics.median(run(server.port, requests, 16, seconds, True).rate for _ in range(5))

        fill("CreateUser&UserName=few{}", 10)
        few = rate()
        fill("CreateUser&UserName=many{}", 10_000)
        fill(f"CreatePolicy&PolicyName=many{{}}&PolicyDocument={_quoted(document)}", 1_000)
        return few, rate()


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="").replace("{", "{{").replace("}", "}}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    lines = []
    with ExitStack() as stack:
        servers = [stack.enter_context(running(peer)) for peer in (groundcloud(), *others(options.peers))]
        time.sleep(2)
        names = [server.peer.name for server in servers]
        lines.append("| | | " + " | ".join(names) + " |")
        lines.append("|---|---|" + "---|" * len(names))
        lines.append(
            "| start to first answer (s) | | " + " | ".join(f"{server.start:.2f}" for server in servers) + " |"
        )
        lines.append("| idle memory (MB) | | " + " | ".join(f"{resident(server.pid):.0f}" for server in servers) + " |")
        print("\n".join(lines), flush=True)
        found = measure(servers, options.seconds, options.rounds)
    ratios = ["", "Groundcloud's rate as a multiple of each peer's:", "", "| | | " + " | ".join(names[1:]) + " |"]
    ratios.append("|---|---|" + "---|" * (len(names) - 1))
    for operation, concurrency in dict.fromkeys((key[0], key[1]) for key in found):
        ours = found[operation, concurrency, names[0]].rate
        lines.append(_line(operation, concurrency, servers, found))
        cells = (f"{ours / found[operation, concurrency, name].rate:.1f}" for name in names[1:])
        ratios.append(f"| {operation} | {concurrency} | " + " | ".join(cells) + " |")
    few, many = scale(options.seconds)
    ratios += ["", f"GetUser with 10,000 users and 1,000 policies: {many / few:.0%} of the rate with ten users."]
    print("\n".join(ratios))
    if options.write:
        head = _HEAD.format(seconds=options.seconds, rounds=options.rounds, cores=os.cpu_count(), cpu=_processor())
        options.write.write_text(head + "\n".join(lines + ratios) + "\n")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return "unknown processor"


if __name__ == "__main__":
    main()
