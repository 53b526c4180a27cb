"""What befalls a server that was well: a volume that is full, a machine that dies without a standby to take over.

Source of states and events: "Viewing Amazon RDS DB instance status" and "Amazon RDS event categories and event
messages" in the RDS user guide.
"""

from functools import partial
from typing import TYPE_CHECKING

from groundcloud.controllers import Outcome
from groundcloud.services.rds import sizes
from groundcloud.services.rds.lookup import note
from groundcloud.services.rds.records import DBInstance, DBMachine
from groundcloud.services.rds.reports import Report
from groundcloud.store import Key, Transaction

if TYPE_CHECKING:
    from groundcloud.services.rds.controller import DBInstances, Seen

_MIB = 1024**2
_LEAST = 64 * _MIB
"""Free bytes below which a server cannot go on: PostgreSQL's log grows by 16 MiB at a time, and the server stops when
it cannot."""
_LOW = 0.10
"""The free part of a volume of which a warning is given."""
_FULL = "storage-full"


def storage(self: "DBInstances", seen: "Seen", leader: DBMachine, report: Report) -> Outcome | None:
    """Show a volume that is full, until it has been enlarged; None while it is not. Warns once of one that fills."""
    instance, key = seen.instance, seen.instance.key_values()
    if not report.size or not sizes.fits(instance, leader) or not sizes.filled(report, leader):
        return None
    if report.free < _LEAST:
        if instance.db_instance_status in (_FULL, "deleting", "creating"):
            return Outcome(again=0.5)
        return Outcome(partial(_exhausted, self, key), again=0.5)
    low = report.free < _LOW * report.size
    if low != instance.storage_low and instance.db_instance_status == "available":
        return Outcome(partial(_low, self, key, low, report), again=0.1)
    return None


def _exhausted(self: "DBInstances", key: Key, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    if instance is None or instance.db_instance_status in (_FULL, "deleting", "stopping", "stopped"):
        return
    instance.db_instance_status = _FULL
    text = (
        "The allocated storage for the DB instance has been consumed. "
        "To resolve this issue, allocate additional storage for the DB instance."
    )
    instance.status_infos = [text]
    note(self.within(tx, instance.account, instance.region), instance, text, "failure")
    tx.put(instance)


def _low(self: "DBInstances", key: Key, low: bool, report: Report, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    if instance is None or instance.storage_low == low:
        return
    instance.storage_low = low
    if low:
        text = (
            f"The free storage capacity for DB instance: {instance.db_instance_identifier} is low at "
            f"{100 * report.free // report.size}% of the provisioned storage [Provisioned Storage: "
            f"{report.size / 1024**3:.2f} GB, Free Storage: {report.free / 1024**3:.2f} GB]. You may want to increase "
            "the provisioned storage to address this issue."
        )
        note(self.within(tx, instance.account, instance.region), instance, text, "low storage")
    tx.put(instance)


def dies(instance: DBInstance, leader: DBMachine) -> bool:
    """Whether a machine that is to be booted has died, and nobody has been told."""
    return leader.served and instance.db_instance_status == "available" and not instance.recovering


def recovers(self: "DBInstances", key: Key, begun: bool, tx: Transaction) -> None:
    """Tell of the beginning or the end of a recovery."""
    instance = tx.get(DBInstance, *key)
    if instance is None or instance.recovering == begun:
        return
    instance.recovering = begun
    text = (
        "Recovery of the DB instance has started. Recovery time will vary with the amount of data to be recovered."
        if begun
        else "Recovery of the DB instance is complete."
    )
    note(self.within(tx, instance.account, instance.region), instance, text, "recovery")
    tx.put(instance)
