"""Inline and attached policies are the same for users, groups and roles: each test runs for all three."""

import json

import pytest

from tests.services.iam.policies import EC2_TRUST, allow, refusal

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class Entity:
    """One user, group or role and its operations, under one name for all kinds."""

    def __init__(self, iam, kind):
        self.iam = iam
        self.kind = kind
        self.name = {f"{kind.capitalize()}Name": "subject"}
        trust = {"AssumeRolePolicyDocument": EC2_TRUST} if kind == "role" else {}
        getattr(iam, f"create_{kind}")(**self.name, **trust)

    def __getattr__(self, call):
        function = getattr(self.iam, call.replace("KIND", self.kind))

        def run(**arguments):
            return function(**self.name, **arguments)

        return run


@pytest.fixture(params=["user", "group", "role"])
def entity(iam, request):
    return Entity(iam, request.param)


def test_an_inline_policy_comes_back_as_it_was_given(entity):
    """The wire has it URL-encoded (API reference, GetUserPolicy); boto3 decodes and reads it."""
    document = allow("s3:GetObject", resource="arn:aws:s3:::bücket/a+b %20&c/*")
    entity.put_KIND_policy(PolicyName="p", PolicyDocument=document)
    found = entity.get_KIND_policy(PolicyName="p")
    assert found["PolicyDocument"] == json.loads(document)
    assert found["PolicyName"] == "p"
    assert found.items() >= entity.name.items()


def test_documents_are_url_encoded_on_the_wire(iam):
    """API reference, GetUserPolicy: "Policies returned by this operation are URL-encoded compliant with RFC 3986"."""
    bodies = []
    iam.meta.events.register("before-parse.iam.GetUserPolicy", lambda response_dict, **_: bodies.append(response_dict))
    iam.create_user(UserName="alice")
    iam.put_user_policy(
        UserName="alice", PolicyName="p", PolicyDocument=allow("s3:*", resource="arn:aws:s3:::a-b_c.d~/*")
    )
    iam.get_user_policy(UserName="alice", PolicyName="p")
    assert b"%7B%22Version%22%3A%20%222012-10-17%22" in bodies[0]["body"]
    assert b"arn%3Aaws%3As3%3A%3A%3Aa-b_c.d~%2F%2A" in bodies[0]["body"]


def test_inline_policies_are_listed_replaced_and_deleted(entity):
    entity.put_KIND_policy(PolicyName="b", PolicyDocument=allow("s3:*"))
    entity.put_KIND_policy(PolicyName="a", PolicyDocument=allow("s3:*"))
    entity.put_KIND_policy(PolicyName="a", PolicyDocument=allow("sqs:*"))
    assert entity.list_KIND_policies()["PolicyNames"] == ["a", "b"]
    assert entity.get_KIND_policy(PolicyName="a")["PolicyDocument"]["Statement"][0]["Action"] == ["sqs:*"]
    entity.delete_KIND_policy(PolicyName="a")
    assert entity.list_KIND_policies()["PolicyNames"] == ["b"]


def test_an_inline_policy_that_is_not_there_is_named(entity):
    missing = ("NoSuchEntity", f"The {entity.kind} policy with name p cannot be found.")
    assert refusal(entity.get_KIND_policy, PolicyName="p") == missing
    assert refusal(entity.delete_KIND_policy, PolicyName="p") == missing


def test_a_malformed_inline_policy_is_refused(entity):
    code, message = refusal(entity.put_KIND_policy, PolicyName="p", PolicyDocument='{"Statement": []')
    assert code == "MalformedPolicyDocument"
    assert message


def test_inline_policies_have_a_size_together_and_spaces_do_not_count(entity):
    """IAM guide, "IAM and AWS STS quotas": 2048, 5120 and 10240 characters for users, groups and roles, of all inline
    policies together, white space aside."""
    most = {"user": 2048, "group": 5120, "role": 10240}[entity.kind]
    half = allow("s3:GetObject", resource="arn:aws:s3:::" + "x" * (most // 2))
    entity.put_KIND_policy(PolicyName="spaces", PolicyDocument=allow("s3:*") + " " * most)
    entity.put_KIND_policy(PolicyName="a", PolicyDocument=half)
    assert refusal(entity.put_KIND_policy, PolicyName="b", PolicyDocument=half) == (
        "LimitExceeded",
        f"Maximum policy size of {most} bytes exceeded for {entity.kind} subject",
    )
    assert entity.list_KIND_policies()["PolicyNames"] == ["a", "spaces"]


def test_managed_policies_are_attached_once_listed_and_detached(entity):
    for _ in range(2):
        entity.attach_KIND_policy(PolicyArn=READ_ONLY)
    attached = entity.list_attached_KIND_policies()["AttachedPolicies"]
    assert attached == [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}]
    assert entity.iam.get_policy(PolicyArn=READ_ONLY)["Policy"]["AttachmentCount"] == 1
    entity.detach_KIND_policy(PolicyArn=READ_ONLY)
    assert entity.list_attached_KIND_policies()["AttachedPolicies"] == []
    assert entity.iam.get_policy(PolicyArn=READ_ONLY)["Policy"]["AttachmentCount"] == 0


def test_attached_policies_are_listed_below_a_path(entity):
    entity.attach_KIND_policy(PolicyArn=READ_ONLY)
    entity.attach_KIND_policy(PolicyArn="arn:aws:iam::aws:policy/job-function/ViewOnlyAccess")
    below = entity.list_attached_KIND_policies(PathPrefix="/job-function/")["AttachedPolicies"]
    assert [each["PolicyName"] for each in below] == ["ViewOnlyAccess"]


def test_a_policy_that_is_not_there_cannot_be_attached(entity, cloud):
    arn = f"arn:aws:iam::{cloud.account}:policy/nothing"
    missing = ("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
    assert refusal(entity.attach_KIND_policy, PolicyArn=arn) == missing
    made = entity.iam.create_policy(PolicyName="p", Path="/x/", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    wrong_path = made.replace("/x/", "/y/")
    assert refusal(entity.attach_KIND_policy, PolicyArn=wrong_path)[0] == "NoSuchEntity"


def test_an_arn_that_is_none_is_refused(entity):
    arn = "longpolicynamebutnoarn"
    assert refusal(entity.attach_KIND_policy, PolicyArn=arn) == ("ValidationError", f"ARN {arn} is not valid.")


def test_a_policy_that_is_not_attached_cannot_be_detached(entity):
    missing = ("NoSuchEntity", f"Policy {READ_ONLY} was not found.")
    assert refusal(entity.detach_KIND_policy, PolicyArn=READ_ONLY) == missing


def test_ten_policies_are_attached_at_most(entity):
    arns = [
        entity.iam.create_policy(PolicyName=f"p{number}", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
        for number in range(11)
    ]
    for arn in arns[:10]:
        entity.attach_KIND_policy(PolicyArn=arn)
    quota = f"PoliciesPer{entity.kind.capitalize()}"
    assert refusal(entity.attach_KIND_policy, PolicyArn=arns[10]) == (
        "LimitExceeded",
        f"Cannot exceed quota for {quota}: 10",
    )


def test_a_policy_of_service_linked_roles_is_not_for_customers(entity):
    """API reference, PolicyNotAttachableException: AWS service role policies can only be attached to the
    service-linked role for that service."""
    from groundcloud.services.iam.managed import managed_policies

    arn = next(arn for arn in managed_policies() if ":policy/aws-service-role/" in arn)
    assert refusal(entity.attach_KIND_policy, PolicyArn=arn)[0] == "PolicyNotAttachable"
