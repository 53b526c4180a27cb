"""What CloudWatch keeps besides metrics: alarms, their history, dashboards."""

from collections.abc import Iterable
from datetime import datetime

from groundcloud.services.cloudwatch.errors import ResourceNotFound
from groundcloud.services.cloudwatch.parts import Dimension, MetricDataQuery
from groundcloud.store import Key, Record


def _by_metric(alarm: "Alarm") -> Iterable[Key]:
    if not alarm.metric_name:
        return []
    return [(alarm.account, alarm.region, alarm.namespace or "", alarm.metric_name, alarm.alarm_name)]


class AlarmAbsent(ResourceNotFound, code="ResourceNotFound"):
    """Unknown alarm {alarm_name}"""


class Alarm(Record):
    """A metric alarm, or a composite one: that has a rule."""

    table = "cloudwatch.alarm"
    key = ("account", "region", "alarm_name")
    indexes = {"by_metric": _by_metric}
    absent = AlarmAbsent

    account: str
    region: str
    alarm_name: str
    alarm_arn: str
    alarm_configuration_updated_timestamp: datetime
    state_updated_timestamp: datetime
    state_transitioned_timestamp: datetime
    state_value: str = "INSUFFICIENT_DATA"
    state_reason: str = "Unchecked: Initial alarm creation"
    state_reason_data: str | None = None
    alarm_description: str | None = None
    actions_enabled: bool = True
    ok_actions: list[str] = []
    alarm_actions: list[str] = []
    insufficient_data_actions: list[str] = []
    metric_name: str | None = None
    namespace: str | None = None
    statistic: str | None = None
    extended_statistic: str | None = None
    dimensions: list[Dimension] = []
    period: int | None = None
    unit: str | None = None
    evaluation_periods: int | None = None
    datapoints_to_alarm: int | None = None
    threshold: float | None = None
    comparison_operator: str | None = None
    treat_missing_data: str | None = None
    evaluate_low_sample_count_percentile: str | None = None
    metrics: list[MetricDataQuery] | None = None
    threshold_metric_id: str | None = None
    """The query that gives the band, for alarms by an anomaly detector."""
    alarm_rule: str | None = None
    tags: dict[str, str] = {}
    held_until: float = 0.0
    """SetAlarmState holds until the next evaluation: seconds since 1970."""

    @property
    def composite(self) -> bool:
        return self.alarm_rule is not None


class Parent(Record):
    """A composite alarm that looks at an alarm."""

    table = "cloudwatch.parent"
    key = ("account", "region", "child", "alarm_name")
    watched = False

    account: str
    region: str
    child: str
    alarm_name: str


class HistoryItem(Record):
    """An entry of an alarm's history; kept for 30 days. It stays when its alarm is deleted."""

    table = "cloudwatch.history"
    key = ("account", "region", "alarm_name", "item_id")
    indexes = {"by_time": ("account", "region", "item_id"), "by_age": ("item_id",)}
    watched = False

    account: str
    region: str
    alarm_name: str
    item_id: str
    """Grows with time."""
    alarm_type: str
    timestamp: datetime
    history_item_type: str
    history_summary: str
    history_data: str


class AnomalyDetector(Record):
    """A metric's statistic whose expected values somebody wants to know."""

    table = "cloudwatch.anomaly_detector"
    key = ("account", "region", "namespace", "metric_name", "packed", "stat")
    watched = False

    account: str
    region: str
    namespace: str
    metric_name: str
    packed: str
    stat: str
    detector_id: str
    dimensions: list[Dimension] = []

    @property
    def place(self) -> str:
        """Where it stands in lists."""
        return "\x1d".join((self.namespace, self.metric_name, self.packed, self.stat))


class DashboardAbsent(ResourceNotFound, code="ResourceNotFound"):
    """Dashboard {dashboard_name} does not exist"""


class Dashboard(Record):
    """Dashboards belong to an account in all Regions."""

    table = "cloudwatch.dashboard"
    key = ("account", "dashboard_name")
    absent = DashboardAbsent
    watched = False

    account: str
    dashboard_name: str
    dashboard_arn: str
    dashboard_body: str
    last_modified: datetime
    tags: dict[str, str] = {}

    @property
    def size(self) -> int:
        return len(self.dashboard_body.encode())
