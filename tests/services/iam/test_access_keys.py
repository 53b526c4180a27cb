from datetime import timedelta

import pytest

from groundcloud.identity import Use
from groundcloud.services.iam.identities import note_uses, root_principal, user_principal
from groundcloud.services.iam.records import User
from tests.cloud import Keys
from tests.services.iam.policies import allow, refusal


@pytest.fixture()
def key(iam):
    iam.create_user(UserName="alice")
    return iam.create_access_key(UserName="alice")["AccessKey"]


def test_a_key_is_shown_with_its_secret_once(iam, key):
    assert key["AccessKeyId"].startswith("AKIA")
    assert len(key["SecretAccessKey"]) == 40
    (listed,) = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    assert listed == {name: key[name] for name in ("UserName", "AccessKeyId", "Status", "CreateDate")}


def test_two_keys_are_enough(iam, key):
    iam.create_access_key(UserName="alice")
    assert refusal(iam.create_access_key, UserName="alice") == (
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )


def test_an_inactive_key_opens_nothing_until_it_is_active_again(iam, cloud, key):
    sts = cloud.client("sts", Keys.of(key))
    sts.get_caller_identity()
    iam.update_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    assert refusal(sts.get_caller_identity)[0] == "InvalidClientTokenId"
    iam.update_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"], Status="Active")
    sts.get_caller_identity()


def test_a_deleted_key_opens_nothing(iam, cloud, key):
    iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    assert iam.list_access_keys(UserName="alice")["AccessKeyMetadata"] == []
    assert refusal(cloud.client("sts", Keys.of(key)).get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_key_that_is_not_there_is_named(iam, key):
    missing = ("NoSuchEntity", "The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found.")
    other = {"UserName": "alice", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}
    assert refusal(iam.update_access_key, **other, Status="Inactive") == missing
    assert refusal(iam.delete_access_key, **other) == missing
    assert refusal(iam.delete_access_key, UserName="admin", AccessKeyId=key["AccessKeyId"])[0] == "NoSuchEntity"
    assert refusal(iam.create_access_key, UserName="nobody") == (
        "NoSuchEntity",
        "The user with name nobody cannot be found.",
    )


def test_without_a_name_the_caller_is_meant(iam, cloud, key):
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=allow("iam:*AccessKey*"))
    alice = cloud.client("iam", Keys.of(key))
    made = alice.create_access_key()["AccessKey"]
    assert made["UserName"] == "alice"
    alice.delete_access_key(AccessKeyId=made["AccessKeyId"])
    assert [each["AccessKeyId"] for each in alice.list_access_keys()["AccessKeyMetadata"]] == [key["AccessKeyId"]]


def test_a_key_tells_when_it_was_last_used(iam, cloud, key):
    never = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert never["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    time = cloud.clock()

    def use(tx):
        alice = user_principal(tx.get(User, cloud.account, "alice"), key["AccessKeyId"])
        uses = [Use(alice, "s3", "eu-west-1", time - timedelta(minutes=1)), Use(alice, "sqs", "us-east-1", time)]
        note_uses(tx, uses)

    cloud.store.write(use)
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert used["UserName"] == "alice"
    assert used["AccessKeyLastUsed"] == {"LastUsedDate": time, "ServiceName": "sqs", "Region": "us-east-1"}


def test_the_use_of_a_key_that_is_gone_is_forgotten(iam, cloud, key):
    iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    gone = root_principal(cloud.account, key["AccessKeyId"])
    cloud.store.write(lambda tx: note_uses(tx, [Use(gone, "s3", "eu-west-1", cloud.clock())]))
    assert refusal(iam.get_access_key_last_used, AccessKeyId=key["AccessKeyId"])[0] == "AccessDenied"


def test_of_a_key_of_somewhere_else_nothing_is_said(iam, cloud):
    """As recorded on AWS: the answer is a denial, not that there is no such key."""
    assert refusal(iam.get_access_key_last_used, AccessKeyId="AKIAIOSFODNN7EXAMPLE") == (
        "AccessDenied",
        f"User: arn:aws:iam::{cloud.account}:user/admin is not authorized to perform iam:GetAccessKeyLastUsed on "
        "resource: access key AKIAIOSFODNN7EXAMPLE",
    )
