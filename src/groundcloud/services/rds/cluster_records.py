"""What RDS remembers of clusters. Their passwords lie where those of instances lie."""

from datetime import datetime

from groundcloud.services.rds import errors
from groundcloud.services.rds.records import Tag
from groundcloud.store import Record


class DBCluster(Record):
    """Instances of which one writes and the others follow it."""

    table = "rds.cluster"
    key = ("account", "region", "db_cluster_identifier")
    indexes = {"by_name": lambda cluster: [(cluster.endpoint,), (cluster.reader_endpoint,)]}
    absent = errors.DBClusterNotFound

    account: str
    region: str
    db_cluster_identifier: str
    db_cluster_resource_id: str
    """`cluster-...`, for good."""
    engine: str
    engine_version: str
    master_username: str
    port: int
    endpoint: str
    reader_endpoint: str
    subnet_group: str
    vpc_id: str
    groups: list[str]
    cluster_create_time: datetime
    status: str = "available"
    database_name: str | None = None
    preferred_backup_window: str = ""
    preferred_maintenance_window: str = ""
    backup_retention_period: int = 1
    deletion_protection: bool = False
    copy_tags_to_snapshot: bool = False
    tags: list[Tag] = []
    writer: str = ""
    """The resource id of the instance that writes; empty while there is none."""
    target: str = ""
    """The resource id of the instance that is to write next; `any` leaves the choice."""
    seed: str = ""
    """The engine's snapshot of the data, as the last instance has left them."""
    storage: int = 10
    """GiB with which its first instance begins: volumes grow by themselves."""

    @property
    def arn(self) -> str:
        return f"arn:aws:rds:{self.region}:{self.account}:cluster:{self.db_cluster_identifier}"

    @property
    def dbi_resource_id(self) -> str:
        """Under which its secrets lie."""
        return self.db_cluster_resource_id
