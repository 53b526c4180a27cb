"""Messages in a cloud that runs: what waits is woken, what is sent arrives, mail is shown."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from tests.clouds import CommandLine, RunningCloud


def until(look, seconds=20):
    """What `look` finds, once it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("nothing came")


def test_who_waits_for_a_message_gets_it_when_it_comes(running: RunningCloud):
    sqs = running.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    assert url == f"{running.endpoint}/{running.account}/jobs"
    found = []

    def wait() -> None:
        answer = running.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)
        found.append((time.monotonic(), answer["Messages"][0]["Body"]))

    waiting = [threading.Thread(target=wait) for _ in range(3)]
    for thread in waiting:
        thread.start()
    time.sleep(0.5)
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    for thread in waiting:
        thread.join(15)
    assert sorted(body for _, body in found) == ["0", "1", "2"]


def query(running: RunningCloud, **parameters: str) -> tuple[int, str]:
    """A call in the protocol that SQS had before 2023, as older SDKs make it."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", running.endpoint + "/", headers, urlencode({"Version": "2012-11-05", **parameters}))
    credentials = Credentials(running.printed["access_key_id"], running.printed["secret_access_key"])
    SigV4Auth(credentials, "sqs", "us-east-1").add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    return answer.status_code, answer.text


def test_the_query_protocol_is_answered_too(running: RunningCloud):
    status, body = query(
        running, **{"Action": "CreateQueue", "QueueName": "old", "Attribute.1.Name": "VisibilityTimeout",
                    "Attribute.1.Value": "60"},
    )  # fmt: skip
    url = f"{running.endpoint}/{running.account}/old"
    assert (status, f"<QueueUrl>{url}</QueueUrl>" in body) == (200, True)
    sent = {"MessageAttribute.1.Name": "n", "MessageAttribute.1.Value.DataType": "Number",
            "MessageAttribute.1.Value.StringValue": "1"}  # fmt: skip
    status, body = query(running, Action="SendMessage", QueueUrl=url, MessageBody="a & b", **sent)
    assert "<MD5OfMessageAttributes>" in body
    status, body = query(
        running, **{"Action": "ReceiveMessage", "QueueUrl": url, "AttributeName.1": "All",
                    "MessageAttributeName.1": "All"},
    )  # fmt: skip
    assert "<Body>a &amp; b</Body>" in body
    assert "<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>" in body
    assert "<MessageAttribute><Name>n</Name><Value>" in body
    status, body = query(running, Action="GetQueueAttributes", QueueUrl=url, **{"AttributeName.1": "VisibilityTimeout"})
    assert "<Attribute><Name>VisibilityTimeout</Name><Value>60</Value></Attribute>" in body
    status, body = query(running, Action="SendMessage", QueueUrl=url + "x", MessageBody="a")
    assert (status, "<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in body) == (400, True)


def allow(sqs, url: str, arn: str) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def test_a_topic_delivers_by_itself_and_mail_is_shown(groundcloud: CommandLine, running: RunningCloud):
    sns, sqs = running.client("sns"), running.client("sqs")
    topic = sns.create_topic(Name="news")["TopicArn"]
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{running.account}:inbox"
    allow(sqs, url, arn)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="alice@example.com")
    sns.publish(TopicArn=topic, Message="hello")
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "hello"
    [mail] = until(lambda: groundcloud("mail", "--json", "--data", running.data).json)
    assert (mail["recipients"], mail["subject"]) == (
        ["alice@example.com"],
        "AWS Notification - Subscription Confirmation",
    )
    shown = groundcloud("mail", "last", "--data", running.data).out
    assert f"{running.endpoint}/?Action=ConfirmSubscription" in shown
    assert "There is no mail none" in groundcloud("mail", "none", "--data", running.data, code=1).err


@pytest.fixture()
def hook():
    """A web server on loopback that keeps what is posted to it; its address and its list."""
    posted: list[tuple[str, str]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            posted.append((self.headers["x-amz-sns-message-type"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", posted
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_web_server_on_this_host_is_told_by_a_cloud_that_only_this_host_reaches(running: RunningCloud, hook):
    address, posted = hook
    sns = running.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address)
    kind, body = until(lambda: posted)[0]
    assert kind == "SubscriptionConfirmation"
    sns.confirm_subscription(TopicArn=topic, Token=json.loads(body)["Token"])
    sns.publish(TopicArn=topic, Message="hello")
    assert json.loads(until(lambda: posted[1:])[0][1])["Message"] == "hello"
