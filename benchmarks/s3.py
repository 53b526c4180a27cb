"""S3 beside its peers and the machine's own limits, in one run: put and get, parts, lists, memory.

    python benchmarks/s3.py --peers FOLDER [--seconds 2] [--rounds 3] [--keys 1000000] [--write docs/performance.md]

FOLDER is a virtual environment with `benchmarks/requirements.txt`; nginx is Debian's. The machine's limits are nginx
serving the same file for GET, and writing and syncing the same bytes for PUT. Servers take turns, and the median of
the rounds counts.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from peers import Running, client, free_port, groundcloud, others, resident, running
from s3_lists import list_rows
from s3_load import Call, run, signed

KIB, MIB = 1 << 10, 1 << 20
SIZES = {"1 KiB": KIB, "1 MiB": MIB, "64 MiB": 64 * MIB}
CONCURRENCY = (1, 16, 64)
PART, PARTS = 8 * MIB, 32
MARK = "\n## S3\n"
_HEAD = f"""{MARK}
Written by `python benchmarks/s3.py --peers FOLDER --write docs/performance.md`: all in one run, in turns,
{{seconds:g}} s each, the median of {{rounds}} such rounds; the machine's load before it began was {{load:.1f}}.
Requests are signed in their headers over unsigned bodies, as by SDKs over TLS. `disk` is threads that write the
same bytes to files and sync them; `nginx` serves the same bytes from a file. `moto` and `ministack` check no
signature and keep objects in memory; Groundcloud checks, encrypts, and syncs. 64 MiB are not asked for at
concurrency 64: the peers would hold 4 GiB.

"""


class Contender(NamedTuple):
    """What is measured: its name, and how many operations of a kind it does per second."""

    name: str
    rate: Callable[[str, int, int, float], float | None]


def of_server(server: Running) -> Contender:
    s3 = client(server.port, "s3", server.key, server.secret)
    s3.create_bucket(Bucket="bench")
    filled: set[int] = set()

    def rate(method: str, size: int, concurrency: int, seconds: float) -> float | None:
        body = os.urandom(size)
        keys = [f"/bench/{size}/{number}" for number in range(16 if size > MIB else 256)]
        puts = [signed(server, "PUT", key, body) for key in keys]
        if method == "PUT":
            return _checked(server.peer.name, server.port, puts, concurrency, seconds)
        if size not in filled:
            _checked(server.peer.name, server.port, puts, 4, 0, len(puts))
            filled.add(size)
        return _checked(
            server.peer.name, server.port, [signed(server, "GET", key) for key in keys], concurrency, seconds
        )

    return Contender(server.peer.name, rate)


def _checked(
    name: str, port: int, calls: list[Call], concurrency: int, seconds: float, count: int | None = None
) -> float | None:
    """None where the server does not bear it: ministack closes the connection after an answer."""
    result = run(port, calls, concurrency, seconds if count is None else 600, count or 1 << 60)
    if result.failed:
        print(f"{name}: {result.first_failure[:200]}", flush=True)
        return None
    return result.rate


@contextmanager
def nginx(folder: Path) -> Iterator[Contender]:
    """nginx as Debian sets it up, on loopback, with a file of each size."""
    port = free_port()
    for size in SIZES.values():
        (folder / str(size)).write_bytes(os.urandom(size))
    (folder / "nginx.conf").write_text(
        f"worker_processes auto; pid {folder}/pid; error_log {folder}/error.log; daemon off;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ access_log off; sendfile on; keepalive_requests 100000000;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    folder.chmod(0o755)
    command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def rate(method: str, size: int, concurrency: int, seconds: float) -> float | None:
        if method != "GET":
            return None
        call = Call(f"GET /{size} HTTP/1.1\r\nHost: nginx\r\n\r\n".encode())
        return _checked("nginx", port, [call], concurrency, seconds)

    try:
        time.sleep(0.5)
        yield Contender("nginx", rate)
    finally:
        process.terminate()
        process.wait()


def disk(folder: Path) -> Contender:
    """Threads that write files and sync them: what no durable server can be faster than."""

    def rate(method: str, size: int, concurrency: int, seconds: float) -> float | None:
        if method != "PUT":
            return None
        data = os.urandom(size)
        begun = time.perf_counter()

        def write(number: int) -> int:
            count = 0
            while not count or time.perf_counter() < begun + seconds:
                descriptor = os.open(folder / f"{size}-{number}-{count % 16}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                try:
                    view = memoryview(data)
                    while view:
                        view = view[os.write(descriptor, view) :]
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
                count += 1
            return count

        with ThreadPoolExecutor(concurrency) as threads:
            done = sum(threads.map(write, range(concurrency)))
        found = done / (time.perf_counter() - begun)
        for path in folder.glob(f"{size}-*"):
            path.unlink()
        return found

    return Contender("disk", rate)


def measure(contenders: list[Contender], seconds: float, rounds: int) -> dict[tuple[str, str, int, str], float]:
    """The median rate of each method, size, concurrency and contender."""
    found: dict[tuple[str, str, int, str], float] = {}
    for size, count in SIZES.items():
        for method in ("PUT", "GET"):
            for concurrency in CONCURRENCY[: 2 if count > MIB else 3]:
                rates: dict[str, list[float]] = {}
                for _ in range(rounds):
                    for each in contenders:
                        if (rate := each.rate(method, count, concurrency, seconds)) is not None:
                            rates.setdefault(each.name, []).append(rate)
                for name, each_round in rates.items():
                    found[method, size, concurrency, name] = statistics.median(each_round)
                print(_row(method, size, concurrency, contenders, found), flush=True)
    return found


def _row(
    method: str, size: str, concurrency: int, contenders: list[Contender], found: dict[tuple[str, str, int, str], float]
) -> str:
    cells = []
    for each in contenders:
        rate = found.get((method, size, concurrency, each.name))
        unit = "" if rate is None else f"{rate:.0f}/s" if SIZES[size] < MIB else f"{rate * SIZES[size] / 1e6:.0f} MB/s"
        cells.append(unit)
    return f"| {method} {size} | {concurrency} | " + " | ".join(cells) + " |"


def multipart(server: Running, concurrency: int) -> float | None:
    """Megabytes per second of an upload of 256 MiB in parts of 8 MiB, from its beginning to its completion."""
    s3 = client(server.port, "s3", server.key, server.secret)
    place = {"Bucket": "bench", "Key": "parts"}
    body = os.urandom(PART)
    begun = time.perf_counter()
    upload = s3.create_multipart_upload(**place)["UploadId"]
    calls = [
        signed(server, "PUT", f"/bench/parts?partNumber={number}&uploadId={upload}", body)
        for number in range(1, PARTS + 1)
    ]
    if _checked(server.peer.name, server.port, calls, concurrency, 0, PARTS) is None:
        return None
    parts = [{"PartNumber": each["PartNumber"], "ETag": each["ETag"]} for each in _parts(s3, place, upload)]
    s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
    elapsed = time.perf_counter() - begun
    s3.delete_object(**place)
    return PART * PARTS / 1e6 / elapsed


def _parts(s3, place: dict[str, str], upload: str) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = s3.list_parts(**place, UploadId=upload)["Parts"]
    return listed


def memory(server: Running) -> float:
    """The most megabytes that a server held while 1 GiB went in and out, in objects of 64 MiB, 16 at a time."""
    most, over = 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.1):
            most = max(most, resident(server.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    body = os.urandom(64 * MIB)
    for method in ("PUT", "GET"):
        calls = [signed(server, method, f"/bench/m/{n}", body if method == "PUT" else b"") for n in range(16)]
        _checked(server.peer.name, server.port, calls, 16, 0, 16)
    over.set()
    watcher.join()
    return most


def ratios(found: dict[tuple[str, str, int, str], float]) -> list[str]:
    """What was to be reached, at concurrency 16."""
    lines = ["", "At concurrency 16:", "", "| to reach | measured |", "|---|---|"]

    def line(text: str, method: str, size: str, other: str, least: float) -> None:
        ours, theirs = found.get((method, size, 16, "groundcloud")), found.get((method, size, 16, other))
        if ours and theirs:
            verdict = "" if ours / theirs >= least else " (missed)"
            lines.append(f"| {text} | {ours / theirs:.2f}{verdict} |")

    line("GET 1 KiB: 2 times ministack", "GET", "1 KiB", "ministack", 2.0)
    line("PUT 1 KiB: 1.5 times ministack, which keeps it in memory", "PUT", "1 KiB", "ministack", 1.5)
    for size in ("1 MiB", "64 MiB"):
        line(f"GET {size}: 0.6 of nginx", "GET", size, "nginx", 0.6)
        line(f"PUT {size}: 0.6 of write and sync", "PUT", size, "disk", 0.6)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    lines: list[str] = []
    load = os.getloadavg()[0]
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        servers = [stack.enter_context(running(peer)) for peer in (groundcloud(), *others(options.peers))]
        contenders = [*map(of_server, servers), stack.enter_context(nginx(folders[0])), disk(folders[1])]
        names = [each.name for each in contenders]
        lines += ["| | | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
        most = memory(servers[0])
        found = measure(contenders, options.seconds, options.rounds)
        lines += [_row(*key, contenders, found) for key in dict.fromkeys(each[:3] for each in found)]
        for concurrency in (1, 16):
            rates = [multipart(server, concurrency) for server in servers]
            cells = ["" if rate is None else f"{rate:.0f} MB/s" for rate in rates] + ["", ""]
            lines.append(f"| 256 MiB in parts | {concurrency} | " + " | ".join(cells) + " |")
        lines += ratios(found)
        lines.append(f"| under 150 MB while 1 GiB goes through | {most:.0f} MB |")
    lines += list_rows(options.keys)
    print("\n".join(lines))
    if options.write:
        page = options.write.read_text().partition(MARK)[0]
        options.write.write_text(
            page + _HEAD.format(rounds=options.rounds, seconds=options.seconds, load=load) + "\n".join(lines) + "\n"
        )


if __name__ == "__main__":
    main()
