"""Where a trail delivers to beside its bucket: a topic, a log group in a role; and trails of organizations.

Sources: "Configuring Amazon SNS notifications for CloudTrail", "Sending events to CloudWatch Logs" and "Creating a
trail for an organization" in the CloudTrail guide."""

import json

import pytest

from groundcloud.main import Planes
from groundcloud.services.cloudtrail.log_groups import batches
from groundcloud.services.cloudtrail.taking import Taken
from tests.cloud import Keys, TestCloud
from tests.services.cloudtrail.conftest import BUCKET, bucket_policy
from tests.services.cloudtrail.test_trails import delivered, objects
from tests.services.kms.conftest import refused

SERVICE = {"Service": "cloudtrail.amazonaws.com"}


@pytest.fixture()
def cloud(tmp_path):
    """A cloud whose log groups have a store of their own, as a running one's have."""
    planes = Planes(tmp_path)
    made = TestCloud(tmp_path, planes=planes)
    yield made
    made.close()
    planes.close()


# -- a topic


@pytest.fixture()
def topic(cloud):
    sns = cloud.client("sns")
    arn = sns.create_topic(Name="files")["TopicArn"]
    allowed = {"Effect": "Allow", "Principal": SERVICE, "Action": "SNS:Publish", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)
    return arn


def messages(cloud, topic):
    """A queue that has subscribed to the topic, as a function that gives what came."""
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})

    def come() -> list[str]:
        for _ in range(3):  # to the topic, and from the topic to the queue
            cloud.deliver()
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found]

    return come


def test_a_topic_is_told_of_each_file(cloud, trail_client, bucket, topic, iam, work):
    come = messages(cloud, topic)
    made = trail_client.create_trail(Name="main", S3BucketName=bucket, SnsTopicName="files")
    assert (made["SnsTopicName"], made["SnsTopicARN"]) == ("files", topic)
    assert come() == ["CloudTrail validation message."]
    trail_client.start_logging(Name="main")
    iam.create_user(UserName="alice")
    work(minutes=6)
    (key,) = objects(cloud, bucket)
    assert [json.loads(message) for message in come()] == [{"s3Bucket": bucket, "s3ObjectKey": [key]}]
    status = trail_client.get_trail_status(Name="main")
    assert status["LatestNotificationTime"] == cloud.clock()
    assert status["LatestNotificationAttemptSucceeded"] == f"{cloud.clock():%Y-%m-%dT%H:%M:%SZ}"


def test_a_topic_that_lets_nobody_in_is_refused(cloud, trail_client, bucket):
    cloud.client("sns").create_topic(Name="closed")
    expected = ("InsufficientSnsTopicPolicyException", "SNS Topic does not exist or the topic policy is incorrect!")
    for name in ("closed", "none-such"):
        assert refused(trail_client.create_trail, Name="main", S3BucketName=bucket, SnsTopicName=name) == expected
    code, _ = refused(trail_client.create_trail, Name="main", S3BucketName=bucket, SnsTopicName="no topic")
    assert code == "InvalidSnsTopicNameException"


def test_a_topic_that_shuts_cloudtrail_out_later_is_told_in_the_status(
    cloud, trail_client, bucket, topic, iam, work
):  # fmt: skip
    trail_client.create_trail(Name="main", S3BucketName=bucket, SnsTopicName=topic)
    trail_client.start_logging(Name="main")
    cloud.client("sns").delete_topic(TopicArn=topic)
    iam.create_user(UserName="alice")
    work(minutes=6)
    status = trail_client.get_trail_status(Name="main")
    assert status["LatestNotificationError"] == "AuthorizationError"
    assert "LatestNotificationTime" not in status
    assert "CreateUser" in delivered(cloud, bucket)


# -- a log group


@pytest.fixture()
def group(cloud):
    cloud.client("logs").create_log_group(logGroupName="trail")
    return f"arn:aws:logs:us-east-1:{cloud.account}:log-group:trail:*"


def role(iam, trusted, *actions, name="sender"):
    document = {"Statement": [{"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **document}))[
        "Role"
    ]["Arn"]
    if actions:
        allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        iam.put_role_policy(RoleName=name, PolicyName="send", PolicyDocument=json.dumps(allowed))
    return arn


SENDING = ("logs:CreateLogStream", "logs:PutLogEvents")


def test_events_go_to_a_log_group_in_the_trails_role(cloud, trail_client, bucket, group, iam, work):
    sender = role(iam, SERVICE, *SENDING)
    trail_client.create_trail(
        Name="main", S3BucketName=bucket, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=sender
    )
    trail_client.start_logging(Name="main")
    iam.create_user(UserName="alice")
    work(minutes=6)
    iam.create_user(UserName="bob")
    work(minutes=6)
    stream = f"{cloud.account}_CloudTrail_us-east-1"
    found = cloud.client("logs").get_log_events(logGroupName="trail", logStreamName=stream, startFromHead=True)
    names = [json.loads(event["message"])["eventName"] for event in found["events"]]
    assert names.count("CreateUser") == 2
    assert sorted(names) == sorted(delivered(cloud, bucket))
    status = trail_client.get_trail_status(Name="main")
    assert status["LatestCloudWatchLogsDeliveryTime"] == cloud.clock()
    assert "LatestCloudWatchLogsDeliveryError" not in status


@pytest.mark.parametrize(
    ("trusted", "actions", "message"),
    [
        ({"Service": "ec2.amazonaws.com"}, SENDING, "Access denied. Check the trust relationships for your role."),
        (SERVICE, ("logs:CreateLogStream",), "Access denied. Check the permissions for your role."),
    ],
)
def test_a_role_that_cannot_send_is_refused(trail_client, bucket, group, iam, trusted, actions, message):
    sender = role(iam, trusted, *actions)
    wanted = {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": sender}
    found = refused(trail_client.create_trail, Name="main", S3BucketName=bucket, **wanted)
    assert found == ("InvalidCloudWatchLogsRoleArnException", message)


def test_a_group_needs_its_arn_and_a_role(trail_client, bucket, group, iam):
    code, _ = refused(
        trail_client.create_trail, Name="main", S3BucketName=bucket, CloudWatchLogsLogGroupArn="trail",
        CloudWatchLogsRoleArn=role(iam, SERVICE, *SENDING),
    )  # fmt: skip
    assert code == "InvalidCloudWatchLogsLogGroupArnException"
    code, _ = refused(trail_client.create_trail, Name="main", S3BucketName=bucket, CloudWatchLogsLogGroupArn=group)
    assert code == "InvalidCloudWatchLogsRoleArnException"


def test_to_name_a_role_takes_the_permission_to_pass_it(cloud, bucket, group, iam):
    sender = role(iam, SERVICE, *SENDING)
    iam.create_user(UserName="carol")
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "cloudtrail:*", "Resource": "*"}]}
    iam.put_user_policy(UserName="carol", PolicyName="trails", PolicyDocument=json.dumps(allowed))
    carol = cloud.client("cloudtrail", Keys.of(iam.create_access_key(UserName="carol")["AccessKey"]))
    wanted = {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": sender}
    code, message = refused(carol.create_trail, Name="main", S3BucketName=bucket, **wanted)
    assert (code, "iam:PassRole" in message) == ("AccessDeniedException", True)


def test_a_role_that_loses_its_trust_is_told_and_nothing_is_lost(cloud, trail_client, bucket, group, iam, work):
    sender = role(iam, SERVICE, *SENDING)
    wanted = {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": sender}
    trail_client.create_trail(Name="main", S3BucketName=bucket, **wanted)
    trail_client.start_logging(Name="main")
    iam.delete_role_policy(RoleName="sender", PolicyName="send")
    iam.create_user(UserName="alice")
    work(minutes=6)
    assert "not authorized" in trail_client.get_trail_status(Name="main")["LatestCloudWatchLogsDeliveryError"]
    assert "CreateUser" in delivered(cloud, bucket)
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": SENDING, "Resource": "*"}]}
    iam.put_role_policy(RoleName="sender", PolicyName="send", PolicyDocument=json.dumps(allowed))
    work(minutes=6)
    stream = f"{cloud.account}_CloudTrail_us-east-1"
    found = cloud.client("logs").get_log_events(logGroupName="trail", logStreamName=stream, startFromHead=True)
    assert "CreateUser" in [json.loads(event["message"])["eventName"] for event in found["events"]]
    assert "LatestCloudWatchLogsDeliveryError" not in trail_client.get_trail_status(Name="main")


def test_a_group_is_taken_away_by_an_empty_name(trail_client, bucket, group, iam):
    sender = role(iam, SERVICE, *SENDING)
    wanted = {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": sender}
    trail_client.create_trail(Name="main", S3BucketName=bucket, **wanted)
    assert trail_client.get_trail(Name="main")["Trail"]["CloudWatchLogsRoleArn"] == sender
    trail_client.update_trail(Name="main", CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="")
    assert "CloudWatchLogsLogGroupArn" not in trail_client.get_trail(Name="main")["Trail"]


def test_batches_are_as_put_log_events_takes_them():
    big = b'"' + b"x" * 200_000 + b'"'
    times = ["2026-11-22T00:00:02Z", "2026-11-22T00:00:01Z", *["2026-11-22T00:00:03Z"] * 5, "2026-11-23T12:00:00Z"]
    events = [b'"b"', b'"a"', *[big] * 5, b'"late"']
    too_large = b'"' + b"y" * 300_000 + b'"'
    taken = Taken([*events, too_large], [*times, times[0]], b"", b"", False)
    found = list(batches(taken))
    assert [[event["message"][:6] for event in batch] for batch in found] == [
        ['"a"', '"b"', *['"xxxxx'] * 5], ['"late"'],
    ]  # fmt: skip
    assert all(sum(len(event["message"]) + 26 for event in batch) <= 1_048_576 for batch in found)
    many = Taken([b'"a"'] * 10_001, [times[0]] * 10_001, b"", b"", False)
    assert [len(batch) for batch in batches(many)] == [10_000, 1]


# -- an organization


@pytest.fixture()
def organization(cloud):
    found = cloud.client("organizations")
    made = found.create_organization(FeatureSet="ALL")["Organization"]
    return made["Id"]


@pytest.fixture()
def member(cloud, organization, work):
    """Clients of a member account's own user, made as its root."""
    organizations = cloud.client("organizations")
    organizations.create_account(Email="member@example.com", AccountName="member")
    work(seconds=10)
    account = next(one["Id"] for one in organizations.list_accounts()["Accounts"] if one["Id"] != cloud.account)
    key = cloud.cloud.create_admin(account)
    keys = Keys(key["access_key_id"], key["secret_access_key"])
    return account, lambda service: cloud.client(service, keys)


def organization_policy(account, organization):
    document = json.loads(bucket_policy(account))
    document["Statement"][1]["Resource"] = f"arn:aws:s3:::{BUCKET}/AWSLogs/*"
    return json.dumps(document)


def test_an_organizations_trail_delivers_the_events_of_its_accounts(
    cloud, trail_client, bucket, organization, member, work
):  # fmt: skip
    account, of_member = member
    cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=organization_policy(cloud.account, organization))
    wanted = {"Name": "main", "S3BucketName": bucket, "IsOrganizationTrail": True}
    assert refused(trail_client.create_trail, **wanted)[0] == "CloudTrailAccessNotEnabledException"
    cloud.client("organizations").enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    assert trail_client.create_trail(**wanted)["IsOrganizationTrail"]
    trail_client.start_logging(Name="main")
    of_member("kms").create_key()
    work(minutes=6)
    names = {key.split("/")[2]: file["Records"] for key, file in objects(cloud, bucket).items()}
    assert all(key.startswith(f"AWSLogs/{organization}/") for key in objects(cloud, bucket))
    assert "CreateKey" in [event["eventName"] for event in names[account]]
    of_member("kms").create_key()
    work(minutes=6)
    assert delivered(cloud, bucket).count("CreateKey") == 2


def test_a_member_sees_the_organizations_trail_and_cannot_change_it(
    cloud, trail_client, bucket, organization, member
):  # fmt: skip
    _, of_member = member
    cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=organization_policy(cloud.account, organization))
    cloud.client("organizations").enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    trail_client.create_trail(Name="main", S3BucketName=bucket, IsOrganizationTrail=True)
    theirs = of_member("cloudtrail")
    (shown,) = theirs.describe_trails()["trailList"]
    assert (shown["Name"], shown["IsOrganizationTrail"]) == ("main", True)
    assert refused(theirs.stop_logging, Name="main")[0] == "OperationNotPermittedException"
    code, _ = refused(theirs.create_trail, Name="own", S3BucketName=bucket, IsOrganizationTrail=True)
    assert code == "NotOrganizationMasterAccountException"


def test_without_an_organization_there_is_no_trail_of_one(trail_client, bucket):
    wanted = {"Name": "main", "S3BucketName": bucket, "IsOrganizationTrail": True}
    assert refused(trail_client.create_trail, **wanted)[0] == "OrganizationsNotInUseException"
