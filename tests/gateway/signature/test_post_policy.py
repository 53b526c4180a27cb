"""Forms that botocore signs, and S3's answers to those that break their policy.

The sentences are S3's, as recorded in public issue threads; where the documentation's error table differs, S3's
answer counts. Not on record, and therefore our own: the words for missing members, wrong operators and counts.
"""

import base64
import json
from datetime import UTC, datetime

import pytest
from botocore.auth import HmacV1PostAuth, S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.gateway.signature import (
    ErrorStyle,
    PostPolicy,
    SignatureError,
    check_scope,
    post_claim,
    signing_key,
    verify_post,
)
from tests.gateway.signature.signed_requests import CREDENTIALS, KEY_ID, NOW, SECRET

LATER = "2013-05-25T00:00:00Z"
SIGNERS = [S3SigV4PostAuth, HmacV1PostAuth]


def form(signer, conditions=(), fields=None, by=CREDENTIALS):
    signed = AWSRequest("POST", "https://s3.example.com/b")
    policy = {"expiration": LATER, "conditions": [{"bucket": "b"}, ["starts-with", "$key", ""], *conditions]}
    signed.context["s3-presign-post-policy"] = policy
    signed.context["s3-presign-post-fields"] = {"key": "k"} | (fields or {})
    (signer(by) if signer is HmacV1PostAuth else signer(by, "s3", "eu-west-1")).add_auth(signed)
    return signed.context["s3-presign-post-fields"]


def check(fields, secret=SECRET, bucket="b"):
    claimed = post_claim(fields)
    key = signing_key(secret, claimed.date, claimed.region, claimed.service)
    policy = verify_post(claimed, fields, secret=secret, signing_key=key)
    policy.check(fields, bucket=bucket, now=NOW)
    return claimed, policy


def refused(action):
    with pytest.raises(SignatureError) as caught:
        action()
    return caught.value


def policy(conditions, **members):
    return encoded({"expiration": LATER, "conditions": conditions} | members)


def encoded(document):
    text = document if isinstance(document, str) else json.dumps(document)
    return base64.b64encode(text.encode()).decode()


def failing(conditions, fields):
    return refused(lambda: PostPolicy(policy(conditions)).check(fields, bucket="b", now=NOW))


@pytest.mark.parametrize("signer", SIGNERS)
@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzEXAMPLE"])
def test_a_form_that_botocore_signs_is_accepted(signer, token):
    claimed, _ = check(form(signer, by=Credentials(KEY_ID, SECRET, token)))
    assert (claimed.kind, claimed.access_key_id, claimed.token) == ("post-policy", KEY_ID, token or "")


@pytest.mark.parametrize("signer", SIGNERS)
def test_names_of_fields_are_case_insensitive(signer):
    check({name.upper(): value for name, value in form(signer).items()})


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_changed_policy_is_found_before_it_is_read(signer):
    fields = form(signer)
    fields["policy"] = fields["policy"][:-2]
    error = refused(lambda: check(fields))
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.message.endswith("Check your key and signing method.")
    assert list(error.elements) == ["AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes"]
    assert error.elements["StringToSign"] == fields["policy"]
    assert refused(lambda: check(form(signer), secret="another")).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("signer", "dropped", "named"),
    [
        (S3SigV4PostAuth, ("x-amz-signature",), "X-Amz-Signature"),
        (S3SigV4PostAuth, ("x-amz-algorithm", "x-amz-credential"), "X-Amz-Algorithm"),
        (HmacV1PostAuth, ("signature",), "Signature"),
        (HmacV1PostAuth, ("AWSAccessKeyId",), "AWSAccessKeyId"),
    ],
)
def test_a_missing_field_is_named(signer, dropped, named):
    fields = {name: value for name, value in form(signer).items() if name not in dropped}
    error = refused(lambda: post_claim(fields))
    assert (error.code, error.status) == ("InvalidArgument", 400)
    assert error.message == (
        f"Bucket POST must contain a field named '{named}'.  If it is specified, please check the order of the fields."
    )
    assert error.elements == {"ArgumentName": named, "ArgumentValue": ""}


def test_a_form_without_a_signature_is_anonymous():
    assert post_claim({"key": "k", "policy": "p"}) is None


def test_a_date_in_another_form_is_refused():
    error = refused(lambda: post_claim(form(S3SigV4PostAuth) | {"x-amz-date": "today"}))
    assert (error.code, error.message) == ("InvalidArgument", "X-Amz-Date must be formated via ISO8601 Long format")
    assert error.elements == {"ArgumentName": "X-Amz-Date", "ArgumentValue": "today"}


def test_a_credential_for_another_region_is_refused():
    claimed = post_claim(form(S3SigV4PostAuth))
    error = refused(lambda: check_scope(claimed, service="s3", region="us-west-1", style=ErrorStyle.S3))
    assert (error.code, error.message) == ("InvalidArgument", "the region 'eu-west-1' is wrong; expecting 'us-west-1'")
    assert list(error.elements) == ["ArgumentName", "ArgumentValue", "Region"]
    claimed = post_claim(form(HmacV1PostAuth))
    check_scope(claimed, service="s3", region="us-west-1", style=ErrorStyle.S3)


def test_a_policy_expires():
    error = refused(lambda: PostPolicy(policy([])).check({}, bucket="b", now=datetime(2013, 5, 26, tzinfo=UTC)))
    assert (error.code, error.message) == ("AccessDenied", "Invalid according to Policy: Policy expired.")


@pytest.mark.parametrize(
    ("condition", "value", "written"),
    [
        ({"acl": "private"}, "public-read", '["eq", "$acl", "private"]'),
        (["eq", "$acl", "private"], "Private", '["eq", "$acl", "private"]'),
        (["eq", "acl", "private"], "private", '["eq", "acl", "private"]'),
        (["starts-with", "$acl", "pri"], "public", '["starts-with", "$acl", "pri"]'),
        (["starts-with", "$Other", ""], "private", '["starts-with", "$Other", ""]'),
        (["eq", "$acl", 'a"b'], "private", '["eq", "$acl", "a\\"b"]'),
        (["content-length-range", "test", "10"], "private", '["content-length-range", "test", "10"]'),
        ({"bucket": "c"}, "private", '["eq", "$bucket", "c"]'),
    ],
)
def test_a_failed_condition_is_shown(condition, value, written):
    error = failing([condition], {"acl": value})
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == f"Invalid according to Policy: Policy Condition failed: {written}"


def test_conditions_that_hold():
    conditions = [
        ["EQ", "$ACL", "private"],
        ["Starts-With", "$Content-Type", "image/"],
        ["starts-with", "$x-amz-meta-tag", ""],
        ["content-length-range", 0, 10],
        {"bucket": "b"},
    ]
    fields = {"acl": "private", "content-type": "image/png,image/gif", "X-Amz-Meta-Tag": "", "x-ignore-me": "1"}
    PostPolicy(policy(conditions)).check(fields, bucket="b", now=NOW)
    fields["content-type"] = "image/png,text/html"
    assert "Policy Condition failed" in failing(conditions, fields).message


def test_a_field_that_no_condition_names_is_extra():
    error = failing([["starts-with", "$key", ""]], {"key": "k", "StorageClass": "x", "x-ignore-a": "", "file": "f"})
    assert error.message == "Invalid according to Policy: Extra input fields: StorageClass"


def test_the_size_of_the_file_is_bounded():
    bounded = PostPolicy(policy([["content-length-range", "5", 10]]))
    assert bounded.length_range == (5, 10)
    bounded.check_length(5)
    bounded.check_length(10)
    error = refused(lambda: bounded.check_length(12))
    assert (error.code, error.elements) == ("EntityTooLarge", {"ProposedSize": "12", "MaxSizeAllowed": "10"})
    error = refused(lambda: bounded.check_length(1))
    assert (error.code, error.elements) == ("EntityTooSmall", {"ProposedSize": "1", "MinSizeAllowed": "5"})
    PostPolicy(policy([])).check_length(1 << 40)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("!", "Invalid Base64 encoding."),
        (encoded("{"), "Invalid JSON."),
        (encoded("[]"), "Invalid JSON."),
        (encoded("[" * 100000), "Invalid JSON."),
        (encoded({"Version": "2012-10-17"}), "Unexpected: 'version'"),
        (encoded({"conditions": []}), "Policy missing expiration."),
        (encoded({"expiration": LATER}), "Policy missing conditions."),
        (encoded({"expiration": LATER, "conditions": {}}), "Invalid 'conditions' value: must be a List."),
        (policy([], expiration="2015-10-17 03:15:59 UTC"), "Invalid 'expiration' value: '2015-10-17 03:15:59 UTC'"),
        (
            policy([], expiration="2011-09-13T07:52:58+02:00"),
            "Invalid 'expiration' value: '2011-09-13T07:52:58+02:00'",
        ),
        (
            policy([{"a": "1", "b": "2"}]),
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
        (policy([{"Content-Length": 6199034}]), "Invalid Simple-Condition: value must be a string."),
        (policy([{"success_action_redirect": None}]), "Invalid JSON."),
        (policy([["content-length-range", 0, 512.0]]), "Invalid JSON."),
        (policy([["content-length-range", 0]]), "Invalid content-length-range: wrong number of arguments."),
        (policy([["content-length-range", -1, 0]]), "Invalid content-length-range: values must not be negative."),
        (policy([[]]), "Invalid Condition: missing operation identifier."),
        (policy([["in", "$a", "b"]]), "Invalid Condition: unknown operation 'in'."),
        (policy(["a"]), "Invalid condition test: must be a List or Object."),
    ],
)
def test_a_malformed_policy_is_explained(text, problem):
    error = refused(lambda: PostPolicy(text))
    assert (error.code, error.status, error.message) == ("InvalidPolicyDocument", 400, f"Invalid Policy: {problem}")


values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v, max_size=4))
conditions = st.lists(values | st.dictionaries(st.text(), values, max_size=2), max_size=4) | values


@given(conditions=conditions, fields=st.dictionaries(st.text(), st.text(), max_size=4))
def test_arbitrary_policies_raise_nothing_but_signature_errors(conditions, fields):
    try:
        parsed = PostPolicy(policy(conditions))
        parsed.check(fields, bucket="b", now=NOW)
        parsed.check_length(3)
    except SignatureError:
        pass


names = st.sampled_from(["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "policy", "signature"])


@given(
    fields=st.dictionaries(
        names | st.just("AWSAccessKeyId"),
        st.sampled_from(["AWS4-HMAC-SHA256", "a/b/c/d/aws4_request", "20130524T000000Z"]) | st.text(),
    )
)
def test_arbitrary_forms_raise_nothing_but_signature_errors(fields):
    try:
        claimed = post_claim(fields)
        if claimed:
            verify_post(claimed, fields, secret=SECRET, signing_key=b"")
    except SignatureError:
        pass
