"""The whole way from a request to its answer: what is refused, in whose words, and what is kept of it."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud import ENDPOINT, Keys, TestCloud

FORM = {"content-type": "application/x-www-form-urlencoded"}


def code_of(call, *args, **kwargs) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call(*args, **kwargs)
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_wrong_secret_is_refused_in_the_words_of_each_family(cloud: TestCloud):
    """Common errors of each service's API reference."""
    wrong = Keys(cloud.admin.access_key_id, "wrong")
    assert code_of(cloud.client("iam", wrong).list_users) == ("SignatureDoesNotMatch", 403)
    assert code_of(cloud.client("sts", wrong).get_caller_identity) == ("SignatureDoesNotMatch", 403)


def test_an_unknown_key_is_refused(cloud: TestCloud):
    unknown = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    assert code_of(cloud.client("iam", unknown).list_users) == ("InvalidClientTokenId", 403)


def test_a_key_that_is_inactive_is_refused_until_it_is_active_again(cloud: TestCloud, iam):
    """The book's key rotation: a disabled key fails whatever uses it, and can be enabled again."""
    iam.create_user(UserName="alice")
    made = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = cloud.client("sts", Keys.of(made))
    assert alice.get_caller_identity()["Arn"].endswith("user/alice")
    iam.update_access_key(UserName="alice", AccessKeyId=made["AccessKeyId"], Status="Inactive")
    assert code_of(alice.get_caller_identity) == ("InvalidClientTokenId", 403)
    iam.update_access_key(UserName="alice", AccessKeyId=made["AccessKeyId"], Status="Active")
    assert alice.get_caller_identity()["Arn"].endswith("user/alice")


def test_a_request_signed_too_long_ago_is_refused(cloud: TestCloud, sts):
    cloud.clock.advance(minutes=16)
    assert code_of(sts.get_caller_identity) == ("SignatureDoesNotMatch", 403)


def test_a_request_without_a_signature_is_refused(cloud: TestCloud):
    body = b"Action=ListUsers&Version=2010-05-08"
    status, _, answer = cloud.request("POST", ENDPOINT + "/", FORM, body)
    assert status == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in answer


def test_an_operation_that_is_not_written_says_so_and_names_itself(cloud: TestCloud):
    with pytest.raises(ClientError) as refused:
        cloud.client("kms").describe_custom_key_stores()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "kms:DescribeCustomKeyStores" in str(refused.value)
    with pytest.raises(ClientError, match="polly:DescribeVoices"):
        cloud.client("polly").describe_voices()
    with pytest.raises(ClientError, match="lambda:ListFunctions"):
        cloud.client("lambda").list_functions()
    with pytest.raises(ClientError, match="NotImplemented"):
        cloud.client("cloudwatch").list_metric_streams()


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "code"),
    [
        ("POST", "/", FORM, b"Action=Frobnicate&Version=2010-05-08", b"InvalidAction"),
        ("POST", "/", {"x-amz-target": "TrentService.Frobnicate"}, b"{}", b"UnknownOperationException"),
        ("POST", "/", {"x-amz-target": "Nonsense"}, b"{}", b"UnknownOperationException"),
        ("POST", "/service/None/operation/Nothing", {"smithy-protocol": "rpc-v2-cbor"}, b"", b"UnknownOperation"),
    ],
)
def test_what_aws_does_not_know_gets_awss_own_error(cloud: TestCloud, method, path, headers, body, code):
    status, _, answer = cloud.request(method, ENDPOINT + path, headers, body)
    assert 400 <= status < 500
    assert code in answer


def test_every_answer_carries_its_request_id_and_the_log_knows_it(cloud: TestCloud, iam):
    answer = iam.create_user(UserName="alice")
    request_id = answer["ResponseMetadata"]["RequestId"]
    line = next(line for line in cloud.calls() if line["request"] == request_id)
    assert line["service"] == "iam"
    assert line["operation"] == "CreateUser"
    assert line["principal"] == f"arn:aws:iam::{cloud.account}:user/admin"
    assert line["decision"] == "allowed"
    assert line["status"] == 200
    assert line["ms"] > 0


def test_a_write_leaves_an_event_as_cloudtrail_shows_it(cloud: TestCloud, iam):
    """CloudTrail guide, "Understanding CloudTrail events": first letters are small, null where nothing is shown."""
    answer = iam.create_user(UserName="alice", Tags=[{"Key": "team", "Value": "blue"}])
    event = next(event for event in cloud.events() if event["eventName"] == "CreateUser")
    assert event["eventSource"] == "iam.amazonaws.com"
    assert event["requestParameters"] == {"userName": "alice", "tags": [{"key": "team", "value": "blue"}]}
    assert event["responseElements"]["user"]["arn"] == answer["User"]["Arn"]
    assert event["userIdentity"]["type"] == "IAMUser"
    assert event["userIdentity"]["userName"] == "admin"
    assert event["readOnly"] is False


def test_an_event_hides_secrets(cloud: TestCloud, iam):
    iam.create_user(UserName="alice")
    secret = iam.create_access_key(UserName="alice")["AccessKey"]["SecretAccessKey"]
    assert all(secret not in json.dumps(event) for event in cloud.events())
    assert all(secret not in json.dumps(line) for line in cloud.calls())


def test_reads_and_refusals_leave_events_too(cloud: TestCloud, iam):
    iam.list_users()
    with pytest.raises(ClientError):
        iam.get_user(UserName="nobody")
    events = {event["eventName"]: event for event in cloud.events()}
    assert events["ListUsers"]["readOnly"]
    assert events["ListUsers"]["responseElements"] is None
    assert events["GetUser"]["errorCode"] == "NoSuchEntity"


def test_a_call_that_fails_writes_nothing(cloud: TestCloud, iam):
    before = cloud.store.revision()
    with pytest.raises(ClientError):
        iam.put_user_policy(UserName="admin", PolicyName="broken", PolicyDocument="{}")
    assert cloud.store.revision() == before


def test_values_are_checked_by_awss_model(iam):
    """IAM's API reference, common errors: ValidationError; the words are those of AWS's answers."""
    with pytest.raises(ClientError) as refused:
        iam.create_user(UserName="no spaces")
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert "Member must satisfy regular expression pattern" in str(refused.value)
    with pytest.raises(ClientError, match="Value null at 'userName' failed to satisfy constraint"):
        iam.create_user()


def test_a_page_token_of_another_account_or_operation_is_refused(cloud: TestCloud, iam):
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
    marker = iam.list_users(MaxItems=1)["Marker"]
    other = cloud.cloud.create_account("other", "other@example.com")
    key = cloud.cloud.create_admin(other)
    foreign = cloud.client("iam", Keys(key["access_key_id"], key["secret_access_key"]))
    with pytest.raises(ClientError, match="Invalid Marker"):
        foreign.list_users(Marker=marker)
    with pytest.raises(ClientError, match="Invalid Marker"):
        iam.list_users(Marker="bm9uc2Vuc2U=")


def test_any_key_is_trusted_only_when_the_owner_says_so(tmp_path):
    """People who come from an emulator use `test`/`test`, or twelve digits to name an account."""
    trusting = TestCloud(tmp_path, trust_any_key=True)
    found = trusting.client("sts", Keys("test", "test")).get_caller_identity()
    assert found["Arn"] == f"arn:aws:iam::{trusting.account}:root"
    found = trusting.client("sts", Keys("111122223333", "test")).get_caller_identity()
    assert found["Arn"] == "arn:aws:iam::111122223333:root"
    trusting.close()


def test_the_counters_are_prometheus_text(cloud: TestCloud, iam):
    iam.list_users()
    text = cloud.cloud.gateway.metrics.render()
    assert 'groundcloud_calls_total{service="iam",operation="ListUsers",status="200"} 1' in text


def test_the_last_use_of_a_key_is_kept(cloud: TestCloud, iam, sts):
    sts.get_caller_identity()
    cloud.settle()
    found = iam.get_access_key_last_used(AccessKeyId=cloud.admin.access_key_id)["AccessKeyLastUsed"]
    assert found["ServiceName"] == "sts"
    assert found["Region"] == "us-east-1"
