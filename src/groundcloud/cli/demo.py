"""`groundcloud demo`, and the end of a first `up`: an application in the cloud, deployed as anybody would.

What deploys is a program of its own in `examples`, which speaks to the AWS API only. Here is when it runs, with which
keys, and what to try then.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from groundcloud.cli import process
from groundcloud.cli.output import Failure, answer, say
from groundcloud.folder import DataFolder, Running
from groundcloud.settings import Loaded, Settings

_NAME = "signup"
_DOMAIN = "signup.test"
_IMAGE = "debian-12"
_LONGEST = 1800.0
"""Seconds that a deployment may take."""


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "demo",
        parents=[common],
        help="deploy an example application",
        description="It deploys examples/signup with examples/deploy_signup.py, or goes on where that has ended.",
    )
    parser.add_argument("--delete", action="store_true", help="take it down, and all that belongs to it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    folder = DataFolder(loaded.settings.data)
    running = process.need_running(folder)
    if options.delete:
        _deployment(folder, running, "--delete")
        shutil.rmtree(folder.demo)
        answer({"deleted": True}, options.json, ["The demo is gone."])
        return 0
    deploy(folder, running, loaded.settings)
    answer(found(folder), options.json, to_try(folder))
    return 0


def examples() -> Path:
    """Where the examples are: beside the sources, or where the package was installed."""
    beside = Path(__file__).resolve().parents[3] / "examples"
    return beside if beside.is_dir() else Path(sysconfig.get_path("data")) / "share" / "groundcloud" / "examples"


def is_wanted(options: argparse.Namespace, loaded: Loaded, folder: DataFolder) -> bool:
    """Whether this `up`, before it starts anything, is to end with the demo.

    Who says `--demo` or `--no-demo` is heard. Else a person's first start has one, where machines can run; a script's
    (`--json`, or a folder by `--data`) has none, nor has a cloud that was there before. One that was begun goes on.
    """
    from groundcloud.cli import host

    if loaded.origins["demo"] != "default":
        return loaded.settings.demo
    if options.json or options.foreground or loaded.origins["data"] == "--data" or host.lacking(loaded.settings):
        return False
    begun = folder.demo.is_dir() and not (folder.demo / "found.json").exists()
    return begun or folder.admin() is None


def found(folder: DataFolder) -> dict[str, Any] | None:
    """What the deployment has found; None when there is none that is complete."""
    try:
        known: dict[str, Any] = json.loads((folder.demo / "found.json").read_text())
    except FileNotFoundError:
        return None
    return known


def deploy(folder: DataFolder, running: Running, settings: Settings) -> None:
    """Make the demo, or what is missing of it. Raises `Failure`."""
    from groundcloud.cli import host

    if host.about(folder) is None:
        why = ", ".join(host.lacking(settings)) or "the cloud was started without machines"
        raise Failure(f"The demo needs machines: {why}.", "{cli} doctor shows what is missing.")
    _build_image(settings)
    say("", "Deploying examples/signup by the AWS API:")
    _deployment(folder, running, "--json", str(folder.demo / "found.json"))


def _build_image(settings: Settings) -> None:
    from groundcloud.engines.host.places import CACHE
    from groundcloud.engines.machines.image.build import build, is_built
    from groundcloud.engines.machines.wanted import MachineFailed

    cache = Path(settings.images or CACHE)
    if is_built(cache, _IMAGE):
        return
    say("", f"Building the image {_IMAGE}, once:")
    try:
        build(cache, _IMAGE, lambda progress: say(f"  {progress.done:4.0%}  {progress.step}"))
    except MachineFailed as error:
        raise Failure(str(error), "{cli} doctor shows what is missing; then {cli} demo") from error


def _deployment(folder: DataFolder, running: Running, *more: str) -> None:
    """Run the program, as the admin. What it prints goes to the terminal, beside this command's own answer."""
    admin = folder.admin()
    health = process.health(running)
    if admin is None or health is None:
        raise Failure("The cloud does not answer.", "{cli} status")
    folder.demo.mkdir(mode=0o700, exist_ok=True)
    words = [sys.executable, str(examples() / "deploy_signup.py"), "--name", _NAME, "--domain", _DOMAIN]
    words += ["--key-file", str(folder.demo / f"{_NAME}.pem"), *_parts(health), *more]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_DEFAULT_REGION": running.region,
        "AWS_ACCESS_KEY_ID": admin.access_key_id,
        "AWS_SECRET_ACCESS_KEY": admin.secret_access_key,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    done = subprocess.run(words, env=environment, stdout=sys.stderr, timeout=_LONGEST, check=False)  # noqa: S603
    if done.returncode:
        raise Failure("The demo is not complete. The cloud runs all the same.", "{cli} demo goes on with it.")


def _parts(health: dict[str, Any]) -> list[str]:
    """What the deployment does in another way, as long as this cloud lacks a service of it."""
    services = health["services"]
    return [
        *([] if "rds" in services else ["--database", "machine"]),
        *([] if "cloudwatch" in services else ["--no-alarm"]),
    ]


def to_try(folder: DataFolder) -> list[str]:
    """Links to open, and what to do with the demo."""
    known = found(folder)
    if known is None:
        return []
    ssh = f"{{cli}} ssh -i {folder.demo / _NAME}.pem {_NAME}-web --"
    look = f"{{cli}} shell -- curl -s http://{known['host']}/"
    return [
        "An application runs in it:",
        "",
        f"  http://{known['address']}/        sign up, with a file",
        f"  http://{known['address']}/admin   who has signed up",
        "",
        "Try:",
        "  {cli} mail last                 confirm that you want mails when it fails: the link in it",
        f"  {look}",
        f"  {ssh} sudo systemctl stop signup",
        f"  {look}   half a minute later: the maintenance page",
        f"  {ssh} sudo systemctl start signup",
        "  {cli} demo --delete             take it down",
    ]
