"""Start Groundcloud and its peers as a user would, each on a port of its own, and stop them by their process ids."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parent.parent


class Peer(NamedTuple):
    """One server to measure: its command (with `{port}` and `{data}`), its environment, its first keys."""

    name: str
    command: list[str]
    environment: dict[str, str]
    admin: bool = False
    """Whether calls are made as a user with AdministratorAccess, because the server checks."""


class Running(NamedTuple):
    peer: Peer
    port: int
    pid: int
    key: str
    secret: str
    start: float
    """Seconds from the start of the process to its first answer to GetCallerIdentity or to a health check."""
    data: Path


def groundcloud() -> Peer:
    command = [sys.executable, "-m", "groundcloud", "up", "--foreground", "--no-demo", "--no-machines", "--json"]
    command += ["--tls-port", "0"]
    return Peer(
        "groundcloud", [*command, "--data", "{data}", "--port", "{port}"], {"PYTHONPATH": str(ROOT / "src")}, True
    )


def others(folder: Path) -> list[Peer]:
    """The peers of a virtual environment that has `benchmarks/requirements.txt`."""
    ministack = [str(folder / "bin" / "ministack")]
    quiet = {"GATEWAY_PORT": "{port}", "MINISTACK_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    return [
        Peer("moto", [str(folder / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", "{port}"], {}),
        Peer("ministack", ministack, quiet),
        Peer("ministack AUTH", ministack, {**quiet, "AUTH": "true"}, True),
    ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(peer: Peer) -> Iterator[Running]:
    """The peer, started, with keys to call it; its process group is ended and its data are removed afterwards."""
    port = free_port()
    data = Path(tempfile.mkdtemp(prefix="gc-bench-"))
    fill = {"port": str(port), "data": str(data)}
    command = [part.format(**fill) for part in peer.command]
    environment = {**os.environ, **{name: value.format(**fill) for name, value in peer.environment.items()}}
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, cwd=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait_for_answer(port, process)
        start = time.perf_counter() - begun
        key, secret = _keys(peer, port, data)
        yield Running(peer, port, process.pid, key, secret, start, data)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(data, ignore_errors=True)


def _wait_for_answer(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Until any HTTP answer comes: a refusal of an unsigned call is one."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    request = (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.sendall(request)
                if connection.recv(16).startswith(b"HTTP/1.1 "):
                    return
        except OSError:
            time.sleep(0.005)
    raise RuntimeError(f"{process.args} does not answer")


def _keys(peer: Peer, port: int, data: Path) -> tuple[str, str]:
    if peer.name == "groundcloud":
        import json

        admin = json.loads((data / "admin.json").read_text())
        return admin["access_key_id"], admin["secret_access_key"]
    if not peer.admin:
        return "test", "test"
    iam = client(port, "iam", "test", "test")
    iam.create_user(UserName="admin")
    iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    made = iam.create_access_key(UserName="admin")["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def client(port: int, service: str, key: str, secret: str):
    """A boto3 client of a server on loopback."""
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 0}),
    )


def resident(pid: int) -> float:
    """Megabytes of memory that a process and its children hold (proportional set size)."""
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _group(int(entry.name)) == pid:
            for line in (entry / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0
