"""What RDS remembers. Passwords and keys are in a record of their own, sealed, which no output shape can pick."""

from datetime import datetime

import msgspec

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
    keep_backups: bool = False
    """Whether its automated backups outlive it."""
    status_infos: list[str] = []
    """What is wrong, in words."""
    server_version: str = ""
    enabled_cloudwatch_logs_exports: list[str] = []
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
    indexes = {"by_instance": ("account", "region", "dbi_resource_id"), "by_bytes": ("engine_snapshot",)}
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


class EventSubscription(Record):
    """Who is told of which events: none named is all."""

    table = "rds.event_subscription"
    key = ("account", "region", "cust_subscription_id")
    absent = errors.SubscriptionNotFound

    account: str
    region: str
    cust_subscription_id: str
    sns_topic_arn: str
    subscription_creation_time: str
    source_type: str = ""
    source_ids_list: list[str] = []
    event_categories_list: list[str] = []
    enabled: bool = True
    tags: list[Tag] = []

    @property
    def arn(self) -> str:
        return f"arn:aws:rds:{self.region}:{self.account}:es:{self.cust_subscription_id}"


class LogQuestion(Record):
    """What a call wants to read of a machine's log files, and the answer: both are gone when the call has it."""

    table = "rds.log_question"
    key = ("question_id",)
    indexes = {"by_machine": ("machine_id",)}
    watched = False

    question_id: str
    machine_id: str
    asked: int
    """Milliseconds since 1970."""
    file: str = ""
    """Empty for the list of all."""
    place: int = 0
    """The first byte; negative for the last lines."""
    lines: int = 0
    answer: bytes | None = None
    """JSON, once the machine has given it."""


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
