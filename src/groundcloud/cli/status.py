"""`groundcloud status`: whether the cloud runs, where, and with what."""

import argparse
import time
from typing import TYPE_CHECKING, Any

from groundcloud.cli import process
from groundcloud.cli.output import NOT_RUNNING, Failure, answer, columns
from groundcloud.folder import DataFolder
from groundcloud.settings import Loaded, Settings

if TYPE_CHECKING:  # imported where it is needed: other commands do not wait for it
    from groundcloud.controllers import Trouble


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("status", parents=[common], help="whether the cloud runs, where, and with what")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    """Exit code 3 when no cloud runs."""
    folder = DataFolder(loaded.settings.data)
    running = folder.running()
    if running is None:
        answer(
            {"running": False, "data": str(folder.data)},
            options.json,
            [f"No cloud runs in {folder.data}.", "Start it: {cli} up"],
        )
        return NOT_RUNNING
    health = process.health(running)
    if health is None:
        raise Failure(
            f"Process {running.pid} runs but does not answer at {running.endpoint}.", "{cli} logs --server says more."
        )
    admin = folder.admin()
    seconds = int(time.time() - running.started)
    found = {
        "running": True,
        **running._asdict(),
        "seconds": seconds,
        "account_id": admin.account_id if admin else None,
        "data": str(folder.data),
        **health,
    }
    rows = [
        ("running", f"for {_duration(seconds)}, process {running.pid}, version {health['version']}"),
        ("endpoint", running.endpoint),
        ("TLS", running.tls_endpoint),
        ("DNS", running.dns),
        ("region", running.region),
        ("account", admin.account_id if admin else "unknown: admin.json is missing"),
        ("services", ", ".join(f"{name} ({state})" for name, state in health["services"].items())),
        ("store", f"{health['store']['kind']} ({health['store']['state']})"),
        ("data", str(folder.data)),
    ]
    found["machines"] = machines = _machines(loaded.settings, folder)
    rows.append(("machines", machines))
    troubles = _troubles(loaded.settings)
    found["troubles"] = [
        {"record": where, "error": trouble.error, "attempts": trouble.attempts, "since": trouble.since.isoformat()}
        for where, trouble in troubles
    ]
    rows += [
        ("not yet", f"{where}: {trouble.error} ({trouble.attempts} attempts since {trouble.since:%Y-%m-%d %H:%M:%S})")
        for where, trouble in troubles
    ]
    answer(found, options.json, columns(rows))
    return 0


def _machines(settings: Settings, folder: DataFolder) -> str:
    from groundcloud.cli import host

    about = host.about(folder)
    if about is not None:
        built = "".join(f"; image {each}" for each in host.images_being_built(folder))
        return f"{host.running(folder)} run, privileged process {about['pid']}{built}"
    lacking = host.lacking(settings)
    return f"none: {', '.join(lacking)}" if lacking else "none: no privileged process runs"


def _troubles(settings: Settings) -> "list[tuple[str, Trouble]]":
    """The records that are not yet what they should be, with what keeps them; read from the stores themselves, for
    what they say is the owner's alone."""
    from groundcloud.controllers import Trouble
    from groundcloud.folder import DataFolder
    from groundcloud.store import open_store

    files = [str(file) for file in DataFolder(settings.data).stores if file.exists()]
    found: list[Trouble] = []
    for place in [settings.store] if settings.store else files:
        store = open_store(place)
        try:
            with store.snapshot() as tx:
                found += tx.scan(Trouble)
        finally:
            store.close()
    return [(f"{each.controller} {'/'.join(map(str, each.record_key))}", each) for each in found]


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"
