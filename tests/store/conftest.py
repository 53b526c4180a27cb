import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from groundcloud.store import Store, open_store
from tests.postgres import server

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """One server for the tests of this process. Its folder is short: a socket's path has 107 characters at most."""
    with tempfile.TemporaryDirectory(prefix="gc-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with server(Path(folder) / "cluster") as url:
            yield url


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a fresh store lies: a file, or a database of its own."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    url = request.getfixturevalue("postgres")
    name = f"store{next(_numbers)}"
    with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return str(url.format(name))


@pytest.fixture()
def opened(address: str) -> Iterator[Callable[[], Store]]:
    """Opens the store, as often as a test wants: like several processes."""
    stores: list[Store] = []

    def open_another() -> Store:
        stores.append(open_store(address))
        return stores[-1]

    yield open_another
    for store in stores:
        store.close()


@pytest.fixture()
def store(opened: Callable[[], Store]) -> Store:
    return opened()
