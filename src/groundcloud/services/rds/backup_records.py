"""What RDS remembers of automated backups: the archive of an instance's logs."""

from datetime import datetime

from groundcloud.services.rds import errors
from groundcloud.services.rds.records import DBInstance
from groundcloud.store import Record


class DBAutomatedBackup(Record):
    """The archive of an instance's logs, with its automated snapshots: what a restore to a moment begins with."""

    table = "rds.automated_backup"
    key = ("account", "region", "dbi_resource_id")
    indexes = {"by_name": ("account", "region", "db_instance_identifier")}
    absent = errors.DBInstanceAutomatedBackupNotFound

    account: str
    region: str
    dbi_resource_id: str
    db_instance_identifier: str
    identifier: str
    """`ab-...`, at the end of its ARN."""
    since: datetime
    """No log is lacking from here on."""
    latest: datetime
    """Everything that was committed up to here is in the archive."""
    earliest: datetime | None = None
    """When the first of its automated snapshots was there."""
    status: str = "active"
    """`active`, `retained` (its instance is gone), `deleting`."""
    kept: DBInstance | None = None
    """The instance as it was when it was deleted."""
    secrets: bytes = b""
    """Its secrets, sealed, likewise."""

    @property
    def db_instance_automated_backups_arn(self) -> str:
        return f"arn:aws:rds:{self.region}:{self.account}:auto-backup:{self.identifier}"

    @property
    def arn(self) -> str:
        return self.db_instance_automated_backups_arn


class DBLog(Record):
    """An archived log: a segment of PostgreSQL's, or a binary log of MariaDB's. Its bytes are the object engine's."""

    table = "rds.log"
    key = ("account", "region", "dbi_resource_id", "name")
    indexes = {"by_time": ("account", "region", "dbi_resource_id", "archived"), "by_blob": ("blob",)}
    watched = False

    account: str
    region: str
    dbi_resource_id: str
    name: str
    archived: int
    """Microseconds since 1970, as are the times of the first and the last of what is in it."""
    begins: int
    closed: int
    blob: str
    sealed_key: bytes
    """The key of its bytes, sealed."""
    size: int
    """Bytes that are kept; the rest up to `length` is zeros."""
    length: int
