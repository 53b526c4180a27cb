"""The names of endpoints: the address of the machine that serves now. A provider of the DNS engine."""

import re
from ipaddress import IPv4Address
from itertools import count

from groundcloud.engines.dns.message import ResourceRecord
from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.wire import A
from groundcloud.engines.dns.zones import Extra
from groundcloud.services.rds.cluster_records import DBCluster
from groundcloud.services.rds.records import DBInstance, DBMachine
from groundcloud.services.rds.telling import instance_of, leader_of, machines_of, readers_of
from groundcloud.store import Store, Transaction

_TTL = 5
"""Seconds; AWS's endpoints have it too, so that a failover is soon seen."""
_NAME = re.compile(r"[a-z0-9-]+\.(cluster-|cluster-ro-)?[a-z0-9]{12}\.[a-z0-9-]+\.rds\.amazonaws\.com\.")


class EndpointNames:
    """Private addresses inside the instance's VPC; elsewhere the public one, where there is one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = count()
        """Readers of a cluster are named in turns."""

    def __call__(self, name: str, type_: int, vpc: str | None) -> Extra | None:
        if not name.endswith(".rds.amazonaws.com.") or not _NAME.fullmatch(name):
            return None
        with self._store.snapshot() as tx:
            leader = self._serving(tx, name.rstrip("."))
        if leader is None:
            return None
        inside = vpc == leader.vpc_id or not leader.public_address
        address = leader.private_address if inside else leader.public_address
        return [ResourceRecord(to_wire(name), A, _TTL, IPv4Address(address).packed)] if type_ == A else []

    def _serving(self, tx: Transaction, name: str) -> DBMachine | None:
        """The machine that an endpoint leads to now. A cluster without readers reads where it writes."""
        cluster = next(tx.scan(DBCluster, name, index="by_name"), None)
        if cluster is None:
            instance = next(tx.scan(DBInstance, name, index="by_endpoint"), None)
            return leader_of(machines_of(tx, instance)) if instance is not None else None
        writer = instance_of(tx, cluster.account, cluster.region, cluster.writer) if cluster.writer else None
        if writer is None:
            return None
        readers = [machine for _, machine in readers_of(tx, writer) if machine.served]
        if name == cluster.reader_endpoint and readers:
            return readers[next(self._turn) % len(readers)]
        return leader_of(machines_of(tx, writer))
