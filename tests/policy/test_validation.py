"""What AWS refuses when a policy is stored, with its sentences.

The sentences are those of IAM's MalformedPolicyDocument answers, collected from public threads that quote them.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.policy import (
    MalformedPolicy,
    check_identity_policy,
    check_resource_policy,
    check_trust_policy,
    parse,
)

SYNTAX = "Syntax errors in policy."
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
SID = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
PATHS = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, '
    "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."
)


def identity(**changes):
    """A good statement of an identity policy with changes; None removes an element."""
    return statement({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, changes)


def trust(**changes):
    return statement(
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}, changes
    )


def bucket(**changes):
    good = {"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*", "Resource": "arn:aws:s3:::b/*"}
    return statement(good, changes)


def statement(good, changes):
    return {key: value for key, value in {**good, **changes}.items() if value is not None}


def policy(*statements, **elements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **elements})


def refusal(check, document):
    with pytest.raises(MalformedPolicy) as refused:
        check(document)
    return refused.value.message


IDENTITY_REFUSED = [
    ({"Principal": "*"}, "Policy document should not specify a principal."),
    ({"NotPrincipal": {"AWS": "*"}}, "Policy document should not specify a principal."),
    ({"Action": None}, "Policy statement must contain actions."),
    ({"Action": []}, "Policy statement must contain actions."),
    ({"Resource": None}, "Policy statement must contain resources."),
    ({"Resource": []}, "Policy statement must contain resources."),
    ({"Action": "GetObject"}, VENDOR),
    ({"Action": ["s3:GetObject", ""]}, VENDOR),
    ({"Action": "s3:Get:Object"}, "Actions/Condition can contain only one colon."),
    ({"Action": "s 3:GetObject"}, "Vendor s 3 is not valid"),
    ({"Resource": "bucket"}, 'Resource bucket must be in ARN format or "*".'),
    ({"Resource": ""}, 'Resource  must be in ARN format or "*".'),
    ({"Resource": "a:b"}, 'Partition "b" is not valid for resource "arn:b:*:*:*:*".'),
    ({"Resource": "arn:aws:s3"}, "The policy failed legacy parsing"),
    ({"Resource": "arn:moon:s3:::b"}, 'Partition "moon" is not valid for resource "arn:moon:s3:::b".'),
    ({"Resource": "arn:aws:s 3:::b"}, "Vendor s 3 is not valid"),
    ({"Resource": "arn:aws:iam::123456789012:bob"}, PATHS),
    (
        {"Resource": "arn:aws:iam:us-east-1:123456789012:user/bob"},
        "IAM resource arn:aws:iam:us-east-1:123456789012:user/bob cannot contain region information.",
    ),
    ({"Sid": "has space"}, SID),
    ({"Effect": "allow"}, SYNTAX),
    ({"Effect": None}, SYNTAX),
    ({"NotAction": "s3:*"}, SYNTAX),
    ({"NotResource": "*"}, SYNTAX),
    ({"Action": {"a": "b"}}, SYNTAX),
    ({"Resource": [["*"]]}, SYNTAX),
    ({"Sid": ["a"]}, SYNTAX),
    ({"Extra": "x"}, SYNTAX),
    ({"Condition": "x"}, SYNTAX),
    ({"Condition": {"StringEquals": "x"}}, SYNTAX),
    ({"Condition": {"StringSame": {"aws:a": "x"}}}, SYNTAX),
    ({"Condition": {"NullIfExists": {"aws:a": "true"}}}, SYNTAX),
    ({"Condition": {"StringEquals": {"aws:a": {"b": "c"}}}}, SYNTAX),
    ({"Condition": {"StringEquals": {"username": "x"}}}, VENDOR),
    ({"Condition": {"NumericEquals": {"aws:a": "ten"}}}, SYNTAX),
    ({"Condition": {"DateLessThan": {"aws:CurrentTime": "tomorrow"}}}, SYNTAX),
    ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}}, SYNTAX),
    ({"Condition": {"Null": {"aws:a": "maybe"}}}, SYNTAX),
    ({"Condition": {"BinaryEquals": {"aws:a": "!"}}}, SYNTAX),
]


@pytest.mark.parametrize(("changes", "message"), IDENTITY_REFUSED)
def test_an_identity_policy_is_refused_with_awss_sentence(changes, message):
    assert refusal(check_identity_policy, policy(identity(**changes))) == message


@pytest.mark.parametrize(
    "changes",
    [
        {"Sid": ""},
        {"Sid": "Abc123"},
        {"Action": "*"},
        {"Action": ["ec2:*", "s3:Get?bject"]},
        {"Action": None, "NotAction": "iam:*"},
        {"Resource": None, "NotResource": "arn:aws:s3:::b"},
        {"Resource": "arn:aws:s3:::b/${aws:username}/*"},
        {"Resource": "arn:*:s3:::b"},
        {"Resource": ["arn:aws-cn:s3:::b", "arn:aws-us-gov:sqs:*:*:q"]},
        {"Resource": ["arn:aws:iam::123456789012:user/*", "arn:aws:iam::*:*", "arn:aws:iam::123456789012:root"]},
        {"Condition": {}},
        {"Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a", "b"]}}},
        {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": True}, "NumericLessThan": {"aws:x": 3600}}},
        {"Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}},
    ],
)
def test_a_good_identity_policy_is_accepted(changes):
    assert check_identity_policy(policy(identity(**changes)), managed=True).statements[0].acts_on("s3:getobject")


@pytest.mark.parametrize(
    "document",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"Version":"2012-10-17"}',
        policy(),
        '{"Version":"2012-10-17","Statement":"x"}',
        '{"Version":"2012-10-17","Statement":["x"]}',
        policy(identity(), Version="2011-01-01"),
        policy(identity(), Version=["2012-10-17"]),
        policy(identity(), Id=["x"]),
        policy(identity(), Extra="x"),
        '{"Statement":{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}}',
    ],
)
def test_a_document_that_is_no_policy_is_a_syntax_error(document):
    assert refusal(check_identity_policy, document) == SYNTAX
    with pytest.raises(MalformedPolicy):
        parse(document)


def test_statement_ids_are_unique():
    twice = policy(identity(Sid="A"), identity(Sid="A"))
    assert refusal(check_identity_policy, twice) == "Statement IDs (SID) in a single policy must be unique."
    assert check_identity_policy(policy(identity(Sid=""), identity(Sid=""), identity()))


def test_a_managed_policy_must_be_of_the_new_version():
    for version in ({"Version": "2008-10-17"}, {}):
        document = json.dumps({**version, "Statement": identity()})
        assert check_identity_policy(document).version == "2008-10-17"
        refused = refusal(lambda text: check_identity_policy(text, managed=True), document)
        assert refused == "Policy document must be version 2012-10-17 or greater."


TRUST_REFUSED = [
    ({"Resource": "*"}, "Has prohibited field Resource"),
    ({"NotResource": "*"}, "AssumeRole policy must not contain resources."),
    ({"Principal": None}, "Missing required field Principal"),
    ({"Principal": {}}, "Missing required field Principal cannot be empty!"),
    ({"Principal": "*"}, 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'),
    ({"Principal": {"Robot": "x"}}, 'Invalid principal in policy: "Robot"'),
    ({"Principal": {"AWS": "bob"}}, 'Invalid principal in policy: "AWS":"bob"'),
    (
        {"Principal": {"AWS": "arn:aws:iam::12345678910:role/Orchestration_Role"}},
        'Invalid principal in policy: "AWS":"arn:aws:iam::12345678910:role/Orchestration_Role"',
    ),
    (
        {"Principal": {"AWS": "arn:aws:iam::123456789012:user/*"}},
        'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/*"',
    ),
    ({"Principal": {"Service": "ec2"}}, 'Invalid principal in policy: "SERVICE":"ec2"'),
    ({"Principal": {"Federated": "provider"}}, 'Invalid principal in policy: "FEDERATED":"provider"'),
    ({"Action": None}, "Missing required field Action"),
    ({"Action": "*"}, "AssumeRole policy may only specify STS AssumeRole actions."),
    ({"Action": "sts:GetCallerIdentity"}, "AssumeRole policy may only specify STS AssumeRole actions."),
    ({"Action": ["sts:AssumeRole", "s3:GetObject"]}, "AssumeRole policy may only specify STS AssumeRole actions."),
    ({"Effect": None}, "Missing required field Effect"),
    ({"Effect": "Maybe"}, "Invalid effect: Maybe"),
    ({"Principal": None, "NotPrincipal": {"AWS": "123456789012"}}, "Allow with NotPrincipal is not allowed."),
    (
        {"Effect": "Deny", "Principal": None, "NotPrincipal": {"AWS": "123456789012"}},
        "AssumeRole policy must not contain NotPrincipal field.",
    ),
    (
        {"Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity"},
        "A condition block must be present for the Cognito provider",
    ),
]


@pytest.mark.parametrize(("changes", "message"), TRUST_REFUSED)
def test_a_trust_policy_is_refused_with_awss_sentence(changes, message):
    assert refusal(check_trust_policy, policy(trust(**changes))) == message


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("no json", "This policy contains invalid Json"),
        (policy(trust(), Version="2011"), "The policy must contain a valid version string"),
        (policy(), "Could not parse the policy: Statement is empty!"),
        (policy(trust(Sid="A"), trust(Sid="A")), "The Statement Ids in the policy are not unique"),
    ],
)
def test_a_trust_document_is_refused_with_the_other_parsers_sentence(document, message):
    assert refusal(check_trust_policy, document) == message


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "*"},
        {"AWS": ["123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/path/r"]},
        {"AWS": "arn:aws:sts::123456789012:assumed-role/role/session@example.com"},
        {"AWS": "AIDACKCEVSQ6C2EXAMPLE"},
        {"Service": ["ec2.amazonaws.com", "logs.eu-west-1.amazonaws.com", "ec2.amazonaws.com.cn"]},
        {"Federated": ["accounts.google.com", "arn:aws:iam::123456789012:saml-provider/idp"]},
        {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"},
    ],
)
def test_a_good_trust_policy_is_accepted_and_names_its_principals(principal):
    checked = check_trust_policy(policy(trust(Principal=principal, Action=["sts:AssumeRole*", "sts:TagSession"])))
    names = [name for names in principal.values() for name in ([names] if isinstance(names, str) else names)]
    assert [name for _, name in checked.statements[0].principals] == names


def test_a_bucket_policy_may_have_spaces_in_its_sid():
    document = policy(bucket(Sid="Allow referral from my domains"), Version="2008-10-17", Id="http referer policy")
    assert check_resource_policy(document, "s3").statements[0].sid == "Allow referral from my domains"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Principal": None}, "Missing required field Principal"),
        ({"Resource": None}, "Missing required field Resource"),
        ({"Action": None}, "Missing required field Action"),
        ({"Action": "sqs:SendMessage"}, "Policy has invalid action"),
        ({"Resource": "arn:aws:s3:::other/*"}, "Policy has invalid resource"),
        ({"Principal": {"AWS": "nobody"}}, 'Invalid principal in policy: "AWS":"nobody"'),
        ({"Principal": None, "NotPrincipal": {"AWS": "123456789012"}}, "Allow with NotPrincipal is not allowed."),
    ],
)
def test_a_resource_policy_is_refused(changes, message):
    def check(document):
        return check_resource_policy(document, "s3", covers=lambda resource: resource.startswith("arn:aws:s3:::b"))

    assert refusal(check, policy(bucket(**changes))) == message


def test_a_bucket_policy_may_name_a_cloudfront_identity():
    # Amazon CloudFront Developer Guide, "Restrict access to an Amazon S3 origin"
    identity_arn = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC"
    assert check_resource_policy(policy(bucket(Principal={"AWS": identity_arn})), "s3")


def test_a_resource_policy_may_go_without_resource_where_its_service_says_so():
    assert check_resource_policy(policy(bucket(Resource=None)), "s3", resource_required=False)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.sampled_from(["*", "Allow", "s3:*", "arn:aws:s3:::b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
ELEMENTS = [
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
]  # fmt: skip
LIKE_A_STATEMENT = st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=6) | st.builds(identity, Condition=JSON)
LIKE_A_POLICY = st.fixed_dictionaries(
    {"Statement": LIKE_A_STATEMENT | st.lists(LIKE_A_STATEMENT, max_size=3) | JSON},
    optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17", "x", 1]), "Id": JSON},
)


@given((LIKE_A_POLICY | JSON).map(json.dumps) | st.text(max_size=40))
def test_any_document_is_a_policy_or_malformed(document):
    for check in (parse, check_identity_policy, check_trust_policy, check_resource_policy):
        try:
            compiled = check(document)
        except MalformedPolicy as refused:
            assert refused.message
        else:
            for each in compiled.statements:
                assert each.applies("arn:aws:s3:::b", lambda key: None) in (True, False)
