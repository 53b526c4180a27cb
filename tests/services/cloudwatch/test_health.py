"""Health checks and alarms: each may follow the other."""

from datetime import timedelta
from typing import Any

import pytest

from groundcloud.engines.probes.board import Board, Check, Seen
from groundcloud.services.route53.health_metrics import HealthMetrics
from tests.cloud import TestCloud
from tests.services.cloudwatch.test_actions import confirm, topic
from tests.services.cloudwatch.test_alarms import ALARM

__all__ = ["topic"]


@pytest.fixture()
def check(cloud: TestCloud) -> str:
    """The id of a health check."""
    config = {"Type": "HTTP", "IPAddress": "127.0.0.1", "Port": 80, "FailureThreshold": 1}
    made = cloud.client("route53").create_health_check(CallerReference="one", HealthCheckConfig=config)
    return made["HealthCheck"]["Id"]


def test_a_health_check_that_fails_sends_a_mail(cloud: TestCloud, cloudwatch: Any, topic, mailbox, control, check: str):
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@example.com")
    confirm(cloud, mailbox)
    dimensions = [{"Name": "HealthCheckId", "Value": check}]
    cloudwatch.put_metric_alarm(
        AlarmName="down", Namespace="AWS/Route53", MetricName="HealthCheckStatus", Statistic="Minimum", Period=60,
        Dimensions=dimensions, EvaluationPeriods=1, Threshold=1, ComparisonOperator="LessThanThreshold",
        AlarmActions=[topic],
    )  # fmt: skip
    board = Board(lambda id_, healthy: None)
    board.put(Check(id=check, type="HTTP", threshold=1, regions=("us-east-1", "eu-west-1")))
    metrics = HealthMetrics(cloud.store, cloud.cloud.planes["cloudwatch"], board, cloud.clock)

    def minute() -> None:
        cloud._loop.run_until_complete(metrics.write())
        cloud.clock.advance(minutes=1)
        control()
        cloud.deliver()

    minute()
    assert cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"] == "OK"
    for number in (0, 1):
        board.report(check, number, Seen(False, "Failure"), cloud.clock())
        board.report(check, number, Seen(False, "Failure"), cloud.clock())
    minute()
    assert list(mailbox.list())[-1].subject == 'ALARM: "down" in US East (N. Virginia)'
    found = cloudwatch.get_metric_statistics(
        Namespace="AWS/Route53", MetricName="HealthCheckPercentageHealthy", Dimensions=dimensions, Period=60,
        StartTime=cloud.clock() - timedelta(minutes=5), EndTime=cloud.clock(), Statistics=["Average"],
    )  # fmt: skip
    assert [point["Average"] for point in found["Datapoints"]] == [100, 0]


def test_a_health_check_may_follow_an_alarm(cloud: TestCloud, cloudwatch: Any):
    cloudwatch.put_metric_alarm(**ALARM)
    board = cloud.cloud.rounds.board
    followed = (cloud.account, "us-east-1", "busy")
    board.put(Check(id="a", type="CLOUDWATCH_METRIC", alarm=followed, insufficient="Healthy"))
    assert board.all["a"].healthy
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="a rehearsal")
    board.look_at_alarms()
    assert not board.all["a"].healthy
