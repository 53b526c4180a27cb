"""One cloud as a process: its lock, its sockets, its logs, and an orderly end.

Run as a program it takes its settings from standard input, as JSON, so that a password in them is in no process's
arguments and in no environment. It says `ready` on standard output, or why it is not.
"""

import asyncio
import contextlib
import errno
import json
import logging
import os
import signal
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from socket import SO_REUSEADDR, SO_REUSEPORT, SOL_SOCKET, socket
from typing import Any, NamedTuple

import uvloop

from groundcloud.ca import server_context, server_names
from groundcloud.errors import AwsError
from groundcloud.folder import Admin, DataFolder, InUse, Running
from groundcloud.gateway.internal import Siblings
from groundcloud.gateway.server import listen, serve
from groundcloud.logfile import LogFile, LogHandler
from groundcloud.main import Cloud, open_cloud
from groundcloud.settings import Settings, without_password
from groundcloud.store import StoreUnavailable
from groundcloud.store.records import NewerData
from groundcloud.workers import supervise

log = logging.getLogger("groundcloud")


class StartFailed(Exception):
    """The cloud did not start: what is wrong, and what to type next."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Ports(NamedTuple):
    plain: int
    tls: int


def run(settings: Settings, ready: Callable[[], None], *, to_terminal: bool = False) -> None:
    """Run a cloud until it is told to end (SIGTERM, SIGINT). Raises `StartFailed`."""
    folder = DataFolder(settings.data)
    with _explained(settings):
        folder.prepare()
        lock = folder.lock()
        _log_to(folder.error_log, to_terminal)
        if settings.workers > 1:
            with contextlib.ExitStack() as held:
                ports = _reserve(settings, held)
                _first_start(settings, folder)
                answered = supervise(
                    settings.workers,
                    lambda number, up, over: _work(settings, ports, folder, number, up, over),
                    lambda: _up(settings, folder, lock, ports, ready),
                    lock,
                )
            if not answered:
                raise StartFailed("A worker did not start.", f"{folder.error_log} says why.")
            return
        cloud = _first_start(settings, folder, keep=True)
        assert cloud is not None
        _answer(cloud, settings, Ports(settings.port, settings.tls_port), folder, lambda ports: _up(
            settings, folder, lock, ports, ready
        ))  # fmt: skip


@contextlib.contextmanager
def _explained(settings: Settings) -> Any:
    """What goes wrong at a start, in words for people."""
    try:
        yield
    except InUse as error:
        raise StartFailed(
            f"Another process runs the cloud in {settings.data}.", "{cli} status shows it; {cli} down ends it."
        ) from error
    except NewerData as error:
        raise StartFailed(
            f"These data are of a newer version: {error}.", "Install that version, or give another --data."
        ) from error
    except StoreUnavailable as error:
        shown = without_password(settings.store_url)
        raise StartFailed(
            f"The store {shown} cannot be opened: {error}", "Check the setting `store`: {cli} config."
        ) from error
    except PermissionError as error:
        raise StartFailed(f"No permission: {error}", "Give a folder of your own: {cli} up --data DIR.") from error


def _first_start(settings: Settings, folder: DataFolder, keep: bool = False) -> Cloud | None:
    """Open the cloud, and make what a first start makes. Without `keep` it is closed again, to be opened by others."""
    call_log: Any = LogFile(settings.call_log)
    cloud = open_cloud(
        settings.data,
        store_url=settings.store_url,
        region=settings.region,
        trust_any_key=settings.trust_any_key,
        call_log=call_log,
    )
    _ensure_admin(cloud, folder)
    if keep:
        return cloud
    cloud.store.close()
    return None


def _ensure_admin(cloud: Cloud, folder: DataFolder) -> None:
    """The first account's admin, whose keys are in the data folder. A start that ended between the two is made up."""
    account = cloud.default_account
    known = folder.admin()
    if known is not None and known.account_id == account:
        return
    try:
        key = cloud.create_admin(account)
    except AwsError as error:
        if error.code != "EntityAlreadyExists":
            raise
        key = _another_key(cloud, account, folder)
    folder.keep_admin(Admin(account, "admin", key["access_key_id"], key["secret_access_key"]))


def _another_key(cloud: Cloud, account: str, folder: DataFolder) -> dict[str, str]:
    try:
        return cloud.create_key(account, "admin")
    except AwsError as error:
        raise StartFailed(
            f"The keys of the user admin are not in {folder.data}, and it cannot have another: {error.message}",
            "Put admin.json back from a copy of the folder, or begin anew: {cli} reset.",
        ) from error


# -- sockets


def _listen(settings: Settings, port: int, share: bool) -> list[socket]:
    try:
        return listen(settings.host, port, share=share)
    except OSError as error:
        raise _cannot_listen(settings, port, error) from error


def _cannot_listen(settings: Settings, port: int, error: OSError) -> StartFailed:
    where = f"{', '.join(settings.host)} port {port}"
    if error.errno == errno.EADDRINUSE:
        return StartFailed(
            f"Another program listens on {where}.",
            "Take another port: {cli} up --port N (0: a free one). {cli} status --data DIR shows a cloud.",
        )
    return StartFailed(f"Cannot listen on {where}: {error.strerror or error}.", "Check --host and --port.")


def _reserve(settings: Settings, held: contextlib.ExitStack) -> Ports:
    """The ports that the workers share, kept by sockets that listen to nothing."""
    found = []
    for wanted in (settings.port, settings.tls_port):
        port = wanted
        for host in settings.host:
            keeper = held.enter_context(socket(10 if ":" in host else 2))  # AF_INET6, AF_INET
            keeper.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            keeper.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
            try:
                keeper.bind((host, port))
            except OSError as error:
                raise _cannot_listen(settings, port, error) from error
            port = keeper.getsockname()[1]
        found.append(port)
    return Ports(*found)


def _up(settings: Settings, folder: DataFolder, lock: int, ports: Ports, ready: Callable[[], None]) -> None:
    """It answers: say where."""
    host = _shown_host(settings.host[0])
    running = Running(
        pid=os.getpid(),
        endpoint=f"http://{host}:{ports.plain}",
        tls_endpoint=f"https://{host}:{ports.tls}",
        region=settings.region,
        started=time.time(),
    )
    folder.announce(lock, running)
    if settings.trust_any_key:
        log.warning("trust_any_key is on: whoever reaches %s is the root user of the default account", running.endpoint)
    log.info("ready at %s and %s", running.endpoint, running.tls_endpoint)
    ready()


def _shown_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - shown as the address to call it at
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


# -- answering


def _work(settings: Settings, ports: Ports, folder: DataFolder, number: int, up: Callable[[], None], over: int) -> None:
    """One of several processes that answer."""
    cloud = _first_start(settings, folder, keep=True)
    assert cloud is not None
    published = folder.data / "metrics"
    published.mkdir(mode=0o700, exist_ok=True)
    cloud.gateway.internal.siblings = Siblings(published, number)
    _answer(cloud, settings, ports, folder, lambda ports: up(), share=True, over=over)


def _answer(
    cloud: Cloud,
    settings: Settings,
    ports: Ports,
    folder: DataFolder,
    up: Callable[[Ports], None],
    *,
    share: bool = False,
    over: int | None = None,
) -> None:
    """Answer until told to end, or until the pipe `over` closes because the supervisor is gone."""
    plain = _listen(settings, ports.plain, share)
    secure = _listen(settings, ports.tls, share)
    names = server_names(settings.region, settings.host)
    context = server_context(folder.ca_certificate.parent, names)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(cloud, plain, secure, context, up, over))
    cloud.store.close()


async def _serve(
    cloud: Cloud,
    plain: list[socket],
    secure: list[socket],
    context: ssl.SSLContext,
    up: Callable[[Ports], None],
    over: int | None,
) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if over is not None:
        loop.add_reader(over, stop.set)
    servers = [
        await serve(cloud.gateway.handle, sockets=plain),
        await serve(cloud.gateway.handle, sockets=secure, tls=context),
    ]
    chores = [asyncio.create_task(_record(cloud)), asyncio.create_task(_write_logs(cloud))]
    up(Ports(servers[0].port, servers[1].port))
    await stop.wait()
    await asyncio.gather(*(server.close() for server in servers))
    for chore in chores:
        chore.cancel()
    await asyncio.wait(chores)
    try:
        await cloud.recorder.flush()
    except StoreUnavailable as error:
        log.error("the last events are lost: %s", error)
    cloud.log.flush()


async def _record(cloud: Cloud) -> None:
    """Keep events, also after a store that was away is back."""
    while True:
        try:
            await cloud.recorder.run()
        except StoreUnavailable as error:
            log.error("events of reads are lost: %s", error)
            await asyncio.sleep(1)


async def _write_logs(cloud: Cloud) -> None:
    """Each second, write the lines of calls and let the other workers see the counters."""
    siblings = cloud.gateway.internal.siblings
    while True:
        cloud.log.flush()
        if siblings is not None:
            siblings.publish(cloud.gateway.metrics.render())
        await asyncio.sleep(1)


def _log_to(path: Path, to_terminal: bool) -> None:
    handler: logging.Handler = LogHandler(LogFile(path))
    handlers = [handler, logging.StreamHandler()] if to_terminal else [handler]
    logging.basicConfig(level=logging.INFO, handlers=handlers)


def main() -> int:
    """The background process that `groundcloud up` starts."""
    settings = Settings(**_typed(json.load(sys.stdin)))

    def ready() -> None:
        _say({"ready": True})
        silence = os.open(os.devnull, os.O_RDWR)
        os.dup2(silence, 0)
        os.dup2(silence, 1)

    try:
        run(settings, ready)
    except StartFailed as error:
        _say({"error": error.message, "hint": error.hint})
        return 1
    return 0


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "data": Path(values["data"]), "host": tuple(values["host"])}


if __name__ == "__main__":
    sys.exit(main())
