"""`groundcloud version`: of this program and of what it stands on."""

import argparse
import platform
from typing import Any

from groundcloud import __version__
from groundcloud.cli.output import answer
from groundcloud.settings import Loaded


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("version", parents=[common], help="the version")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    python = platform.python_version()
    answer({"version": __version__, "python": python}, options.json, [f"groundcloud {__version__} (Python {python})"])
    return 0
