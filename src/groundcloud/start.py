"""What a start does before the cloud answers (the first admin, the sockets), and how it says that it cannot."""

import contextlib
import errno
import logging
from collections.abc import Iterator
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SO_REUSEPORT, SOL_SOCKET, socket
from typing import NamedTuple

from groundcloud.engines.dns.sockets import Pair, open_pairs
from groundcloud.errors import AwsError
from groundcloud.folder import Admin, DataFolder, InUse
from groundcloud.gateway.server import listen
from groundcloud.main import Cloud
from groundcloud.settings import DNS_PORT, Settings, without_password
from groundcloud.store import StoreUnavailable
from groundcloud.store.records import NewerData

log = logging.getLogger("groundcloud")


class StartFailed(Exception):
    """The cloud did not start: what is wrong, and what to type next (`{cli}` is the command line)."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Ports(NamedTuple):
    plain: int
    tls: int


@contextlib.contextmanager
def explained(settings: Settings) -> Iterator[None]:
    """What goes wrong at a start, as `StartFailed`."""
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
            f"The store {shown} cannot be opened: {error}", "Check the setting `store`: {cli} config"
        ) from error
    except PermissionError as error:
        raise StartFailed(f"No permission: {error}", "Give a folder of your own: {cli} up --data DIR") from error


def ensure_admin(cloud: Cloud, folder: DataFolder) -> None:
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
            "Put admin.json back from a copy of the folder, or begin anew: {cli} reset",
        ) from error


def open_sockets(settings: Settings, port: int, share: bool) -> list[socket]:
    """Listening sockets on all addresses. Raises `StartFailed`."""
    try:
        return listen(settings.host, port, share=share)
    except OSError as error:
        raise _cannot_listen(settings, port, error) from error


def open_dns(settings: Settings) -> list[Pair]:
    """The DNS server's sockets on all addresses. Where the usual port is taken (multicast DNS has it too), a free one.
    Raises `StartFailed`."""
    try:
        return open_pairs(settings.host, settings.dns_port)
    except OSError as error:
        if settings.dns_port != DNS_PORT or error.errno != errno.EADDRINUSE:
            raise _cannot_listen(settings, settings.dns_port, error) from error
    log.warning("port %d of DNS is taken; a free one is used", DNS_PORT)
    return open_pairs(settings.host, 0)


def reserve_ports(settings: Settings, held: contextlib.ExitStack) -> Ports:
    """The ports that several processes will share, kept meanwhile by sockets that listen to nothing."""
    found = []
    for wanted in (settings.port, settings.tls_port):
        port = wanted
        for host in settings.host:
            keeper = held.enter_context(socket(AF_INET6 if ":" in host else AF_INET))
            keeper.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            keeper.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
            try:
                keeper.bind((host, port))
            except OSError as error:
                raise _cannot_listen(settings, port, error) from error
            port = keeper.getsockname()[1]
        found.append(port)
    return Ports(*found)


def _cannot_listen(settings: Settings, port: int, error: OSError) -> StartFailed:
    where = f"{', '.join(settings.host)} port {port}"
    if error.errno == errno.EADDRINUSE:
        return StartFailed(
            f"Another program listens on {where}.",
            "Take another port: {cli} up --port N (0: a free one). {cli} status --data DIR shows a cloud.",
        )
    return StartFailed(f"Cannot listen on {where}: {error.strerror or error}.", "Check --host and --port.")
