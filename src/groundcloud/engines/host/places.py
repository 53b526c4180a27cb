"""Where the privileged process of an installation has what is its own.

Pure. Root's files never lie where another user could put something else in their place.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

RUN = Path("/run/groundcloud")
APART = Path("/var/lib/groundcloud-machines")
CACHE = Path("/var/cache/groundcloud/images")


class Places(NamedTuple):
    """The places of one installation."""

    tag: str
    """What tells its names on the host (namespaces, cgroups) from another installation's."""
    folder: Path
    """Volumes, snapshots, images, and what is known of machines."""
    socket: Path
    networks: Path
    """What is known of networks, until the host restarts."""


def places(data: Path, user: int) -> Places:
    """The places of the installation in a data folder, whose API server runs as `user`. In root's own data folder the
    machines lie beside the rest; in another user's they must not."""
    tag = tag_of(data)
    folder = data / "machines" if user == 0 else APART / tag
    return Places(tag, folder, socket_of(data), RUN / tag / "networks")


def tag_of(data: Path) -> str:
    return "c" + hashlib.sha256(str(data).encode()).hexdigest()[:9]


def socket_of(data: Path) -> Path:
    """Where the privileged process of a data folder listens, if there is one."""
    return RUN / tag_of(data) / "host.sock"


def shell_address(data: Path) -> str:
    """The loopback address at which AWS's names lead to this installation, for `groundcloud shell`."""
    digest = hashlib.sha256(str(data).encode()).digest()
    return f"127.53.{digest[0]}.{1 + digest[1] % 254}"
