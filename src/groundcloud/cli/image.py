"""`groundcloud image`: build, import and list the images that machines start from."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundcloud.cli.output import Failure, answer, columns, say
from groundcloud.engines.host.places import CACHE
from groundcloud.settings import Loaded

if TYPE_CHECKING:  # imported where it is needed: other commands do not wait for it
    from groundcloud.engines.machines.wanted import ImageProgress


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("image", help="build, import and list the images of machines")
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    build = kinds.add_parser("build", parents=[common], help="build an image by its recipe, unless it is there")
    build.add_argument("name", metavar="NAME", help="a recipe; list shows them")
    build.add_argument("--mirror", default="", metavar="URL", help="the distribution's mirror")
    build.set_defaults(run=run_build)
    imported = kinds.add_parser("import", parents=[common], help="make an image of a root file system")
    imported.add_argument("name", metavar="NAME")
    imported.add_argument("file", metavar="FILE", type=Path, help="a tar archive of a root, or an OCI image archive")
    imported.set_defaults(run=run_import)
    listed = kinds.add_parser("list", parents=[common], help="the images that are there, and those that can be")
    listed.set_defaults(run=run_list)


def run_build(options: argparse.Namespace, loaded: Loaded) -> int:
    from groundcloud.engines.machines.image.build import build
    from groundcloud.engines.machines.wanted import MachineFailed

    cache = _cache(loaded)
    _need_root()
    try:
        build(cache, options.name, _say, options.mirror)
    except MachineFailed as error:
        raise Failure(str(error), "{cli} doctor shows what is missing.") from error
    answer({"image": options.name}, options.json, [f"The image {options.name} is there."])
    return 0


def run_import(options: argparse.Namespace, loaded: Loaded) -> int:
    from groundcloud.engines.machines.image.importing import import_image
    from groundcloud.engines.machines.wanted import MachineFailed

    cache = _cache(loaded)
    _need_root()
    try:
        import_image(cache, options.name, options.file, _say)
    except MachineFailed as error:
        raise Failure(str(error)) from error
    answer({"image": options.name}, options.json, [f"The image {options.name} is there."])
    return 0


def run_list(options: argparse.Namespace, loaded: Loaded) -> int:
    from groundcloud.engines.machines.image.build import is_built
    from groundcloud.engines.machines.image.recipe import recipes

    cache = _cache(loaded)
    try:
        there = {path.stem for path in cache.glob("*.json")}
    except PermissionError as error:
        raise Failure(f"{cache} cannot be read: {error.strerror}", "As root: {cli} image list") from error
    found = [
        {"image": name, "description": known.description, "state": _state(name, there, is_built(cache, name))}
        for name, known in recipes().items()
    ]
    found += [{"image": name, "description": "imported", "state": "there"} for name in sorted(there - set(recipes()))]
    rows = [("IMAGE", "STATE", "")] + [(each["image"], each["state"], each["description"]) for each in found]
    answer(found, options.json, columns(rows))
    return 0


def _state(name: str, there: set[str], built: bool) -> str:
    return "there" if built else "outdated" if name in there else "not built"


def _cache(loaded: Loaded) -> Path:
    return Path(loaded.settings.images or CACHE)


def _need_root() -> None:
    if os.geteuid() != 0:
        raise Failure("Images are made by root.", "sudo {cli} image ...")


def _say(progress: "ImageProgress") -> None:
    say(f"{progress.done:4.0%}  {progress.step}")
