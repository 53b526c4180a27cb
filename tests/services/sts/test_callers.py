import json

import pytest
from botocore.exceptions import ClientError

from groundcloud import denials
from groundcloud.identity import Principal
from groundcloud.policy import Policies, Question, decide, parse
from tests.cloud import TestCloud
from tests.services.sts.conftest import People, document


def test_the_caller_is_told_who_it_is(sts, cloud):
    found = sts.get_caller_identity()
    assert found["Account"] == cloud.account
    assert found["Arn"] == f"arn:aws:iam::{cloud.account}:user/admin"


def test_a_key_tells_its_account(sts, cloud: TestCloud, people: People):
    assert sts.get_access_key_info(AccessKeyId=cloud.admin.access_key_id)["Account"] == cloud.account
    other = people.account("other")
    assert sts.get_access_key_info(AccessKeyId=other.access_key_id)["Account"] != cloud.account
    with pytest.raises(ClientError, match="ValidationError"):
        sts.get_access_key_info(AccessKeyId="AKIA000000000000")


def denied_message(cloud: TestCloud) -> str:
    principal = Principal(type="User", account=cloud.account, arn=f"arn:aws:iam::{cloud.account}:user/bob", name="bob")
    deny = {"Sid": "Never", "Effect": "Deny", "Action": "ec2:*", "Resource": "*"}
    question = Question(principal.caller, "ec2:StopInstances", "arn:aws:ec2:us-east-1::instance/i-1", lambda key: None)
    decision = decide(question, Policies(identity=[parse(document(deny))]))
    return denials.encode(decision, principal, {"ec2:Region": "us-east-1"}, cloud.cloud.world.sealer)


def test_an_encoded_denial_is_decoded(sts, cloud: TestCloud):
    """STS API reference, DecodeAuthorizationMessage: what the decoded message has."""
    found = json.loads(sts.decode_authorization_message(EncodedMessage=denied_message(cloud))["DecodedMessage"])
    assert not found["allowed"]
    assert found["explicitDeny"]
    assert found["matchedStatements"]["items"][0]["statementId"] == "Never"
    assert found["context"]["principal"]["name"] == "bob"
    assert found["context"]["action"] == "ec2:StopInstances"
    assert found["context"]["conditions"]["items"] == [
        {"key": "ec2:Region", "values": {"items": [{"value": "us-east-1"}]}}
    ]


def test_what_was_not_encoded_here_or_for_another_account_is_not_decoded(sts, cloud: TestCloud, people: People):
    other = cloud.client("sts", people.account("other"))
    for client, message in ((sts, "bm90aGluZw"), (sts, "!"), (other, denied_message(cloud))):
        with pytest.raises(client.exceptions.InvalidAuthorizationMessageException):
            client.decode_authorization_message(EncodedMessage=message)
