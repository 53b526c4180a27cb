"""The last stage: packages, commands and scripts, once per instance; what they say goes to a log and the console."""

import os
import subprocess
import time

from . import early, paths, userdata
from .config import Config, script


def run() -> int:
    """Never fails as a service: what went wrong is in the result."""
    folder = paths.folder()
    errors: list[str] = []
    try:
        show_host_keys()
        if paths.first("final"):
            paths.done("final")  # a script that reboots the machine is not run again
            errors = _once(folder, early.configuration(folder))
    finally:
        _finished(errors)
    return 0


def _once(folder: str, config: Config) -> list[str]:
    errors = _install(config)
    for file in config.files:
        if file.deferred:
            early.write_file(file)
    programs = []
    if config.run_commands:
        path = os.path.join(folder, "scripts", "runcmd")
        paths.write(path, script(config.run_commands).encode(), 0o700)
        programs.append(path)
    for number, part in enumerate(early.user_parts(folder)):
        if part.kind == userdata.SCRIPT:
            path = os.path.join(folder, "scripts", f"part-{number + 1:03}")
            paths.write(path, part.content, 0o700)
            programs.append(path)
    for path in programs:
        code = execute([path])
        if code:
            errors.append(f"{path} ended with {code}")
    if config.final_message:
        _say(_filled(config.final_message) + "\n")
    return errors


def _filled(text: str) -> str:
    """cloud-init's names in a final message."""
    with open("/proc/uptime") as file:
        uptime = file.read().split()[0]
    known = {"uptime": uptime, "timestamp": time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime()),
             "datasource": "DataSourceEc2", "version": "groundcloud"}  # fmt: skip
    for name, value in known.items():
        text = text.replace("$" + name, value).replace(f"${{{name}}}", value).replace(f"${name.upper()}", value)
    return text


def _install(config: Config) -> list[str]:
    commands = []
    if config.update or config.upgrade or config.packages:
        commands.append(["apt-get", "update"])
    if config.upgrade:
        commands.append(["apt-get", "--assume-yes", "--option=Dpkg::Options::=--force-confold", "dist-upgrade"])
    if config.packages:
        options = ["--assume-yes", "--option=Dpkg::Options::=--force-confold"]
        commands.append(["apt-get", *options, "install", *config.packages])
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return ["{} failed".format(" ".join(words)) for words in commands if execute(words, environment)]


def execute(words: list[str], environment: dict[str, str] | None = None) -> int:
    """Run a program; its exit code."""
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd="/"
        )
    except OSError as error:
        _say(f"{words[0]}: {error}\n")
        return 126
    assert process.stdout is not None
    with process.stdout as said:
        while True:
            text = os.read(said.fileno(), 65536)
            if not text:
                break
            _show(text)
    return process.wait()


def show_host_keys() -> None:
    """The host's keys on the console, between the marks that cloud-init uses: whoever can read the console can know
    the machine by them."""
    folder = "/etc/ssh"
    files = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if _is_key(name)]
    prints, keys = [], []
    for path in files:
        found = subprocess.run(["ssh-keygen", "-lf", path], capture_output=True, text=True, check=False)
        prints.append(found.stdout.strip())
        with open(path) as file:
            keys.append(file.read().strip())
    lines = ["-----BEGIN SSH HOST KEY FINGERPRINTS-----", *prints, "-----END SSH HOST KEY FINGERPRINTS-----"]
    lines += ["-----BEGIN SSH HOST KEY KEYS-----", *keys, "-----END SSH HOST KEY KEYS-----"]
    _show(("\n".join(lines) + "\n").encode(), to_log=False)


def _is_key(name: str) -> bool:
    return name.startswith("ssh_host_") and name.endswith("_key.pub")


def _finished(errors: list[str]) -> None:
    import json

    for error in errors:
        paths.log(error)
    result = {"v1": {"datasource": "DataSourceEc2", "errors": errors}}
    paths.write(os.path.join(paths.RUN, "result.json"), json.dumps(result).encode() + b"\n")
    with open("/proc/uptime") as file:
        uptime = file.read().split()[0]
    paths.write(os.path.join(paths.folder(), "boot-finished"), (f"{uptime} - groundcloud\n").encode())


def _say(text: str) -> None:
    _show(text.encode())


def _show(text: bytes, to_log: bool = True) -> None:
    """To the console, and to the log."""
    for path in ("/dev/console", *([paths.OUTPUT] if to_log else [])):
        try:
            with open(path, "ab", buffering=0) as file:
                file.write(text)
        except OSError:  # a machine without a console still boots
            continue
