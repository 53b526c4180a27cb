"""What the policy simulators tell beyond the decision."""

import json

import pytest

from groundcloud.policy import Caller, Layer, Policies, Position, Question, parse, simulate

USER = Caller("User", "123456789012", "arn:aws:iam::123456789012:user/bob")

# The policy of the AWS CLI reference's example for simulate-custom-policy, and the place that AWS answers.
AWS_EXAMPLE = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)


def ask(*documents, facts=None, action="dynamodb:CreateBackup", **others):
    policies = [parse(text, f"PolicyInputList.{number}") for number, text in enumerate(documents, 1)]
    return simulate(Question(USER, action, "*", (facts or {}).get), Policies(identity=policies, **others))


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ALLOW = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}


def test_awss_example_is_allowed_with_the_place_of_its_statement():
    answer = ask(AWS_EXAMPLE, facts={"aws:currenttime": "2019-04-25T11:00:00Z"})
    assert answer.verdict == "allowed"
    (match,) = answer.matched
    assert match.policy.name == "PolicyInputList.1"
    assert match.statement.start == Position(1, 38)
    assert match.statement.end == Position(1, 167)
    assert answer.missing_context_keys == []


def test_awss_example_is_not_allowed_before_the_date():
    answer = ask(AWS_EXAMPLE, facts={"aws:currenttime": "2014-04-25T11:00:00Z"})
    assert answer.verdict == "implicitDeny"
    assert answer.matched == ()


def test_missing_context_keys_are_told_as_the_policy_spells_them():
    assert ask(AWS_EXAMPLE).missing_context_keys == ["aws:CurrentTime"]
    assert ask(AWS_EXAMPLE, action="s3:GetObject").missing_context_keys == []


def test_a_statement_of_a_list_stands_where_its_brace_does():
    answer = ask(json.dumps({"Version": "2012-10-17", "Statement": [ALLOW]}))
    assert answer.matched[0].statement.start == Position(1, 41)  # as IAM answers for such a text


def test_only_statements_with_the_decisions_effect_are_told():
    answer = ask(document(ALLOW), document(DENY, ALLOW))
    assert answer.verdict == "explicitDeny"
    assert [(match.policy.name, match.statement.allows) for match in answer.matched] == [("PolicyInputList.2", False)]
    answer = ask(document(ALLOW), document({**ALLOW, "Action": "*"}))
    assert [match.policy.name for match in answer.matched] == ["PolicyInputList.1", "PolicyInputList.2"]


@pytest.mark.parametrize(
    ("boundary", "verdict"), [([ALLOW], "allowed"), ([DENY], "explicitDeny"), ([], "implicitDeny")]
)
def test_every_layer_has_a_verdict_of_its_own(boundary, verdict):
    group = [parse(document(*boundary))] if boundary else []
    answer = ask(document(ALLOW), boundary=group, organization=[[parse(document(ALLOW))], []])
    assert answer.verdicts[Layer.IDENTITY] == "allowed"
    assert answer.verdicts[Layer.BOUNDARY] == verdict
    assert answer.verdicts[Layer.SERVICE_CONTROL] == "implicitDeny"
    assert Layer.SESSION not in answer.verdicts
