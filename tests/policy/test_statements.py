"""Compiled policies: remembered by text, and what they tell about themselves."""

import json

from groundcloud.policy import parse

ALLOW = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_a_text_is_compiled_once_whatever_its_policies_are_called():
    first, second = parse(document(ALLOW), "one", "user"), parse(document(ALLOW), "two", "group")
    assert first.statements is second.statements
    assert (first.name, first.type, second.name, second.type) == ("one", "user", "two", "group")
    assert parse(document(ALLOW), "one", "user") is first


def test_candidates_are_the_statements_that_name_the_action():
    policy = parse(document(ALLOW, DENY, {**ALLOW, "Action": "s3:Get*"}))
    assert policy.candidates("DynamoDB:GetItem") == ((policy.statements[1],), (policy.statements[0],))
    assert policy.candidates("s3:GetObject") == ((), (policy.statements[2],))
    assert policy.candidates("s3:PutObject") == ((), ())


def test_what_is_remembered_by_action_is_bounded():
    policy = parse(document(ALLOW))
    for number in range(3000):
        assert policy.candidates(f"dynamodb:{number}")[1]
    assert len(policy.by_action) <= 512


def test_a_policy_tells_which_context_keys_it_uses():
    statements = [
        {**ALLOW, "Condition": {"StringLike": {"s3:prefix": "${aws:UserName}/*", "AWS:userid": "x"}}},
        {**DENY, "Resource": "arn:aws:s3:::${aws:username}/${aws:PrincipalTag/Team, 'x'}"},
    ]
    assert parse(document(*statements)).context_keys == [
        "s3:prefix",
        "aws:UserName",
        "AWS:userid",
        "aws:PrincipalTag/Team",
    ]
