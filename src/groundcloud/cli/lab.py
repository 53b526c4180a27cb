"""`groundcloud lab`: lessons that run. Each explains a step, shows its commands, runs them and checks what comes out.

A lab's commands run in a folder of their own, which is also their home: nobody's AWS settings are touched.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from groundcloud.cli import demo, process
from groundcloud.cli.lab_text import BadLab, Command, Lab, difference, parse
from groundcloud.cli.output import Failure, answer, columns, say
from groundcloud.folder import DataFolder
from groundcloud.settings import Loaded

_LONGEST = 600.0
"""Seconds that one block of commands may take."""
_PROLOGUE = """set -euo pipefail
[ ! -f "$LAB_STATE" ] || . "$LAB_STATE"
trap 'code=$?; { declare -px; printf "cd %q\\n" "$PWD"; } | grep -v "^declare -[a-z]*r" > "$LAB_STATE"; exit $code' EXIT
"""
"""What one block exports, and where it goes, the next one has."""


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("lab", help="lessons that run", description="Lessons that run on this cloud.")
    inner = parser.add_subparsers(title="lab commands", metavar="COMMAND", required=True)
    listed = inner.add_parser("list", parents=[common], help="the labs that there are")
    listed.set_defaults(run=_list)
    one = inner.add_parser("run", parents=[common], help="run a lab, step by step")
    one.add_argument("name", metavar="NAME")
    one.add_argument("--yes", action="store_true", help="do not stop before each step")
    one.set_defaults(run=_run)
    for each in (listed, one):
        each.add_argument("--labs", metavar="DIR", type=Path, default=None, help="the folder of the labs")


def folder() -> Path:
    """Where the labs are: beside the sources, or where the package was installed."""
    beside = Path(__file__).resolve().parents[3] / "labs"
    return beside if beside.is_dir() else Path(sysconfig.get_path("data")) / "share" / "groundcloud" / "labs"


def read(path: Path) -> Lab:
    """Raises `Failure`."""
    try:
        return parse(path.stem, path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise Failure(f"There is no lab {path.stem}.", "{cli} lab list shows them.") from error
    except BadLab as error:
        raise Failure(str(error)) from error


class Ran(NamedTuple):
    """What a block of commands printed, both streams together, and its exit code."""

    output: str
    code: int


class Shell:
    """Runs a lab's blocks one after another in one folder."""

    def __init__(self, work: Path, environment: Mapping[str, str]) -> None:
        self._work = work
        self._environment = {
            **environment,
            "HOME": str(work),
            "LAB_STATE": str(work / ".state"),
            "PYTHONUNBUFFERED": "1",  # a program's two outputs come in their order, as on a terminal
        }

    def run(self, command: Command) -> Ran:
        """Raises `subprocess.TimeoutExpired`."""
        done = subprocess.run(  # noqa: S603 - what the lab says is what is run
            ["/bin/bash", "-c", _PROLOGUE + command.script],
            stdin=subprocess.DEVNULL,  # a program that reads it must not take the rest of the commands
            cwd=self._work,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LONGEST,
        )
        return Ran(done.stdout, done.returncode)


def environment(data: DataFolder) -> dict[str, str]:
    """The variables with which a lab's programs call the cloud as its first admin. Raises `Failure`."""
    running = process.need_running(data)
    admin = data.admin()
    if admin is None:
        raise Failure(f"{data.data} has no admin.json.", "{cli} down, then {cli} up makes it again.")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_REGION": running.region,
        "AWS_DEFAULT_REGION": running.region,
        "AWS_CA_BUNDLE": str(data.ca_certificate),
        "AWS_ACCESS_KEY_ID": admin.access_key_id,
        "AWS_SECRET_ACCESS_KEY": admin.secret_access_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "EXAMPLES": str(demo.examples()),
        "GROUNDCLOUD": f"{sys.executable} -P -m groundcloud",
        "GROUNDCLOUD_DATA": str(data.data),
        "PYTHONWARNINGS": "ignore",
    }


def _list(options: argparse.Namespace, loaded: Loaded) -> int:
    labs = [read(path) for path in sorted((options.labs or folder()).glob("*.md")) if path.stem != "README"]
    found = [{"name": lab.name, "title": lab.title, "steps": len(lab.steps)} for lab in labs]
    answer(found, options.json, columns([(lab.name, lab.title) for lab in labs]))
    return 0


def _run(options: argparse.Namespace, loaded: Loaded) -> int:
    lab = read((options.labs or folder()) / f"{Path(options.name).name}.md")
    data = DataFolder(loaded.settings.data)
    variables = environment(data)
    if lab.machines and not _runs_machines(data):
        raise Failure(
            f"{lab.name} needs machines, which this cloud does not run.", "{cli} doctor shows what is missing."
        )
    if not options.yes and not sys.stdin.isatty():
        raise Failure("There is nobody to ask before each step.", "Add --yes to run all of them.", 2)
    work = Path(tempfile.mkdtemp(prefix="groundcloud-lab-"))
    try:
        _lead(lab, Shell(work, variables), ask=not options.yes)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    answer({"name": lab.name, "steps": len(lab.steps), "done": True}, options.json, [f"{lab.title}: done."])
    return 0


def _runs_machines(data: DataFolder) -> bool:
    from groundcloud.cli import host

    return host.about(data) is not None


def _lead(lab: Lab, shell: Shell, *, ask: bool) -> None:
    """Tell, ask, run, show: step by step. Raises `Failure` where something is not as the lab says."""
    say(f"# {lab.title}", "", lab.summary)
    for number, step in enumerate(lab.steps, 1):
        say("", f"## {number}. {step.title}")
        for part in step.parts:
            if not isinstance(part, Command):
                say("", part)
                continue
            say("", *(f"    $ {line}" for line in part.script.rstrip().splitlines()))
            if ask and input("Enter runs it, q ends the lab: ").strip().lower() == "q":
                raise Failure("The lab was ended.", "What it made is still there.")
            ran = shell.run(part)
            say(*(f"    {line}" for line in ran.output.rstrip().splitlines()))
            wrong = difference(part, ran.output, ran.code)
            if wrong is not None:
                raise Failure(f"Step {number} ({lab.name}.md, line {part.line}) went another way. {wrong}")
