"""AWS's published Signature V4 test suite: canonical request, string to sign, signature."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from groundcloud.gateway.signature import ErrorStyle, claim, payload_hash_of, signing_key, verify
from groundcloud.gateway.signature.canonical import canonical_path, canonical_query, canonical_request
from groundcloud.gateway.signature.verify import string_to_sign
from tests.gateway.signature.signed_requests import from_http

SUITE = json.loads((Path(__file__).parent / "aws4_test_suite.json").read_text())
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
CASES = [
    pytest.param(case[kind], case["normalize"], id=f"{case['name']}-{kind}")
    for case in SUITE["cases"]
    for kind in ("header", "query")
    if kind in case
]
KEY = signing_key(SUITE["secret_access_key"], "20150830", SUITE["region"], SUITE["service"])


@pytest.mark.parametrize(("case", "normalize"), CASES)
def test_the_canonical_request_is_that_of_the_suite(case, normalize):
    request, body = from_http(case["request"])
    claimed = claim(request)
    without = ["X-Amz-Signature"]
    if "X-Amz-Security-Token" not in case["canonical"]:
        without.append("X-Amz-Security-Token")
    canonical = canonical_request(
        request.method,
        canonical_path(request.path, normalize=normalize),
        canonical_query(request.query, tuple(without)),
        request.headers,
        claimed.signed_headers,
        payload_hash_of(claimed, body, style=ErrorStyle.QUERY),
    )
    assert canonical == case["canonical"]
    assert string_to_sign(claimed, canonical) == case["to_sign"]
    assert claimed.signature == case["signature"]


# Only S3 does not normalize paths, and its name is not the suite's: such cases verify in the test above alone.
@pytest.mark.parametrize("case", [pytest.param(p.values[0], id=p.id) for p in CASES if p.values[1]])
def test_the_signature_of_the_suite_verifies(case):
    request, body = from_http(case["request"])
    claimed = claim(request)
    assert (claimed.access_key_id, claimed.region, claimed.service) == ("AKIDEXAMPLE", "us-east-1", "service")
    verify(
        claimed,
        request,
        secret=None,
        signing_key=KEY,
        payload_hash=payload_hash_of(claimed, body, style=ErrorStyle.QUERY),
        now=NOW,
        style=ErrorStyle.QUERY,
    )


def test_the_suite_is_whole():
    assert len(CASES) > 70
