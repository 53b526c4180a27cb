"""Users, their keys and what they may do."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable, Sequence

from . import paths
from .config import User

DEFAULT_USERS = ("admin", "ec2-user", "ubuntu")
"""The image's own: each has sudo without a password, and none has a password."""

_NOT_ROOT = (
    'no-port-forwarding,no-agent-forwarding,no-X11-forwarding,command="echo \'Please login as the user \\"%s\\" '
    'rather than the user \\"root\\".\';echo;sleep 10;exit 142" '
)


def default_users() -> list[str]:
    return [name for name in DEFAULT_USERS if _exists(name)]


def authorize(name: str, keys: Iterable[str], options: str = "") -> None:
    """Let the owners of keys log in as a user."""
    lines = [options + key for key in keys if key.strip()]
    if not lines:
        return
    found = pwd.getpwnam(name)
    folder = os.path.join(found.pw_dir, ".ssh")
    path = os.path.join(folder, "authorized_keys")
    if not os.path.isdir(folder):
        os.makedirs(folder, mode=0o700)
        os.chown(folder, found.pw_uid, found.pw_gid)
    known: list[str] = []
    if os.path.exists(path):
        with open(path) as file:
            known = file.read().splitlines()
    wanted = known + [line for line in lines if line not in known]
    paths.write(path, ("\n".join(wanted) + "\n").encode(), 0o600)
    os.chown(path, found.pw_uid, found.pw_gid)


def authorize_defaults(keys: Sequence[str]) -> None:
    """The key pair's owner logs in as each of the image's users; as root they are told so."""
    users = default_users()
    for name in users:
        authorize(name, keys)
    if users:
        authorize("root", keys, _NOT_ROOT % users[0])


def make(user: User) -> None:
    """Make a user, or change one. What a program says goes to the log."""
    if not _exists(user.name):
        words = ["useradd", "--shell", user.shell, "--comment", user.comment]
        words += ["--home-dir", user.home] if user.home else []
        words += ["--system"] if user.system else []
        words += ["--no-create-home"] if user.no_home or user.system else ["--create-home"]
        _run([*words, user.name])
    for group in user.groups:
        _run(["groupadd", "--force", group])
        _run(["usermod", "--append", "--groups", group, user.name])
    if user.password_hash:
        subprocess.run(["chpasswd", "-e"], input=(f"{user.name}:{user.password_hash}\n").encode(), check=False)
    if user.locked:
        _run(["passwd", "--lock", user.name])
    if user.sudo:
        rules = "".join(f"{user.name} {rule}\n" for rule in user.sudo)
        paths.write("/etc/sudoers.d/90-cloud-init-{}".format(user.name.replace(".", "_")), rules.encode(), 0o440)
    if _exists(user.name):
        authorize(user.name, user.keys)


def _run(words: Sequence[str]) -> None:
    program = shutil.which(words[0]) or words[0]
    finished = subprocess.run([program, *words[1:]], capture_output=True, text=True, check=False)
    if finished.returncode:
        paths.log(f"{words[0]}: {finished.stderr.strip()}")


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
