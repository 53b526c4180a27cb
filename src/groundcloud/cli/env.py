"""`groundcloud env`: the environment in which AWS's tools call this cloud, as shell commands."""

import argparse
import shlex
from typing import Any

from groundcloud.cli import process
from groundcloud.cli.output import Failure, answer
from groundcloud.cli.profile import Profile
from groundcloud.folder import DataFolder
from groundcloud.settings import Loaded

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "env",
        parents=[common],
        help="shell commands that point AWS's tools here",
        description='Use it so: eval "$(groundcloud env)"',
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    folder = DataFolder(loaded.settings.data)
    running = process.need_running(folder)
    admin = folder.admin()
    if admin is None:
        raise Failure(f"{folder.data} has no admin.json.", "{cli} down, then {cli} up makes it again.")
    variables = {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_REGION": running.region,
        "AWS_DEFAULT_REGION": running.region,
        "AWS_CA_BUNDLE": str(folder.ca_certificate),
        "NODE_EXTRA_CA_CERTS": str(folder.ca_certificate),
    }
    profile = Profile(loaded.settings.aws_profile or "groundcloud")
    if profile.access_key_id() == admin.access_key_id:
        variables["AWS_PROFILE"] = profile.name
        unset = list(_KEYS)  # keys in the environment would win over the profile
    else:
        variables["AWS_ACCESS_KEY_ID"] = admin.access_key_id
        variables["AWS_SECRET_ACCESS_KEY"] = admin.secret_access_key
        unset = ["AWS_SESSION_TOKEN", "AWS_PROFILE"]
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    answer(variables, options.json, [f"unset {' '.join(unset)}", *exports])
    return 0
