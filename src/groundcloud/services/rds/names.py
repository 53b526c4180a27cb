"""The names of endpoints: the address of the machine that serves now. A provider of the DNS engine."""

import re
from ipaddress import IPv4Address

from groundcloud.engines.dns.message import ResourceRecord
from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.wire import A
from groundcloud.engines.dns.zones import Extra
from groundcloud.services.rds.records import DBInstance
from groundcloud.services.rds.telling import leader_of, machines_of
from groundcloud.store import Store

_TTL = 5
"""Seconds; AWS's endpoints have it too, so that a failover is soon seen."""
_NAME = re.compile(r"[a-z0-9-]+\.[a-z0-9]{12}\.[a-z0-9-]+\.rds\.amazonaws\.com\.")


class EndpointNames:
    """Private addresses inside the instance's VPC; elsewhere the public one, where there is one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, name: str, type_: int, vpc: str | None) -> Extra | None:
        if not name.endswith(".rds.amazonaws.com.") or not _NAME.fullmatch(name):
            return None
        with self._store.snapshot() as tx:
            instance = next(tx.scan(DBInstance, name.rstrip("."), index="by_endpoint"), None)
            leader = leader_of(machines_of(tx, instance)) if instance is not None else None
        if instance is None or leader is None:
            return None
        inside = vpc == leader.vpc_id or not leader.public_address
        address = leader.private_address if inside else leader.public_address
        return [ResourceRecord(to_wire(name), A, _TTL, IPv4Address(address).packed)] if type_ == A else []
