"""Whatever a client sends, it is anonymous, verified, or refused by an error of AWS's: nothing else is raised."""

from hypothesis import given, settings
from hypothesis import strategies as st

from groundcloud.errors import AwsError
from groundcloud.gateway.signature import (
    ErrorStyle,
    check_scope,
    claim,
    payload_hash_of,
    signing_key,
    verify,
)
from tests.gateway.signature.signed_requests import KEY_ID, NOW, SECRET, request

latin = st.text(st.characters(max_codepoint=255), max_size=30)
anything = st.text(max_size=30)
key = f"{KEY_ID}/20130524/us-east-1/s3/aws4_request"
pieces = st.sampled_from(
    ["AWS4-HMAC-SHA256 ", "AWS ", "AWS4-", "Credential=", "SignedHeaders=", "Signature=", key, "host;x-amz-date", ", "]
)
authorization = st.lists(pieces | latin, max_size=8).map("".join)
dates = st.sampled_from(["20130524T000000Z", "00010101T000000Z", "99991231T235959Z", "Fri, 24 May 2013 00:00:00 GMT"])
headers = st.fixed_dictionaries(
    {},
    optional={
        "authorization": authorization,
        "host": latin,
        "x-amz-date": dates | latin,
        "date": dates | anything,
        "x-amz-content-sha256": st.sampled_from(["UNSIGNED-PAYLOAD", "0" * 64]) | latin,
        "x-amz-security-token": anything,
        "x-amz-meta-a": anything,
        "content-md5": latin,
    },
)
parameters = st.sampled_from(
    [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "AWSAccessKeyId",
        "Signature",
        "Expires",
        "acl",
        "X-Amz-Security-Token",
    ]
)
given_values = st.sampled_from(["AWS4-HMAC-SHA256", key, "host", "60", "1369353600", "253402300799", "-1"]) | dates
queries = st.lists(st.tuples(parameters | anything, given_values | anything), max_size=9).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
presigned = st.fixed_dictionaries(
    {
        "X-Amz-Algorithm": st.just("AWS4-HMAC-SHA256"),
        "X-Amz-Credential": st.just(key) | anything,
        "X-Amz-Date": dates | anything,
        "X-Amz-Expires": st.sampled_from(["0", "604800"]) | anything,
        "X-Amz-SignedHeaders": st.just("host") | anything,
        "X-Amz-Signature": anything,
    }
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs.items()))


@settings(max_examples=300)
@given(
    method=anything,
    path=anything,
    query=queries | presigned,
    headers=headers,
    style=st.sampled_from(list(ErrorStyle)),
    body=st.binary(max_size=10),
)
def test_arbitrary_requests_raise_nothing_but_errors_of_aws(method, path, query, headers, style, body):
    sent = request(method, path, query, headers)
    try:
        claimed = claim(sent, style)
        if claimed is None:
            return
        check_scope(claimed, service=claimed.service, region=None, style=style)
        verify(
            claimed,
            sent,
            secret=SECRET,
            signing_key=signing_key(SECRET, claimed.date, claimed.region, claimed.service),
            payload_hash=payload_hash_of(claimed, body, style=style) if claimed.date else "",
            now=NOW,
            style=style,
        )
    except AwsError as error:
        assert error.message
        return
    raise AssertionError("no arbitrary request has a true signature")
