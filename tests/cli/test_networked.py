"""A machine on the network of a VPC, through the privileged process: reached by its public address, and metadata."""

import json
import os
import socket
import subprocess
import time
from contextlib import suppress
from threading import Thread

import pytest

from groundcloud.engines.host.client import host_engines
from groundcloud.engines.host.places import socket_of, tag_of
from groundcloud.engines.machines.wanted import Machine
from groundcloud.engines.network.wanted import Network
from tests.engines.machines.ground import IMAGES, built_image, leaks
from tests.engines.network.wishes import INTERNET, OPEN, eni, group, ping, subnet, tcp

pytestmark = pytest.mark.machines

POOL = "198.18.77.0/24"
PUBLIC = "198.18.77.10"
VPC = Network(
    "vpc-1",
    ("10.0.0.0/16",),
    (subnet("subnet-a", "10.0.0.0/24", INTERNET),),
    (OPEN,),
    (group("sg-a", tcp(22), ping()),),
    (eni(10, public=PUBLIC),),
)


@pytest.fixture()
def engines(groundcloud, tmp_path):
    groundcloud.up(tmp_path / "cloud", "--machines", "--images", str(IMAGES), "--public-pool", POOL)
    yield host_engines(socket_of(tmp_path / "cloud"))
    groundcloud("down", "--data", tmp_path / "cloud")
    assert leaks(tmp_path / "cloud" / "machines", tag_of(tmp_path / "cloud")) == []
    assert tag_of(tmp_path / "cloud") not in " ".join(os.listdir("/run/netns"))


def answer(listener, key):
    """A metadata service of one key, until the test ends. A machine that gives a connection up asks again."""
    listener.setblocking(True)
    known = {"/latest/meta-data/public-keys/0/openssh-key": key, "/latest/meta-data/local-hostname": "ip-10-0-0-10.x"}
    while listener.fileno() >= 0:
        with suppress(OSError, ValueError):
            connection, (peer, _) = listener.accept()
            with connection:
                connection.settimeout(5)
                method, path, _ = connection.recv(4096).decode().split(" ", 2)
                text = "token" if method == "PUT" else known.get(path) if peer == "10.0.0.10" else None
                status = "200 OK" if text is not None else "404 Not Found"
                body = (text or "").encode()
                connection.sendall(f"HTTP/1.0 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def ssh(key, command):
    options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=2", "BatchMode=yes")
    words = ["ssh", "-q", "-i", str(key), *(f"-o{each}" for each in options), f"admin@{PUBLIC}", command]
    last = time.monotonic() + 180
    while time.monotonic() < last:
        done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 255:
            return done.stdout
        time.sleep(0.05)
    raise AssertionError(done.stderr or "no login")


def test_a_machine_is_reached_by_its_public_address_also_after_it_restarted_itself(engines, tmp_path):
    machines, volumes, networks = engines["machines"], engines["volumes"], engines["network"]
    assert networks.public_pool == POOL
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    networks.reconcile(VPC)
    sockets = {name: socket.socket(fileno=number) for name, number in networks.listen("vpc-1").items()}
    Thread(target=answer, args=(sockets["metadata"], key.with_suffix(".pub").read_text()), daemon=True).start()
    volumes.create_root("vol-1", 8, built_image())
    first = machines.start(Machine("i-1", built_image(), "vol-1", "ip-10-0-0-10", 2, 256))
    networks.plug("vpc-1", "eni-10", "i-1", "eth0")
    assert ssh(key, "hostname") == "ip-10-0-0-10\n"
    assert json.loads(ssh(key, "ip -json addr show eth0"))[0]["addr_info"][0]["local"] == "10.0.0.10"
    ssh(key, "sudo touch /var/tmp/before; sudo reboot")
    last = time.monotonic() + 180
    while machines.states()["i-1"].pid in (0, first.pid) and time.monotonic() < last:
        time.sleep(0.02)
    assert ssh(key, "ls /var/tmp") == "before\n"
    for each in sockets.values():
        each.close()
