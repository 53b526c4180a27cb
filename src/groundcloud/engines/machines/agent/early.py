"""The first stage: what a login needs, and what must be there before services start."""

import os
import subprocess
import sys
from typing import Any

from . import accounts, paths, userdata
from .config import Config, File, merged, read, script
from .metadata import Metadata

_PATIENCE = 120.0
"""Seconds to wait for the machine's network."""

_CA = "/usr/local/share/ca-certificates/groundcloud.crt"
_PACKAGES = "/usr/lib/python3/dist-packages"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def run() -> int:
    os.makedirs(paths.RUN, exist_ok=True)
    folder = paths.folder()
    service = Metadata()
    if service.wait(_PATIENCE):
        _login(service)
        _trust(service)
        _keep_user_data(service, folder)
    else:
        paths.log("the metadata service does not answer")
    _hooks(folder)
    config = configuration(folder)
    if paths.first("config"):
        _configure(config)
        paths.done("config")
    if config.boot_commands:
        _shell(script(config.boot_commands), "bootcmd")
    return 0


def _login(service: Metadata) -> None:
    """The host name, and the key pair's public key: the sooner, the sooner somebody logs in."""
    if not paths.first("login"):
        return
    key = service.text("meta-data/public-keys/0/openssh-key")
    if key:
        accounts.authorize_defaults(key.splitlines())
    name = service.text("meta-data/local-hostname")
    if name:
        set_host_name(name.partition(".")[0], name)
    paths.done("login")


def set_host_name(name: str, fqdn: str = "") -> None:
    """Now and after each boot."""
    paths.write("/etc/hostname", name.encode() + b"\n")
    subprocess.run(["hostname", name], check=False)
    names = " ".join(dict.fromkeys(each for each in (fqdn, name) if each))
    lines = ("127.0.0.1 localhost", f"127.0.1.1 {names}", "::1 localhost ip6-localhost ip6-loopback", "")
    paths.write("/etc/hosts", "\n".join(lines).encode())


def _trust(service: Metadata) -> None:
    """Trust the authority of the cloud that this machine is in, at once: the distribution's own program takes a second
    and finds the same when it runs for another reason."""
    certificate = service.get("dynamic/groundcloud/ca.pem")
    if not certificate:
        return
    known = b""
    if os.path.exists(_CA):
        with open(_CA, "rb") as file:
            known = file.read()
    if known == certificate:
        return
    paths.write(_CA, certificate)
    bundle = b""
    if os.path.exists(_CERTIFICATES):
        with open(_CERTIFICATES, "rb") as file:
            bundle = file.read().replace(known, b"") if known else file.read()
    paths.write(_CERTIFICATES, bundle + certificate)
    words = ["openssl", "x509", "-noout", "-hash", "-in", _CA]
    found = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    link = f"/etc/ssl/certs/{found}.0"
    if found and not os.path.lexists(link):
        os.symlink(_CA, link)


def _keep_user_data(service: Metadata, folder: str) -> None:
    path = os.path.join(folder, "user-data.txt")
    if not os.path.exists(path):
        paths.write(path, service.get("user-data") or b"", 0o600)


def user_parts(folder: str) -> list[userdata.Part]:
    """The parts of this instance's user data, with what they include."""
    try:
        with open(os.path.join(folder, "user-data.txt"), "rb") as file:
            found = userdata.parts(file.read())
    except FileNotFoundError:
        return []
    except userdata.Refused as error:
        paths.log(str(error))
        return []
    return [part for each in found for part in _included(each, 0)]


def _included(part: userdata.Part, depth: int) -> list[userdata.Part]:
    if part.kind not in (userdata.INCLUDE, userdata.INCLUDE_ONCE):
        return [part]
    if depth > 4:
        paths.log("an include is too deep")
        return []
    from urllib.request import urlopen

    found: list[userdata.Part] = []
    for address in userdata.addresses(part.content):
        if not address.startswith(("http://", "https://")):
            paths.log(f"{address} is not included: it is no web address")
            continue
        try:
            with urlopen(address, timeout=30) as answer:  # noqa: S310 - it is http or https
                content = answer.read()
            for each in userdata.parts(content):
                found += _included(each, depth + 1)
        except (OSError, userdata.Refused) as error:
            paths.log(f"{address} is not included: {error}")
    return found


def configuration(folder: str) -> Config:
    """All cloud-config parts as one."""
    found: list[dict[str, Any]] = []
    for part in user_parts(folder):
        if part.kind == userdata.CONFIG:
            found += _yaml(part.content)
        elif part.kind in (userdata.JINJA, userdata.UNKNOWN) and part.content.strip():
            paths.log(f"a part of type {part.kind} is not used: templates and unknown types are not known here")
    return read(merged(found))


def _yaml(content: bytes) -> list[dict[str, Any]]:
    sys.path.append(_PACKAGES)  # this stage is started without them, for that is faster
    import yaml

    try:
        found = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        paths.log(f"a cloud-config cannot be read: {error}")
        return []
    return [found] if isinstance(found, dict) else []


def _hooks(folder: str) -> None:
    """Boot hooks run at each boot, as early as there is a network."""
    for number, part in enumerate(user_parts(folder)):
        if part.kind == userdata.HOOK:
            path = os.path.join(folder, "boothooks", f"part-{number + 1:03}")
            paths.write(path, userdata.script_of_hook(part.content), 0o700)
            _execute([path])


def _configure(config: Config) -> None:
    for note in config.notes:
        paths.log(note)
    if config.host_name or config.fqdn:
        name = config.host_name or config.fqdn
        set_host_name(name.partition(".")[0], config.fqdn or name)
    for user in config.users:
        accounts.make(user)
    if config.keys:
        accounts.authorize_defaults(config.keys)
    for file in config.files:
        if not file.deferred:
            write_file(file)
    if config.time_zone:
        _set_time_zone(config.time_zone)
    if config.mounts:
        _mount(config)


def write_file(file: File) -> None:
    try:
        if file.append:
            with open(file.path, "ab") as known:
                known.write(file.content)
            os.chmod(file.path, file.mode)
        else:
            paths.write(file.path, file.content, file.mode)
        _chown(file.path, file.owner)
    except OSError as error:
        paths.log(f"{file.path} is not written: {error}")


def _chown(path: str, owner: str) -> None:
    import grp
    import pwd

    user, _, group = owner.partition(":")
    try:
        os.chown(path, pwd.getpwnam(user).pw_uid if user else -1, grp.getgrnam(group).gr_gid if group else -1)
    except KeyError as error:
        paths.log(f"{path} keeps its owner: {error}")


def _set_time_zone(name: str) -> None:
    zone = os.path.join("/usr/share/zoneinfo", name)
    if ".." in name or not os.path.exists(zone):
        paths.log(f"there is no time zone {name}")
        return
    if os.path.lexists("/etc/localtime"):
        os.unlink("/etc/localtime")
    os.symlink(zone, "/etc/localtime")
    paths.write("/etc/timezone", name.encode() + b"\n")


def _mount(config: Config) -> None:
    with open("/etc/fstab", "a") as table:
        for fields in config.mounts:
            table.write("\t".join(fields) + "\n")
            os.makedirs(fields[1], exist_ok=True)
    _execute(["mount", "--all"])


def _shell(text: str, name: str) -> None:
    path = os.path.join(paths.RUN, name)
    paths.write(path, text.encode(), 0o700)
    _execute(["/bin/sh", path])


def _execute(words: list[str]) -> None:
    with open(paths.OUTPUT, "ab") as output:
        try:
            finished = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
        except OSError as error:
            paths.log(f"{words[0]}: {error}")
            return
    if finished.returncode:
        paths.log(f"{words[0]} ended with {finished.returncode}")
