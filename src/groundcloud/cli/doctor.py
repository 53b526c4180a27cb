"""`groundcloud doctor`: what this machine lacks, for which feature, and what to type.

It changes nothing.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from groundcloud.cli.output import answer, columns
from groundcloud.cli.profile import Profile
from groundcloud.engines.host.requirements import needs
from groundcloud.folder import DataFolder
from groundcloud.settings import Loaded, Settings

_LEAST_FREE = 200 * 1024 * 1024


class Finding(NamedTuple):
    """One thing that was looked at."""

    feature: str
    needs: str
    found: bool
    needed: bool
    """Whether the cloud does not start without it."""
    command: str
    """What to type when it is missing."""
    package: str = ""
    """The package of Debian that has it."""


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("doctor", parents=[common], help="what this machine lacks for which feature")
    parser.add_argument(
        "--packages", action="store_true", help="only the names of Debian's packages to install before a first start"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    """Exit code 1 when the cloud cannot start."""
    if options.packages:
        return _packages(options, loaded.settings)
    findings = [*_server(loaded.settings), *_machines(loaded.settings), *_tools(), *_profile(), *_checks()]
    rows = [("", "FEATURE", "NEEDS", "TO GET IT")]
    rows += [
        ("ok" if each.found else "MISSING" if each.needed else "absent", each.feature, each.needs,
         "" if each.found else each.command)
        for each in findings
    ]  # fmt: skip
    answer([each._asdict() for each in findings], options.json, columns(rows))
    return 1 if any(each.needed and not each.found for each in findings) else 0


def _packages(options: argparse.Namespace, settings: Settings) -> int:
    findings = [*(_machines(settings) if settings.machines and os.geteuid() == 0 else ()), *_tools()]
    packages = sorted({each.package for each in findings if each.package and not each.found})
    answer(packages, options.json, packages)
    return 0


def _server(settings: Settings) -> Iterator[Finding]:
    yield Finding("server", "Python 3.11 or later", sys.version_info >= (3, 11), True, _apt("python3"))
    packages = ["botocore", "msgspec", "uvloop", "httptools", "cryptography", "cbor2"]
    lacking = [name for name in packages if find_spec(name) is None]
    yield Finding(
        "server", f"Python packages {', '.join(packages)}", not lacking, True, "./up, or pip install groundcloud"
    )
    yield Finding("server", f"to write into {settings.data}", _writable(settings.data), True, "{cli} up --data DIR")
    free = shutil.disk_usage(_existing(settings.data)).free
    yield Finding(
        "server", "200 MB of free disk", free > _LEAST_FREE, True, f"make room on the disk of {settings.data}"
    )
    if DataFolder(settings.data).running() is None:
        for port in (settings.port, settings.tls_port):
            free_port = all(_free(host, port) for host in settings.host)
            yield Finding("server", f"port {port}", free_port, True, "{cli} up --port 0")
    if settings.store.startswith(("postgresql:", "postgres:")):
        yield Finding("PostgreSQL store", "Python package psycopg", find_spec("psycopg") is not None, True, "./up")


def _machines(settings: Settings) -> Iterator[Finding]:
    for need in needs(settings.machine_cluster):
        command = _apt(need.package) if need.package else need.command or "another host, or sudo {cli} up"
        yield Finding("machines (EC2)", need.what, need.found, False, command, need.package)


def _tools() -> Iterator[Finding]:
    """Programs that the first steps call."""
    tools = (("the AWS CLI", "aws", "awscli"), ("ssh", "ssh", "openssh-client"), ("curl", "curl", "curl"))
    for what, program, package in tools:
        yield Finding("trying it", what, shutil.which(program) is not None, False, _apt(package), package)


def _profile() -> Iterator[Finding]:
    profile = Profile("groundcloud")
    writable = _writable(profile.config) and _writable(profile.credentials)
    yield Finding(
        "AWS profile", f"to write {profile.config}", writable, False, "set AWS_CONFIG_FILE to a file of yours"
    )
    if (program := shutil.which("aws")) is not None:
        needs = "the AWS CLI of 2.13, 1.29 or later, which takes the endpoint from the profile"
        yield Finding("AWS profile", needs, _takes_endpoint(program), False, "aws --endpoint-url ... with this one")


def _checks() -> Iterator[Finding]:
    postgres = shutil.which("initdb") is not None or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    yield Finding("./test", "PostgreSQL's server programs", postgres, False, _apt("postgresql"))
    for program, package in (("node", "nodejs"), ("npm", "npm")):
        yield Finding("./test", program, shutil.which(program) is not None, False, _apt(package))


def _takes_endpoint(program: str) -> bool:
    """Source: the change logs of the AWS CLI, versions 1.29.0 and 2.13.0."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - found on the path
    version = re.match(r"aws-cli/(\d+)\.(\d+)", done.stdout)
    return version is not None and int(version[2]) >= {"1": 29, "2": 13}.get(version[1], 0)


def _apt(package: str) -> str:
    return f"{'' if os.geteuid() == 0 else 'sudo '}apt-get install {package}"


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _writable(path: Path) -> bool:
    return os.access(_existing(path), os.W_OK)


def _free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError:
            return False
    return True
