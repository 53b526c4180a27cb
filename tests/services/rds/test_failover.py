"""The one rule of a failover, on machines that are only said to be there: who may be promoted, and when."""

import pytest

from groundcloud.engines.machines.wanted import State
from groundcloud.services.rds.controller import DBInstances
from groundcloud.services.rds.records import FAILED, PRIMARY, STANDBY, DBInstance, DBMachine
from groundcloud.services.rds.reports import Reports


class Fleet:
    """Machines that run, or not; what was asked of them is noted."""

    def __init__(self):
        self.alive = {"db-one", "db-two"}
        self.started = []

    def state(self, machine):
        return State(machine.machine_id, machine.machine_id in self.alive)

    def runs(self, machine):
        return machine.machine_id in self.alive

    def start(self, machine, seal=None):
        self.started.append(machine.machine_id)
        return True

    def ended(self, machine, *, force):
        self.alive.discard(machine.machine_id)
        return True

    def clear(self, machine):
        return False


@pytest.fixture()
def fleet():
    return Fleet()


@pytest.fixture()
def look(cloud, create, becomes, fleet):
    """Have an instance with two machines, and let its controller look at it."""
    create(MultiAZ=True, BackupRetentionPeriod=0)
    becomes("available")
    world = cloud.cloud.world
    controller = DBInstances(
        cloud.store, fleet, Reports(), None, world.sealer, cloud.clock, cloud.cloud.within_rds,
        lambda name: ("certificate", "key"), lambda: "",
    )  # fmt: skip

    def again(times=4):
        for _ in range(times):
            with cloud.store.snapshot() as tx:
                instance = tx.get(DBInstance, cloud.account, "us-east-1", "shop")
            outcome = controller.reconcile(instance.key_values(), instance)
            if outcome.write is not None:
                cloud.store.write(outcome.write)

    return again


@pytest.fixture()
def machines(cloud, look):
    """Two machines, of which the second has, or has not, every commit; and what they are now."""

    def put(protected):
        def work(tx):
            instance = tx.get(DBInstance, cloud.account, "us-east-1", "shop")
            for name, role in (("db-one", PRIMARY), ("db-two", STANDBY)):
                tx.put(
                    DBMachine(
                        cloud.account,
                        "us-east-1",
                        name,
                        instance.dbi_resource_id,
                        role,
                        f"zone-of-{name}",
                        "subnet-1",
                        instance.vpc_id,
                        "eni-1",
                        "10.0.0.5",
                        groups=instance.groups,
                        served=role == PRIMARY,
                        db_instance_class=instance.db_instance_class,
                        size=instance.allocated_storage,
                        protected=protected and role == STANDBY,
                        synchronous=protected and role == STANDBY,
                        public_address="198.18.0.9",
                    )
                )

        cloud.store.write(work)

    def roles():
        with cloud.store.snapshot() as tx:
            return {each.machine_id: each.role for each in tx.scan(DBMachine)}

    put.roles = roles
    return put


def test_a_standby_that_may_lack_a_commit_is_never_promoted(look, machines, fleet):
    machines(protected=False)
    fleet.alive.discard("db-one")
    look()
    assert machines.roles() == {"db-one": PRIMARY, "db-two": STANDBY}
    assert "db-one" in fleet.started


def test_a_standby_that_has_every_commit_takes_over_from_a_dead_primary(look, machines, fleet, rds):
    machines(protected=True)
    fleet.alive.discard("db-one")
    look(2)
    assert machines.roles() == {"db-one": FAILED, "db-two": PRIMARY}
    assert fleet.started == []
    seen = rds.describe_db_instances(DBInstanceIdentifier="shop")["DBInstances"][0]
    assert seen["AvailabilityZone"] == "zone-of-db-two"
    assert "SecondaryAvailabilityZone" not in seen


def test_the_old_primary_has_ended_before_the_new_one_leads(look, machines, fleet, rds):
    machines(protected=True)
    rds.reboot_db_instance(DBInstanceIdentifier="shop", ForceFailover=True)
    look(2)
    assert fleet.alive == {"db-two"}
    assert machines.roles()["db-two"] == PRIMARY


def test_nobody_is_promoted_while_the_standby_is_down_too(look, machines, fleet):
    machines(protected=True)
    fleet.alive.clear()
    look(3)
    assert machines.roles() == {"db-one": PRIMARY, "db-two": STANDBY}
    assert fleet.started == ["db-one"]
