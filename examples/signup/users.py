"""Who has signed up, in MySQL. A connection lives as long as a request needs it: a failover breaks none that waits."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

SCHEMA = Path(__file__).with_name("schema.sql")


class Users:
    def __init__(self, config: Any) -> None:
        self._config = config

    def add(self, name: str, email: str, password: str, attachment: str | None) -> None:
        """`password` is a hash, `attachment` a key of the bucket."""
        with self._cursor() as cursor:
            cursor.execute(
                "INSERT INTO users (name, email, password, attachment) VALUES (%s, %s, %s, %s)",
                (name, email, password, attachment),
            )

    def all(self) -> list[dict[str, Any]]:
        """The newest first, without the hashes."""
        with self._cursor() as cursor:
            cursor.execute("SELECT id, name, email, attachment FROM users ORDER BY id DESC")
            return list(cursor.fetchall())

    def make_table(self) -> None:
        with self._cursor() as cursor:
            cursor.execute(SCHEMA.read_text())

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[Any]:
        with (
            contextlib.closing(
                pymysql.connect(
                    host=self._config.DB_HOST,
                    user=self._config.DB_USER,
                    password=self._config.DB_USERPASSWORD,
                    database=self._config.DB_NAME,
                    charset="utf8mb4",
                    connect_timeout=5,
                    read_timeout=10,
                    write_timeout=10,
                    autocommit=True,
                    cursorclass=DictCursor,
                )
            ) as connection,
            connection.cursor() as cursor,
        ):
            yield cursor
