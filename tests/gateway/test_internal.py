from groundcloud.gateway.internal import Internal, Siblings
from groundcloud.gateway.metrics import Metrics
from tests.cloud import TestCloud


def counted(*statuses: int) -> str:
    metrics = Metrics()
    for status in statuses:
        metrics.count("sts", "GetCallerIdentity", status, 0.5)
    return metrics.render()


def test_the_counters_of_all_processes_are_shown_with_their_numbers(tmp_path):
    Siblings(tmp_path, 2).publish(counted(403))
    shown = Siblings(tmp_path, 1).merged(counted(200, 200)).splitlines()
    label = 'service="sts",operation="GetCallerIdentity"'
    assert shown == [
        "# HELP groundcloud_calls_total API calls answered.",
        "# TYPE groundcloud_calls_total counter",
        f'groundcloud_calls_total{{worker="1",{label},status="200"}} 2',
        f'groundcloud_calls_total{{worker="2",{label},status="403"}} 1',
        "# HELP groundcloud_call_seconds_total Time spent on API calls.",
        "# TYPE groundcloud_call_seconds_total counter",
        f'groundcloud_call_seconds_total{{worker="1",{label}}} 1.000000',
        f'groundcloud_call_seconds_total{{worker="2",{label}}} 0.500000',
    ]


def test_what_a_process_published_itself_is_not_counted_twice(tmp_path):
    siblings = Siblings(tmp_path, 1)
    siblings.publish(counted(200))
    assert siblings.merged(counted(200)).count('status="200"') == 1


def test_health_needs_no_signature_and_makes_no_event(cloud: TestCloud):
    status, headers, body = cloud.request("GET", "http://127.0.0.1:4566/_groundcloud/health", {})
    assert status == 200
    assert headers["content-type"] == "application/json"
    assert b'"iam": "available"' in body


def test_only_reading_is_allowed_there(cloud: TestCloud):
    status, _, _ = cloud.request("POST", "http://127.0.0.1:4566/_groundcloud/health", {})
    assert status == 405


def test_a_store_that_cannot_be_read_is_unhealthy(cloud: TestCloud):
    internal = Internal(["iam"], _Away(), lambda: "")
    cloud.cloud.gateway.internal = internal
    status, _, body = cloud.request("GET", "http://127.0.0.1:4566/_groundcloud/health", {})
    assert status == 503
    assert b'"state": "unavailable"' in body


class _Away:
    """A store whose server is gone."""

    reads_block = True

    def snapshot(self):
        raise ConnectionRefusedError
