"""Makes instances so: a machine that serves, a standby that has every commit, a failover when the first one dies.

All is decided from the records, from what the machine engine sees and from what the machines report, again and again;
a crash at any moment is survived by looking again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, Protocol

from groundcloud.context import Context
from groundcloud.controllers import Outcome
from groundcloud.engines.machines.wanted import MachineFailed, Seal
from groundcloud.errors import AwsError
from groundcloud.sealing import Sealer
from groundcloud.services.rds import archives, backups, encryption, faults, roles, sizes, standbys, steps
from groundcloud.services.rds.cluster_records import DBCluster
from groundcloud.services.rds.fleet import Fleet, data_volume
from groundcloud.services.rds.records import FAILED, REPLICA, STANDBY, DBInstance, DBMachine
from groundcloud.services.rds.reports import Report, Reports
from groundcloud.services.rds.secrets import keep, secrets_of
from groundcloud.services.rds.telling import leader_of, machines_of, told
from groundcloud.store import Key, Store, Transaction

SOON, LOOK = 0.05, 0.5
"""Seconds to the next look while something is under way, and while all is well."""
SILENCE = 12.0
"""Seconds without a word from a machine that runs, after which it counts as dead."""
_SHUTDOWN = 60.0
"""Seconds that a server has to end by itself."""

Within = Callable[[Transaction, str, str], Context]


class Interfaces(Protocol):
    """What EC2 does for RDS: interfaces in the customer's subnets."""

    def place(
        self, tx: Transaction, account: str, region: str, subnet: str, groups: Sequence[str], used_by: str, public: bool
    ) -> Any: ...

    def change(
        self, tx: Transaction, account: str, region: str, interface: str, groups: Sequence[str], public: bool
    ) -> Any: ...

    def remove(self, tx: Transaction, account: str, region: str, interface: str) -> None: ...


class Seen(NamedTuple):
    """An instance, its machines, and what is known of them now."""

    instance: DBInstance
    machines: list[DBMachine]
    now: float

    @property
    def leader(self) -> DBMachine | None:
        return leader_of(self.machines)

    @property
    def standby(self) -> DBMachine | None:
        return next((each for each in self.machines if each.role == STANDBY), None)


class DBInstances:
    """The controller of instances."""

    name = "rds.instances"
    kind = DBInstance

    def __init__(
        self, store: Store, fleet: Fleet, reports: Reports, interfaces: Interfaces, sealer: Sealer,
        clock: Callable[[], datetime], within: Within, certificate: Callable[[list[str]], tuple[str, str]],
        have_image: Callable[[], str],
    ) -> None:  # fmt: skip
        """`certificate`: a certificate chain and its key, PEM, for names; `have_image`: begins to build the image
        where it is lacking, and says what it waits for."""
        self.store = store
        self.fleet = fleet
        self.reports = reports
        self.interfaces = interfaces
        self.sealer = sealer
        self.clock = clock
        self.within = within
        self._certificate = certificate
        self._have_image = have_image
        self._asked: dict[str, float] = {}
        """When a machine was asked to shut down."""

    def reconcile(self, key: Key, wanted: DBInstance | None) -> Outcome:
        if wanted is None:
            return Outcome()
        seen = self.look(wanted)
        gone = [each for each in seen.machines if each.role == FAILED]
        for machine in gone:
            if self.fleet.clear(machine):
                return Outcome(partial(self._forget, machine), again=SOON)
        state = wanted.db_instance_status
        try:
            if state == "deleting":
                return self._delete(seen)
            if state in ("stopping", "stopped"):
                return self._rest(seen)
            return self._serve(seen)
        except encryption.KeyNotUsable as error:
            return Outcome(partial(steps.stuck, self, wanted.key_values(), str(error), steps.LOCKED), again=5.0)
        except MachineFailed as error:
            return Outcome(partial(steps.failed, self, wanted.key_values(), str(error)), again=5.0)

    def look(self, instance: DBInstance) -> Seen:
        with self.store.snapshot() as tx:
            return Seen(instance, machines_of(tx, instance), self.clock().timestamp())

    def seal(self, instance: DBInstance) -> Seal | None:
        """What the volumes of an instance are encrypted with, if they are. Raises `KeyNotUsable`."""
        with self.store.snapshot() as tx:
            ctx = self.within(tx, instance.account, instance.region)
            return encryption.opened(ctx, instance.region, instance.data_key)

    def report(self, machine: DBMachine) -> Report:
        """What it said last; nothing, if it is silent."""
        at, report = self.reports.last(machine.machine_id)
        return report if self.clock().timestamp() - at < SILENCE else Report()

    def agrees(self, machine: DBMachine) -> bool:
        """Whether a machine has made so what it is told now."""
        with self.store.snapshot() as tx:
            content = told(tx, self.sealer, machine, self.ca)
        report = self.report(machine)
        return content is not None and report.applied == content["version"] and not report.error

    ca = ""
    """The authority's certificate, which machines are told."""

    # -- serving

    def _serve(self, seen: Seen) -> Outcome:
        leader = seen.leader
        if waits := self._have_image():
            return Outcome(partial(steps.waits_for, seen.instance.key_values(), waits), again=1.0)
        with self.store.snapshot() as tx:
            certified = bool(secrets_of(tx, self.sealer, seen.instance).certificate)
        if not certified:
            return Outcome(partial(self._certify, seen.instance.key_values()), again=SOON)
        if leader is None:
            return Outcome(partial(self._place_first, seen.instance.key_values()), again=SOON)
        if (outcome := sizes.fit(self, seen, leader)) is not None:
            return outcome
        if seen.instance.multi_az and (outcome := standbys.fail_over(self, seen)) is not None:
            return outcome
        if seen.instance.db_cluster_identifier and (outcome := roles.fail_over(self, seen)) is not None:
            return outcome
        if not self.fleet.runs(leader):
            return self._boot(seen, leader)
        outcome = steps.follow(self, seen, leader, self.report(leader))
        if outcome is not None:
            return outcome
        if seen.instance.db_cluster_identifier and (outcome := roles.keep(self, seen)) is not None:
            return outcome
        outcome = (
            standbys.keep(self, seen)
            or archives.keep(self, seen)
            or backups.daily(self, seen.instance, self.report(leader).restorable)
        )
        return outcome or Outcome(again=LOOK if seen.instance.db_instance_status == "available" else 0.1)

    def _boot(self, seen: Seen, leader: DBMachine) -> Outcome:
        if faults.dies(seen.instance, leader):
            return Outcome(partial(faults.recovers, self, seen.instance.key_values(), True), again=SOON)
        self.reports.forget(leader.machine_id)
        if leader.role == REPLICA:
            if not steps.source_serves(self, seen.instance):
                return Outcome(again=0.2)
            steps.seed_replica(self, seen.instance, leader)
        if not self.fleet.start(leader, self.seal(seen.instance)):
            return Outcome(again=0.1)
        if leader.role == REPLICA:
            self.fleet.volumes.delete_snapshot(leader.seed)
        return Outcome(again=SOON)

    def _place_first(self, key: Key, tx: Transaction) -> None:
        """The interface and the record of an instance's first machine."""
        instance = tx.get(DBInstance, *key)
        if instance is None or leader_of(machines_of(tx, instance)) is not None:
            return
        ctx = self.within(tx, instance.account, instance.region)
        try:
            steps.place(self, ctx, instance, steps.first_role(instance), zone=instance.availability_zone)
        except AwsError as error:
            instance.db_instance_status = "incompatible-network"
            instance.status_infos = [error.message]
            tx.put(instance)

    def _certify(self, key: Key, tx: Transaction) -> None:
        """A certificate for the endpoint's name, and for those of the cluster."""
        instance = tx.get(DBInstance, *key)
        if instance is not None:
            secrets = secrets_of(tx, self.sealer, instance)
            cluster = tx.get(DBCluster, instance.account, instance.region, instance.db_cluster_identifier)
            more = [cluster.endpoint, cluster.reader_endpoint] if cluster is not None else []
            secrets.certificate, secrets.key = self._certificate([instance.endpoint_name, *more])
            keep(tx, self.sealer, instance, secrets)

    # -- resting and ending

    def end(self, machine: DBMachine) -> bool:
        asked = self._asked.setdefault(machine.machine_id, self.clock().timestamp())
        if not self.fleet.ended(machine, force=self.clock().timestamp() - asked > _SHUTDOWN):
            return False
        self._asked.pop(machine.machine_id, None)
        self.reports.forget(machine.machine_id)
        return True

    def _rest(self, seen: Seen) -> Outcome:
        ended = [self.end(each) for each in seen.machines]
        if not all(ended):
            return Outcome(again=0.2)
        if seen.instance.db_instance_status == "stopped":
            return Outcome()
        return Outcome(partial(steps.stopped, self, seen.instance.key_values()))

    def _delete(self, seen: Seen) -> Outcome:
        """The final snapshot is taken of a server that has ended: it is consistent by itself."""
        leader = seen.leader
        if seen.instance.final_snapshot and leader is not None:
            if not self.end(leader):
                return Outcome(again=0.2)
            if not steps.final_snapshot(self, seen.instance, data_volume(leader)):
                return Outcome(again=0.2)
        if seen.instance.db_cluster_identifier and leader is not None and leader.served:
            if not self.end(leader):
                return Outcome(again=0.2)
            roles.keep_data(self, seen.instance, data_volume(leader))
        for machine in seen.machines:
            if not self.fleet.clear(machine):
                return Outcome(again=SOON)
            return Outcome(partial(self._forget, machine), again=SOON)
        return Outcome(partial(steps.gone, self, seen.instance.key_values()))

    def _forget(self, machine: DBMachine, tx: Transaction) -> None:
        """A machine that is gone from the host."""
        self.reports.forget(machine.machine_id)
        found = tx.get(DBMachine, *machine.key_values())
        if found is not None:
            self.interfaces.remove(tx, found.account, found.region, found.interface_id)
            tx.delete(found)
