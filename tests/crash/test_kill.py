"""`kill -9` at random moments under load: what was acknowledged is there, what was not is whole or absent.

Each round starts the server, lets connections write as fast as they can, kills the server, and then reads the store
itself. `GROUNDCLOUD_CRASH_ROUNDS` sets how many rounds; the few of a usual test run are for what breaks plainly.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from groundcloud.services.iam.records import AccessKey, AccessKeySecret, User
from groundcloud.store import Record, Store, Transaction, open_store
from groundcloud.store.keys import pack
from tests.clouds import PACKAGE
from tests.postgres import server as postgres_server

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("GROUNDCLOUD_CRASH_ROUNDS", "10"))
CONNECTIONS = 16
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}}
)


class Round:
    """What the clients of one life of the server know: the users that were acknowledged, with what was done to them,
    and those whose answer never came."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, set[str]] = {}
        self.unknown: dict[str, str] = {}


def start(folder: Path, store: str) -> dict[str, Any]:
    """A server in the background; what `up --json` says of it."""
    arguments = ["up", "--no-demo", "--no-machines", "--data", str(folder), "--port", "0", "--tls-port", "0", "--json"]
    rounds = "GROUNDCLOUD_CRASH_ROUNDS"
    environment = {name: value for name, value in os.environ.items() if name != rounds}
    environment["PYTHONPATH"] = str(PACKAGE)
    if store:
        environment["GROUNDCLOUD_STORE"] = store
    done = subprocess.run(
        [sys.executable, "-m", "groundcloud", *arguments], capture_output=True, check=False, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def signed(up: dict[str, Any], parameters: dict[str, str]) -> bytes:
    form = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
    request = AWSRequest(
        "POST", up["endpoint"] + "/", {"Content-Type": "application/x-www-form-urlencoded"}, form.encode()
    )
    request.headers["Host"] = up["endpoint"].partition("//")[2]
    SigV4Auth(Credentials(up["access_key_id"], up["secret_access_key"]), "iam", "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\n{head}Content-Length: {len(form)}\r\n\r\n{form}".encode()


async def call(up: dict[str, Any], connection: Any, action: str, **parameters: str) -> int:
    reader, writer = connection
    writer.write(signed(up, {"Action": action, "Version": "2010-05-08", **parameters}))
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def client(up: dict[str, Any], seen: Round, prefix: str) -> None:
    """Make users with a policy and a key each, until the server is gone."""
    host, _, port = up["endpoint"].partition("//")[2].partition(":")
    number = 0
    step = ""
    name = ""
    try:
        connection = await asyncio.open_connection(host, int(port))
        while True:
            number += 1
            name = f"{prefix}-{number}"
            for step, parameters in (
                ("CreateUser", {}),
                ("PutUserPolicy", {"PolicyName": "p", "PolicyDocument": POLICY}),
                ("CreateAccessKey", {}),
            ):
                status = await call(up, connection, step, UserName=name, **parameters)
                assert status == 200, (step, status)
                seen.acknowledged.setdefault(name, set()).add(step)
    except (OSError, asyncio.IncompleteReadError):
        seen.unknown[name] = step


async def load_and_kill(up: dict[str, Any], number: int, alive: float) -> Round:
    seen = Round()
    clients = [asyncio.create_task(client(up, seen, f"r{number}c{each}")) for each in range(CONNECTIONS)]
    begun = time.monotonic()
    while not seen.acknowledged and time.monotonic() < begun + 30:  # the first call of a life loads models
        await asyncio.sleep(0.005)
    await asyncio.sleep(alive)
    os.kill(up["pid"], signal.SIGKILL)
    await asyncio.gather(*clients)
    return seen


def check_users(tx: Transaction, account: str, seen: Round) -> None:
    for name, done in seen.acknowledged.items():
        user = tx.get(User, account, name)
        assert user is not None, f"{name} was acknowledged and is gone"
        assert "PutUserPolicy" not in done or user.inline_policies == {"p": POLICY}, f"{name} lost its policy"
        keys = list(tx.scan(AccessKey, account, name))
        assert "CreateAccessKey" not in done or len(keys) == 1, f"{name} lost its key"
        assert all(tx.get(AccessKeySecret, key.access_key_id) for key in keys), f"{name} has half a key"


def check_indexes(tx: Transaction, kind: type[Record]) -> None:
    """Every record is under each of its index keys, and no index names what is not there."""
    for index in kind.indexes:
        entries = {(record.key_values()) for record in tx.scan(kind, index=index)}
        expected = {record.key_values() for record in tx.scan(kind) if record.index_keys(index)}
        assert entries == expected, f"{kind.table}/{index}"
        low = pack((f"{kind.table}/{index}",))
        for _, primary in tx.table.range(low, low + b"\xff", 1_000_000, False):
            assert tx.table.get(primary) is not None, f"{kind.table}/{index} names what is gone"


def gone(pid: int) -> None:
    """Wait until a killed server is no more, so that its locks are free."""
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} does not end")


def live(folder: Path, store_url: str, rounds: int) -> int:
    """Rounds of start, load, kill and look. Gives the number of acknowledged writes."""
    chance = random.Random()
    rest: Round | None = None
    written = 0
    for number in range(rounds):
        up = start(folder, store_url)
        seen = asyncio.run(load_and_kill(up, number, chance.uniform(0, 0.6)))
        gone(up["pid"])
        store: Store = open_store(store_url or str(folder / "groundcloud.db"))
        with store.snapshot() as tx:
            check_users(tx, up["account_id"], seen)
            if rest is not None:  # what earlier lives wrote is still there
                check_users(tx, up["account_id"], rest)
            if number % 10 == 9 or number == rounds - 1:
                check_indexes(tx, User)
        store.close()
        written += sum(len(done) for done in seen.acknowledged.values())
        rest = seen
    return written


@pytest.fixture()
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gc-crash-") as name:
        yield Path(name) / "data"


def test_nothing_acknowledged_is_lost_on_sqlite(folder):
    written = live(folder, "", ROUNDS)
    print(f"{ROUNDS} kills, {written} acknowledged writes")
    assert written > ROUNDS


def test_nothing_acknowledged_is_lost_on_postgres(folder):
    with tempfile.TemporaryDirectory(prefix="gc-pg-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o755)
        with postgres_server(Path(place) / "cluster") as url:
            with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
                connection.execute("create database crash")
            rounds = max(3, ROUNDS // 4)
            written = live(folder, url.format("crash"), rounds)
            print(f"{rounds} kills, {written} acknowledged writes")
            assert written > rounds
