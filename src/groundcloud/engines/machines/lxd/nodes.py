"""The nodes of block devices that LXD shows to machines.

LXD deletes a node when it takes the device away, but a mount of it that the machine has made elsewhere would still open
the device, and later what comes to have its number. So the node is closed to the machine's root before.
"""

import os
from pathlib import Path

from groundcloud.engines.machines.entry import Entry
from groundcloud.engines.machines.wanted import Disk, MachineFailed


def close_node(entry: Entry, disk: Disk) -> None:
    """Let nobody open the node of a disk any more. Raises `MachineFailed` when it is not where the daemon keeps it."""
    found = _nodes(entry.leader, entry.machine.root, disk)
    if not found:
        raise MachineFailed(f"the device node of {disk.volume} is not to be found, so it cannot be taken away safely")
    for node in found:
        os.chmod(node, 0)
        os.chown(node, 0, 0)


def _nodes(leader: int, root: str, disk: Disk) -> list[Path]:
    """As the process that started the machine sees it: `[lxc monitor] /var/lib/lxd/containers NAME`."""
    try:
        parent = Path(f"/proc/{leader}/stat").read_text().rpartition(")")[2].split()[1]
        words = Path(f"/proc/{parent}/cmdline").read_bytes().rstrip(b"\0").decode().partition("] ")[2]
    except (OSError, IndexError):
        return []
    containers, _, name = words.rpartition(" ")
    folder = Path(containers).parent / "devices" / name
    device = disk.volume.replace("-", "--")
    seen = Path(f"/proc/{parent}/root{folder}")
    return list(seen.glob(f"unix.{device}.*")) if name.endswith(root) else []
