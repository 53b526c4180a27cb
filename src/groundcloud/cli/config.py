"""`groundcloud config`: the settings in force, and where each came from."""

import argparse
from pathlib import Path
from typing import Any

from groundcloud.cli.output import answer, columns
from groundcloud.cli.up import settings_flags
from groundcloud.settings import Loaded, without_password


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("config", parents=[common, settings_flags()], help="the settings, and their origins")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    shown = {name: _shown(name, value) for name, value in loaded.settings._asdict().items()}
    found = {name: {"value": value, "origin": loaded.origins[name]} for name, value in shown.items()}
    rows = [("SETTING", "VALUE", "FROM")]
    rows += [(name, _text(value), loaded.origins[name]) for name, value in shown.items()]
    answer(found, options.json, columns(rows))
    return 0


def _shown(name: str, value: Any) -> Any:
    if name in ("store", "mail_relay"):
        return without_password(value)
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, list) else str(value)
