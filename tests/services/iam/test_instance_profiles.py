import pytest

from tests.services.iam.policies import EC2_TRUST, allow, keys_for, refusal

NAME = {"InstanceProfileName": "web"}


@pytest.fixture()
def role(iam):
    return iam.create_role(RoleName="web", AssumeRolePolicyDocument=EC2_TRUST)["Role"]


def test_an_instance_profile_is_found_after_it_was_made(iam, cloud):
    """As recorded on AWS: GetInstanceProfile shows Tags also when there are none, CreateInstanceProfile does not."""
    made = iam.create_instance_profile(**NAME, Path="/app/")["InstanceProfile"]
    assert made["Arn"] == f"arn:aws:iam::{cloud.account}:instance-profile/app/web"
    assert made["InstanceProfileId"].startswith("AIPA")
    assert made["Roles"] == []
    assert "Tags" not in made
    assert iam.get_instance_profile(**NAME)["InstanceProfile"] == {**made, "Tags": []}
    assert iam.list_instance_profiles(PathPrefix="/app/")["InstanceProfiles"] == [made]
    assert iam.list_instance_profiles(PathPrefix="/x/")["InstanceProfiles"] == []


def test_an_instance_profiles_name_is_taken(iam):
    iam.create_instance_profile(**NAME)
    assert refusal(iam.create_instance_profile, InstanceProfileName="Web") == (
        "EntityAlreadyExists",
        "Instance Profile Web already exists.",
    )


def test_an_instance_profile_that_is_not_there_is_named(iam, role):
    missing = ("NoSuchEntity", "Instance Profile web cannot be found.")
    assert refusal(iam.get_instance_profile, **NAME) == missing
    assert refusal(iam.delete_instance_profile, **NAME) == missing
    assert refusal(iam.add_role_to_instance_profile, **NAME, RoleName="web") == missing
    assert refusal(iam.remove_role_from_instance_profile, **NAME, RoleName="web") == missing


def test_a_role_is_put_in_and_taken_out(iam, role):
    iam.create_instance_profile(**NAME)
    iam.add_role_to_instance_profile(**NAME, RoleName="web")
    (inside,) = iam.get_instance_profile(**NAME)["InstanceProfile"]["Roles"]
    assert inside == role
    (profile,) = iam.list_instance_profiles_for_role(RoleName="web")["InstanceProfiles"]
    assert profile["InstanceProfileName"] == "web"
    iam.remove_role_from_instance_profile(**NAME, RoleName="web")
    assert iam.get_instance_profile(**NAME)["InstanceProfile"]["Roles"] == []
    assert iam.list_instance_profiles_for_role(RoleName="web")["InstanceProfiles"] == []


def test_there_is_room_for_one_role(iam, role):
    iam.create_role(RoleName="other", AssumeRolePolicyDocument=EC2_TRUST)
    iam.create_instance_profile(**NAME)
    iam.add_role_to_instance_profile(**NAME, RoleName="web")
    assert refusal(iam.add_role_to_instance_profile, **NAME, RoleName="other") == (
        "LimitExceeded",
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    )


def test_a_role_that_is_not_inside_cannot_be_taken_out(iam, role):
    iam.create_instance_profile(**NAME)
    assert refusal(iam.remove_role_from_instance_profile, **NAME, RoleName="web") == (
        "NoSuchEntity",
        "Role web in Instance Profile web cannot be found.",
    )
    assert refusal(iam.remove_role_from_instance_profile, **NAME, RoleName="nobody") == (
        "NoSuchEntity",
        "The role with name nobody cannot be found.",
    )


def test_an_instance_profile_with_a_role_is_not_deleted(iam, role):
    iam.create_instance_profile(**NAME)
    iam.add_role_to_instance_profile(**NAME, RoleName="web")
    assert refusal(iam.delete_instance_profile, **NAME) == (
        "DeleteConflict",
        "Cannot delete entity, must remove roles from instance profile first.",
    )
    iam.remove_role_from_instance_profile(**NAME, RoleName="web")
    iam.delete_instance_profile(**NAME)
    assert iam.list_instance_profiles()["InstanceProfiles"] == []


def test_to_put_a_role_in_takes_the_permission_to_pass_it(iam, cloud, role):
    """API reference, AddRoleToInstanceProfile: the caller must be granted iam:PassRole on the role."""
    iam.create_instance_profile(**NAME)
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="add", PolicyDocument=allow("iam:AddRoleToInstanceProfile"))
    alice = keys_for(cloud, iam, "alice")
    code, message = refusal(alice.add_role_to_instance_profile, **NAME, RoleName="web")
    assert code == "AccessDenied"
    assert f"iam:PassRole on resource: {role['Arn']}" in message
    to_ec2 = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    document = allow("iam:PassRole", resource=role["Arn"], Condition=to_ec2)
    iam.put_user_policy(UserName="alice", PolicyName="pass", PolicyDocument=document)
    alice.add_role_to_instance_profile(**NAME, RoleName="web")
