"""Databases of RDS: how soon a new one answers, how soon a failover is over, and pgbench through the endpoint beside
the same server, with the same settings, on the host.

As root, in the clone: PYTHONPATH=src:. python benchmarks/rds.py [--rounds 20] [--seconds 20] [--scale 20]

The cloud is one of its own in a temporary folder. Needs pgbench, and PostgreSQL of the image's version on the host.
"""

import argparse
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import pymysql

from groundcloud.ca import certificate_for
from tests import postgres
from tests.clouds import CommandLine
from tests.machines.conftest import Ground
from tests.machines.test_rds import PASSWORD, Databases, Writer, machine_of

_ERRORS = (psycopg.Error, pymysql.Error, OSError, AssertionError, KeyError)
_NOT_THE_HOSTS = ("archive", "cluster_name", "config", "data_dir", "external", "hba", "hot_standby", "ident", "listen",
                  "log_", "logging", "port", "primary", "recovery", "restore", "ssl", "synchronous",
                  "unix")  # fmt: skip
"""Settings, by their beginnings, that say where a server is, and not how it works."""


def until(found: Callable[[], Any], every: float = 0.02, seconds: float = 300) -> Any:
    end = time.monotonic() + seconds
    while True:
        try:
            if value := found():
                return value
        except _ERRORS:
            pass
        if time.monotonic() > end:
            raise TimeoutError(f"nothing in {seconds} s")
        time.sleep(every)


def connect(databases: Databases, name: str) -> Any:
    """What connects to an endpoint, its name asked for anew each time."""
    kind = databases.seen(name)["Engine"]
    return (lambda: databases.postgres(name)) if kind == "postgres" else (lambda: databases.mariadb(name))


def first_query(databases: Databases, name: str, engine: str) -> float:
    """Seconds from CreateDBInstance to an answer of the database."""
    begun = time.monotonic()
    databases.create(name, engine)
    opened = connect(databases, name)

    def asked() -> bool:
        with opened() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone())

    until(asked, 0.05)
    return time.monotonic() - begun


def delete(databases: Databases, name: str) -> None:
    until(lambda: databases.seen(name)["DBInstanceStatus"] == "available")
    databases.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    databases.rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier=name, WaiterConfig={"Delay": 1})


def fail_over(databases: Databases, name: str) -> tuple[float, int]:
    """Seconds from `kill -9` of the primary's machine to the first commit at the endpoint, and how many commits that
    were acknowledged are lost."""
    before = until(lambda: databases.seen(name).get("SecondaryAvailabilityZone") and databases.seen(name))
    opened = connect(databases, name)
    with opened() as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS written")
        cursor.execute("CREATE TABLE written (number int PRIMARY KEY)")
    writer = Writer(opened)
    writer.start()
    until(lambda: len(writer.acknowledged) > 50)
    process = machine_of(databases, name)
    killed = time.monotonic()
    subprocess.run(["kill", "-9", str(process)], check=True)
    until(lambda: databases.seen(name)["AvailabilityZone"] == before["SecondaryAvailabilityZone"], 0.1)
    count = len(writer.acknowledged)
    until(lambda: len(writer.acknowledged) > count + 50)
    writer.stopping = True
    writer.join(10)
    with opened() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT number FROM written")
        kept = {row[0] for row in cursor.fetchall()}
    acknowledged = list(writer.acknowledged)
    after = max(pairwise(acknowledged), key=lambda pair: pair[1][0] - pair[0][0])[1][0]
    return after - killed, len({number for _, number in acknowledged} - kept)


@contextmanager
def host_server(databases: Databases, name: str, folder: Path) -> Iterator[int]:
    """The same server on the host, with the settings of the instance; gives its port."""
    with databases.postgres(name) as connection:
        found = connection.execute("SELECT name, setting, unit FROM pg_settings WHERE source = 'configuration file'")
        settings = {row[0]: f"{row[1]}{'' if (row[2] or '8kB') == '8kB' else row[2]}" for row in found.fetchall()
                    if not row[0].startswith(_NOT_THE_HOSTS)}  # fmt: skip
    programs, data, port = postgres.binaries(), folder / "pg", 15432
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
    folder.mkdir()
    subprocess.run(["chown", "postgres:postgres", folder], check=True)
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    words = ["--encoding=UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256", "-U", "lab", f"--pwfile={folder}/password"]
    (folder / "password").write_text(PASSWORD)
    subprocess.run([*as_user, programs / "initdb", "-D", data, *words], **quiet)
    certificate, key = certificate_for(databases.ground.data / "ca", ["localhost"], "localhost", time.time())
    own = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": str(folder), "ssl": "on",
           "wal_level": "replica"}  # fmt: skip
    lines = "".join(f"{name} = '{value}'\n" for name, value in {**settings, **own}.items())
    (data / "postgresql.conf").write_text(lines)
    for file, content in (("server.crt", certificate), ("server.key", key)):
        (data / file).write_bytes(content)
        (data / file).chmod(0o600)
        subprocess.run(["chown", "postgres:postgres", data / file], check=True)
    control = [*as_user, programs / "pg_ctl", "-D", data, "-w"]
    subprocess.run([*control, "-l", folder / "log", "start"], **quiet)
    try:
        with psycopg.connect(host="127.0.0.1", port=port, user="lab", password=PASSWORD, dbname="postgres",
                             autocommit=True) as connection:  # fmt: skip
            connection.execute("CREATE DATABASE app")
        yield port
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)


def pgbench(databases: Databases, host: str, port: int, *words: str) -> str:
    """In the shell in which the endpoint has its name; over TLS."""
    ground = databases.ground
    given = ("shell", "--data", ground.data, "--", "pgbench", "-h", host, "-p", str(port), "-U", "lab", *words, "app")
    out: str = ground.run(*given, PGPASSWORD=PASSWORD, PGSSLMODE="require").out
    return out


def rate(text: str) -> float:
    found = re.search(r"tps = ([\d.]+)", text)
    assert found, text
    return float(found[1])


def compare(databases: Databases, folder: Path, seconds: int, scale: int, rounds: int) -> None:
    """In turns, so that what else the machine does hits both."""
    size = {1: "large", 2: "large", 3: "xlarge", 4: "xlarge"}.get(os.cpu_count() or 2, "2xlarge")
    databases.create("bench", "postgres", DBInstanceClass=f"db.t3.{size}")
    until(lambda: databases.seen("bench")["DBInstanceStatus"] == "available")
    endpoint = databases.seen("bench")["Endpoint"]["Address"]
    with host_server(databases, "bench", folder) as port:
        places = {"endpoint": (endpoint, 5432), "host": ("127.0.0.1", port)}
        for place in places.values():
            pgbench(databases, *place, "-i", "-q", "-s", str(scale))
        for what, more in (("TPC-B-like", ()), ("select only", ("-S",))):
            found: dict[str, list[float]] = {name: [] for name in places}
            for _ in range(rounds):
                for name, place in places.items():
                    words = ("-c", "8", "-j", "2", "-T", str(seconds), *more)
                    found[name].append(rate(pgbench(databases, *place, *words)))
            middle = {name: median(each) for name, each in found.items()}
            show(f"pgbench, {what}, 8 clients: endpoint, host, ratio",
                 f"{middle['endpoint']:.0f}/s, {middle['host']:.0f}/s, "
                 f"{100 * middle['endpoint'] / middle['host']:.1f} %")  # fmt: skip
    delete(databases, "bench")


def show(what: str, value: str) -> None:
    print(f"| {what} | {value} | {os.getloadavg()[0]:.0f} |", flush=True)


def run(databases: Databases, home: Path, options: argparse.Namespace) -> None:
    print("| | | load of the host |\n|---|---|---|")
    for engine in ("postgres", "mysql"):
        times = []
        for number in range(options.creates):
            times.append(first_query(databases, f"new{number}", engine))
            delete(databases, f"new{number}")
        show(f"CreateDBInstance to the first query, {engine}, median of {len(times)} (least, most)",
             f"{median(times):.1f} s ({min(times):.1f}, {max(times):.1f})")  # fmt: skip
    compare(databases, home / "host", options.seconds, options.scale, 3)
    for engine in ("postgres", "mysql"):
        databases.create("pair", engine, MultiAZ=True)
        until(lambda: databases.seen("pair")["DBInstanceStatus"] == "available")
        found = [fail_over(databases, "pair") for _ in range(options.rounds)]
        times = [seconds for seconds, _ in found]
        lost = sum(rows for _, rows in found)
        show(f"kill -9 of the primary to the next commit, {engine}, median of {len(times)} (least, most); rows lost",
             f"{median(times):.1f} s ({min(times):.1f}, {max(times):.1f}); {lost}")  # fmt: skip
        delete(databases, "pair")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=20, help="failovers of each engine")
    parser.add_argument("--creates", type=int, default=5, help="new databases of each engine")
    parser.add_argument("--seconds", type=int, default=20, help="of each run of pgbench")
    parser.add_argument("--scale", type=int, default=20, help="of pgbench's tables")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o711)  # PostgreSQL on the host runs as a user of its own
        commands = CommandLine(Path(home))
        try:
            ground = Ground(commands, Path(home))
            ground.run("image", "build", "debian-12-databases")
            databases = Databases(ground)
            try:
                run(databases, Path(home), options)
            finally:
                databases.delete_all()
        finally:
            commands.close()


if __name__ == "__main__":
    main()
