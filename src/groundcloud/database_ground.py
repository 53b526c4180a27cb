"""RDS on machines: its controllers, what its machines ask, and what EC2 does for it. `ground.py` builds it."""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from groundcloud.ca import certificate_for
from groundcloud.controllers import Controller
from groundcloud.engines.machines.wanted import Volumes
from groundcloud.fronts.database_log_files import DatabaseLogFiles
from groundcloud.fronts.database_logins import DatabaseLogins
from groundcloud.fronts.database_logs import DatabaseLogs
from groundcloud.fronts.databases import Databases
from groundcloud.main import Cloud
from groundcloud.services.ec2.network import requested
from groundcloud.services.rds.archives import DBBackups
from groundcloud.services.rds.backups import DBSnapshots
from groundcloud.services.rds.controller import DBInstances
from groundcloud.services.rds.fleet import IMAGE, Fleet
from groundcloud.services.rds.gauges import Gauges
from groundcloud.services.rds.log_exports import export
from groundcloud.services.rds.reports import Reports
from groundcloud.services.rds.roles import DBClusters
from groundcloud.store import Transaction


class DatabaseGround:
    """The part of a cloud that has databases."""

    def __init__(self, cloud: Cloud, ca: Path, certificate: str) -> None:
        self._cloud = cloud
        self._ca = ca
        self._certificate = certificate
        self._volumes: Volumes = cloud.world.engines["volumes"]
        self._reports = Reports()
        world = cloud.world
        logs = DatabaseLogs(cloud.store, world.sealer, world.clock, world.entropy, world.engines["objects"])
        logins = DatabaseLogins(cloud.store, cloud.identities, world.clock, cloud.within_rds)
        files = DatabaseLogFiles(cloud.store, partial(export, cloud.act))
        self.front = Databases(cloud.store, world.sealer, world.clock, self._reports, certificate, logs, logins, files)
        engines = world.engines
        self.gauges = Gauges(
            cloud.store, world.plane("cloudwatch"), engines["machines"], engines["network"], self._reports, world.clock
        )

    def controllers(self) -> list[Controller[Any]]:
        cloud, engines = self._cloud, self._cloud.world.engines
        fleet = Fleet(engines["machines"], self._volumes, engines["network"], time.monotonic)
        instances = DBInstances(
            cloud.store, fleet, self._reports, _Interfaces(cloud), cloud.world.sealer, cloud.world.clock,
            cloud.within_rds, self._issue, self._have_image,
        )  # fmt: skip
        instances.ca = self._certificate
        return [
            instances,
            DBClusters(self._volumes),
            DBSnapshots(cloud.store, fleet, cloud.within_rds, cloud.world.clock),
            DBBackups(cloud.store, engines["objects"], cloud.world.clock),
        ]

    def _issue(self, names: list[str]) -> tuple[str, str]:
        certificate, key = certificate_for(self._ca, names, names[0], time.time())
        return certificate.decode(), key.decode()

    def _have_image(self) -> str:
        """What a database waits for: the image, which the first one builds; nothing once it is there."""
        progress = self._volumes.build_image(IMAGE)
        return "" if progress.done >= 1 else f"The image of databases is being built: {progress.step}"


class _Interfaces:
    """EC2's functions, in EC2's context."""

    def __init__(self, cloud: Cloud) -> None:
        self._within = cloud.within_ec2

    def place(
        self, tx: Transaction, account: str, region: str, subnet: str, groups: Sequence[str], used_by: str, public: bool
    ) -> Any:
        return requested.place(self._within(tx, account, region), subnet, groups, used_by, public=public)

    def change(
        self, tx: Transaction, account: str, region: str, interface: str, groups: Sequence[str], public: bool
    ) -> Any:
        return requested.change(self._within(tx, account, region), interface, groups, public=public)

    def remove(self, tx: Transaction, account: str, region: str, interface: str) -> None:
        requested.remove(self._within(tx, account, region), interface)
