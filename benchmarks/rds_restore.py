"""How long a restore of a database to a second takes, and whether it has the exact rows of that second.

As root, in the clone: PYTHONPATH=src:. python benchmarks/rds_restore.py [--engine postgres] [--mebibytes 1024] [--logs]

A database is filled, backed up, and written into; then it is restored to a second of that time, and the time is taken
from the call to the first query that finds the rows. With `--logs` nothing is backed up after it was filled, so that
all that it holds comes out of the archived logs. The cloud is one of its own in a temporary folder. On a machine with
other work the times say little; the load before and after is printed beside them.
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pymysql

from tests.clouds import CommandLine
from tests.machines.conftest import Ground, eventually
from tests.machines.test_rds import Databases

_ROWS = 1000
"""Rows of about a kibibyte that one statement writes."""
_FILL = {
    "postgres": "INSERT INTO filled SELECT {0} + n, repeat(md5(random()::text), 31) FROM generate_series(1, {1}) n",
    "mysql": "INSERT INTO filled SELECT {0} + seq, REPEAT(MD5(RAND()), 31) FROM seq_1_to_{1}",
}


@contextmanager
def cursor_of(databases: Databases, engine: str, name: str) -> Iterator[Any]:
    if engine == "postgres":
        opened: Any = databases.postgres(name)
    else:
        opened = pymysql.connect(
            host=databases.address(name), user="lab", password="it's-a-secret", database="app", autocommit=True
        )  # fmt: skip
    with opened as connection, connection.cursor() as cursor:
        yield cursor


class Writer(threading.Thread):
    """Writes numbers, and notes between which times each was committed."""

    def __init__(self, databases: Databases, engine: str) -> None:
        super().__init__(daemon=True)
        self._where = (databases, engine, "source")
        self.written: list[tuple[int, float, float]] = []
        self.stopping = False

    def run(self) -> None:
        with cursor_of(*self._where) as cursor:
            while not self.stopping:
                number, begun = len(self.written) + 1, time.time()
                cursor.execute(f"INSERT INTO written VALUES ({number})")
                self.written.append((number, begun, time.time()))


def fill(databases: Databases, engine: str, mebibytes: int) -> None:
    with cursor_of(databases, engine, "source") as cursor:
        cursor.execute("CREATE TABLE filled (n int PRIMARY KEY, text text)")
        cursor.execute("CREATE TABLE written (n int PRIMARY KEY)")
        for start in range(0, mebibytes * 1024, _ROWS):
            cursor.execute(_FILL[engine].format(start, _ROWS))


def restored(databases: Databases, engine: str, moment: datetime) -> tuple[float, set[int], int]:
    """Seconds to the first answer, the numbers that are there, and how many rows of the filling."""
    begun = time.monotonic()
    databases.rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="source", TargetDBInstanceIdentifier="restored", RestoreTime=moment,
        PubliclyAccessible=True, VpcSecurityGroupIds=[databases.group], BackupRetentionPeriod=0,
    )  # fmt: skip

    def found() -> set[int] | None:
        try:
            with cursor_of(databases, engine, "restored") as cursor:
                cursor.execute("SELECT n FROM written")
                return {row[0] for row in cursor.fetchall()}
        except (psycopg.Error, pymysql.Error, OSError, KeyError, AssertionError):
            return None

    numbers = eventually(found, 1200)
    took = time.monotonic() - begun
    with cursor_of(databases, engine, "restored") as cursor:
        cursor.execute("SELECT count(*) FROM filled")
        return took, numbers, cursor.fetchone()[0]


def measure(ground: Ground, engine: str, mebibytes: int, *, logs: bool) -> None:
    databases = Databases(ground)
    databases.create("source", engine, BackupRetentionPeriod=1, DBInstanceClass="db.t3.large")
    databases.available("source", 600)
    begun = time.monotonic()
    fill(databases, engine, mebibytes)
    print(f"filled with {mebibytes} MiB in {time.monotonic() - begun:.1f} s", flush=True)
    if not logs:
        begun = time.monotonic()
        databases.rds.create_db_snapshot(DBSnapshotIdentifier="base", DBInstanceIdentifier="source")
        databases.rds.get_waiter("db_snapshot_completed").wait(
            DBSnapshotIdentifier="base", WaiterConfig={"Delay": 1, "MaxAttempts": 600}
        )
        print(f"backed up in {time.monotonic() - begun:.1f} s", flush=True)
    writer = Writer(databases, engine)
    writer.start()
    time.sleep(3)
    moment = datetime.now(UTC).replace(microsecond=0)
    time.sleep(2)
    writer.stopping = True
    writer.join()
    eventually(lambda: databases.seen("source").get("LatestRestorableTime", datetime.min.replace(tzinfo=UTC)) > moment,
               1200)  # fmt: skip
    took, numbers, rows = restored(databases, engine, moment)
    second = moment.timestamp()
    lost = {number for number, _, done in writer.written if done < second} - numbers
    too_many = {number for number, begun, _ in writer.written if begun >= second} & numbers
    print(f"{engine}: restored in {took:.1f} s; {len(numbers)} of {len(writer.written)} numbers, {len(lost)} lost, "
          f"{len(too_many)} too many; {rows} rows of {-(-mebibytes * 1024 // _ROWS) * _ROWS}")  # fmt: skip
    databases.delete_all()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=list(_FILL), default="postgres")
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--logs", action="store_true", help="restore all of it out of the logs")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        run = CommandLine(Path(folder))
        run("image", "build", "debian-12-databases", timeout=1200)
        ground = Ground(run, Path(folder))
        try:
            measure(ground, given.engine, given.mebibytes, logs=given.logs)
        finally:
            run.close()
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
