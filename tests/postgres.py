"""A PostgreSQL server of the tests' own: a cluster in a temporary folder, on a socket there, stopped at the end."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path:
    """The newest server installed, from Debian's folders or the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    if initdb is None:
        raise RuntimeError("the tests need a PostgreSQL server: apt-get install postgresql")
    return Path(initdb).parent


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A running server; yields the URL prefix to which a database's name is appended."""
    folder.mkdir(parents=True)
    data, run = folder / "data", folder
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    bin_ = binaries()
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run(
        [*as_user, bin_ / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "--locale=C.UTF-8"],
        **quiet,
    )
    options = f"-c listen_addresses='' -k {run} -c max_connections=60"
    log = str(folder / "log")
    subprocess.run([*as_user, bin_ / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start"], **quiet)
    try:
        yield f"postgresql:///{{}}?host={run}&user=postgres"
    finally:
        subprocess.run([*as_user, bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
