"""What a database machine is told: a pure function of the records, as JSON for its agent."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from groundcloud.sealing import Sealer
from groundcloud.services.rds.engines import ENGINES
from groundcloud.services.rds.parameters import server_settings
from groundcloud.services.rds.records import FAILED, PRIMARY, REPLICA, STANDBY, DBInstance, DBMachine
from groundcloud.services.rds.secrets import secrets_of
from groundcloud.store import Transaction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEVICE = "xvdb"
"""The data volume in the machine."""


def machine_at(tx: Transaction, vpc_id: str, address: str) -> DBMachine | None:
    """The database machine that has an address in a VPC."""
    return next(tx.scan(DBMachine, vpc_id, address, index="by_address"), None)


def machines_of(tx: Transaction, instance: DBInstance) -> list[DBMachine]:
    return list(tx.scan(DBMachine, instance.account, instance.region, instance.dbi_resource_id, index="by_instance"))


def leader_of(machines: list[DBMachine]) -> DBMachine | None:
    """The machine that serves the endpoint."""
    return next((each for each in machines if each.role in (PRIMARY, REPLICA)), None)


def instance_of(tx: Transaction, account: str, region: str, resource_id: str) -> DBInstance | None:
    return next(tx.scan(DBInstance, account, region, resource_id, index="by_resource"), None)


def readers_of(tx: Transaction, instance: DBInstance) -> list[tuple[DBInstance, DBMachine]]:
    """The instances of a cluster that follow the one that writes, with their machines."""
    if not instance.db_cluster_identifier or instance.source_resource_id:
        return []
    followers = tx.scan(DBInstance, instance.account, instance.region, instance.dbi_resource_id, index="by_source")
    found = ((each, leader_of(machines_of(tx, each))) for each in followers)
    return [(each, machine) for each, machine in found if machine is not None]


def told(tx: Transaction, sealer: Sealer, machine: DBMachine, ca: str) -> dict[str, Any] | None:
    """What the machine should be; None for one that is to end."""
    instance = instance_of(tx, machine.account, machine.region, machine.dbi_resource_id)
    if instance is None or machine.role == FAILED or instance.db_instance_status == "deleting":
        return None
    engine = ENGINES[instance.engine]
    secrets = secrets_of(tx, sealer, instance)
    if not secrets.certificate:
        return None
    others = machines_of(tx, instance)
    source = _source(tx, instance, machine, others)
    followers = _followers(tx, instance, others, engine.server) if machine.role in (PRIMARY, REPLICA) else []
    waits_for = [each for each in others if each.role == STANDBY and each.synchronous]
    waits_for += [each for _, each in readers_of(tx, instance) if each.synchronous]
    synchronous = waits_for if machine.role in (PRIMARY, REPLICA) else []
    content: dict[str, Any] = {
        "machine": machine.machine_id,
        "engine": engine.server,
        "volume": DEVICE,
        "role": machine.role,
        "port": instance.port,
        "restarts": instance.restarts,
        "server_id": machine.number,
        "master_user": instance.master_username,
        "master_password": secrets.master_password,
        "replication_password": secrets.replication_password,
        "database": "" if instance.seed else instance.db_name or "",
        "synchronous": [each.machine_id for each in synchronous],
        "followers": followers,
        "waited_for": machine.role == STANDBY or machine.synchronous,
        "source": source,
        "settings": server_settings(tx, instance),
        "exports": instance.enabled_cloudwatch_logs_exports,
        "archive": bool(instance.backup_retention_period) and machine.role in (PRIMARY, STANDBY),
        "restore": _restore(instance, machine),
        "iam": instance.iam_database_authentication_enabled,
        "tls_only": False,
        "tls": {"certificate": secrets.certificate, "key": secrets.key, "ca": ca},
    }
    content["tls_only"] = content["settings"].pop("rds.force_ssl", "0") == "1"
    content["version"] = hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:16]
    return content


def _restore(instance: DBInstance, machine: DBMachine) -> dict[str, int] | None:
    """To which moment the archived logs are to be applied to what the machine begins with (microseconds since 1970)."""
    if instance.restore_time is None or machine.role != PRIMARY:
        return None
    return {"microseconds": (instance.restore_time - EPOCH) // timedelta(microseconds=1)}


def _source(
    tx: Transaction, instance: DBInstance, machine: DBMachine, others: list[DBMachine]
) -> dict[str, Any] | None:
    """Whom it follows."""
    if machine.role == STANDBY:
        leader = leader_of(others)
        return {"host": leader.private_address, "port": instance.port} if leader is not None else None
    if machine.role == REPLICA:
        source = instance_of(tx, instance.account, instance.region, instance.source_resource_id)
        leader = leader_of(machines_of(tx, source)) if source is not None else None
        if source is not None and leader is not None:
            return {"host": leader.private_address, "port": source.port}
    return None


def _followers(tx: Transaction, instance: DBInstance, others: list[DBMachine], server: str) -> list[str]:
    """By the names under which the primary sees them."""
    found = [each for each in others if each.role == STANDBY]
    return [each.machine_id if server == "postgres" else each.private_address for each in found]
