import pytest

from tests.services.iam.policies import allow, keys_for, refusal


def names(answer, member="Groups", name="GroupName"):
    return [each[name] for each in answer[member]]


def test_a_group_is_found_after_it_was_made(iam, cloud):
    made = iam.create_group(GroupName="devs", Path="/teams/")["Group"]
    assert made["Arn"] == f"arn:aws:iam::{cloud.account}:group/teams/devs"
    assert made["GroupId"].startswith("AGPA")
    found = iam.get_group(GroupName="devs")
    assert found["Group"] == made
    assert found["Users"] == []
    assert names(iam.list_groups()) == ["devs"]


def test_a_groups_name_is_taken_whatever_its_capitals(iam):
    iam.create_group(GroupName="devs")
    assert refusal(iam.create_group, GroupName="Devs") == (
        "EntityAlreadyExists",
        "Group with name Devs already exists.",
    )


def test_a_group_that_is_not_there_is_named(iam):
    sentence = "The group with name nobody cannot be found."
    for call in (iam.get_group, iam.delete_group, iam.update_group):
        assert refusal(call, GroupName="nobody") == ("NoSuchEntity", sentence)


def test_groups_are_listed_below_a_path(iam):
    for path, name in (("/", "a"), ("/x/", "b"), ("/x/y/", "c"), ("/xy/", "d")):
        iam.create_group(GroupName=name, Path=path)
    assert names(iam.list_groups(PathPrefix="/x/")) == ["b", "c"]
    assert sorted(names(iam.list_groups(PathPrefix="/x"))) == ["b", "c", "d"]
    assert names(iam.list_groups(PathPrefix="/z/")) == []
    first = iam.list_groups(PathPrefix="/x", MaxItems=2)
    rest = iam.list_groups(PathPrefix="/x", Marker=first["Marker"])
    assert len(names(first)) == 2
    assert sorted(names(first) + names(rest)) == ["b", "c", "d"]


def test_members_come_and_go_and_doing_it_twice_is_no_error(iam):
    """AWS answers 200 to adding a member again and to removing who is no member."""
    iam.create_group(GroupName="devs")
    iam.create_user(UserName="alice", Tags=[{"Key": "team", "Value": "a"}])
    for _ in range(2):
        iam.add_user_to_group(GroupName="devs", UserName="alice")
    (member,) = iam.get_group(GroupName="devs")["Users"]
    assert member["UserName"] == "alice"
    assert "Tags" not in member
    assert names(iam.list_groups_for_user(UserName="alice")) == ["devs"]
    for _ in range(2):
        iam.remove_user_from_group(GroupName="devs", UserName="alice")
    assert iam.get_group(GroupName="devs")["Users"] == []
    assert names(iam.list_groups_for_user(UserName="alice")) == []


def test_the_user_is_looked_for_before_the_group(iam):
    iam.create_user(UserName="alice")
    both = refusal(iam.remove_user_from_group, GroupName="nobody", UserName="nobody")
    assert both == ("NoSuchEntity", "The user with name nobody cannot be found.")
    group = refusal(iam.add_user_to_group, GroupName="nobody", UserName="alice")
    assert group == ("NoSuchEntity", "The group with name nobody cannot be found.")


def test_a_user_is_in_ten_groups_at_most(iam):
    iam.create_user(UserName="alice")
    for number in range(11):
        iam.create_group(GroupName=f"group-{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"group-{number}", UserName="alice")
    assert refusal(iam.add_user_to_group, GroupName="group-10", UserName="alice") == (
        "LimitExceeded",
        "Cannot exceed quota for GroupsPerUser: 10",
    )


def test_a_renamed_group_keeps_its_members_and_policies(iam, cloud):
    made = iam.create_group(GroupName="devs")["Group"]
    iam.create_user(UserName="alice")
    iam.add_user_to_group(GroupName="devs", UserName="alice")
    iam.put_group_policy(GroupName="devs", PolicyName="look", PolicyDocument=allow("iam:GetUser"))
    iam.update_group(GroupName="devs", NewGroupName="Makers", NewPath="/teams/")
    found = iam.get_group(GroupName="Makers")
    assert found["Group"]["GroupId"] == made["GroupId"]
    assert found["Group"]["Arn"] == f"arn:aws:iam::{cloud.account}:group/teams/Makers"
    assert names(found, "Users", "UserName") == ["alice"]
    assert names(iam.list_groups_for_user(UserName="alice")) == ["Makers"]
    assert refusal(iam.get_group, GroupName="devs")[0] == "NoSuchEntity"
    assert keys_for(cloud, iam, "alice").get_user()["User"]["UserName"] == "alice"


def test_a_group_may_change_the_capitals_of_its_name_but_not_take_anothers(iam):
    iam.create_group(GroupName="devs")
    iam.create_group(GroupName="ops")
    iam.update_group(GroupName="devs", NewGroupName="DEVS")
    assert names(iam.list_groups()) == ["DEVS", "ops"]
    assert refusal(iam.update_group, GroupName="DEVS", NewGroupName="Ops") == (
        "EntityAlreadyExists",
        "Group with name Ops already exists.",
    )


def test_a_group_is_renamed_only_by_who_may_change_both_names(iam, cloud):
    """IAM API reference, UpdateGroup: permission is needed on the source and on the target."""
    iam.create_group(GroupName="devs")
    iam.create_user(UserName="alice")
    resource = f"arn:aws:iam::{cloud.account}:group/devs"
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=allow("iam:UpdateGroup", resource=resource))
    alice = keys_for(cloud, iam, "alice")
    code, message = refusal(alice.update_group, GroupName="devs", NewGroupName="ops")
    assert code == "AccessDenied"
    assert "group/ops" in message


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        ("member", "Cannot delete entity, must remove users from group first."),
        ("inline", "Cannot delete entity, must delete policies first."),
        ("attached", "Cannot delete entity, must detach all policies first."),
    ],
)
def test_a_group_in_use_is_not_deleted(iam, prepare, sentence):
    iam.create_group(GroupName="devs")
    if prepare == "member":
        iam.add_user_to_group(GroupName="devs", UserName="admin")
    elif prepare == "inline":
        iam.put_group_policy(GroupName="devs", PolicyName="p", PolicyDocument=allow("s3:*"))
    else:
        iam.attach_group_policy(GroupName="devs", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert refusal(iam.delete_group, GroupName="devs") == ("DeleteConflict", sentence)


def test_an_empty_group_is_deleted_and_its_name_is_free(iam):
    iam.create_group(GroupName="devs")
    iam.delete_group(GroupName="devs")
    iam.create_group(GroupName="Devs")
