"""`groundcloud shell`: a shell on the host in which AWS's host names are this cloud, for tools without any setting.

Names resolve through a resolver of this cloud, which a mount namespace puts in the place of the host's: nothing outside
the shell changes. The cloud's certificate authority is trusted by what reads the usual variables.
"""

import argparse
import ctypes
import os
import ssl
import tempfile
from pathlib import Path
from typing import Any

from groundcloud.cli import process
from groundcloud.cli.output import Failure
from groundcloud.engines.host.places import shell_address, socket_of
from groundcloud.folder import DataFolder
from groundcloud.settings import Loaded

_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18
"""Flags of unshare(2) and mount(2)."""
_UNSET = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE")


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "shell",
        parents=[common],
        help="a shell in which AWS's host names are this cloud",
        description="Any AWS tool works in it without an endpoint setting. It needs a cloud that root has started.",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="run this instead of a shell")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    folder = DataFolder(loaded.settings.data)
    running = process.need_running(folder)
    admin = folder.admin()
    if admin is None:
        raise Failure(f"{folder.data} has no admin.json.", "{cli} down, then {cli} up makes it again.")
    if not socket_of(folder.data).exists():
        raise Failure(
            "This cloud was not started by root, so it cannot listen where AWS's names lead.",
            'Use eval "$({cli} env)" for tools that read AWS_ENDPOINT_URL, or start it with sudo.',
        )
    bundle = _bundle(folder.ca_certificate)
    environment = {name: value for name, value in os.environ.items() if name not in _UNSET}
    environment |= {
        "AWS_ACCESS_KEY_ID": admin.access_key_id,
        "AWS_SECRET_ACCESS_KEY": admin.secret_access_key,
        "AWS_DEFAULT_REGION": running.region,
        "AWS_REGION": running.region,
        "GROUNDCLOUD_SHELL": str(folder.data),
        **dict.fromkeys(
            ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), bundle
        ),
    }
    _own_mounts()
    _put(f"nameserver {shell_address(folder.data)}\noptions timeout:5\n", Path("/etc/resolv.conf"))
    if Path("/etc/nsswitch.conf").exists():
        _put("passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n", Path("/etc/nsswitch.conf"))
    command = [each for each in options.command if each != "--"] or [os.environ.get("SHELL", "/bin/sh")]
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - the user's own command, no shell between
    except OSError as error:
        raise Failure(f"{command[0]}: {error.strerror}.") from error


def _bundle(ours: Path) -> str:
    """The host's certificate authorities and this cloud's, as one file that lasts as long as the session."""
    usual = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    known = Path(usual).read_bytes() if Path(usual).exists() else b""
    descriptor, path = tempfile.mkstemp(prefix="groundcloud-ca-", suffix=".pem")
    with open(descriptor, "wb") as file:
        file.write(known + ours.read_bytes())
    return path


_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        raise Failure(f"{what}: {os.strerror(ctypes.get_errno())}.", "It needs mount namespaces; root has them.")


def _own_mounts() -> None:
    """Mounts of this process's own. Somebody who is not root takes a user namespace for it, as himself."""
    user, group = os.geteuid(), os.getegid()
    _check(_libc.unshare(_NEW_MOUNTS | (0 if user == 0 else _NEW_USER)), "A mount namespace cannot be made")
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _check(_libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None), "Mounts cannot be made private")


def _put(content: str, place: Path) -> None:
    """Put a file in the place of another, for this process and those that it starts."""
    descriptor, path = tempfile.mkstemp(prefix="groundcloud-")
    with open(descriptor, "w") as file:
        file.write(content)
    Path(path).chmod(0o644)
    target = os.path.realpath(place)
    _check(_libc.mount(path.encode(), target.encode(), None, _BIND, None), f"{place} cannot be replaced")
    os.unlink(path)
