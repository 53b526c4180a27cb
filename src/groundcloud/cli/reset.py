"""`groundcloud reset`: end the cloud and forget everything that it kept."""

import argparse
import shutil
import sys
from typing import Any

from groundcloud.cli import process
from groundcloud.cli.output import Failure, answer, say
from groundcloud.cli.profile import Profile
from groundcloud.folder import DataFolder
from groundcloud.settings import Loaded


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("reset", parents=[common], help="end the cloud and delete its data")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--profile", dest="aws_profile", metavar="NAME", help="the AWS profile to remove (groundcloud)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    from groundcloud.cli import host

    settings = loaded.settings
    if settings.store:
        raise Failure(
            f"The store is not in {settings.data}, and reset deletes nothing elsewhere.",
            "Delete it yourself (a database: its tables kv, changes and meta), unset `store`, and reset again.",
        )
    if settings.objects:
        raise Failure(
            f"The bytes of objects are not in {settings.data}, and reset deletes nothing elsewhere.",
            f"Empty {settings.objects.partition('?')[0]} yourself, unset `objects`, and reset again.",
        )
    folder = DataFolder(settings.data)
    if not options.yes and not _confirmed(folder):
        raise Failure("Nothing was deleted.", "To delete without a question: {cli} reset --yes")
    process.end(folder)
    host.end(folder)
    host.delete(settings, folder)
    admin = folder.admin()
    profile = Profile(settings.aws_profile or "groundcloud")
    removed = admin is not None and profile.access_key_id() == admin.access_key_id
    if removed:
        profile.remove()
    for path in folder.everything():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    lines = [f"Everything in {folder.data} that was the cloud's is deleted."]
    if removed:
        lines.append(f"The profile {profile.name} is removed.")
    answer({"deleted": str(folder.data), "profile": profile.name if removed else None}, options.json, lines)
    return 0


def _confirmed(folder: DataFolder) -> bool:
    if not sys.stdin.isatty():
        return False
    say(f"This deletes every account and resource in {folder.data}.")
    print("Type yes to go on: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == "yes"
