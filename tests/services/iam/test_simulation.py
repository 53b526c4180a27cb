import json

import pytest

from tests.cloud import TestCloud

READING = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, effect: str = "Allow", **more) -> dict:
    return {"Effect": effect, "Action": list(actions), "Resource": "*", **more}


def decisions(answer) -> dict[str, str]:
    return {each["EvalActionName"]: each["EvalDecision"] for each in answer["EvaluationResults"]}


def test_a_policy_is_simulated_without_anybody_having_it(iam):
    policies = [document(allow("s3:GetObject")), document(allow("s3:DeleteObject", effect="Deny"))]
    answer = iam.simulate_custom_policy(
        PolicyInputList=policies, ActionNames=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    )
    assert decisions(answer) == {
        "s3:GetObject": "allowed",
        "s3:PutObject": "implicitDeny",
        "s3:DeleteObject": "explicitDeny",
    }
    allowed, nothing, denied = answer["EvaluationResults"]
    assert allowed["EvalResourceName"] == "*"
    assert allowed["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1"
    assert allowed["MatchedStatements"][0]["StartPosition"]["Line"] == 1
    assert nothing["MatchedStatements"] == []
    assert denied["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.2"


def test_missing_context_keys_are_named_and_given_ones_used(iam):
    policy = document(allow("s3:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "moon"}}))
    missing = iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=["s3:GetObject"])
    assert missing["EvaluationResults"][0]["MissingContextValues"] == ["aws:PrincipalTag/team"]
    entry = {"ContextKeyName": "aws:PrincipalTag/team", "ContextKeyValues": ["moon"], "ContextKeyType": "string"}
    given = iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=["s3:GetObject"], ContextEntries=[entry])
    assert decisions(given) == {"s3:GetObject": "allowed"}
    assert given["EvaluationResults"][0]["MissingContextValues"] == []


def test_each_resource_has_its_result(iam):
    policy = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::mine/*"})
    arns = ["arn:aws:s3:::mine/a", "arn:aws:s3:::yours/a"]
    found = iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=["s3:GetObject"], ResourceArns=arns)
    results = {each["EvalResourceName"]: each["EvalDecision"] for each in found["EvaluationResults"]}
    assert results == {arns[0]: "allowed", arns[1]: "implicitDeny"}


def test_a_boundary_and_the_organizations_policies_are_told_apart(iam):
    everything, reading = document(allow("*")), document(allow("s3:Get*"))
    answer = iam.simulate_custom_policy(
        PolicyInputList=[everything], PermissionsBoundaryPolicyInputList=[reading], ActionNames=["s3:PutObject"],
        OrderedOrganizationPolicyInputList=[{"ServiceControlPolicyInputList": [everything]}],
    )["EvaluationResults"][0]  # fmt: skip
    assert answer["EvalDecision"] == "implicitDeny"
    assert answer["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert answer["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}


def test_a_resource_policy_needs_a_caller(iam, cloud: TestCloud):
    caller = f"arn:aws:iam::{cloud.account}:user/alice"
    policy = document({**allow("s3:GetObject"), "Principal": {"AWS": caller}})
    asked = {"PolicyInputList": [document(allow("sqs:*"))], "ActionNames": ["s3:GetObject"], "ResourcePolicy": policy}
    with pytest.raises(iam.exceptions.InvalidInputException):
        iam.simulate_custom_policy(**asked)
    assert decisions(iam.simulate_custom_policy(**asked, CallerArn=caller)) == {"s3:GetObject": "allowed"}


def test_a_users_own_policies_are_simulated_with_those_of_its_groups(iam):
    arn = iam.create_user(UserName="alice")["User"]["Arn"]
    iam.create_group(GroupName="team")
    iam.add_user_to_group(GroupName="team", UserName="alice")
    iam.put_group_policy(GroupName="team", PolicyName="read", PolicyDocument=document(allow("s3:Get*")))
    iam.put_user_policy(UserName="alice", PolicyName="write", PolicyDocument=document(allow("s3:Put*")))
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=READING)
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:PutObject"])
    assert decisions(answer) == {"s3:GetObject": "allowed", "s3:PutObject": "implicitDeny"}
    matched = [each["SourcePolicyId"] for each in answer["EvaluationResults"][0]["MatchedStatements"]]
    assert "group_team_read" in matched
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.simulate_principal_policy(PolicySourceArn=f"{arn}x", ActionNames=["s3:GetObject"])


def test_results_come_in_pages(iam):
    actions = [f"s3:Action{number}" for number in range(5)]
    first = iam.simulate_custom_policy(PolicyInputList=[document(allow("*"))], ActionNames=actions, MaxItems=3)
    assert first["IsTruncated"]
    rest = iam.simulate_custom_policy(
        PolicyInputList=[document(allow("*"))], ActionNames=actions, Marker=first["Marker"]
    )
    assert [*decisions(first), *decisions(rest)] == actions


def test_what_is_no_policy_or_no_action_is_refused(iam):
    for wrong in ({"PolicyInputList": ["{"]}, {"ActionNames": ["GetObject"]}):
        asked = {"PolicyInputList": [document(allow("*"))], "ActionNames": ["s3:GetObject"], **wrong}
        with pytest.raises(iam.exceptions.InvalidInputException):
            iam.simulate_custom_policy(**asked)


def test_the_keys_of_policies_are_listed_once(iam):
    condition = {"StringEquals": {"aws:SourceIp": "1.2.3.4"}, "Bool": {"AWS:SOURCEIP": "true"}}
    policy = document({**allow("s3:*", Condition=condition), "Resource": "arn:aws:s3:::${aws:username}"})
    found = iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"]
    assert sorted(key.lower() for key in found) == ["aws:sourceip", "aws:username"]
    arn = iam.create_user(UserName="alice")["User"]["Arn"]
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=policy)
    assert len(iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"]) == 2
