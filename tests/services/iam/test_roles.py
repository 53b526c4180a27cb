import json
from datetime import UTC, datetime

from groundcloud.identity import Principal, Session, Use
from groundcloud.services.iam.identities import note_uses
from tests.services.iam.policies import EC2_TRUST, allow, keys_for, refusal


def trusting(*arns: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def names(answer):
    return [role["RoleName"] for role in answer["Roles"]]


def test_the_answer_to_making_a_role_has_neither_description_nor_duration(iam, cloud):
    """As recorded on AWS: CreateRole answers without them, GetRole with them and with an empty RoleLastUsed."""
    made = iam.create_role(
        RoleName="web",
        Path="/app/",
        AssumeRolePolicyDocument=EC2_TRUST,
        Description="serves",
        Tags=[{"Key": "team", "Value": "a"}],
    )["Role"]
    assert made == {
        "Path": "/app/",
        "RoleName": "web",
        "RoleId": made["RoleId"],
        "Arn": f"arn:aws:iam::{cloud.account}:role/app/web",
        "CreateDate": made["CreateDate"],
        "AssumeRolePolicyDocument": json.loads(EC2_TRUST),
        "Tags": [{"Key": "team", "Value": "a"}],
    }
    assert made["RoleId"].startswith("AROA")
    found = iam.get_role(RoleName="web")["Role"]
    assert found == {**made, "Description": "serves", "MaxSessionDuration": 3600, "RoleLastUsed": {}}


def test_a_list_of_roles_shows_less(iam):
    """API reference, ListRoles: no PermissionsBoundary, RoleLastUsed and Tags."""
    iam.create_role(
        RoleName="web",
        AssumeRolePolicyDocument=EC2_TRUST,
        Description="serves",
        PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess",
        Tags=[{"Key": "team", "Value": "a"}],
    )
    (role,) = iam.list_roles()["Roles"]
    assert set(role) == {
        "Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument", "Description",
        "MaxSessionDuration",
    }  # fmt: skip


def test_roles_are_listed_below_a_path_and_in_pages(iam):
    for name, path in (("a", "/x/"), ("b", "/x/y/"), ("c", "/z/"), ("d", "/")):
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=EC2_TRUST)
    assert names(iam.list_roles(PathPrefix="/x/")) == ["a", "b"]
    first = iam.list_roles(MaxItems=3)
    assert names(first) == ["a", "b", "c"]
    assert names(iam.list_roles(Marker=first["Marker"])) == ["d"]


def test_a_roles_name_is_taken_whatever_its_capitals(iam):
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=EC2_TRUST)
    assert refusal(iam.create_role, RoleName="WEB", AssumeRolePolicyDocument=EC2_TRUST) == (
        "EntityAlreadyExists",
        "Role with name WEB already exists.",
    )


def test_a_role_that_is_not_there_is_named(iam):
    missing = ("NoSuchEntity", "The role with name nobody cannot be found.")
    for call in (iam.get_role, iam.delete_role, iam.update_role):
        assert refusal(call, RoleName="nobody") == missing
    assert refusal(iam.update_assume_role_policy, RoleName="nobody", PolicyDocument=EC2_TRUST) == missing


def test_a_trust_policy_is_replaced(iam, cloud):
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=EC2_TRUST)
    new = trusting(f"arn:aws:iam::{cloud.account}:root")
    iam.update_assume_role_policy(RoleName="web", PolicyDocument=new)
    assert iam.get_role(RoleName="web")["Role"]["AssumeRolePolicyDocument"] == json.loads(new)


def test_what_an_update_does_not_name_stays(iam):
    """As recorded on AWS: UpdateRole without members changes nothing."""
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=EC2_TRUST, Description="one")
    iam.update_role(RoleName="web", Description="two", MaxSessionDuration=7200)
    iam.update_role(RoleName="web")
    answer = iam.update_role_description(RoleName="web", Description="three")["Role"]
    assert answer["Description"] == "three"
    assert "MaxSessionDuration" not in answer
    found = iam.get_role(RoleName="web")["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("three", 7200)


def test_a_role_in_use_is_not_deleted(iam):
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=EC2_TRUST)
    iam.put_role_policy(RoleName="web", PolicyName="p", PolicyDocument=allow("s3:*"))
    iam.attach_role_policy(RoleName="web", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")

    def conflict(first: str) -> None:
        sentence = f"Cannot delete entity, must {first} first."
        assert refusal(iam.delete_role, RoleName="web") == ("DeleteConflict", sentence)

    conflict("remove roles from instance profile")
    iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="web")
    conflict("detach all policies")
    iam.detach_role_policy(RoleName="web", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    conflict("delete policies")
    iam.delete_role_policy(RoleName="web", PolicyName="p")
    iam.delete_role(RoleName="web")
    assert refusal(iam.get_role, RoleName="web")[0] == "NoSuchEntity"


def test_the_path_of_service_linked_roles_is_not_for_customers(iam):
    code, _ = refusal(iam.create_role, RoleName="x", Path="/aws-service-role/", AssumeRolePolicyDocument=EC2_TRUST)
    assert code == "InvalidInput"


def test_a_service_linked_role_is_changed_by_nobody(iam, cloud):
    """IAM guide, "Create a service-linked role": you cannot edit or delete it as other roles."""
    from groundcloud.services.iam.records import Role

    role = Role(
        account=cloud.account,
        role_name="AWSServiceRoleForX",
        role_id="AROAEXAMPLE",
        arn=f"arn:aws:iam::{cloud.account}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        create_date=cloud.clock(),
        assume_role_policy_document=EC2_TRUST,
        path="/aws-service-role/x.amazonaws.com/",
    )
    cloud.store.write(lambda tx: tx.put(role))
    name = {"RoleName": "AWSServiceRoleForX"}
    protected = (
        "UnmodifiableEntity",
        "Cannot perform the operation on the protected role 'AWSServiceRoleForX' - this role is only modifiable by AWS",
    )
    assert refusal(iam.delete_role, **name) == protected
    assert refusal(iam.put_role_policy, **name, PolicyName="p", PolicyDocument=allow("s3:*")) == protected
    assert refusal(iam.update_assume_role_policy, **name, PolicyDocument=EC2_TRUST) == protected
    iam.update_role_description(**name, Description="may be said")


def test_a_role_tells_when_it_was_last_used(iam, cloud):
    role = iam.create_role(RoleName="web", AssumeRolePolicyDocument=EC2_TRUST)["Role"]
    time = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    session = Principal(
        type="AssumedRole",
        account=cloud.account,
        name="web",
        arn=f"arn:aws:sts::{cloud.account}:assumed-role/web/s",
        user_id=f"{role['RoleId']}:s",
        access_key_id="ASIAIOSFODNN7EXAMPLE",
        session=Session(issued=time, expires=time),
    )
    cloud.store.write(lambda tx: note_uses(tx, [Use(session, "s3", "eu-west-1", time)]))
    used = iam.get_role(RoleName="web")["Role"]["RoleLastUsed"]
    assert used == {"LastUsedDate": time.replace(microsecond=0), "Region": "eu-west-1"}


def test_a_condition_may_ask_for_the_policy_that_is_attached(iam, cloud):
    """Service authorization reference: AttachRolePolicy has the condition key iam:PolicyARN."""
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=EC2_TRUST)
    iam.create_user(UserName="alice")
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    document = allow("iam:AttachRolePolicy", Condition={"ArnEquals": {"iam:PolicyARN": read_only}})
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    alice = keys_for(cloud, iam, "alice")
    alice.attach_role_policy(RoleName="web", PolicyArn=read_only)
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert refusal(alice.attach_role_policy, RoleName="web", PolicyArn=administrator)[0] == "AccessDenied"
