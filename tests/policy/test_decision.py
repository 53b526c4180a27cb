"""The order of evaluation, by IAM User Guide "Policy evaluation logic" and "Cross-account policy evaluation logic"."""

import json

import pytest

from groundcloud.policy import Caller, Policies, Question, decide, parse

HERE, THERE = "123456789012", "210987654321"
ACTION, BUCKET = "s3:GetObject", "arn:aws:s3:::bucket/key"
USER = Caller("User", HERE, f"arn:aws:iam::{HERE}:user/bob")
ROLE = f"arn:aws:iam::{HERE}:role/ops"
SESSION = Caller("AssumedRole", HERE, f"arn:aws:sts::{HERE}:assumed-role/ops/s", ROLE)
FEDERATED = Caller("FederatedUser", HERE, f"arn:aws:sts::{HERE}:federated-user/amy", USER.arn)
ROOT = Caller("Root", HERE, f"arn:aws:iam::{HERE}:root")
SERVICE = Caller("Service", service="logging.s3.amazonaws.com")
ANONYMOUS = Caller("Anonymous")


def policy(effect="Allow", action="s3:*", principal=None, name="", **elements):
    statement = {"Effect": effect, "Action": action, "Resource": "*", **elements}
    if principal is not None:
        statement["Principal"] = principal
    return parse(json.dumps({"Version": "2012-10-17", "Statement": statement}), name)


ALLOW, DENY, OTHER = policy(), policy("Deny"), policy(action="ec2:*")


def ask(caller, account="", action=ACTION, facts=None, resource=BUCKET, resource_policy=None, **policies):
    question = Question(caller, action, resource, (facts or {}).get, account)
    return decide(question, Policies(resource=resource_policy, **policies))


def verdict(decision):
    """ "allow IDENTITY", "deny BOUNDARY" (explicit), "none SESSION" (implicit)."""
    word = "allow" if decision.allowed else "deny" if decision.reason.explicit else "none"
    return f"{word} {decision.reason.layer.name}"


def own(identity="-", boundary="-", session="-"):
    """The caller's own policies: A allows, N allows something else, D denies, - is not there."""
    kinds = {"A": (ALLOW,), "N": (OTHER,), "D": (ALLOW, DENY), "-": None}
    return {"identity": kinds[identity] or (), "boundary": kinds[boundary], "session": kinds[session]}


# Within one account, no resource policy. Columns: caller, identity, boundary, session, expected.
ALONE = [
    (USER, "A--", "allow IDENTITY"),
    (USER, "N--", "none IDENTITY"),
    (USER, "---", "none IDENTITY"),
    (USER, "D--", "deny IDENTITY"),
    (USER, "AA-", "allow IDENTITY"),
    (USER, "AN-", "none BOUNDARY"),
    (USER, "AD-", "deny BOUNDARY"),
    (USER, "NA-", "none IDENTITY"),
    (SESSION, "A--", "allow IDENTITY"),
    (SESSION, "A-A", "allow IDENTITY"),
    (SESSION, "A-N", "none SESSION"),
    (SESSION, "A-D", "deny SESSION"),
    (SESSION, "AAA", "allow IDENTITY"),
    (SESSION, "ANA", "none BOUNDARY"),
    (SESSION, "NAA", "none IDENTITY"),
    (FEDERATED, "A-A", "allow IDENTITY"),
    (FEDERATED, "A--", "none SESSION"),
    (ROOT, "---", "allow ROOT"),
    (ROOT, "--A", "allow ROOT"),
    (ROOT, "--N", "none SESSION"),
    (SERVICE, "---", "none RESOURCE"),
    (ANONYMOUS, "---", "none RESOURCE"),
]


@pytest.mark.parametrize(("caller", "policies", "expected"), ALONE)
def test_without_a_resource_policy(caller, policies, expected):
    assert verdict(ask(caller, **own(*policies))) == expected


# "Resource-based policies and implicit denies in other policy types (same account)".
GRANTED = [
    (USER, {"AWS": USER.arn}, "N--", "allow RESOURCE"),
    (USER, {"AWS": USER.arn}, "NN-", "allow RESOURCE"),
    (USER, {"AWS": USER.arn}, "AD-", "deny BOUNDARY"),
    (USER, {"AWS": HERE}, "N--", "none IDENTITY"),
    (USER, {"AWS": HERE}, "A--", "allow IDENTITY"),
    (USER, {"AWS": HERE}, "AN-", "none BOUNDARY"),
    (USER, {"AWS": THERE}, "A--", "allow IDENTITY"),
    (USER, "*", "NN-", "allow RESOURCE"),
    (SESSION, {"AWS": ROLE}, "N--", "allow RESOURCE"),
    (SESSION, {"AWS": ROLE}, "NAA", "allow RESOURCE"),
    (SESSION, {"AWS": ROLE}, "NNA", "none BOUNDARY"),
    (SESSION, {"AWS": ROLE}, "NAN", "none SESSION"),
    (SESSION, {"AWS": SESSION.arn}, "NNN", "allow RESOURCE"),
    (SESSION, {"AWS": SESSION.arn}, "NND", "deny SESSION"),
    (SESSION, {"AWS": [SESSION.arn, ROLE, HERE]}, "NNN", "allow RESOURCE"),
    (SESSION, {"AWS": HERE}, "NAA", "none IDENTITY"),
    (SESSION, {"AWS": HERE}, "AAA", "allow IDENTITY"),
    (SESSION, "*", "NNN", "allow RESOURCE"),
    (FEDERATED, {"AWS": FEDERATED.arn}, "N--", "allow RESOURCE"),
    (FEDERATED, {"AWS": FEDERATED.arn}, "NNN", "allow RESOURCE"),
    (FEDERATED, {"AWS": USER.arn}, "N-A", "allow RESOURCE"),
    (FEDERATED, {"AWS": USER.arn}, "N-N", "none SESSION"),
    (FEDERATED, {"AWS": USER.arn}, "NNA", "none BOUNDARY"),
    (FEDERATED, {"AWS": USER.arn}, "N--", "none SESSION"),
    (ROOT, {"AWS": THERE}, "---", "allow ROOT"),
    (SERVICE, {"Service": SERVICE.service}, "---", "allow RESOURCE"),
    (SERVICE, {"Service": "ec2.amazonaws.com"}, "---", "none RESOURCE"),
    (ANONYMOUS, "*", "---", "allow RESOURCE"),
    (ANONYMOUS, {"AWS": HERE}, "---", "none RESOURCE"),
]


@pytest.mark.parametrize(("caller", "principal", "policies", "expected"), GRANTED)
def test_with_a_resource_policy_of_the_same_account(caller, principal, policies, expected):
    assert verdict(ask(caller, HERE, resource=BUCKET, **_with(principal), **own(*policies))) == expected


def _with(principal, effect="Allow"):
    statement = {"Effect": effect, "Action": "s3:*", "Resource": "*", "Principal": principal}
    return {} if principal is None else {"resource_policy": parse(json.dumps({"Statement": statement}))}


# Across accounts both sides must allow, and no grant bypasses the caller's own limits.
ACROSS = [
    (USER, {"AWS": USER.arn}, "A--", "allow IDENTITY"),
    (USER, {"AWS": HERE}, "A--", "allow IDENTITY"),
    (USER, "*", "A--", "allow IDENTITY"),
    (USER, {"AWS": USER.arn}, "N--", "none IDENTITY"),
    (USER, {"AWS": USER.arn}, "AN-", "none BOUNDARY"),
    (USER, {"AWS": THERE}, "A--", "none RESOURCE"),
    (USER, None, "A--", "none RESOURCE"),
    (USER, None, "N--", "none IDENTITY"),
    (USER, {"AWS": HERE}, "D--", "deny IDENTITY"),
    (SESSION, {"AWS": ROLE}, "A-A", "allow IDENTITY"),
    (SESSION, {"AWS": SESSION.arn}, "A--", "allow IDENTITY"),
    (SESSION, {"AWS": SESSION.arn}, "A-N", "none SESSION"),
    (SESSION, {"AWS": SESSION.arn}, "N--", "none IDENTITY"),
    (SESSION, {"AWS": HERE}, "A--", "allow IDENTITY"),
    (SESSION, {"AWS": THERE}, "A--", "none RESOURCE"),
    (FEDERATED, {"AWS": FEDERATED.arn}, "A-A", "allow IDENTITY"),
    (FEDERATED, {"AWS": FEDERATED.arn}, "A--", "none SESSION"),
    (ROOT, {"AWS": HERE}, "---", "allow ROOT"),
    (ROOT, {"AWS": THERE}, "---", "none RESOURCE"),
    (ROOT, None, "---", "none RESOURCE"),
    (SERVICE, {"Service": SERVICE.service}, "---", "allow RESOURCE"),
    (ANONYMOUS, "*", "---", "allow RESOURCE"),
    (ANONYMOUS, None, "---", "none RESOURCE"),
]


@pytest.mark.parametrize(("caller", "principal", "policies", "expected"), ACROSS)
def test_across_accounts(caller, principal, policies, expected):
    assert verdict(ask(caller, THERE, **_with(principal), **own(*policies))) == expected


# Trust and key policies: who is not allowed there is not allowed at all, not even root.
REQUIRED = [
    (USER, {"AWS": USER.arn}, "N--", "allow TRUST"),
    (USER, {"AWS": HERE}, "A--", "allow IDENTITY"),
    (USER, {"AWS": HERE}, "N--", "none IDENTITY"),
    (USER, {"AWS": THERE}, "A--", "none TRUST"),
    (USER, None, "A--", "none TRUST"),
    (SESSION, {"AWS": ROLE}, "N--", "allow TRUST"),
    (ROOT, {"AWS": HERE}, "---", "allow ROOT"),
    (ROOT, {"AWS": USER.arn}, "---", "none TRUST"),
    (SERVICE, {"Service": SERVICE.service}, "---", "allow TRUST"),
    (
        Caller("WebIdentityUser", federated="accounts.google.com"),
        {"Federated": "accounts.google.com"},
        "---",
        "allow TRUST",
    ),
    (Caller("WebIdentityUser", federated="accounts.google.com"), {"AWS": "*"}, "---", "none TRUST"),
]


@pytest.mark.parametrize(("caller", "principal", "policies", "expected"), REQUIRED)
def test_where_the_resources_policy_must_allow(caller, principal, policies, expected):
    trust = policy(action="sts:AssumeRole", principal=principal) if principal else None
    mine = {layer: _on_sts(group) for layer, group in own(*policies).items()}
    decision = ask(caller, HERE, "sts:AssumeRole", resource=ROLE, resource_policy=trust, resource_required=True, **mine)
    assert verdict(decision) == expected


def _on_sts(group):
    return group and tuple(policy(action="sts:*") if each is ALLOW else each for each in group)


@pytest.mark.parametrize("caller", [USER, SESSION, FEDERATED, ROOT, SERVICE])
def test_an_explicit_deny_of_the_resource_wins(caller):
    statements = [
        {"Effect": effect, "Action": "s3:*", "Resource": "*", "Principal": "*"} for effect in ("Allow", "Deny")
    ]
    denying = parse(json.dumps({"Statement": statements}))
    decision = ask(caller, HERE, resource_policy=denying, identity=(ALLOW,), session=(ALLOW,))
    assert verdict(decision) == "deny RESOURCE"


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([[ALLOW], [ALLOW], [ALLOW]], "allow"),
        ([[ALLOW], [OTHER], [ALLOW]], "none SERVICE_CONTROL"),
        ([[ALLOW], [], [ALLOW]], "none SERVICE_CONTROL"),
        ([[ALLOW], [ALLOW, DENY], [ALLOW]], "deny SERVICE_CONTROL"),
        ([[OTHER, ALLOW]], "allow"),
    ],
)
@pytest.mark.parametrize("caller", [USER, ROOT])
def test_every_level_of_the_organization_must_allow(caller, levels, expected):
    for field, name in (("organization", "SERVICE"), ("resource_control", "RESOURCE")):
        decision = ask(caller, identity=(ALLOW,), **{field: levels})
        assert verdict(decision).startswith(expected.replace("SERVICE", name))
    granted = ask(caller, HERE, organization=levels, **_with({"AWS": caller.arn}))
    assert granted.allowed is (expected == "allow")


def test_a_deny_with_not_principal_meets_everyone_else():
    rule = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "NotPrincipal": {"AWS": [USER.arn, HERE]}}
    denying = parse(json.dumps({"Statement": rule}))
    assert ask(USER, HERE, resource_policy=denying, identity=(ALLOW,)).allowed
    assert verdict(ask(SESSION, HERE, resource_policy=denying, identity=(ALLOW,))) == "deny RESOURCE"
    # "NotPrincipal ... will always deny any IAM principal that has a permissions boundary policy attached"
    assert verdict(ask(USER, HERE, resource_policy=denying, **own("A", "A"))) == "deny RESOURCE"


# "Example identity-based and resource-based policy evaluation"
CARLOS = """{"Version": "2012-10-17", "Statement": [
  {"Sid": "AllowS3ListRead", "Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:ListAllMyBuckets"],
   "Resource": "arn:aws:s3:::*"},
  {"Sid": "AllowS3Self", "Effect": "Allow", "Action": "s3:*",
   "Resource": ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"]},
  {"Sid": "DenyS3Logs", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*log*"}]}"""


@pytest.mark.parametrize(
    ("action", "resource", "expected", "sid"),
    [
        ("s3:PutObject", "arn:aws:s3:::carlossalazar-logs/x", "deny IDENTITY", "DenyS3Logs"),
        ("S3:putobject", "arn:aws:s3:::carlossalazar/x", "allow IDENTITY", "AllowS3Self"),
        ("s3:GetBucketLocation", "arn:aws:s3:::any", "allow IDENTITY", "AllowS3ListRead"),
        ("s3:GetObject", "arn:aws:s3:::any/x", "none IDENTITY", None),
    ],
)
def test_the_user_guides_example(action, resource, expected, sid):
    decision = ask(USER, action=action, resource=resource, identity=(parse(CARLOS),))
    assert verdict(decision) == expected
    assert next((match.statement.sid for match in decision.statements), None) == sid


@pytest.mark.parametrize(
    ("elements", "action", "resource", "allowed"),
    [
        ({"NotAction": "iam:*"}, "s3:GetObject", BUCKET, True),
        ({"NotAction": ["iam:*", "sts:?et*"]}, "sts:GetSessionToken", "*", False),
        ({"Action": ["iam:Get*", "iam:ListUsers"]}, "iam:listusers", "*", True),
        ({"Action": "iam:*AccessKey*"}, "iam:UpdateAccessKey", "*", True),
        ({"Action": "iam:Get?ser"}, "iam:GetUser", "*", True),
        ({"Action": "*", "NotResource": "arn:aws:s3:::b/*"}, "s3:GetObject", "arn:aws:s3:::b/x", False),
        ({"Action": "*", "NotResource": "arn:aws:s3:::b/*"}, "s3:GetObject", "arn:aws:s3:::c/x", True),
        ({"Action": "*", "NotResource": "*"}, "s3:GetObject", BUCKET, False),
        ({"Action": "*", "Resource": "arn:aws:s3:::${aws:username}/*"}, "s3:GetObject", "arn:aws:s3:::bob/x", True),
        ({"Action": "*", "Resource": "arn:aws:s3:::${aws:username}/*"}, "s3:GetObject", "arn:aws:s3:::amy/x", False),
        ({"Action": "*", "Resource": "arn:aws:s3:::${aws:nothing}/*"}, "s3:GetObject", "arn:aws:s3:::/x", False),
        ({"Action": "*", "NotResource": "arn:aws:s3:::${aws:nothing}"}, "s3:GetObject", BUCKET, False),
        ({"Action": "*", "NotResource": "arn:aws:s3:::${aws:username}/*"}, "s3:GetObject", BUCKET, True),
    ],
)
def test_actions_and_resources_match(elements, action, resource, allowed):
    statement = {"Effect": "Allow", **({"Resource": "*"} if "NotResource" not in elements else {}), **elements}
    document = parse(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert (
        ask(USER, action=action, resource=resource, facts={"aws:username": "bob"}, identity=(document,)).allowed
        is allowed
    )


def test_facts_are_asked_only_when_a_policy_uses_them():
    asked = []

    def facts(key):
        asked.append(key)

    wanting = policy(action="ec2:*", Condition={"Bool": {"aws:SecureTransport": "true"}})
    decide(Question(USER, ACTION, BUCKET, facts), Policies(identity=(wanting, ALLOW)))
    assert asked == []
    decide(Question(USER, "ec2:RunInstances", "*", facts), Policies(identity=(wanting, ALLOW)))
    assert asked == ["aws:securetransport"]


# "Troubleshoot access denied error messages"
BOB = f"User: {USER.arn} is not authorized to perform: s3:GetObject on resource: {BUCKET}"


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (own("N"), f"{BOB} because no identity-based policy allows the s3:GetObject action"),
        (own("D"), f"{BOB} with an explicit deny in an identity-based policy"),
        (own("A", "N"), f"{BOB} because no permissions boundary allows the s3:GetObject action"),
        (own("A", "D"), f"{BOB} with an explicit deny in a permissions boundary"),
        (own("A", "-", "N"), f"{BOB} because no session policy allows the s3:GetObject action"),
        (own("A", "-", "D"), f"{BOB} with an explicit deny in a session policy"),
        ({"organization": [[OTHER]]}, f"{BOB} because no service control policy allows the s3:GetObject action"),
        ({"organization": [[DENY]]}, f"{BOB} with an explicit deny in a service control policy"),
        ({"resource_control": [[DENY]]}, f"{BOB} with an explicit deny in a resource control policy"),
        (_with("*", "Deny"), f"{BOB} with an explicit deny in a resource-based policy"),
        (
            {**own("A"), "resource_required": True},
            f"{BOB} because no resource-based policy allows the s3:GetObject action",
        ),
    ],
)
def test_a_refusal_reads_as_awss_does(policies, expected):
    assert ask(USER, HERE, **policies).message() == expected


def test_a_refusal_words_the_resource_as_the_service_does():
    decision = ask(USER, action="iam:GetUser", resource=f"arn:aws:iam::{HERE}:user/amy")
    assert decision.message("user amy") == (
        f"User: {USER.arn} is not authorized to perform: iam:GetUser on resource: user amy "
        "because no identity-based policy allows the iam:GetUser action"
    )
    listing = ask(USER, action="codecommit:ListRepositories", resource="*")
    assert listing.message() == (
        f"User: {USER.arn} is not authorized to perform: codecommit:ListRepositories "
        "because no identity-based policy allows the codecommit:ListRepositories action"
    )


def test_a_refusal_to_assume_a_role_names_the_trust_policy():
    refused = ask(
        USER, HERE, "sts:AssumeRole", resource=ROLE, identity=(policy(action="sts:*"),), resource_required=True
    )
    assert refused.message().endswith("because no role trust policy allows the sts:AssumeRole action")
    denied = ask(USER, HERE, "sts:AssumeRole", resource=ROLE, resource_policy=policy("Deny", "sts:*", principal="*"))
    assert denied.message().endswith("with an explicit deny in the role trust policy")


def test_a_refusal_of_a_token_names_only_the_action():
    caller = Caller("WebIdentityUser", federated="accounts.google.com")
    refused = ask(caller, HERE, "sts:AssumeRoleWithWebIdentity", resource=ROLE, resource_required=True)
    assert refused.message() == "Not authorized to perform sts:AssumeRoleWithWebIdentity"


def test_a_refusal_of_nobody_in_particular_says_anonymous():
    refused = ask(Caller("Anonymous", arn="*"), HERE)
    assert refused.message() == (
        f"User: anonymous is not authorized to perform: s3:GetObject on resource: {BUCKET} "
        "because no resource-based policy allows the s3:GetObject action"
    )


def test_a_refusal_can_name_the_denying_policy():
    arn = f"arn:aws:iam::{HERE}:policy/no-s3"
    refused = ask(USER, identity=(policy("Deny", name=arn),))
    assert refused.message(name_policy=True).endswith(f"with an explicit deny in an identity-based policy: {arn}")
