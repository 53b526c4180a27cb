"""The members of a cluster: which run on this host, which take machines, and which is next.

Machines are placed on members of this host alone: their disks are files of it, and their networks namespaces of it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from groundcloud.engines.machines.lxd import plan
from groundcloud.engines.machines.lxd.client import Lxd
from groundcloud.engines.machines.wanted import MachineFailed

_DAEMONS = {"lxd", "incusd"}
_ONLINE = "Online"
_MOVING = {"Evacuating cluster member", "Restoring cluster member"}


def choose(members: Iterable[str], instances: Iterable[Mapping[str, Any]]) -> str:
    """The member with the fewest root volumes; the first by name among equals. Raises `MachineFailed` without any."""
    loads = Counter(each["location"] for each in instances if each["config"].get(plan.KIND) == plan.ROOT)
    found = min(members, key=lambda name: (loads[name], name), default="")
    if not found:
        raise MachineFailed("no member of the cluster on this host takes machines")
    return found


class Members:
    """The members of one cluster."""

    def __init__(self, lxd: Lxd) -> None:
        self._lxd = lxd
        self._here: dict[str, bool] = {}

    def open(self) -> list[str] | None:
        """The names of those on this host that take machines; None of a daemon that is in no cluster."""
        if not self._lxd.get()["environment"]["server_clustered"]:
            return None
        found = self._lxd.get("cluster", "members", recursion="1")
        return [each["server_name"] for each in found if each["status"] == _ONLINE and self._is_here(each)]

    def are_moving(self) -> bool:
        """Whether a member is being drained, or filled again, at this moment."""
        running = self._lxd.get("operations", recursion="1").get("running", [])
        return any(each["description"] in _MOVING for each in running)

    def _is_here(self, member: Mapping[str, Any]) -> bool:
        """Whether a member's daemon is a process of this host."""
        name = member["server_name"]
        if name not in self._here:
            own, that = (self._lxd.get(**target)["environment"] for target in ({}, {"target": name}))
            is_own = own["server_name"] == name
            self._here[name] = is_own or (own["server_pid"] != that["server_pid"] and _is_daemon(that["server_pid"]))
        return self._here[name]


def _is_daemon(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip() in _DAEMONS
    except OSError:
        return False
