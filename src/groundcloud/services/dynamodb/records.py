"""What DynamoDB remembers of tables. Items are no records: `items.py` keeps them as keys and documents.

All of it lies in DynamoDB's own store, so that an item and the table that it belongs to are read in one transaction.
"""

from datetime import UTC, datetime

from groundcloud.services.dynamodb import errors
from groundcloud.store import Part, Record
from groundcloud.store.keys import pack


class Tag(Part):
    key: str
    value: str = ""


class AttributeDefinition(Part):
    attribute_name: str
    attribute_type: str


class KeySchemaElement(Part):
    attribute_name: str
    key_type: str


class Projection(Part):
    projection_type: str = "ALL"
    non_key_attributes: list[str] | None = None


class ProvisionedThroughput(Part):
    read_capacity_units: int
    write_capacity_units: int


class OnDemandThroughput(Part):
    max_read_request_units: int = -1
    max_write_request_units: int = -1


class StreamSpecification(Part):
    stream_enabled: bool
    stream_view_type: str | None = None


class SseSpecification(Part):
    enabled: bool | None = None
    sse_type: str | None = None
    kms_master_key_id: str | None = None


class TableEncryption(Part):
    """A table's own key as a key of KMS wraps it, or as the installation seals it where `key_arn` is empty."""

    key_arn: str
    data_key: bytes
    context: dict[str, str]
    """The encryption context, which names the table that the key was made for: a restored one has another name."""
    pending: bool = False
    """Whether items from before lie there as they came, until the controller has encrypted them."""
    inaccessible_since: datetime | None = None


class PointInTimeRecoverySpecification(Part):
    point_in_time_recovery_enabled: bool
    recovery_period_in_days: int | None = None


class TimeToLiveSpecification(Part):
    enabled: bool
    attribute_name: str


class IndexDefinition(Part):
    """A secondary index as CreateTable and UpdateTable define it."""

    index_name: str
    key_schema: list[KeySchemaElement]
    projection: Projection
    provisioned_throughput: ProvisionedThroughput | None = None
    on_demand_throughput: OnDemandThroughput | None = None


class IndexUpdate(Part):
    index_name: str
    provisioned_throughput: ProvisionedThroughput | None = None
    on_demand_throughput: OnDemandThroughput | None = None


class IndexName(Part):
    index_name: str


class GlobalSecondaryIndexUpdate(Part):
    create: IndexDefinition | None = None
    update: IndexUpdate | None = None
    delete: IndexName | None = None


class Index(Part):
    """A secondary index of a table. `number` is its place in the store and is never given twice."""

    index_name: str
    number: int
    key_schema: list[KeySchemaElement]
    projection: Projection
    local: bool = False
    status: str = "ACTIVE"
    provisioned_throughput: ProvisionedThroughput | None = None
    on_demand_throughput: OnDemandThroughput | None = None
    item_count: int = 0
    size_bytes: int = 0


class Table(Record):
    table = "dynamodb.table"
    key = ("account", "region", "table_name")
    absent = errors.ResourceNotFound

    account: str
    region: str
    table_name: str
    table_id: str
    created: datetime
    attribute_definitions: list[AttributeDefinition]
    key_schema: list[KeySchemaElement]
    secondary_indexes: list[Index] = []
    next_index: int = 1
    billing_mode: str = "PROVISIONED"
    billing_changed: datetime | None = None
    provisioned_throughput: ProvisionedThroughput | None = None
    on_demand_throughput: OnDemandThroughput | None = None
    table_class: str = "STANDARD"
    deletion_protection: bool = False
    tags: dict[str, str] = {}
    policy: str = ""
    policy_revision: str = ""
    ttl_attribute: str = ""
    ttl_enabled: bool = False
    ttl_number: int = 0
    """Where the store orders the items by the time of their end."""
    ttl_indexed: bool = False
    """Whether the items that were there before are in that order, too."""
    stream_view: str = ""
    """What the stream's records show; empty when it is off."""
    stream_label: str = ""
    stream_number: int = 0
    history_since: datetime | None = None
    """Since when point-in-time recovery is on; None when it is off."""
    history_number: int = 0
    history_days: int = 0
    item_count: int = 0
    size_bytes: int = 0
    counted: datetime | None = None
    encryption: TableEncryption | None = None


class Stream(Record):
    """A stream of a table, there until a day after it ended."""

    table = "dynamodb.stream_of_table"
    key = ("account", "region", "table_name", "label")

    account: str
    region: str
    table_name: str
    label: str
    table_id: str
    number: int
    view: str
    key_schema: list[KeySchemaElement]
    created: datetime
    first: int
    """The sequence number of its first record."""
    ended: datetime | None = None
    last: int = 0
    """That of its last one, once it has ended."""
    encryption: TableEncryption | None = None
    """Its table's, which the table may have taken with it."""

    @property
    def arn(self) -> str:
        table = f"arn:aws:dynamodb:{self.region}:{self.account}:table/{self.table_name}"
        return f"{table}/stream/{self.label}"


class Backup(Record):
    """A copy of a table's items at one moment, with the table as it was."""

    table = "dynamodb.backup"
    key = ("account", "region", "table_name", "backup_id")

    account: str
    region: str
    table_name: str
    backup_id: str
    backup_name: str
    created: datetime
    definition: Table
    status: str = "CREATING"
    item_count: int = 0
    size_bytes: int = 0
    expires: datetime | None = None
    """When it is deleted: one that the system made of a deleted table, whose items it removes when it has them."""

    @property
    def arn(self) -> str:
        return f"arn:aws:dynamodb:{self.region}:{self.account}:table/{self.table_name}/backup/{self.backup_id}"

    @property
    def prefix(self) -> bytes:
        """Where its items lie."""
        return pack(("dynamodb.backup_item", self.account, self.region, self.table_name, self.backup_id))


class Restore(Record):
    """A table on its way from a backup, or from a moment of a table (`moment`, in microseconds since 1970); it becomes
    a table when it has all its items."""

    table = "dynamodb.restore"
    key = ("account", "region", "table_name")

    account: str
    region: str
    table_name: str
    source_table: str
    backup_id: str
    definition: Table
    moment: int = -1
    import_id: str = ""
    """The import that fills it, if it is not restored."""


class Export(Record):
    """A table's items at a moment on their way to a bucket."""

    table = "dynamodb.export"
    key = ("account", "region", "table_name", "export_id")
    indexes = {"by_token": lambda record: [(record.account, record.client_token)] if record.client_token else []}

    account: str
    region: str
    table_name: str
    export_id: str
    definition: Table
    moment: int
    bucket: str
    started: datetime
    prefix: str = ""
    sse_algorithm: str = "AES256"
    sse_key: str | None = None
    client_token: str = ""
    status: str = "IN_PROGRESS"
    ended: datetime | None = None
    item_count: int = 0
    size_bytes: int = 0
    failure_code: str | None = None
    failure_message: str | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:dynamodb:{self.region}:{self.account}:table/{self.table_name}/export/{self.export_id}"

    @property
    def time(self) -> datetime:
        """The moment that is exported, to the second."""
        return datetime.fromtimestamp(self.moment // 1_000_000, UTC)

    @property
    def folder(self) -> str:
        """Where its objects are in the bucket."""
        below = f"{self.prefix.rstrip('/')}/" if self.prefix else ""
        return f"{below}AWSDynamoDB/{self.export_id}"


class S3BucketSource(Part):
    s3_bucket: str
    s3_key_prefix: str = ""


class CsvOptions(Part):
    delimiter: str = ","
    header_list: list[str] | None = None


class InputFormatOptions(Part):
    csv: CsvOptions | None = None


class TableCreationParameters(Part):
    table_name: str
    attribute_definitions: list[AttributeDefinition]
    key_schema: list[KeySchemaElement]
    billing_mode: str = "PROVISIONED"
    provisioned_throughput: ProvisionedThroughput | None = None
    on_demand_throughput: OnDemandThroughput | None = None
    global_secondary_indexes: list[IndexDefinition] | None = None
    sse_specification: SseSpecification | None = None


class Import(Record):
    """A table on its way from a bucket."""

    table = "dynamodb.import"
    key = ("account", "region", "table_name", "import_id")
    indexes = {"by_token": lambda record: [(record.account, record.client_token)] if record.client_token else []}

    account: str
    region: str
    table_name: str
    import_id: str
    table_id: str
    source: S3BucketSource
    input_format: str
    compression: str
    creation: TableCreationParameters
    started: datetime
    options: InputFormatOptions | None = None
    client_token: str = ""
    status: str = "IN_PROGRESS"
    ended: datetime | None = None
    processed_bytes: int = 0
    processed_items: int = 0
    imported_items: int = 0
    failed_items: int = 0
    failure_code: str | None = None
    failure_message: str | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:dynamodb:{self.region}:{self.account}:table/{self.table_name}/import/{self.import_id}"


class Erasure(Record):
    """What a deleted table or index leaves in the store, until the controller has removed it."""

    table = "dynamodb.erasure"
    key = ("low",)

    low: bytes
    high: bytes


class Idempotency(Record):
    """A transaction that was done under a client's token, for ten minutes."""

    table = "dynamodb.idempotency"
    key = ("account", "region", "token")
    indexes = {"by_time": lambda record: [(int(record.done.timestamp()),)]}
    watched = False

    account: str
    region: str
    token: str
    digest: bytes
    done: datetime
