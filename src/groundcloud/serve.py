"""One cloud as a process: its lock, its sockets, its logs, and an orderly end.

Run as a program it takes its settings from standard input, as JSON, so that a password in them is in no process's
arguments and in no environment. It says `ready` on standard output, or why it is not.
"""

import asyncio
import contextlib
import gc
import ipaddress
import json
import logging
import os
import resource
import signal
import ssl
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from socket import socket
from typing import Any, NamedTuple

import uvloop

from groundcloud.ca import server_context, server_names
from groundcloud.controllers import Loop
from groundcloud.engines.dns.engine import Dns
from groundcloud.engines.dns.providers import Endpoints, NameServers
from groundcloud.engines.dns.sockets import Pair, shown
from groundcloud.folder import DataFolder, Running
from groundcloud.gateway.catalog import catalog
from groundcloud.gateway.internal import Siblings
from groundcloud.gateway.server import serve
from groundcloud.leading import Chore, Deliveries, MachinesAndNetworks, Names
from groundcloud.logfile import LogFile, LogHandler
from groundcloud.loops import Loops
from groundcloud.main import Cloud, open_cloud
from groundcloud.settings import Settings
from groundcloud.start import Ports, StartFailed, ensure_admin, explained, open_dns, open_sockets, reserve_ports
from groundcloud.store import StoreUnavailable
from groundcloud.workers import supervise

log = logging.getLogger("groundcloud")


class _Server(NamedTuple):
    """What all processes of one cloud have in common."""

    settings: Settings
    folder: DataFolder
    lock: int
    ready: Callable[[], None]
    dns: list[Pair]


def run(settings: Settings, ready: Callable[[], None], *, to_terminal: bool = False) -> None:
    """Run a cloud until it is told to end (SIGTERM, SIGINT). `ready` is called once it answers.

    Raises `StartFailed`.
    """
    folder = DataFolder(settings.data)
    with explained(settings):
        folder.prepare()
        _allow_many_connections()
        lock = folder.lock()
        _log_to(folder.error_log, to_terminal)
        server = _Server(settings, folder, lock, ready, open_dns(settings))
        cloud = _open(settings)
        ensure_admin(cloud, folder)
        tls = server_context(
            folder.ca_certificate.parent, server_names(settings.region, settings.host, settings.domains)
        )
        if settings.workers == 1:
            _answer(cloud, server, tls, Ports(settings.port, settings.tls_port), partial(_up, server))
        else:
            cloud.close()  # no connection may cross a fork
            _run_workers(server, tls)


def _run_workers(server: _Server, tls: ssl.SSLContext) -> None:
    with contextlib.ExitStack() as held:
        ports = reserve_ports(server.settings, held)
        answered = supervise(
            server.settings.workers,
            lambda number, up, over: _work(server, tls, ports, number, up, over),
            lambda: _up(server, ports),
            server.lock,
        )
    if not answered:
        raise StartFailed("A worker did not start.", f"{server.folder.error_log} says why.")


def _allow_many_connections() -> None:
    """The usual 1,024 descriptors are fewer than the connections that the server takes."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _open(settings: Settings) -> Cloud:
    call_log: Any = LogFile(settings.call_log)
    dns = Dns(settings.region, settings.dns_locations)
    addresses = [_shown_host(host).strip("[]") for host in settings.host]
    dns.add_provider(NameServers(addresses))
    dns.add_provider(Endpoints(addresses, {entry.endpoint_prefix for entry in catalog().by_name.values()}))
    return open_cloud(
        settings.data,
        store_url=settings.store_url,
        objects=settings.objects,
        region=settings.region,
        domains=settings.domains,
        trust_any_key=settings.trust_any_key,
        mail_relay=settings.mail_relay,
        loopback_only=all(_is_loopback(host) for host in settings.host),
        call_log=call_log,
        dns=dns,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _up(server: _Server, ports: Ports) -> None:
    """It answers: say where."""
    host = _shown_host(server.settings.host[0])
    running = Running(
        pid=os.getpid(),
        endpoint=f"http://{host}:{ports.plain}",
        tls_endpoint=f"https://{host}:{ports.tls}",
        region=server.settings.region,
        started=time.time(),
        dns=shown(server.dns[0]),
    )
    server.folder.announce(server.lock, running)
    if server.settings.trust_any_key:
        log.warning("trust_any_key is on: whoever reaches %s is the root user of the default account", running.endpoint)
    log.info("ready at %s and %s, DNS at %s", running.endpoint, running.tls_endpoint, running.dns)
    server.ready()


def _shown_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - shown as the address to call it at
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


# -- answering


def _work(server: _Server, tls: ssl.SSLContext, ports: Ports, number: int, up: Callable[[], None], over: int) -> None:
    """One of several processes that answer."""
    cloud = _open(server.settings)
    published = server.folder.data / "metrics"
    published.mkdir(mode=0o700, exist_ok=True)
    cloud.gateway.internal.siblings = Siblings(published, number)
    _answer(cloud, server, tls, ports, lambda ports: up(), over, leads=number == 1)


def _answer(
    cloud: Cloud,
    server: _Server,
    tls: ssl.SSLContext,
    ports: Ports,
    up: Callable[[Ports], None],
    over: int | None = None,
    leads: bool = True,
) -> None:
    """Answer until told to end, or until the pipe `over` closes because the supervisor is gone. Of several processes
    one leads: it runs the controllers."""
    share = over is not None
    plain = open_sockets(server.settings, ports.plain, share)
    secure = open_sockets(server.settings, ports.tls, share)
    controllers: list[Loop] = []
    leading: list[Chore] = []
    if leads:
        leading = [
            Names(cloud, server.settings, server.dns, controllers),
            MachinesAndNetworks(cloud, server.folder.data, tls, controllers),
            Deliveries(cloud),
        ]

    def begin(ports: Ports) -> None:
        """Answer first: what the controllers import is in nobody's way then."""
        up(ports)
        if leads:
            cloud.loop = asyncio.get_running_loop()
            controllers.extend(_loops(cloud))
            for loop in controllers:
                loop.start()

    _calm_collector()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(cloud, plain, secure, tls, begin, over, leading))
    finally:
        for loop in controllers:
            loop.stop()
        cloud.close()


def _loops(cloud: Cloud) -> list[Loop]:
    """The controllers, each loop over its own store."""
    found = Loops(cloud)
    stores = [(cloud.store, found.controllers()), *found.plane_controllers()]
    return [Loop(store, controllers, now=cloud.world.clock) for store, controllers in stores]


def _calm_collector() -> None:
    """Let Python look for cycles seldom. A call makes hardly any, and each full look walks all of AWS's models: at the
    usual thresholds that is tens of milliseconds, several times a second under load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def _serve(
    cloud: Cloud,
    plain: list[socket],
    secure: list[socket],
    tls: ssl.SSLContext,
    up: Callable[[Ports], None],
    over: int | None,
    leading: Sequence[Chore],
) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if over is not None:
        loop.add_reader(over, stop.set)
    servers = [
        await serve(cloud.gateway.handle, sockets=plain),
        await serve(cloud.gateway.handle, sockets=secure, tls=tls),
    ]
    chores = [asyncio.create_task(chore) for chore in (_record(cloud), _write_logs(cloud), cloud.oidc_keys.run())]
    up(Ports(servers[0].port, servers[1].port))
    chores += [asyncio.create_task(chore.run()) for chore in leading]
    await stop.wait()
    if over is not None:
        loop.remove_reader(over)
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


# -- as a program

_LISTS = ("host", "dns_secondaries", "dns_locations")


def main() -> int:
    """The background process that `groundcloud up` starts."""
    settings = Settings(**_typed(json.load(sys.stdin)))
    try:
        run(settings, _ready)
    except StartFailed as error:
        _say({"error": error.message, "hint": error.hint})
        return 1
    return 0


def _ready() -> None:
    """Say so, and let go of the pipes of whoever started this process."""
    _say({"ready": True})
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 0)
    os.dup2(silence, 1)
    os.close(silence)


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "data": Path(values["data"]), **{name: tuple(values[name]) for name in _LISTS}}


if __name__ == "__main__":
    sys.exit(main())
