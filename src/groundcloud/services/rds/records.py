"""What RDS remembers. Passwords and keys are in a record of their own, sealed, which no output shape can pick."""

from datetime import datetime

import msgspec

from groundcloud.data_keys import DataKey
from groundcloud.services.rds import errors
from groundcloud.store import Part, Record

PRIMARY, STANDBY, REPLICA, FAILED = "primary", "standby", "replica", "failed"


class Tag(Part):
    key: str = ""
    value: str = ""


class Pending(Part):
    """What a ModifyDBInstance has asked for and is not so yet."""

    db_instance_class: str | None = None
    allocated_storage: int | None = None
    master_user_password: str | None = None
    """As AWS shows it: stars."""
    port: int | None = None
    backup_retention_period: int | None = None
    multi_az: bool | None = None
    engine_version: str | None = None
    db_instance_identifier: str | None = None
    iops: int | None = None
    storage_type: str | None = None


class DBInstance(Record):
    table = "rds.instance"
    key = ("account", "region", "db_instance_identifier")
    indexes = {
        "by_resource": ("account", "region", "dbi_resource_id"),
        "by_endpoint": ("endpoint_name",),
        "by_subnet_group": ("account", "region", "subnet_group"),
        "by_parameter_group": ("account", "region", "parameter_group"),
        "by_source": ("account", "region", "source_resource_id"),
        "by_cluster": ("account", "region", "db_cluster_identifier"),
        "by_restore": ("account", "region", "restore_source"),
    }
    absent = errors.DBInstanceNotFound

    account: str
    region: str
    db_instance_identifier: str
    """Lower case; it may be renamed."""
    dbi_resource_id: str
    """`db-...`, for good."""
    db_instance_class: str
    engine: str
    engine_version: str
    master_username: str
    allocated_storage: int
    port: int
    endpoint_name: str
    subnet_group: str
    vpc_id: str
    groups: list[str]
    parameter_group: str
    option_group: str
    instance_create_time: datetime
    db_instance_status: str = "creating"
    db_name: str | None = None
    preferred_backup_window: str = ""
    preferred_maintenance_window: str = ""
    backup_retention_period: int = 1
    multi_az: bool = False
    availability_zone: str = ""
    """The zone asked for, and then the primary's."""
    secondary_availability_zone: str | None = None
    publicly_accessible: bool = False
    auto_minor_version_upgrade: bool = True
    license_model: str = ""
    iops: int | None = None
    storage_throughput: int | None = None
    storage_type: str = "gp2"
    storage_encrypted: bool = False
    kms_key_id: str | None = None
    max_allocated_storage: int | None = None
    copy_tags_to_snapshot: bool = False
    deletion_protection: bool = False
    iam_database_authentication_enabled: bool = False
    ca_certificate_identifier: str = "rds-ca-rsa2048-g1"
    tags: list[Tag] = []
    pending: Pending = msgspec.field(default_factory=Pending)
    source_resource_id: str = ""
    """Of a read replica: the instance that it follows."""
    seed: str = ""
    """The engine's snapshot that it began with; empty for a new database."""
    restarts: int = 1
    """Goes up by one with each restart that was asked for."""
    failover_asked: bool = False
    failing_over: bool = False
    """Since the promotion, until the new primary serves."""
    applied_parameters: dict[str, str] = {}
    """The parameters with which the server was last started."""
    secret_arn: str | None = None
    """The secret that has the master password, where Secrets Manager keeps it."""
    final_snapshot: str = ""
    latest_backup: datetime | None = None
    restore_source: str = ""
    """The instance from whose archive of logs it is restored: from which moment on, and to which."""
    restore_begins: datetime | None = None
    restore_time: datetime | None = None
    keep_backups: bool = False  # when it is deleted
    data_key: DataKey | None = None
    """Of its storage, where that is encrypted; and the grant by which RDS opens it."""
    managed_key: bool = False  # `alias/aws/rds`, which no other account can use
    grants: list[str] = []
    status_infos: list[str] = []
    """What is wrong, in words."""
    server_version: str = ""
    enabled_cloudwatch_logs_exports: list[str] = []
    db_cluster_identifier: str = ""
    promotion_tier: int | None = None
    storage_low: bool = False
    """A warning has been given."""
    recovering: bool = False
    """Its machine has died and is started again."""

    @property
    def arn(self) -> str:
        return f"arn:aws:rds:{self.region}:{self.account}:db:{self.db_instance_identifier}"


class DBMachine(Record):
    """A machine of an instance: the one that serves, its standby, or one that has failed and is to be cleared away."""

    table = "rds.machine"
    key = ("account", "region", "machine_id")
    indexes = {
        "by_instance": ("account", "region", "dbi_resource_id"),
        "by_address": ("vpc_id", "private_address"),
    }

    account: str
    region: str
    machine_id: str
    dbi_resource_id: str
    role: str
    availability_zone: str
    subnet_id: str
    vpc_id: str
    interface_id: str
    private_address: str
    public_address: str = ""
    number: int = 1
    """Its number among the machines of the instance: the server id of MariaDB's replication."""
    groups: list[str] = []
    """Its security groups."""
    seed: str = ""
    """The engine's snapshot that its data volume is made from."""
    db_instance_class: str = ""
    size: int = 0
    """GiB of its data volume."""
    synchronous: bool = False
    """A standby that the primary is told to wait for."""
    protected: bool = False
    """A standby that has every commit that was acknowledged: only such a one may be promoted."""
    served: bool = False
    """It has been seen to serve."""


class DBSecret(Record):
    """The passwords and the TLS key of an instance, sealed as JSON."""

    table = "rds.secret"
    key = ("account", "region", "dbi_resource_id")
    watched = False

    account: str
    region: str
    dbi_resource_id: str
    sealed: bytes


class DBSubnetGroup(Record):
    table = "rds.subnet_group"
    key = ("account", "region", "db_subnet_group_name")
    absent = errors.DBSubnetGroupNotFound

    account: str
    region: str
    db_subnet_group_name: str
    db_subnet_group_description: str
    vpc_id: str
    subnets: list[tuple[str, str]]
    """Ids and zones."""
    tags: list[Tag] = []

    @property
    def arn(self) -> str:
        return f"arn:aws:rds:{self.region}:{self.account}:subgrp:{self.db_subnet_group_name}"


class DBParameterGroup(Record):
    table = "rds.parameter_group"
    key = ("account", "region", "db_parameter_group_name")
    absent = errors.DBParameterGroupNotFound

    account: str
    region: str
    db_parameter_group_name: str
    db_parameter_group_family: str
    description: str
    values: dict[str, str] = {}
    """What differs from the family's defaults."""
    tags: list[Tag] = []

    @property
    def db_parameter_group_arn(self) -> str:
        return f"arn:aws:rds:{self.region}:{self.account}:pg:{self.db_parameter_group_name}"

    @property
    def arn(self) -> str:
        return self.db_parameter_group_arn


class DBSnapshot(Record):
    table = "rds.snapshot"
    key = ("account", "region", "db_snapshot_identifier")
    indexes = {"by_instance": ("account", "region", "dbi_resource_id"), "by_bytes": ("engine_snapshot",),
               "by_copy": ("copy_of",)}  # fmt: skip
    absent = errors.DBSnapshotNotFound

    account: str
    region: str
    db_snapshot_identifier: str
    db_instance_identifier: str
    dbi_resource_id: str
    engine_snapshot: str
    engine: str
    engine_version: str
    allocated_storage: int
    port: int
    vpc_id: str
    availability_zone: str
    master_username: str
    instance_create_time: datetime
    snapshot_create_time: datetime
    snapshot_type: str
    status: str
    secrets: bytes
    """The instance's secrets at that time, sealed: a restore has the same passwords."""
    parameter_group: str
    option_group_name: str
    license_model: str
    db_instance_class: str
    storage_type: str = "gp2"
    encrypted: bool = False
    kms_key_id: str | None = None
    data_key: DataKey | None = None
    managed_key: bool = False
    copy_of: str = ""
    """While its bytes are copied to be encrypted anew: the engine's snapshot that they come from, and its key."""
    source_key: DataKey | None = None
    grants: list[str] = []
    db_name: str | None = None
    iam_database_authentication_enabled: bool = False
    source_db_snapshot_identifier: str | None = None
    snapshot_database_time: datetime | None = None
    """When it was there: all that was committed before it was taken, and nothing later."""
    shared_with: list[str] = []
    tags: list[Tag] = []

    @property
    def arn(self) -> str:
        return f"arn:aws:rds:{self.region}:{self.account}:snapshot:{self.db_snapshot_identifier}"


class Event(Record):
    """Something that happened; kept for 14 days."""

    table = "rds.event"
    key = ("account", "region", "id")
    watched = False

    account: str
    region: str
    id: str
    source_identifier: str
    source_type: str
    message: str
    date: datetime
    event_categories: list[str] = []
    source_arn: str = ""


class DBOptionGroup(Record):
    table = "rds.option_group"
    key = ("account", "region", "option_group_name")
    absent = errors.OptionGroupNotFound

    account: str
    region: str
    option_group_name: str
    engine_name: str
    major_engine_version: str
    option_group_description: str
    tags: list[Tag] = []

    @property
    def arn(self) -> str:
        return f"arn:aws:rds:{self.region}:{self.account}:og:{self.option_group_name}"
