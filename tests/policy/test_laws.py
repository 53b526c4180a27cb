"""What holds of every decision: a deny wins, and limits never widen."""

import json

from hypothesis import given
from hypothesis import strategies as st

from groundcloud.policy import Policies, everywhere, parse
from tests.policy.test_decision import ACTION, ALLOW, DENY, FEDERATED, ROOT, SESSION, USER, ask

LAYERS = ("identity", "boundary", "session")
CLAUSES = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.sampled_from(["*", "s3:*", "s3:GetObject", "ec2:*"]),
        "Resource": st.sampled_from(["*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::other/*"]),
    },
    optional={
        "Condition": st.sampled_from(
            [{"Bool": {"aws:a": "true"}}, {"StringNotEquals": {"aws:b": "x"}}, {"Null": {"aws:a": "true"}}]
        )
    },
)
DOCUMENTS = st.lists(CLAUSES, min_size=1, max_size=3).map(lambda each: parse(json.dumps({"Statement": each})))
GROUPS = st.lists(DOCUMENTS, max_size=2)
FACTS = st.fixed_dictionaries({}, optional={"aws:a": st.sampled_from(["true", "false"]), "aws:b": st.just("x")})


@given(GROUPS, GROUPS | st.none(), GROUPS | st.none(), st.sampled_from(LAYERS), FACTS)
def test_a_deny_always_wins(identity, boundary, session, where, facts):
    groups = {"identity": identity, "boundary": boundary, "session": session}
    groups[where] = [*(groups[where] or ()), DENY]
    for caller in (USER, SESSION, ROOT):
        decision = ask(caller, facts=facts, **groups)
        assert not decision.allowed
        assert decision.reason.explicit


@given(GROUPS, GROUPS | st.none(), GROUPS | st.none(), DOCUMENTS, FACTS, st.sampled_from([USER, SESSION, FEDERATED]))
def test_a_further_deny_never_widens(identity, boundary, session, more, facts, caller):
    denies = parse(
        json.dumps({"Statement": [{**each, "Effect": "Deny"} for each in json.loads(more.document)["Statement"]]})
    )
    groups = {"boundary": boundary, "session": session, "facts": facts}
    if ask(caller, identity=[*identity, denies], **groups).allowed:
        assert ask(caller, identity=identity, **groups).allowed


@given(GROUPS, GROUPS, FACTS)
def test_a_boundary_or_session_policy_never_widens(identity, limit, facts):
    for layer in ("boundary", "session"):
        if ask(USER, identity=identity, facts=facts, **{layer: limit}).allowed:
            assert ask(USER, identity=identity, facts=facts).allowed


@given(
    GROUPS, GROUPS | st.none(), GROUPS | st.none(), st.lists(GROUPS, max_size=2), FACTS,
    st.sampled_from([USER, SESSION, FEDERATED, ROOT]),
)  # fmt: skip
def test_what_is_allowed_everywhere_is_allowed_on_each_resource_and_under_all_facts(
    identity, boundary, session, levels, facts, caller
):
    policies = {"identity": identity, "boundary": boundary, "session": session, "organization": levels}
    if everywhere(caller, ACTION, Policies(**policies)):
        for resource in ("arn:aws:s3:::bucket/key", "arn:aws:s3:::other/key", "arn:aws:s3:::third"):
            assert ask(caller, resource=resource, facts=facts, **policies).allowed


def test_an_administrator_is_allowed_everywhere_until_any_deny_a_limit_or_a_condition_bears_upon_it():
    narrow = parse(json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::bucket/*"}}))
    asks = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    conditional = parse(json.dumps({"Statement": asks}))
    assert everywhere(USER, ACTION, Policies(identity=(ALLOW,), boundary=(ALLOW,), organization=((ALLOW,), (ALLOW,))))
    assert everywhere(ROOT, ACTION, Policies())
    for policies in (
        Policies(identity=(narrow,)),
        Policies(identity=(conditional,)),
        Policies(identity=(ALLOW, DENY)),
        Policies(identity=(ALLOW,), boundary=(narrow,)),
        Policies(identity=(ALLOW,), session=()),
        Policies(identity=(ALLOW,), organization=((ALLOW,), (conditional,))),
    ):
        assert not everywhere(SESSION, ACTION, policies)
    assert not everywhere(FEDERATED, ACTION, Policies(identity=(ALLOW,), session=(ALLOW,)))
