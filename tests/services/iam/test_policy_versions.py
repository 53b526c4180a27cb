import json

import pytest

from tests.services.iam.policies import allow, keys_for, refusal


@pytest.fixture()
def arn(iam):
    return iam.create_policy(PolicyName="p", PolicyDocument=allow("iam:GetUser"))["Policy"]["Arn"]


def versions(iam, arn):
    found = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    return [(version["VersionId"], version["IsDefaultVersion"]) for version in found]


def test_versions_count_up_and_the_newest_is_listed_first(iam, arn):
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("s3:*"))["PolicyVersion"]
    assert set(made) == {"VersionId", "IsDefaultVersion", "CreateDate"}
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("sqs:*"), SetAsDefault=True)
    assert versions(iam, arn) == [("v3", True), ("v2", False), ("v1", False)]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v3"


def test_a_versions_document_comes_back_as_it_was_given(iam, arn):
    found = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert found["Document"] == json.loads(allow("iam:GetUser"))
    assert found["IsDefaultVersion"]


def test_there_are_five_versions_at_most_and_numbers_are_not_used_again(iam, arn):
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("s3:*"))
    assert refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=allow("s3:*")) == (
        "LimitExceeded",
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
        "version.",
    )
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("s3:*"))["PolicyVersion"]
    assert made["VersionId"] == "v6"


def test_the_version_in_force_decides_and_is_not_deleted(iam, cloud, arn):
    iam.create_user(UserName="alice")
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    alice = keys_for(cloud, iam, "alice")
    alice.get_user()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("s3:*"), SetAsDefault=True)
    assert refusal(alice.get_user)[0] == "AccessDenied"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    alice.get_user()
    assert refusal(iam.delete_policy_version, PolicyArn=arn, VersionId="v1") == (
        "DeleteConflict",
        "Cannot delete the default version of a policy.",
    )


def test_a_version_that_is_not_there_is_named(iam, cloud, arn):
    missing = ("NoSuchEntity", f"Policy {arn} version v9 does not exist or is not attachable.")
    for call in (iam.get_policy_version, iam.delete_policy_version, iam.set_default_policy_version):
        assert refusal(call, PolicyArn=arn, VersionId="v9") == missing
    nowhere = f"arn:aws:iam::{cloud.account}:policy/nothing"
    assert refusal(iam.get_policy_version, PolicyArn=nowhere, VersionId="v1") == (
        "NoSuchEntity",
        f"Policy {nowhere} version v1 does not exist or is not attachable.",
    )


def test_a_change_of_versions_changes_the_policys_date(iam, cloud, arn):
    cloud.clock.advance(seconds=60)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("s3:*"))
    found = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (found["UpdateDate"] - found["CreateDate"]).total_seconds() == 60
