"""Codes, statuses and sentences, family by family.

The sentences of the JSON family are quoted from DynamoDB's answers in github.com/mhart/dynalite (its comments on the
order of checks); S3's from its answers in public issues and from openstack/swift's tests of the same.
"""

import base64
import hashlib

import pytest

from groundcloud.errors import AwsError
from groundcloud.gateway.signature import (
    ERRORS,
    ErrorStyle,
    Failure,
    SignatureError,
    check_scope,
    claim,
    expired_token,
    invalid_token,
    missing_token,
    payload_hash_of,
    style_of,
    unknown_key,
    verify,
)
from tests.gateway.signature.signed_requests import KEY_ID, NOW, request

QUERY, JSON, S3, EC2, REST = (
    ErrorStyle.QUERY,
    ErrorStyle.JSON,
    ErrorStyle.S3,
    ErrorStyle.EC2,
    ErrorStyle.REST_JSON,
)
SCOPE = "20130524/us-east-1/iam/aws4_request"
DATE = "20130524T000000Z"


def header(text, **headers):
    headers = {"host": "h", "x-amz-date": DATE} | {name.replace("_", "-"): value for name, value in headers.items()}
    return request("GET", "/", "", {k: v for k, v in headers.items() if v is not None} | {"authorization": text})


def signed(credential=f"{KEY_ID}/{SCOPE}", signed_headers="host;x-amz-date", signature="00"):
    return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed_headers}, Signature={signature}"


def refused(sent, style):
    with pytest.raises(SignatureError) as caught:
        claimed = claim(sent, style)
        verify(
            claimed,
            sent,
            secret="",
            signing_key=b"",
            payload_hash=payload_hash_of(claimed, style=style) if claimed.date else "",
            now=NOW,
            style=style,
        )
    return caught.value


def test_every_failure_is_worded_in_every_style():
    assert set(ERRORS) == {(style, failure) for style in ErrorStyle for failure in Failure}
    for (style, failure), made in ERRORS.items():
        assert issubclass(made, AwsError)
        assert made.failure is failure
        assert 400 <= made.status <= 403, (style, failure)


@pytest.mark.parametrize(
    ("style", "missing", "unknown", "expired", "mismatch", "incomplete"),
    [
        (
            QUERY,
            ("MissingAuthenticationToken", 403),
            ("InvalidClientTokenId", 403),
            ("ExpiredToken", 403),
            ("SignatureDoesNotMatch", 403),
            ("IncompleteSignature", 400),
        ),
        (
            EC2,
            ("MissingAuthenticationToken", 403),
            ("AuthFailure", 401),
            ("RequestExpired", 400),
            ("AuthFailure", 401),
            ("IncompleteSignature", 400),
        ),
        (
            JSON,
            ("MissingAuthenticationTokenException", 400),
            ("UnrecognizedClientException", 400),
            ("ExpiredTokenException", 400),
            ("InvalidSignatureException", 400),
            ("IncompleteSignatureException", 400),
        ),
        (
            REST,
            ("MissingAuthenticationTokenException", 403),
            ("UnrecognizedClientException", 403),
            ("ExpiredTokenException", 403),
            ("InvalidSignatureException", 403),
            ("IncompleteSignatureException", 403),
        ),
        (
            S3,
            ("AccessDenied", 403),
            ("InvalidAccessKeyId", 403),
            ("ExpiredToken", 400),
            ("SignatureDoesNotMatch", 403),
            ("AuthorizationHeaderMalformed", 400),
        ),
    ],
)
def test_codes_differ_by_family(style, missing, unknown, expired, mismatch, incomplete):
    def code(error):
        return error.code, error.status

    assert code(missing_token(style)) == missing
    assert code(unknown_key(style, KEY_ID)) == unknown
    assert code(expired_token(style, "t")) == expired
    sent = header(signed(), x_amz_content_sha256="UNSIGNED-PAYLOAD")
    sent.headers["authorization"] = signed(signed_headers="host;x-amz-content-sha256;x-amz-date")
    assert code(refused(sent, style)) == mismatch
    assert code(refused(header("AWS4-HMAC-SHA256 Credential=a"), style)) == incomplete


def test_tokens_and_keys_are_refused_in_aws_words():
    assert unknown_key(QUERY, KEY_ID).message == "The security token included in the request is invalid."
    assert missing_token(QUERY).message == "Request is missing Authentication Token"
    assert missing_token(REST).message == "Missing Authentication Token"
    assert unknown_key(EC2, KEY_ID).message == "AWS was not able to validate the provided access credentials"
    error = unknown_key(S3, KEY_ID)
    assert error.message == "The AWS Access Key Id you provided does not exist in our records."
    assert error.elements == {"AWSAccessKeyId": KEY_ID}
    error = invalid_token(S3, "abc")
    assert (error.code, error.elements) == ("InvalidToken", {"Token-0": "abc"})


def test_an_authorization_header_names_what_it_lacks():
    text = "AWS4-HMAC-SHA256 Credential="
    error = refused(header(text, x_amz_date=None), JSON)
    hashed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert error.message == (
        "Authorization header requires 'Credential' parameter. "
        "Authorization header requires 'Signature' parameter. "
        "Authorization header requires 'SignedHeaders' parameter. "
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        f"(Hashed with SHA-256 and encoded with Base64) Authorization={hashed}"
    )


@pytest.mark.parametrize(
    ("text", "headers", "json", "s3_code", "s3"),
    [
        (
            "AWS4-HMAC-SHA256 Credential",
            {},
            "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with "
            "Base64): 'KfSoC26UaBDGXxo5AUFS45c1cmAbyLKDOxOTKcZYWt4='.",
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the authorization header requires three components: Credential, "
            "SignedHeaders, and Signature.",
        ),
        (
            "AWS4-HMAC-SHA25 Credential=a, SignedHeaders=b, Signature=c",
            {},
            "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25'",
            "InvalidArgument",
            "Unsupported Authorization Type",
        ),
        (
            signed(credential="a/b/c/d"),
            {},
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            "got 'a/b/c/d'",
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the Credential is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        ),
        (
            signed(credential="a/20130524/c/d/aws5_request"),
            {},
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
            "AuthorizationHeaderMalformed",
            'The authorization header is malformed; incorrect terminal "aws5_request". '
            'This endpoint uses "aws4_request".',
        ),
        (
            signed(credential="/20130524/c/d/aws4_request"),
            {},
            "The security token included in the request is invalid.",
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; a non-empty Access Key (AKID) must be provided in the credential.",
        ),
        (
            signed(credential="a/20130525/c/s3/aws4_request"),
            {"x_amz_content_sha256": "UNSIGNED-PAYLOAD"},
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            "'20130525' != '20130524', from '20130524T000000Z'.",
            "AuthorizationHeaderMalformed",
            'The authorization header is malformed; Invalid credential date "20130525". '
            'This date is not the same as X-Amz-Date: "20130524".',
        ),
        (
            signed(),
            {"x_amz_date": "201"},
            "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601",
            "AccessDenied",
            "AWS authentication requires a valid Date or x-amz-date header",
        ),
        (
            signed(signed_headers="x-amz-date", credential="a/20130524/c/s3/aws4_request"),
            {"x_amz_content_sha256": "UNSIGNED-PAYLOAD"},
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            "AccessDenied",
            "There were headers present in the request which were not signed",
        ),
        (
            "AWS AKIAIOSFODNN7EXAMPLE",
            {},
            "Request is missing Authentication Token",
            "InvalidArgument",
            "AWS authorization header is invalid. Expected AwsAccessKeyId:signature",
        ),
    ],
)
def test_a_malformed_signature_is_explained(text, headers, json, s3_code, s3):
    assert refused(header(text, **headers), JSON).message == json
    error = refused(header(text, **headers), S3)
    assert (error.code, error.message) == (s3_code, s3)


def presigned(**changes):
    sent = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{KEY_ID}/20130524/us-east-1/s3/aws4_request",
        "X-Amz-Date": DATE,
        "X-Amz-Expires": "60",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "00",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    query = "&".join(f"{name}={value}" for name, value in sent.items() if value is not None)
    return request("GET", "/", query, {"host": "h"})


@pytest.mark.parametrize(
    ("changes", "s3", "query"),
    [
        (
            {"X_Amz_Signature": None},
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
            "AWS query-string parameters must include 'X-Amz-Signature'. Re-examine the query-string parameters.",
        ),
        (
            {"X_Amz_Algorithm": "MD5"},
            'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
            "Unsupported AWS 'algorithm': 'MD5'",
        ),
        (
            {"X_Amz_Date": "today"},
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
            "Date must be in ISO-8601 'basic format'. Got 'today'. See http://en.wikipedia.org/wiki/ISO_8601",
        ),
        ({"X_Amz_Expires": "soon"}, "X-Amz-Expires should be a number", "X-Amz-Expires should be a number"),
        (
            {"X_Amz_Expires": str(2**63)},
            "X-Amz-Expires should be a number",
            "X-Amz-Expires should be a number",
        ),
        ({"X_Amz_Expires": "-1"}, "X-Amz-Expires must be non-negative", "X-Amz-Expires must be non-negative"),
        (
            {"X_Amz_Expires": "604801"},
            "X-Amz-Expires must be less than a week (in seconds); "
            "that is, the given X-Amz-Expires must be less than 604800 seconds",
            "X-Amz-Expires must be less than 604800 seconds",
        ),
        (
            {"X_Amz_Credential": "a/b"},
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b'",
        ),
        (
            {"X_Amz_Credential": "a/20130101/us-east-1/s3/aws4_request"},
            'Invalid credential date "20130101". This date is not the same as X-Amz-Date: "20130524".',
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            "'20130101' != '20130524', from '20130524T000000Z'.",
        ),
    ],
)
def test_a_malformed_presigned_url_is_explained(changes, s3, query):
    error = refused(presigned(**changes), S3)
    assert (error.code, error.status, error.message) == ("AuthorizationQueryParametersError", 400, s3)
    assert refused(presigned(**changes), QUERY).message == query


def test_a_week_is_the_longest_expiry():
    assert claim(presigned(X_Amz_Expires="604800"), S3).expires == 604800
    assert claim(presigned(X_Amz_Expires="0"), S3).expires == 0


def test_the_scope_of_a_presigned_url_is_named_as_a_parameter():
    claimed = claim(presigned(), S3)
    with pytest.raises(SignatureError) as caught:
        check_scope(claimed, service="s3", region="us-west-1", style=S3)
    assert caught.value.message == (
        "Error parsing the X-Amz-Credential parameter; the region 'us-east-1' is wrong; expecting 'us-west-1'"
    )
    with pytest.raises(SignatureError) as caught:
        check_scope(claimed, service="s3-outposts", region=None, style=S3)
    assert caught.value.message == (
        'Error parsing the X-Amz-Credential parameter; incorrect service "s3". This endpoint belongs to "s3-outposts".'
    )


def test_s3_accepts_one_mechanism_at_a_time():
    sent = presigned()
    sent.headers["authorization"] = signed()
    error = refused(sent, S3)
    assert (error.code, error.message[:31]) == ("InvalidArgument", "Only one auth mechanism allowed")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "AWSAccessKeyId=a&Expires=1",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
        ),
        ("AWSAccessKeyId=a&Expires=x&Signature=s", "Invalid date (should be seconds since epoch): x"),
        ("AWSAccessKeyId=a&Expires=4294967296000&Signature=s", "Invalid date (should be seconds since epoch): "),
    ],
)
def test_a_malformed_version_2_url_is_explained(query, message):
    error = refused(request("GET", "/", query, {"host": "h"}), S3)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message.startswith(message)


def test_s3_wants_to_know_the_hash_of_the_payload():
    text = signed(credential=f"{KEY_ID}/20130524/us-east-1/s3/aws4_request")
    error = refused(header(text), S3)
    assert (error.code, error.status) == ("InvalidRequest", 400)
    assert error.message == "Missing required header for this request: x-amz-content-sha256"
    error = refused(header(text, x_amz_content_sha256="abc"), S3)
    assert (error.code, error.elements["ArgumentValue"]) == ("InvalidArgument", "abc")


def test_other_services_hash_the_body_unless_the_operation_says_otherwise():
    text = signed()
    claimed = claim(header(text, x_amz_content_sha256="UNSIGNED-PAYLOAD"))
    body_hash = hashlib.sha256(b"body").hexdigest()
    assert payload_hash_of(claimed, b"body", style=QUERY) == body_hash
    assert payload_hash_of(claimed, b"body", unsigned=True, style=QUERY) == "UNSIGNED-PAYLOAD"
    claimed = claim(header(text))
    assert payload_hash_of(claimed, b"body", unsigned=True, style=QUERY) == body_hash


def test_a_request_without_a_signature_is_anonymous():
    assert claim(request("GET", "/", "list-type=2&prefix=Signature", {"host": "h"}), S3) is None
    assert claim(request("GET", "/", "NotSignature=1", {"host": "h"}), S3) is None


def test_styles_follow_the_protocol():
    assert style_of("s3", "rest-xml") is S3
    assert style_of("route53", "rest-xml") is QUERY
    assert style_of("iam", "query") is QUERY
    assert style_of("ec2", "ec2") is EC2
    assert style_of("dynamodb", "json") is JSON
    assert style_of("lambda", "rest-json") is REST
