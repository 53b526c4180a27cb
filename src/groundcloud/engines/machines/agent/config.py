"""A `#cloud-config` as things to do, in cloud-init's order. Pure.

What is not known, and what cannot be had on this machine, becomes a line of the log. Source: cloud-init's module
reference.
"""

import base64
import binascii
import shlex
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

Command = str | Sequence[str]


class File(NamedTuple):
    """A file to write."""

    path: str
    content: bytes
    mode: int = 0o644
    owner: str = "root:root"
    append: bool = False
    deferred: bool = False


class User(NamedTuple):
    """A user to make, or to change."""

    name: str
    keys: Sequence[str] = ()
    groups: Sequence[str] = ()
    sudo: Sequence[str] = ()
    shell: str = "/bin/bash"
    home: str = ""
    comment: str = ""
    system: bool = False
    no_home: bool = False
    locked: bool = True
    password_hash: str = ""


class Config(NamedTuple):
    """What a cloud-config asks for."""

    host_name: str = ""
    fqdn: str = ""
    time_zone: str = ""
    users: Sequence[User] = ()
    keys: Sequence[str] = ()
    boot_commands: Sequence[Command] = ()
    run_commands: Sequence[Command] = ()
    files: Sequence[File] = ()
    update: bool = False
    upgrade: bool = False
    packages: Sequence[str] = ()
    mounts: Sequence[Sequence[str]] = ()
    final_message: str = ""
    notes: Sequence[str] = ()
    """What was not done, and why."""


_KNOWN = {
    "hostname", "fqdn", "timezone", "users", "ssh_authorized_keys", "bootcmd", "runcmd", "write_files",
    "package_update", "apt_update", "package_upgrade", "apt_upgrade", "packages", "mounts", "final_message",
    "prefer_fqdn_over_hostname", "preserve_hostname", "manage_etc_hosts", "merge_how", "output", "user",
}  # fmt: skip
_REFUSED = {
    "ntp": "the machine has its host's clock",
    "swap": "a machine has no swap of its own",
    "growpart": "the root volume grows by itself",
    "resize_rootfs": "the root volume grows by itself",
}


def merged(configs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Several parts as one: a later one's keys replace an earlier one's, as cloud-init merges unless told otherwise."""
    found: dict[str, Any] = {}
    for each in configs:
        found.update(each)
    return found


def read(found: dict[str, Any]) -> Config:
    """What is to be done."""
    notes = [f"{key} is not done: {_REFUSED[key]}" for key in found if key in _REFUSED]
    notes += [f"{key} is not known here" for key in found if key not in _REFUSED and key not in _KNOWN]
    return Config(
        host_name=str(found.get("hostname") or ""),
        fqdn=str(found.get("fqdn") or ""),
        time_zone=str(found.get("timezone") or ""),
        users=_users(found.get("users"), notes),
        keys=_texts(found.get("ssh_authorized_keys")),
        boot_commands=_commands(found.get("bootcmd"), "bootcmd", notes),
        run_commands=_commands(found.get("runcmd"), "runcmd", notes),
        files=_files(found.get("write_files"), notes),
        update=bool(found.get("package_update") or found.get("apt_update")),
        upgrade=bool(found.get("package_upgrade") or found.get("apt_upgrade")),
        packages=_packages(found.get("packages"), notes),
        mounts=_mounts(found.get("mounts"), notes),
        final_message=str(found.get("final_message") or ""),
        notes=notes,
    )


def script(commands: Sequence[Command]) -> str:
    """Commands as a shell script: a list is one command's words, a text is a line of shell."""
    lines = ["#!/bin/sh"]
    for command in commands:
        lines.append(command if isinstance(command, str) else " ".join(shlex.quote(word) for word in command))
    return "\n".join(lines) + "\n"


def decoded(content: str | bytes, encoding: str) -> bytes:
    """A file's content. Raises ValueError."""
    data = content.encode() if isinstance(content, str) else content
    kind = encoding.lower().replace("gzip", "gz").replace("base64", "b64")
    try:
        if kind in ("b64", "gz+b64"):
            data = base64.b64decode(data)
        if kind in ("gz", "gz+b64"):
            data = zlib.decompress(data, 16 + zlib.MAX_WBITS)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(str(error)) from error
    if kind not in ("", "text/plain", "b64", "gz", "gz+b64"):
        raise ValueError(f"the encoding {encoding} is not known")
    return data


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [each.strip() for each in value.split(",") if each.strip()]
    return [str(each) for each in value]


def _commands(value: Any, name: str, notes: list[str]) -> list[Command]:
    if value is None:
        return []
    if not isinstance(value, list):
        notes.append(f"{name} is not done: it is a list of commands")
        return []
    found: list[Command] = []
    for each in value:
        if isinstance(each, list):
            found.append([str(word) for word in each])
        elif isinstance(each, (str, int, float)) and not isinstance(each, bool):
            found.append(str(each))
        elif each is not None:
            notes.append(f"{name}: {each!r} is no command")
    return found


def _files(value: Any, notes: list[str]) -> list[File]:
    found = []
    for each in value if isinstance(value, list) else []:
        try:
            found.append(_file(each))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            notes.append(f"write_files: an entry is not written: {error}")
    return found


def _file(entry: dict[str, Any]) -> File:
    if "source" in entry:
        raise ValueError("source is not known here")
    content = entry.get("content", "")
    if not isinstance(content, (str, bytes)):
        content = str(content)
    return File(
        path=str(entry["path"]),
        content=decoded(content, str(entry.get("encoding") or "")),
        mode=_mode(entry.get("permissions")),
        owner=str(entry.get("owner") or "root:root"),
        append=bool(entry.get("append")),
        deferred=bool(entry.get("defer")),
    )


def _mode(value: Any) -> int:
    """`'0644'`, or a number, which YAML has read as octal already when it was written with a zero in front."""
    if value is None:
        return 0o644
    return value if isinstance(value, int) else int(str(value), 8)


def _packages(value: Any, notes: list[str]) -> list[str]:
    """Names; `[name, version]` is that version."""
    found = []
    for each in value if isinstance(value, list) else []:
        if isinstance(each, list) and len(each) == 2:
            found.append(f"{each[0]}={each[1]}")
        elif isinstance(each, str):
            found.append(each)
        else:
            notes.append(f"packages: {each!r} is no package")
    return found


def _mounts(value: Any, notes: list[str]) -> list[Sequence[str]]:
    """Lines of fstab: device, place, type, options, and two numbers."""
    found: list[Sequence[str]] = []
    default = ("auto", "defaults,nofail", "0", "2")
    for each in value if isinstance(value, list) else []:
        if not isinstance(each, list) or len(each) < 2 or each[1] is None:
            notes.append(f"mounts: {each!r} is not mounted")
            continue
        fields = [str(field) for field in each]
        if not fields[0].startswith("/") and "=" not in fields[0]:
            fields[0] = "/dev/" + fields[0]
        if fields[2:3] == ["swap"] or fields[1] == "none":
            notes.append("mounts: {} is no swap: {}".format(fields[0], _REFUSED["swap"]))
            continue
        found.append((*fields, *default[len(fields) - 2 :]))
    return found


def _users(value: Any, notes: list[str]) -> list[User]:
    """The users beside the image's own, which `default` stands for: those are always there."""
    if value is None:
        return []
    found = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            found += [] if each == "default" else [User(each)]
        elif isinstance(each, dict) and each.get("name"):
            found.append(_user(each))
        else:
            notes.append(f"users: {each!r} is no user")
    return found


def _user(entry: dict[str, Any]) -> User:
    sudo: Any = entry.get("sudo")
    secret: Any | None = entry.get("hashed_passwd") or entry.get("passwd")
    return User(
        name=str(entry["name"]),
        keys=_texts(entry.get("ssh_authorized_keys")),
        groups=[*_texts(entry.get("groups")), *_texts(entry.get("primary_group"))],
        sudo=[] if not sudo else [sudo] if isinstance(sudo, str) else [str(each) for each in sudo],
        shell=str(entry.get("shell") or "/bin/bash"),
        home=str(entry.get("homedir") or ""),
        comment=str(entry.get("gecos") or ""),
        system=bool(entry.get("system")),
        no_home=bool(entry.get("no_create_home")),
        locked=bool(entry.get("lock_passwd", True)),
        password_hash=str(secret or ""),
    )
