from datetime import timedelta

from groundcloud.controllers import Loop
from groundcloud.services.sqs.gauges import Gauges


def test_a_queue_tells_how_many_messages_it_has(cloud, sqs, queue):
    planes = cloud.cloud.planes
    gauges = Gauges(planes["sqs"], planes["cloudwatch"], cloud.clock)
    loop = Loop(planes["sqs"], [gauges], now=cloud.clock, monotonic=lambda: cloud.clock().timestamp())
    cloud.clock.time = cloud.clock.time.replace(second=10)
    loop.settle()
    assert cloud.client("cloudwatch").list_metrics(Namespace="AWS/SQS")["Metrics"] == []
    for text in ("one", "two"):
        sqs.send_message(QueueUrl=queue, MessageBody=text)
    cloud.clock.advance(minutes=1)
    sqs.receive_message(QueueUrl=queue)
    loop.settle()
    sqs.purge_queue(QueueUrl=queue)
    for _ in range(3):
        cloud.clock.advance(minutes=1)
        loop.settle()

    def values(name: str) -> list[float]:
        found = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SQS", MetricName=name, Dimensions=[{"Name": "QueueName", "Value": "jobs"}], Period=60,
            StartTime=cloud.clock() - timedelta(minutes=10), EndTime=cloud.clock(), Statistics=["Maximum"],
        )  # fmt: skip
        return [point["Maximum"] for point in found["Datapoints"]]

    assert values("ApproximateNumberOfMessagesVisible") == [1, 0]
    assert values("ApproximateNumberOfMessagesNotVisible") == [1, 0]
