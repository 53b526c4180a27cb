"""The part of a cloud that has machines: their controllers, and what answers inside their networks.

It is built only where the machine and network engines are there; without them EC2's records are kept, and a launch
says what is missing.
"""

import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from groundcloud.ca import sign
from groundcloud.controllers import Controller
from groundcloud.database_ground import DatabaseGround
from groundcloud.engines.dns.providers import Endpoints
from groundcloud.engines.host.client import HostMachines
from groundcloud.engines.host.places import shell_address
from groundcloud.engines.machines.wanted import Volumes
from groundcloud.engines.network.wanted import SERVICE_ADDRESSES, CountingNetworks, Network, Networks
from groundcloud.fronts.metadata import Metadata
from groundcloud.fronts.resolver import Elsewhere, host_resolvers
from groundcloud.fronts.vpc import HOST, Vpcs
from groundcloud.gateway.catalog import catalog
from groundcloud.identity import Principal
from groundcloud.main import Cloud
from groundcloud.services.ec2.machines.controller import Instances
from groundcloud.services.ec2.machines.instance_metrics import InstanceMetrics
from groundcloud.services.ec2.machines.interface_controller import InstanceInterfaces
from groundcloud.services.ec2.network.controller import VpcNetworks
from groundcloud.services.ec2.network.flow_delivery import FlowLogDeliveries
from groundcloud.services.ec2.network.resolving import InstanceNames, service_names
from groundcloud.services.ec2.network.ways import way_of
from groundcloud.services.ec2.storage.controller import EbsVolumes
from groundcloud.services.ec2.storage.snapshot_controller import EbsSnapshots, Images
from groundcloud.services.rds.names import EndpointNames
from groundcloud.store import Transaction


class Ground:
    """Machines and networks of one cloud. `serve.py` builds it in the process that leads."""

    def __init__(self, cloud: Cloud, data: Path, tls: ssl.SSLContext) -> None:
        ca = data / "ca"
        engines = cloud.world.engines
        self._cloud = cloud
        self._machines: HostMachines = engines["machines"]
        self._volumes: Volumes = engines["volumes"]
        self._networks: CountingNetworks = engines["network"]
        certificate = (ca / "ca.crt").read_text()
        store, dns = cloud.store, cloud.dns
        self.databases = DatabaseGround(cloud, ca, certificate)
        metadata = Metadata(
            cloud.world, self._role_of, self._assume, lambda content: sign(ca, content), certificate,
            self.databases.front,
        )  # fmt: skip
        dns.add_provider(InstanceNames(store))
        dns.add_provider(EndpointNames(store))
        prefixes = {entry.endpoint_prefix for entry in catalog().by_name.values()}
        known = Endpoints(SERVICE_ADDRESSES.values(), prefixes)
        dns.table.providers.insert(0, service_names(known, HOST, shell_address(data)))
        self.vpcs = Vpcs(
            self._networks,
            metadata,
            cloud.gateway.handle,
            partial(way_of, store),
            dns.answering,
            Elsewhere(host_resolvers()),
            tls,
            engines["loopback"].listen,
        )
        plane, clock = cloud.world.plane("cloudwatch"), cloud.world.clock
        self.metrics = InstanceMetrics(store, plane, self._machines, self._networks, metadata.accesses, clock)

    def controllers(self) -> list[Controller[Any]]:
        """What makes machines and networks so, in a loop of its own: a boot waits for no other controller's work."""
        store, clock, within = self._cloud.store, self._cloud.world.clock, self._cloud.within_ec2
        return [
            VpcNetworks(store, _Announcing(self._networks, self.vpcs.changed), clock, within),
            Instances(store, self._machines, self._volumes, self._networks, clock, within),
            InstanceInterfaces(store, self._networks, clock, within),
            EbsVolumes(store, self._volumes, self._machines, clock, within),
            EbsSnapshots(store, self._volumes, clock, within),
            Images(store, self._volumes),
            *self.databases.controllers(),
        ]

    def slow_controllers(self) -> list[Controller[Any]]:
        """What brings what was counted elsewhere, in a loop of its own: no boot waits for it."""
        return [FlowLogDeliveries(self._cloud.store, self._networks, self._cloud.world.clock, self._cloud.act)]

    def _role_of(self, tx: Transaction, profile_arn: str) -> str | None:
        account, name = profile_arn.split(":")[4], profile_arn.rpartition("/")[2]
        found = self._cloud.identities.instance_profile(tx, account, name)
        return found.role_arn or None if found is not None else None

    def _assume(self, tx: Transaction, principal: Principal, role: str, session: str) -> Any:
        return self._cloud.call(tx, principal, "sts", "AssumeRole", role_arn=role, role_session_name=session)


class _Announcing:
    """The network engine, telling what listens inside VPCs when one comes or goes."""

    def __init__(self, engine: Networks, changed: Callable[[], None]) -> None:
        self._engine = engine
        self._changed = changed

    def reconcile(self, network: Network) -> None:
        self._engine.reconcile(network)
        self._changed()

    def remove(self, network_id: str) -> None:
        self._engine.remove(network_id)
        self._changed()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)
