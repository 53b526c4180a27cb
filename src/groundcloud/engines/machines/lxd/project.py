"""What one installation has on a cluster: a project of its own, whose instances are its root volumes, their snapshots
and images. Built images lie in the project that all installations share."""

import time
from collections.abc import Mapping
from typing import Any

from groundcloud.engines.machines.lxd import plan
from groundcloud.engines.machines.lxd.address import Address
from groundcloud.engines.machines.lxd.client import Lxd, LxdFailed
from groundcloud.engines.machines.lxd.members import Members, choose
from groundcloud.engines.machines.wanted import MachineFailed

SHARED = "default"
_CONFIG = {"features.images": "false", "features.networks": "false"}
_KEPT = ("architecture", "config", "devices", "ephemeral", "profiles", "description")
_RUNNING = "Running"
_BUSY = 60.0
"""Seconds that the daemon may be busy with an instance."""


class Project:
    """The instances of an installation."""

    def __init__(self, address: Address, tag: str) -> None:
        self.address = address
        self.lxd = Lxd(address.socket, f"groundcloud-{tag}")
        self.shared = Lxd(address.socket, SHARED)
        self.members = Members(self.shared)

    def prepare(self) -> None:
        """Make the project, unless it is there. Raises `MachineFailed`."""
        name = self.lxd.project
        if self.shared.find("projects", name) is None:
            described = "The machines of an installation of Groundcloud"
            body = {"name": name, "description": described, "config": _CONFIG}
            self.shared.do("POST", "projects", body=body)

    def remove(self) -> None:
        """Delete all that the installation has here."""
        if self.shared.find("projects", self.lxd.project) is None:
            return
        for instance in self.lxd.get("instances", recursion="1"):
            self.stop(instance["name"])
            self.delete(instance["name"])
        self.shared.do("DELETE", "projects", self.lxd.project)

    # -- instances

    def find(self, name: str, kind: str) -> Any:
        """An instance of a kind; None when there is none."""
        found = self.lxd.find("instances", name)
        return found if found is not None and found["config"].get(plan.KIND) == kind else None

    def names(self, kind: str) -> set[str]:
        found = self.lxd.get("instances", recursion="1")
        return {each["name"] for each in found if each["config"].get(plan.KIND) == kind}

    def create(self, name: str, kind: str, source: Mapping[str, Any], size: int) -> None:
        """Make an instance of an image or of another instance, which is whole or not there. A root volume is made on
        the member that has the fewest."""
        body = {
            "name": name,
            "source": source,
            "profiles": [],
            "config": plan.stored(kind, self.address.kind),
            "devices": {"root": plan.root_device(self.address.pool, size)},
        }
        members = self.members.open() if kind == plan.ROOT else None
        if members is None:
            self.lxd.do("POST", "instances", body=body)
        else:
            self.lxd.do("POST", "instances", body=body, target=self._next(members))

    def move_off(self, name: str, location: str) -> None:
        """Move an instance that does not run away from a member that takes no machines."""
        members = self.members.open()
        if members is not None and location not in members:
            body = {"name": name, "migration": True}
            self.lxd.do("POST", "instances", name, body=body, target=self._next(members))

    def _next(self, members: list[str]) -> str:
        return choose(members, self.lxd.get("instances", recursion="1"))

    def copy(self, source: str, name: str, kind: str, size: int) -> None:
        """An instance with what another one has on its disk now."""
        self.create(name, kind, {"type": "copy", "source": source, "instance_only": True}, size)

    def change(self, name: str, config: Mapping[str, str], devices: Mapping[str, Mapping[str, str]]) -> None:
        """Set keys of an instance, and all of its devices."""
        found = self.lxd.get("instances", name)
        body = {key: found[key] for key in _KEPT}
        body["config"] = {**found["config"], **config}
        body["devices"] = devices
        self._patiently("PUT", "instances", name, body=body)

    def delete(self, name: str) -> None:
        try:
            self._patiently("DELETE", "instances", name)
        except LxdFailed as error:
            if error.code != 404 and "not found" not in str(error):
                raise

    # -- what runs

    def start(self, name: str) -> None:
        self._patiently("PUT", "instances", name, "state", body={"action": "start", "timeout": 30})

    def stop(self, name: str) -> None:
        """End an instance at once, if it runs."""
        try:
            self._patiently("PUT", "instances", name, "state", body={"action": "stop", "force": True, "timeout": 30})
        except LxdFailed as error:
            if "already stopped" not in str(error) and error.code != 404:
                raise

    def process(self, name: str) -> int:
        """The first process of an instance, as its member numbers it; 0 while it does not run."""
        state = self.lxd.find("instances", name, "state")
        return int(state["pid"]) if state is not None and state["status"] == _RUNNING else 0

    def settled(self, name: str, process: int, seconds: float) -> int:
        """Wait until an instance whose first process has ended is over, or has another one: its number, or 0. Raises
        `MachineFailed`."""
        last = time.monotonic() + seconds
        while (found := self.process(name)) == process and found:
            if time.monotonic() > last:
                raise MachineFailed(f"{name} does not end")
            time.sleep(0.02)
        return found

    def log(self, name: str) -> str:
        """What liblxc has written of an instance, from its start before last on."""
        found = [self._raw("instances", name, "logs", file) for file in ("lxc.log.old", "lxc.log")]
        return "".join(found)

    def _patiently(self, method: str, *path: str, body: Any = None) -> None:
        """Do what is soon done, but wait for what the daemon does with the instance by itself, such as to clean up
        after its end."""
        last = time.monotonic() + _BUSY
        while True:
            try:
                self.lxd.do(method, *path, body=body, seconds=_BUSY)
            except LxdFailed as error:
                if "is busy" not in str(error) or time.monotonic() > last:
                    raise
                time.sleep(0.05)
            else:
                return

    def _raw(self, *path: str) -> str:
        return self.lxd.raw(*path).decode(errors="replace")
