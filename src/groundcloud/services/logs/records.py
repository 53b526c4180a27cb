"""What CloudWatch Logs remembers. Events are no records: `chunks.py` keeps them as they came, batch by batch.

All of it lies in Logs' own store, so that an event and the stream that it belongs to are one transaction. Times are
milliseconds since 1970, as in the API.
"""

from groundcloud.services.logs import errors
from groundcloud.store import Part, Record


class LogGroup(Record):
    table = "logs.group"
    key = ("account", "region", "log_group_name")
    absent = errors.GroupNotFound

    account: str
    region: str
    log_group_name: str
    group_id: str
    """What its events lie under; a group of the same name that is made later has another one."""
    creation_time: int
    log_group_class: str = "STANDARD"
    retention_in_days: int | None = None
    kms_key_id: str | None = None
    data_keys: list[bytes] = []
    """The keys of its events as KMS wrapped them; the last one is today's, where `kms_key_id` says so."""
    deletion_protection_enabled: bool = False
    metric_filter_count: int = 0
    stored_bytes: int = 0
    """As of the controller's last look: AWS shows it late, too."""
    tags: dict[str, str] = {}

    @property
    def log_group_arn(self) -> str:
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.log_group_name}"

    @property
    def arn(self) -> str:
        return f"{self.log_group_arn}:*"


class LogStream(Record):
    table = "logs.stream"
    key = ("account", "region", "log_group_name", "log_stream_name")
    indexes = {"by_time": ("account", "region", "log_group_name", "last_event", "log_stream_name")}
    absent = errors.StreamNotFound
    watched = False

    account: str
    region: str
    log_group_name: str
    log_stream_name: str
    stream_id: str
    creation_time: int
    first_event: int = 0
    last_event: int = 0
    last_ingestion: int = 0
    chunks: int = 0
    """Batches that came until now: the next one's number."""
    longest_span: int = 0
    """The longest time between first and last event of a batch: how far a batch may reach over the next one."""
    size: int = 0


class MetricTransformation(Part):
    metric_name: str
    metric_namespace: str
    metric_value: str
    default_value: float | None = None
    dimensions: dict[str, str] | None = None
    unit: str | None = None


class MetricFilter(Record):
    table = "logs.metric_filter"
    key = ("account", "region", "log_group_name", "filter_name")
    indexes = {"by_name": ("account", "region", "filter_name", "log_group_name")}
    absent = errors.FilterNotFound
    watched = False

    account: str
    region: str
    log_group_name: str
    filter_name: str
    filter_pattern: str
    metric_transformations: list[MetricTransformation]
    creation_time: int


class SubscriptionFilter(Record):
    table = "logs.subscription_filter"
    key = ("account", "region", "log_group_name", "filter_name")
    absent = errors.SubscriptionNotFound
    watched = False

    account: str
    region: str
    log_group_name: str
    filter_name: str
    filter_pattern: str
    destination_arn: str
    creation_time: int
    role_arn: str | None = None
    distribution: str = "ByLogStream"


class ResourcePolicy(Record):
    table = "logs.policy"
    key = ("account", "region", "policy_name")

    account: str
    region: str
    policy_name: str
    policy_document: str
    last_updated_time: int


class QueryDefinition(Record):
    table = "logs.query_definition"
    key = ("account", "region", "query_definition_id")
    absent = errors.DefinitionNotFound
    watched = False

    account: str
    region: str
    query_definition_id: str
    name: str
    query_string: str
    last_modified: int
    log_group_names: list[str] | None = None
    query_language: str = "CWLI"


class ExportTask(Record):
    """A copy of a group's events to a bucket; the controller does it."""

    table = "logs.export"
    key = ("account", "region", "task_id")
    absent = errors.ExportNotFound

    account: str
    region: str
    task_id: str
    log_group_name: str
    from_: int
    to: int
    destination: str
    destination_prefix: str
    creation_time: int
    task_name: str | None = None
    log_stream_name_prefix: str = ""
    code: str = "PENDING"
    message: str | None = None
    completion_time: int | None = None


class Query(Record):
    """A query of Insights; the controller runs it and keeps its results for seven days."""

    table = "logs.query"
    key = ("account", "region", "query_id")
    absent = errors.QueryNotFound

    account: str
    region: str
    query_id: str
    query_string: str
    log_group_names: list[str]
    start_time: int
    """Milliseconds; AWS takes seconds too."""
    end_time: int
    create_time: int
    limit: int = 10_000
    status: str = "Scheduled"
    user_identity: str = ""
    records_matched: int = 0
    records_scanned: int = 0
    bytes_scanned: int = 0
    duration: int = 0


class QueryResults(Record):
    """A query's answer: rows of names and values, as JSON."""

    table = "logs.query_results"
    key = ("account", "region", "query_id")
    watched = False

    account: str
    region: str
    query_id: str
    rows: bytes


class Erasure(Record):
    """What a deleted group or stream leaves in the store, until the controller has removed it."""

    table = "logs.erasure"
    key = ("low",)

    low: bytes
    high: bytes
