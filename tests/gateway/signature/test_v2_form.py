"""Signature Version 2 of the query services, against the signer that botocore keeps for it."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV2Auth
from botocore.awsrequest import AWSRequest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.gateway.signature import ErrorStyle, SignatureError, claim, form_claim, verify_form
from tests.gateway.signature.signed_requests import CREDENTIALS, KEY_ID, SECRET, request

QUERY = ErrorStyle.QUERY
text = st.text(st.characters(codec="utf-8"), max_size=12)
operations = st.dictionaries(text.filter(bool), text, max_size=4)


def signed(parameters):
    sent = AWSRequest("POST", "https://ec2.amazonaws.com/", data={"Action": "DescribeRegions"} | parameters)
    SigV2Auth(CREDENTIALS).add_auth(sent)
    return request("POST", "/", "", {"host": "ec2.amazonaws.com"}), dict(sent.data)


def check(sent, parameters, now=None, secret=SECRET):
    claimed = form_claim(parameters, QUERY)
    verify_form(claimed, sent, parameters, secret=secret, now=now or datetime.now(UTC), style=QUERY)
    return claimed


@given(parameters=operations)
def test_what_botocore_signs_verifies(parameters):
    sent, parameters = signed(parameters)
    assert check(sent, parameters).access_key_id == KEY_ID
    with pytest.raises(SignatureError) as caught:
        check(sent, parameters | {"Action": "TerminateInstances"})
    assert caught.value.code == "SignatureDoesNotMatch"


def test_it_lasts_fifteen_minutes():
    sent, parameters = signed({})
    with pytest.raises(SignatureError, match="Signature expired"):
        check(sent, parameters, now=datetime.now(UTC) + timedelta(minutes=16))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Signature": ""}, "IncompleteSignature"),
        ({"SignatureMethod": "HmacMD5"}, "IncompleteSignature"),
        ({"SignatureVersion": "1"}, "IncompleteSignature"),
        ({"Timestamp": "today"}, "IncompleteSignature"),
        ({"Signature": "AAAA"}, "SignatureDoesNotMatch"),
    ],
)
def test_a_malformed_signature_is_refused(change, code):
    sent, parameters = signed({})
    with pytest.raises(SignatureError) as caught:
        check(sent, parameters | change)
    assert caught.value.code == code


names = st.sampled_from(["AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp"]) | text
values = (
    st.sampled_from(["2", "HmacSHA256", "HmacSHA1", "0001-01-01T00:00:00+23:59", "2013-05-24T00:00:00Z"]) | st.text()
)


@given(parameters=st.dictionaries(names, values), full=st.booleans())
def test_arbitrary_parameters_raise_nothing_but_signature_errors(parameters, full):
    parameters = ({"SignatureVersion": "2", "AWSAccessKeyId": "a"} if full else {}) | parameters
    try:
        claimed = form_claim(parameters, QUERY)
        if claimed:
            sent = request("GET", "/", "", {"host": "h"})
            verify_form(claimed, sent, parameters, secret=SECRET, now=datetime.now(UTC), style=QUERY)
    except SignatureError:
        pass


def test_it_is_not_taken_for_a_signature_of_s3():
    assert claim(request("GET", "/", "AWSAccessKeyId=a&SignatureVersion=2&Signature=b", {"host": "h"})) is None
    assert form_claim({"Action": "DescribeRegions"}, QUERY) is None
