import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud import Keys, TestCloud
from tests.services.iam.policies import allow, refusal


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


def test_a_list_shows_less_than_a_get(iam):
    """API reference, ListUsers: tags and the permissions boundary are not returned."""
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    tags = [{"Key": "team", "Value": "a"}]
    made = iam.create_user(UserName="alice", PermissionsBoundary=boundary, Tags=tags)["User"]
    assert made["Tags"] == tags
    assert made["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": boundary,
    }
    assert iam.get_user(UserName="alice")["User"] == made
    listed = iam.list_users()["Users"][1]
    assert set(listed) == {"Path", "UserName", "UserId", "Arn", "CreateDate"}


def test_a_user_without_tags_has_no_such_member(iam):
    iam.create_user(UserName="alice")
    assert "Tags" not in iam.get_user(UserName="alice")["User"]
    assert "PermissionsBoundary" not in iam.get_user(UserName="alice")["User"]


def test_users_are_listed_below_a_path(iam):
    for name, path in (("a", "/x/"), ("b", "/x/y/"), ("c", "/z/")):
        iam.create_user(UserName=name, Path=path)
    assert [user["UserName"] for user in iam.list_users(PathPrefix="/x/")["Users"]] == ["a", "b"]


def test_a_renamed_user_keeps_its_key_groups_policies_and_password(iam, cloud):
    """AWS keeps the user's id and everything that belongs to it; only name, path and ARN change."""
    made = iam.create_user(UserName="alice")["User"]
    iam.create_group(GroupName="devs")
    iam.add_user_to_group(GroupName="devs", UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="look", PolicyDocument=allow("iam:*", "sts:*"))
    iam.create_login_profile(UserName="alice", Password="Correct-horse-1")
    keys = keys_of(iam, "alice")
    iam.update_user(UserName="alice", NewUserName="Alicia", NewPath="/people/")
    found = cloud.client("iam", keys).get_user()["User"]
    arn = f"arn:aws:iam::{cloud.account}:user/people/Alicia"
    assert found == {**made, "UserName": "Alicia", "Path": "/people/", "Arn": arn}
    assert cloud.client("sts", keys).get_caller_identity()["Arn"] == arn
    assert iam.list_access_keys(UserName="Alicia")["AccessKeyMetadata"][0]["UserName"] == "Alicia"
    assert [user["UserName"] for user in iam.get_group(GroupName="devs")["Users"]] == ["Alicia"]
    assert iam.get_login_profile(UserName="Alicia")["LoginProfile"]["UserName"] == "Alicia"
    assert refusal(iam.get_user, UserName="alice")[0] == "NoSuchEntity"
    cloud.client("iam", keys).change_password(OldPassword="Correct-horse-1", NewPassword="Correct-horse-2")


def test_a_user_does_not_take_anothers_name(iam):
    iam.create_user(UserName="alice")
    assert refusal(iam.update_user, UserName="alice", NewUserName="ADMIN") == (
        "EntityAlreadyExists",
        "User with name ADMIN already exists.",
    )
    iam.update_user(UserName="alice", NewUserName="ALICE")
    assert iam.get_user(UserName="ALICE")["User"]["UserName"] == "ALICE"


def test_a_user_is_renamed_only_by_who_may_change_both_names(iam, cloud):
    """IAM API reference, UpdateUser: permission is needed on the source and on the target."""
    iam.create_user(UserName="alice")
    own = f"arn:aws:iam::{cloud.account}:user/alice"
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=allow("iam:UpdateUser", resource=own))
    code, message = refusal(
        cloud.client("iam", keys_of(iam, "alice")).update_user, UserName="alice", NewUserName="root"
    )
    assert code == "AccessDenied"
    assert "user/root" in message


@pytest.mark.parametrize(
    ("leave", "first"),
    [
        (lambda iam: iam.create_access_key(UserName="alice"), "delete access keys"),
        (lambda iam: iam.create_login_profile(UserName="alice", Password="Correct-horse-1"), "delete login profile"),
        (
            lambda iam: iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=allow("s3:*")),
            "delete policies",
        ),
        (
            lambda iam: iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"),
            "detach all policies",
        ),
        (lambda iam: iam.add_user_to_group(UserName="alice", GroupName="devs"), "remove users from group"),
    ],
)
def test_a_user_with_leftovers_is_not_deleted(iam, leave, first):
    iam.create_group(GroupName="devs")
    iam.create_user(UserName="alice")
    leave(iam)
    assert refusal(iam.delete_user, UserName="alice") == (
        "DeleteConflict",
        f"Cannot delete entity, must {first} first.",
    )


def test_a_deleted_user_gives_its_boundary_free(iam):
    boundary = iam.create_policy(PolicyName="edge", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.create_user(UserName="alice", PermissionsBoundary=boundary)
    iam.delete_user(UserName="alice")
    assert iam.get_policy(PolicyArn=boundary)["Policy"]["PermissionsBoundaryUsageCount"] == 0
    iam.delete_policy(PolicyArn=boundary)


def test_to_make_a_user_with_tags_takes_the_permission_to_tag(iam, cloud):
    """IAM guide, "Tags for IAM resources": iam:CreateUser and iam:TagUser are both needed."""
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=allow("iam:CreateUser"))
    alice = cloud.client("iam", keys_of(iam, "alice"))
    alice.create_user(UserName="bob")
    code, message = refusal(alice.create_user, UserName="carol", Tags=[{"Key": "k", "Value": "v"}])
    assert code == "AccessDenied"
    assert "iam:TagUser" in message
    assert refusal(iam.get_user, UserName="carol")[0] == "NoSuchEntity"


def test_a_maker_can_be_held_to_a_boundary(iam, cloud):
    """Service authorization reference: CreateUser has the condition key iam:PermissionsBoundary."""
    edge = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.create_user(UserName="alice")
    document = allow("iam:CreateUser", Condition={"StringEquals": {"iam:PermissionsBoundary": edge}})
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    alice = cloud.client("iam", keys_of(iam, "alice"))
    assert refusal(alice.create_user, UserName="bob")[0] == "AccessDenied"
    alice.create_user(UserName="bob", PermissionsBoundary=edge)
