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
    """`lxd:///var/lib/lxd/unix.socket?pool=default`, where all but the scheme may be left out. Raises ValueError, whose
    text says what it may be."""
    parts = urlsplit(text)
    if parts.scheme not in _SOCKETS or parts.netloc or parts.fragment:
        raise ValueError("it is lxd:///path/of/unix.socket?pool=NAME or incus:///path/of/unix.socket?pool=NAME")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := options.keys() - {"pool"}:
        raise ValueError(f"it has the unknown option {min(unknown)}; there is pool")
    return Address(parts.scheme, Path(parts.path or _SOCKETS[parts.scheme]), options.get("pool") or "default")
