"""A network for machines, made by the tests themselves: a bridge in a namespace of its own, with a metadata service."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


class Lab:
    """Machines get 10.9.0.10 and so on; ssh goes from the namespace."""

    def __init__(self, folder):
        self.folder = folder
        self.name = f"gclab-{os.getpid()}-{folder.name[:8]}"
        self.service = None
        self._links = 0
        run("ip", "netns", "add", self.name)
        for words in (
            "link set lo up",
            "link add br0 type bridge",
            "addr add 10.9.0.1/24 dev br0",
            "addr add 169.254.169.254/32 dev br0",
            "link set br0 up",
        ):
            run("ip", "-n", self.name, *words.split())
        self.key = folder / "key"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key))
        self.public_key = Path(f"{self.key}.pub").read_text().strip()

    def serve(self, answers):
        """What the metadata service says to each address, besides the key."""
        for address, known in answers.items():
            known.setdefault("meta-data/public-keys/0/openssh-key", self.public_key)
            known.setdefault("meta-data/local-hostname", "ip-" + address.replace(".", "-") + ".ec2.internal")
        if self.service is not None:
            self.service.kill()
            self.service.wait()
        self.service = subprocess.Popen(
            [*self.inside(), sys.executable, str(HERE / "imds.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.service.stdin.write(json.dumps(answers))
        self.service.stdin.close()
        assert self.service.stdout.readline() == "ready\n"

    def plug(self, leader, address):
        """Give a machine an interface."""
        self._links += 1
        there = f"v{self._links}"
        run("ip", "-n", self.name, "link", "add", there, "type", "veth", "peer", "name", "eth0", "netns", str(leader))
        run("ip", "-n", self.name, "link", "set", there, "master", "br0", "up")
        commands = f"addr add {address}/24 dev eth0\nlink set lo up\nlink set eth0 up\nroute add default via 10.9.0.1\n"
        words = ["nsenter", f"--net=/proc/{leader}/ns/net", "ip", "-batch", "-"]
        subprocess.run(words, input=commands, text=True, check=True)

    def inside(self):
        return ["ip", "netns", "exec", self.name]

    def ssh(self, address, command, user="admin", patience=30.0, pause=0.02):
        """What a command says in a machine. It waits for a machine that does not take a login yet."""
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=5", "BatchMode=yes")
        words = ["ssh", "-q", "-i", str(self.key), *(f"-o{each}" for each in options), f"{user}@{address}", command]
        last = time.monotonic() + patience
        while True:
            done = subprocess.run([*self.inside(), *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
            if done.returncode != 255 or time.monotonic() > last:
                assert done.returncode == 0, f"{command}: {done.returncode}: {done.stdout}{done.stderr}"
                return done.stdout
            time.sleep(pause)

    def close(self):
        if self.service is not None:
            self.service.kill()
            self.service.wait()
        run("ip", "netns", "delete", self.name)


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
