"""Status checks of running instances: does a machine answer on its network?

Source: "Status checks for Amazon EC2 instances" in the EC2 user guide: the interface is asked by ARP, every minute. A
first answer is looked for every second, so that a waiter for it does not wait longer than the boot takes.
"""

from groundcloud.engines.network.wanted import Networks, Unreachable
from groundcloud.services.ec2.machines.records import Instance

_SOON = 1.0
_EVERY = 60.0
_PATIENCE = {"initializing": 300.0, "passed": 60.0, "failed": 0.0}
"""Seconds of silence after which a check has failed, by what it said before."""


class StatusChecks:
    """What the checks of instances say, from what their VPCs' interfaces answered last."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._answered: dict[str, tuple[float, set[str] | None]] = {}
        """Of each VPC: when its interfaces were asked, and which of them answered; None where that is not known."""
        self._silent: dict[str, float] = {}
        """Since when an instance has not answered."""

    def result(self, instance: Instance, now: float) -> str:
        """`initializing`, `passed` or `failed`."""
        unsettled = instance.reachability != "passed" or instance.instance_id in self._silent
        answering = self._look(instance.vpc_id, now, _SOON if unsettled else _EVERY)
        if answering is None:
            return instance.reachability
        if instance.interfaces and instance.interfaces[0] in answering:
            self._silent.pop(instance.instance_id, None)
            return "passed"
        since = self._silent.setdefault(instance.instance_id, now)
        return "failed" if now - since >= _PATIENCE[instance.reachability] else instance.reachability

    def forget(self, instance_id: str) -> None:
        """It does not run any more."""
        self._silent.pop(instance_id, None)

    def _look(self, vpc_id: str, now: float, age: float) -> set[str] | None:
        looked, found = self._answered.get(vpc_id, (0.0, None))
        if not 0 <= now - looked < age:
            try:
                found = self._networks.answering(vpc_id)
            except Unreachable:  # nothing is known: nothing is said
                found = None
            self._answered[vpc_id] = (now, found)
        return found
