"""The command line: only what AWS has no command for.

A command is a module with `add` (its arguments) and `run` (its answer). Nothing heavy is imported before it is needed:
`groundcloud up` is a start, and a start is quick.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from groundcloud import __version__
from groundcloud.cli import (
    account,
    config,
    demo,
    doctor,
    down,
    env,
    image,
    lab,
    logs,
    mail,
    phone,
    reset,
    shell,
    ssh,
    status,
    up,
    version,
)
from groundcloud.cli.output import Failure, fail
from groundcloud.settings import BadSetting, Settings, load

_COMMANDS = (
    up, down, status, env, shell, ssh, logs, lab, demo, mail, phone, account, reset, image, doctor, config, version,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 wrong arguments or settings, 3 no cloud runs."""
    options = _parser().parse_args(arguments)
    try:
        flags = {name: value for name, value in vars(options).items() if name in Settings._fields and value is not None}
        loaded = load(flags, config=options.config)
        return int(options.run(options, loaded))
    except BadSetting as error:
        return fail(Failure(str(error), "{cli} config shows the settings and where they come from.", 2), options.json)
    except Failure as failure:
        return fail(failure, options.json)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON for programs")
    common.add_argument("--data", metavar="DIR", help="the folder of the cloud's data")
    common.add_argument("--config", metavar="FILE", type=Path, help="the settings file (TOML)")
    parser = argparse.ArgumentParser(
        prog="groundcloud",
        description="Your own AWS, on your own ground.",
        epilog="Exit codes: 0 done, 1 failed, 2 wrong arguments or settings, 3 no cloud runs.",
    )
    parser.add_argument("--version", action="version", version=f"groundcloud {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in _COMMANDS:
        module.add(commands, common)
    return parser


__all__ = ["main"]
