"""What the agent does with its machine: the data volume, programs, files, and the question to its cloud."""

import http.client
import json
import os
import shutil
import subprocess
import time
from datetime import datetime, timedelta
from typing import Any

DATA = "/rdsdbdata"
LOGS = DATA + "/log"
RUN = "/run/rds"
ADDRESS = "169.254.169.254"
PATH = "/latest/dynamic/groundcloud/database"


class Failed(Exception):
    """Something could not be done; the message is for the cloud, and names no secret."""


def machine() -> str:
    """This machine's id, which its host has given to its first process."""
    with open("/proc/1/environ", "rb") as environ:
        for pair in environ.read().split(b"\0"):
            name, _, value = pair.partition(b"=")
            if name == b"groundcloud_instance":
                return value.decode()
    return ""


def ask(report: dict[str, Any], wait: float) -> dict[str, Any] | None:
    """Tell the cloud how it is here; what should be, if that is news. The cloud may hold the answer back for `wait`
    seconds."""
    body = json.dumps(report).encode()
    connection = http.client.HTTPConnection(ADDRESS, timeout=wait + 10)
    try:
        connection.request("PUT", PATH, body, {"X-Groundcloud-Wait": str(wait)})
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException):
        time.sleep(0.05)
        return None
    finally:
        connection.close()
    if answer.status != 200:
        if answer.status != 204:
            time.sleep(0.2)
        return None
    found: dict[str, Any] = json.loads(content)
    return found


def tell(what: str, content: dict[str, Any]) -> bool:
    """Give the cloud something that it keeps; whether it has it."""
    connection = http.client.HTTPConnection(ADDRESS, timeout=20)
    try:
        connection.request("PUT", PATH + what, json.dumps(content).encode(), {"X-Groundcloud-Machine": machine()})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return answer.status == 200


def run(words: list[str], user: str = "", text: str = "", seconds: float = 600) -> str:
    """A program's output. What it must not show to others in its arguments goes to its input."""
    prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"] if user else []
    try:
        done = subprocess.run(
            [*prefix, *words], input=text, capture_output=True, text=True, timeout=seconds, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"{words[0]}: {type(error).__name__}") from error
    if done.returncode:
        raise Failed(f"{os.path.basename(words[0])}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def mount(device: str) -> None:
    """Have the data volume, with a file system as large as it is."""
    if os.path.ismount(DATA):
        return
    os.makedirs(DATA, exist_ok=True)
    last = time.monotonic() + 20
    path = "/dev/" + device
    while not os.path.exists(path):
        if time.monotonic() > last:
            raise Failed(f"there is no {path}")
        time.sleep(0.02)
    if not _formatted(path):
        run(["mkfs.ext4", "-q", "-E", "assume_storage_prezeroed=1,nodiscard", path])
    elif _smaller(path):
        subprocess.run(["e2fsck", "-fp", path], check=False, capture_output=True)
        run(["resize2fs", path])
    run(["mount", "-t", "ext4", "-o", "noatime", path, DATA])
    os.makedirs(LOGS, exist_ok=True)


def _formatted(path: str) -> bool:
    """Whether there is an ext4 file system: its magic number. Source: the kernel's document of ext4's super block."""
    with open(path, "rb") as device:
        device.seek(1024 + 0x38)
        return device.read(2) == b"\x53\xef"


def _smaller(path: str) -> bool:
    """Whether the file system is smaller than its device."""
    with open(path, "rb") as device:
        end = device.seek(0, os.SEEK_END)
        device.seek(1024)
        block = device.read(1024)
    blocks = int.from_bytes(block[0x4:0x8], "little") | int.from_bytes(block[0x150:0x154], "little") << 32
    return blocks * (1024 << int.from_bytes(block[0x18:0x1C], "little")) < end - (1 << 20)


def first(name: str) -> bool:
    """Whether something was not yet done by this machine: a copied volume begins anew."""
    try:
        with open(f"{DATA}/.{name}") as file:
            return file.read() != machine()
    except FileNotFoundError:
        return True


def done(name: str) -> None:
    write(f"{DATA}/.{name}", machine())


def write(path: str, text: str, owner: str = "", mode: int = 0o600) -> bool:
    """A file, whole or not at all; whether it has changed."""
    try:
        with open(path, errors="replace") as file:
            if file.read() == text:
                return False
    except FileNotFoundError:
        pass
    made = path + ".new"
    with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as new:
        new.write(text)
        new.flush()
        os.fsync(new.fileno())
    if owner:
        shutil.chown(made, owner, owner)
    os.rename(made, path)
    return True


def folder(path: str, owner: str, mode: int = 0o700) -> None:
    os.makedirs(path, exist_ok=True)
    shutil.chown(path, owner, owner)
    os.chmod(path, mode)


def start(user: str, words: list[str], *properties: str) -> None:
    """Run a server as a service of this machine's init; back when it says that it is ready."""
    while (state := _state()) == "activating":  # a server that has fallen is being raised
        time.sleep(0.1)
    if state == "active":
        return
    given = [f"--property={each}" for each in ("Restart=on-failure", "RestartSec=0.2", "TimeoutStartSec=infinity",
                                               "LimitNOFILE=65536", *properties)]  # fmt: skip
    try:
        run(["systemd-run", "--quiet", "--unit=database", "--collect", "--service-type=notify", f"--uid={user}",
             f"--gid={user}", *given, "--", *words], seconds=3600)  # fmt: skip
    except Failed as error:
        said = run(["journalctl", "--unit=database", "--lines=8", "--output=cat", "--quiet", "--no-pager"])
        raise Failed(f"The server does not start. {said.strip()}") from error


def _state() -> str:
    asked = subprocess.run(["systemctl", "is-active", "database"], check=False, capture_output=True, text=True)
    return asked.stdout.strip()


def runs() -> bool:
    return _state() == "active"


def fallen() -> bool:
    """Whether the server has ended, and init does not raise it any more."""
    return _state() in ("inactive", "failed", "unknown")


def stop() -> None:
    subprocess.run(["systemctl", "stop", "database"], check=False, timeout=600)


def memory() -> dict[str, Any]:
    """What programs could still have: the limit, less what is in use and not merely a copy of files."""
    for folder, limit, current, idle in (
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    ):
        try:
            with open(f"{folder}/{limit}") as most, open(f"{folder}/{current}") as used:
                free = int(most.read()) - int(used.read())
            with open(f"{folder}/memory.stat") as lines:
                counted = dict(line.split() for line in lines)
            return {"memory_free": free + int(counted[idle])}
        except (OSError, ValueError, KeyError):
            continue
    return {}


def moment(microseconds: int) -> str:
    """A time since 1970 as databases write it, in UTC: without a fraction where it is a whole second."""
    found = datetime(1970, 1, 1) + timedelta(microseconds=microseconds)
    return found.isoformat(" ")


def disk() -> dict[str, Any]:
    found = os.statvfs(DATA)
    return {"size": found.f_blocks * found.f_frsize, "free": found.f_bavail * found.f_frsize}
