import json

import pytest
from botocore.exceptions import ClientError
from tests.cloud import Keys, TestCloud


def keys_of(iam, user_name: str) -> Keys:
    return Keys.of(iam.create_access_key(UserName=user_name)["AccessKey"])


def test_a_user_is_found_after_it_was_made(iam, cloud):
    made = iam.create_user(UserName="alice", Path="/people/")["User"]
    assert made["Arn"] == f"arn:aws:iam::{cloud.account}:user/people/alice"
    assert iam.get_user(UserName="alice")["User"]["UserId"] == made["UserId"]


def test_a_name_is_taken_whatever_its_capitals(iam):
    """IAM guide, "IAM and AWS STS quotas": names must be unique within an account, not distinguished by case."""
    iam.create_user(UserName="alice")
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName="Alice")


def test_users_come_in_pages_that_follow_their_names(iam):
    for name in ("carol", "bob", "alice", "dave"):
        iam.create_user(UserName=name)
    first = iam.list_users(MaxItems=2)
    assert [user["UserName"] for user in first["Users"]] == ["admin", "alice"]
    assert first["IsTruncated"]
    iam.delete_user(UserName="alice")
    rest = iam.list_users(Marker=first["Marker"])
    assert [user["UserName"] for user in rest["Users"]] == ["bob", "carol", "dave"]
    assert not rest["IsTruncated"]


def test_a_new_user_may_do_nothing(iam, cloud):
    iam.create_user(UserName="alice")
    alice = cloud.client("iam", keys_of(iam, "alice"))
    with pytest.raises(ClientError) as denied:
        alice.get_user(UserName="alice")
    error = denied.value.response["Error"]
    assert error["Code"] == "AccessDenied"
    assert error["Message"] == (
        f"User: arn:aws:iam::{cloud.account}:user/alice is not authorized to perform: iam:GetUser on resource: "
        f"arn:aws:iam::{cloud.account}:user/alice because no identity-based policy allows the iam:GetUser action"
    )


def test_a_policy_opens_exactly_what_it_says(iam, cloud: TestCloud):
    iam.create_user(UserName="alice")
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "iam:GetUser",
            "Resource": "arn:aws:iam::*:user/${aws:username}",
        },
    }
    iam.put_user_policy(UserName="alice", PolicyName="self", PolicyDocument=json.dumps(document))
    alice = cloud.client("iam", keys_of(iam, "alice"))
    assert alice.get_user()["User"]["UserName"] == "alice"
    with pytest.raises(ClientError, match="AccessDenied"):
        alice.get_user(UserName="admin")
