from datetime import timedelta


def test_a_metric_filter_of_logs_counts_in_cloudwatch(cloud, cloudwatch):
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="site")
    logs.create_log_stream(logGroupName="site", logStreamName="a")
    transformation = {"metricNamespace": "Site", "metricName": "Errors", "metricValue": "1"}
    logs.put_metric_filter(
        logGroupName="site", filterName="errors", filterPattern="ERROR", metricTransformations=[transformation]
    )
    now = int(cloud.clock().timestamp() * 1000)
    events = [{"timestamp": now, "message": text} for text in ("ERROR one", "fine", "ERROR two")]
    logs.put_log_events(logGroupName="site", logStreamName="a", logEvents=events)
    found = cloudwatch.get_metric_statistics(
        Namespace="Site", MetricName="Errors", StartTime=cloud.clock() - timedelta(minutes=5),
        EndTime=cloud.clock() + timedelta(minutes=1), Period=60, Statistics=["Sum"],
    )  # fmt: skip
    assert [point["Sum"] for point in found["Datapoints"]] == [2]
