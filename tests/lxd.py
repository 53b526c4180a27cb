"""LXD daemons of the tests' own, each in a folder and a mount namespace of its own, so that its mounts end with it."""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groundcloud.engines.machines.lxd.client import Lxd
from groundcloud.engines.machines.wanted import MachineFailed

SECONDS = 120
POOL = "default"
SIZE = "40GiB"


class Daemon:
    """One member of a cluster, or an LXD that is none."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix="lxd-"))  # short: the path of a socket has 107 bytes at most
        self.lxd = Lxd(self.folder / "unix.socket", "default")
        self._log = self.folder.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "slave", "lxd", "--group", "root"],
                env={**os.environ, "LXD_DIR": str(self.folder)}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait(self._answers)

    @property
    def address(self) -> str:
        return f"lxd://{self.folder}/unix.socket?pool={POOL}"

    def make_pool(self) -> None:
        """A pool that can keep sizes of volumes, in a sparse file."""
        self.lxd.do("POST", "storage-pools", body={"name": POOL, "driver": "btrfs", "config": {"size": SIZE}})

    def found_cluster(self, address: str) -> None:
        """Be its first member."""
        self.lxd.do("PATCH", body={"config": {"core.https_address": address}})
        self.lxd.do("PUT", "cluster", body={"server_name": self.name, "enabled": True})
        self._wait(self._answers)

    def join(self, first: "Daemon", address: str) -> None:
        """Be a further one."""
        given = first.lxd.ask("POST", "cluster", "members", body={"server_name": self.name})["metadata"]["metadata"]
        invited = {
            "server_name": self.name,
            "fingerprint": given["fingerprint"],
            "addresses": given["addresses"],
            "secret": given["secret"],
            "expires_at": given["expiresAt"],
        }
        self.lxd.do(
            "PUT",
            "cluster",
            body={
                "server_name": self.name,
                "enabled": True,
                "server_address": address,
                "cluster_address": invited["addresses"][0],
                "cluster_certificate": first.lxd.get()["environment"]["certificate"],
                "cluster_password": base64.b64encode(json.dumps(invited).encode()).decode(),
                "member_config": [{"entity": "storage-pool", "name": POOL, "key": "size", "value": SIZE}],
            },
        )

    def close(self) -> None:
        """Whoever has machines has deleted them before."""
        assert self._process is not None
        self._process.send_signal(signal.SIGPWR)
        self._process.wait(SECONDS)
        shutil.rmtree(self.folder)
        self._log.unlink()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"LXD does not run on this machine: {self._log.read_text()}"
        try:
            self.lxd.get()
        except MachineFailed:
            return False
        return True

    def _wait(self, done: Any) -> None:
        last = time.monotonic() + SECONDS
        while not done():
            assert time.monotonic() < last, f"LXD does not answer: {self._log.read_text()}"
            time.sleep(0.02)


@pytest.fixture(scope="session")
def daemon() -> Iterator[Daemon]:
    """One LXD for all tests of a process: to hand an image over takes seconds."""
    assert shutil.which("lxd"), "LXD is not installed; ./test does that (apt-get install lxd)"
    made = Daemon()
    try:
        made.make_pool()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def two_members() -> Iterator[tuple[Daemon, Daemon]]:
    """A cluster whose two members run on this host, at addresses of the loopback interface."""
    net = f"127.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
    first, second = Daemon("one"), Daemon("two")
    try:
        first.found_cluster(f"{net}.1:8443")
        first.make_pool()
        second.join(first, f"{net}.2:8443")
        yield first, second
    finally:
        second.close()
        first.close()
