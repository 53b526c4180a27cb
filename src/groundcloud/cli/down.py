"""`groundcloud down`: end the cloud; its data stay."""

import argparse
from typing import Any

from groundcloud.cli import process
from groundcloud.cli.output import answer
from groundcloud.folder import DataFolder
from groundcloud.settings import Loaded


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("down", parents=[common], help="end the cloud; its data stay")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    from groundcloud.cli import host

    folder = DataFolder(loaded.settings.data)
    ended = process.end(folder)
    host.end(folder)
    text = f"Groundcloud is down. The data stay in {folder.data}." if ended else f"No cloud runs in {folder.data}."
    answer({"stopped": ended is not None, "data": str(folder.data)}, options.json, [text])
    return 0
