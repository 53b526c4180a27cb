"""Where a cluster is: the setting `machine_cluster`, read. Pure."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

_SOCKETS = {"lxd": "/var/lib/lxd/unix.socket", "incus": "/var/lib/incus/unix.socket"}


class Address(NamedTuple):
    """A cluster, as seen by its member on this host."""

    kind: str
    """`lxd` or `incus`."""
    socket: Path
    """Of the daemon on this host, which passes on what concerns other members."""
    pool: str
    """The storage pool of root volumes."""


def address_of(text: str) -> Address:
    """`lxd:///var/lib/lxd/unix.socket?pool=default`, where all but the scheme may be left out. The settings have
    checked it."""
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query))
    return Address(parts.scheme, Path(parts.path or _SOCKETS[parts.scheme]), options.get("pool") or "default")
