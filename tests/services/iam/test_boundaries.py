import pytest

from tests.services.iam.policies import EC2_TRUST, allow, keys_for, refusal

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture(params=["user", "role"])
def entity(iam, request):
    """Put, delete, get and make of one kind of entity."""
    kind = request.param
    trust = {"AssumeRolePolicyDocument": EC2_TRUST} if kind == "role" else {}
    name = {f"{kind.capitalize()}Name": "subject"}
    getattr(iam, f"create_{kind}")(**name, **trust)

    class Entity:
        def put(self, arn):
            return getattr(iam, f"put_{kind}_permissions_boundary")(**name, PermissionsBoundary=arn)

        def delete(self):
            return getattr(iam, f"delete_{kind}_permissions_boundary")(**name)

        def boundary(self):
            return getattr(iam, f"get_{kind}")(**name)[kind.capitalize()].get("PermissionsBoundary")

        def make_other(self, arn):
            other = {f"{kind.capitalize()}Name": "other"}
            return getattr(iam, f"create_{kind}")(**other, **trust, PermissionsBoundary=arn)

    return Entity()


def test_a_boundary_is_set_and_taken_away(iam, entity):
    entity.put(READ_ONLY)
    assert entity.boundary() == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": READ_ONLY}
    assert iam.get_policy(PolicyArn=READ_ONLY)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    entity.delete()
    assert entity.boundary() is None
    assert iam.get_policy(PolicyArn=READ_ONLY)["Policy"]["PermissionsBoundaryUsageCount"] == 0


def test_a_boundary_gives_way_to_another(iam, entity):
    other = "arn:aws:iam::aws:policy/AdministratorAccess"
    entity.put(READ_ONLY)
    entity.put(other)
    assert entity.boundary()["PermissionsBoundaryArn"] == other
    assert iam.get_policy(PolicyArn=READ_ONLY)["Policy"]["PermissionsBoundaryUsageCount"] == 0
    assert iam.get_policy(PolicyArn=other)["Policy"]["PermissionsBoundaryUsageCount"] == 1


@pytest.mark.parametrize("call", ["put", "make_other"])
def test_a_boundary_must_be_a_policy_that_there_is(cloud, entity, call):
    """The sentences are as recorded on AWS."""
    none = f"arn:aws:iam::{cloud.account}:not_a_policy/x"
    assert refusal(getattr(entity, call), arn=none) == ("InvalidInput", f"ARN {none} is not valid.")
    missing = f"arn:aws:iam::{cloud.account}:policy/nothing"
    assert refusal(getattr(entity, call), arn=missing) == (
        "NoSuchEntity",
        f"Scope ARN: {missing} does not exist or is not attachable.",
    )


def test_a_boundary_bounds_what_policies_allow(iam, cloud):
    edge = iam.create_policy(PolicyName="edge", PolicyDocument=allow("iam:GetUser"))["Policy"]["Arn"]
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=allow("iam:*"))
    alice = keys_for(cloud, iam, "alice")
    alice.list_users()
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=edge)
    alice.get_user()
    code, message = refusal(alice.list_users)
    assert code == "AccessDenied"
    assert "no permissions boundary allows the iam:ListUsers action" in message


def test_the_boundary_of_who_is_changed_is_a_condition_key(iam, cloud):
    """Service authorization reference: iam:PermissionsBoundary for AttachUserPolicy is that of the user."""
    iam.create_user(UserName="alice")
    for name, boundary in (("free", {}), ("bound", {"PermissionsBoundary": READ_ONLY})):
        iam.create_user(UserName=name, **boundary)
    document = allow("iam:AttachUserPolicy", Condition={"StringEquals": {"iam:PermissionsBoundary": READ_ONLY}})
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    alice = keys_for(cloud, iam, "alice")
    alice.attach_user_policy(UserName="bound", PolicyArn=READ_ONLY)
    assert refusal(alice.attach_user_policy, UserName="free", PolicyArn=READ_ONLY)[0] == "AccessDenied"
