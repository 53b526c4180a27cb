"""Event notifications to queues and topics. Source: "Amazon S3 Event Notifications" in the S3 User Guide."""

import json

import pytest
from botocore.exceptions import ClientError


@pytest.fixture()
def sqs(cloud):
    return cloud.client("sqs")


@pytest.fixture()
def queue(cloud, sqs):
    """A queue that lets the bucket `things` send; its URL and ARN."""
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{cloud.account}:events"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {
            "ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:things"},
            "StringEquals": {"aws:SourceAccount": cloud.account},
        },
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def configure(s3, arn, events=("s3:ObjectCreated:*", "s3:ObjectRemoved:*"), bucket="things", **more):
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": list(events), **more}]},
    )


def received(cloud, sqs, url):
    """What came, in the order of what happened: the sequencer says it, the order of delivery does not."""
    cloud.deliver()
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
    return sorted(found, key=_order)


def _order(document):
    return document["Records"][0]["s3"]["object"]["sequencer"] if "Records" in document else ""


def names(documents):
    return [(r["eventName"], r["s3"]["object"]["key"]) for document in documents for r in document["Records"]]


@pytest.fixture()
def s3(cloud):
    client = cloud.client("s3")
    client.create_bucket(Bucket="things")
    return client


def test_a_destination_gets_a_test_event_and_then_those_it_wants(cloud, s3, sqs, queue):
    url, arn = queue
    filters = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}
    configure(s3, arn, Id="mine", Filter=filters)
    [test] = received(cloud, sqs, url)
    assert (test["Event"], test["Bucket"]) == ("s3:TestEvent", "things")
    s3.put_object(Bucket="things", Key="out/a", Body=b"x")
    s3.put_object(Bucket="things", Key="in/a b", Body=b"xyz")
    cloud.clock.advance(seconds=1)
    s3.copy_object(Bucket="things", Key="in/copy", CopySource="things/out/a")
    s3.delete_object(Bucket="things", Key="in/copy")
    documents = received(cloud, sqs, url)
    assert names(documents[:1]) == [("ObjectCreated:Put", "in/a+b")]
    assert set(names(documents[1:])) == {("ObjectCreated:Copy", "in/copy"), ("ObjectRemoved:Delete", "in/copy")}
    [record] = documents[0]["Records"]
    assert record["s3"]["configurationId"] == "mine"
    assert (record["s3"]["object"]["size"], record["awsRegion"]) == (3, "us-east-1")
    assert record["userIdentity"]["principalId"].startswith("AWS:AIDA")
    assert record["requestParameters"] == {"sourceIPAddress": "127.0.0.1"}


def test_versions_uploads_and_tags_are_told_of(cloud, s3, sqs, queue):
    url, arn = queue
    s3.put_bucket_versioning(Bucket="things", VersioningConfiguration={"Status": "Enabled"})
    configure(s3, arn, ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"])
    upload = s3.create_multipart_upload(Bucket="things", Key="big")["UploadId"]
    part = s3.upload_part(Bucket="things", Key="big", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    version = s3.complete_multipart_upload(Bucket="things", Key="big", UploadId=upload, MultipartUpload=parts)
    s3.put_object_tagging(Bucket="things", Key="big", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_object(Bucket="things", Key="big")
    s3.delete_objects(Bucket="things", Delete={"Objects": [{"Key": "big", "VersionId": version["VersionId"]}]})
    found = received(cloud, sqs, url)[1:]
    assert {name for name, _ in names(found)} == {
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectTagging:Put",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRemoved:Delete",
    }
    assert len(found) == 4
    assert found[0]["Records"][0]["s3"]["object"]["versionId"] == version["VersionId"]


def test_a_topic_is_told_by_its_policy(cloud, s3, sqs, queue):
    url, arn = queue
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="events")["TopicArn"]
    wanted = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:Put"]}]}
    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        s3.put_bucket_notification_configuration(Bucket="things", NotificationConfiguration=wanted)
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
        },
    }
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))
    s3.put_bucket_notification_configuration(Bucket="things", NotificationConfiguration=wanted)
    cloud.deliver()
    from_topic = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
    from_topic["Statement"] = {**from_topic["Statement"], "Principal": {"Service": "sns.amazonaws.com"}}
    from_topic["Statement"]["Condition"] = {"ArnEquals": {"aws:SourceArn": topic}}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(from_topic)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    s3.put_object(Bucket="things", Key="a", Body=b"x")
    [envelope] = received(cloud, sqs, url)
    assert envelope["Subject"] == "Amazon S3 Notification"
    assert names([json.loads(envelope["Message"])]) == [("ObjectCreated:Put", "a")]


def test_destinations_that_are_not_there_or_let_nobody_in_are_refused(cloud, s3, queue):
    _, arn = queue
    s3.create_bucket(Bucket="others")
    for bucket, target in (("others", arn), ("things", arn.replace("events", "none"))):
        with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
            configure(s3, target, bucket=bucket)
    function = f"arn:aws:lambda:us-east-1:{cloud.account}:function:f"
    for wanted in (
        {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}]},
        {"EventBridgeConfiguration": {}},
    ):
        with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
            s3.put_bucket_notification_configuration(Bucket="things", NotificationConfiguration=wanted)


def test_nobody_is_told_of_a_write_that_was_refused(cloud, s3, sqs, queue):
    url, arn = queue
    configure(s3, arn)
    s3.put_object(Bucket="things", Key="a", Body=b"x")
    with pytest.raises(ClientError):
        s3.put_object(Bucket="things", Key="a", Body=b"y", IfNoneMatch="*")
    assert len(received(cloud, sqs, url)) == 2


def test_a_configuration_that_is_emptied_tells_nobody(cloud, s3, sqs, queue):
    url, arn = queue
    configure(s3, arn)
    s3.put_bucket_notification_configuration(Bucket="things", NotificationConfiguration={})
    s3.put_object(Bucket="things", Key="a", Body=b"x")
    assert [document["Event"] for document in received(cloud, sqs, url)] == ["s3:TestEvent"]
