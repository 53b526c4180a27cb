"""Whatever botocore signs verifies here; whatever is changed afterwards does not."""

from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from urllib.parse import quote, urlencode

import botocore.auth
import pytest
from botocore.auth import (
    HmacV1Auth,
    HmacV1QueryAuth,
    S3SigV4Auth,
    S3SigV4QueryAuth,
    SigV4Auth,
    SigV4QueryAuth,
)
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.gateway.signature import (
    ErrorStyle,
    SignatureError,
    check_scope,
    claim,
    payload_hash_of,
    signing_key,
    verify,
)
from tests.gateway.signature.signed_requests import CREDENTIALS, KEY_ID, SECRET, from_botocore

QUERY, S3 = ErrorStyle.QUERY, ErrorStyle.S3
TOKEN = "FwoGZXIvYXdzEXAMPLE/token+with=signs=="
SIGNERS = [SigV4Auth, S3SigV4Auth, SigV4QueryAuth, S3SigV4QueryAuth]
text = st.text(st.characters(codec="utf-8"), max_size=12)
paths = st.lists(text.map(lambda part: quote(part, safe="~")), max_size=4).map(lambda parts: "/" + "/".join(parts))
queries = st.lists(st.tuples(text.filter(bool), text), max_size=4).map(lambda pairs: urlencode(pairs, quote_via=quote))
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
names = st.from_regex(r"\Ax-amz-meta-[a-z0-9-]{1,8}\Z") | st.sampled_from(["content-type", "my-header"])
headers = st.dictionaries(names, values, max_size=4)
credentials = st.sampled_from([CREDENTIALS, Credentials(KEY_ID, SECRET, TOKEN)])


def sign(signer, url, *, method="GET", headers=None, body=b"", by=CREDENTIALS, service=None, expires=None):
    service = service or ("s3" if signer.__name__.startswith(("S3", "Hmac")) else "iam")
    signed = AWSRequest(method, url, headers=headers or {}, data=body)
    extra = {} if expires is None else {"expires": expires}
    if signer in (HmacV1Auth, HmacV1QueryAuth):
        signer(by, **extra).add_auth(signed)
    else:
        signer(by, service, "eu-west-1", **extra).add_auth(signed)
    return from_botocore(signed)


def check(request, body=b"", *, style=None, now=None, secret=SECRET, bucket=""):
    style = style or S3
    claimed = claim(request, style)
    v4 = claimed.kind.startswith("v4")
    verify(
        claimed,
        request,
        secret=secret,
        signing_key=signing_key(secret, claimed.date, claimed.region, claimed.service),
        payload_hash=payload_hash_of(claimed, body, style=style) if v4 else "",
        now=now or datetime.now(UTC),
        style=style,
        bucket=bucket,
    )
    return claimed


def refused(request, body=b"", **options):
    with pytest.raises(SignatureError) as caught:
        check(request, body, **options)
    return caught.value


def style_for(signer):
    return S3 if signer.__name__.startswith("S3") else QUERY


@pytest.mark.parametrize("signer", SIGNERS)
@given(path=paths, query=queries, headers=headers, by=credentials)
def test_what_botocore_signs_verifies(signer, path, query, headers, by):
    url = f"https://host.example.com:4567{path}" + (f"?{query}" if query else "")
    request = sign(signer, url, headers=headers, by=by)
    claimed = check(request, style=style_for(signer))
    assert (claimed.access_key_id, claimed.token, claimed.region) == (KEY_ID, by.token or "", "eu-west-1")


@given(body=st.binary(max_size=200))
def test_a_body_is_part_of_the_signature(body):
    url = "https://iam.amazonaws.com/"
    request = sign(SigV4Auth, url, method="POST", body=body)
    check(request, body, style=QUERY)
    assert refused(request, body + b"x", style=QUERY).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("signer", [HmacV1Auth, HmacV1QueryAuth])
@given(path=paths, headers=headers, by=credentials, sub=st.sampled_from(["", "acl", "versionId=a%2Bb", "uploads&x=1"]))
def test_version_2_of_botocore_verifies(signer, path, headers, by, sub):
    url = f"https://s3.example.com{path}" + (f"?{sub}" if sub else "")
    request = sign(signer, url, headers=headers, by=by)
    claimed = check(request)
    assert (claimed.access_key_id, claimed.token) == (KEY_ID, by.token or "")


@pytest.mark.parametrize("signer", [*SIGNERS, HmacV1Auth, HmacV1QueryAuth])
@pytest.mark.parametrize("part", ["method", "path", "query", "host", "header", "secret", "signature"])
def test_a_changed_part_breaks_the_signature(signer, part):
    request = sign(signer, "https://a.example.com/b/c?acl=1", headers={"x-amz-meta-color": "blue"})
    options = {"style": S3 if "Hmac" in signer.__name__ else style_for(signer)}
    check(request, **options)
    if part == "method":
        request.method = "PUT"
    elif part == "path":
        request.path += "d"
    elif part == "query":
        request.query += "&versionId=2"
    elif part == "host":
        request.headers["host"] = "b.example.com"
    elif part == "header":
        if signer is HmacV1QueryAuth:
            request.query = request.query.replace("blue", "red")
        request.headers["x-amz-meta-color"] = "red"
    elif part == "secret":
        options["secret"] = "another"
    else:
        change_signature(request)
    if part == "host" and "Hmac" in signer.__name__:
        check(request, **options)  # Version 2 signs the bucket, not the host.
        return
    error = refused(request, **options)
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert SECRET not in repr(error.elements)


def change_signature(request):
    if "authorization" in request.headers:
        before, mark, value = request.headers["authorization"].rpartition("Signature=")
        if not mark:
            before, mark, value = request.headers["authorization"].rpartition(":")
        request.headers["authorization"] = before + mark + ("A" if value[0] != "A" else "B") + value[1:]
    else:
        before, mark, value = request.query.partition("Signature=")
        request.query = before + mark + ("A" if value[0] != "A" else "B") + value[1:]


def test_s3_tells_what_it_has_signed():
    request = sign(S3SigV4Auth, "https://s3.example.com/b")
    error = refused(request, secret="another")
    assert list(error.elements) == [
        "AWSAccessKeyId",
        "StringToSign",
        "SignatureProvided",
        "StringToSignBytes",
        "CanonicalRequest",
        "CanonicalRequestBytes",
    ]
    assert bytes.fromhex(error.elements["CanonicalRequestBytes"]).decode() == error.elements["CanonicalRequest"]
    assert error.message.endswith("Check your key and signing method.")


@pytest.mark.parametrize(
    ("style", "code", "status"),
    [
        (ErrorStyle.QUERY, "SignatureDoesNotMatch", 403),
        (ErrorStyle.JSON, "InvalidSignatureException", 400),
        (ErrorStyle.REST_JSON, "InvalidSignatureException", 403),
        (ErrorStyle.EC2, "RequestExpired", 400),
    ],
)
def test_a_signature_lasts_fifteen_minutes(style, code, status):
    request = sign(SigV4Auth, "https://iam.amazonaws.com/")
    signed = claim(request).time
    check(request, style=style, now=signed + timedelta(minutes=15))
    check(request, style=style, now=signed - timedelta(minutes=15))
    late = refused(request, style=style, now=signed + timedelta(minutes=15, seconds=1))
    early = refused(request, style=style, now=signed - timedelta(minutes=15, seconds=1))
    assert (late.code, late.status) == (early.code, early.status) == (code, status)
    if style is not ErrorStyle.EC2:
        iso = "%Y%m%dT%H%M%SZ"
        now = signed + timedelta(minutes=15, seconds=1)
        assert late.message == (
            f"Signature expired: {signed.strftime(iso)} is now earlier than "
            f"{(signed + timedelta(seconds=1)).strftime(iso)} ({now.strftime(iso)} - 15 min.)"
        )
        assert early.message.startswith(f"Signature not yet current: {signed.strftime(iso)} is still later than ")


def test_s3_says_that_clocks_differ():
    request = sign(S3SigV4Auth, "https://s3.example.com/b")
    error = refused(request, now=claim(request).time + timedelta(hours=1))
    assert (error.code, error.status) == ("RequestTimeTooSkewed", 403)
    assert list(error.elements) == ["RequestTime", "ServerTime", "MaxAllowedSkewMilliseconds"]
    request = sign(HmacV1Auth, "https://s3.example.com/b")
    assert refused(request, now=claim(request, S3).time + timedelta(hours=1)).code == "RequestTimeTooSkewed"


@pytest.mark.parametrize("signer", [S3SigV4QueryAuth, HmacV1QueryAuth])
def test_a_presigned_url_of_s3_expires(signer):
    request = sign(signer, "https://s3.example.com/b/k", expires=60)
    now = datetime.now(UTC)
    check(request, now=now + timedelta(seconds=55))
    error = refused(request, now=now + timedelta(seconds=62))
    assert (error.code, error.status, error.message) == ("AccessDenied", 403, "Request has expired")
    assert error.elements["Expires"].endswith("Z")


def test_a_presigned_url_is_not_valid_before_its_time():
    request = sign(S3SigV4QueryAuth, "https://s3.example.com/b/k")
    error = refused(request, now=datetime.now(UTC) - timedelta(minutes=16))
    assert (error.code, error.message) == ("AccessDenied", "Request is not yet valid")


# https://github.com/kubernetes-sigs/aws-iam-authenticator: STS takes a presigned URL for 15 minutes, whatever it names.
def test_a_presigned_url_of_sts_lasts_fifteen_minutes():
    request = sign(SigV4QueryAuth, "https://sts.amazonaws.com/?Action=GetCallerIdentity", expires=60)
    now = datetime.now(UTC)
    check(request, style=QUERY, now=now + timedelta(minutes=14))
    assert refused(request, style=QUERY, now=now + timedelta(minutes=16)).code == "SignatureDoesNotMatch"


def test_a_virtual_hosts_bucket_is_part_of_version_2():
    signed = AWSRequest("GET", "https://johnsmith.s3.example.com/photo.jpg", auth_path="/johnsmith/photo.jpg")
    HmacV1Auth(CREDENTIALS).add_auth(signed)
    request = from_botocore(signed)
    check(request, bucket="johnsmith")
    assert refused(request).code == "SignatureDoesNotMatch"


def test_a_date_header_serves_in_place_of_x_amz_date(monkeypatch):
    def only_date(self, request):
        request.headers["Date"] = formatdate(usegmt=True)

    monkeypatch.setattr(botocore.auth.SigV4Auth, "_set_necessary_date_headers", only_date)
    request = sign(SigV4Auth, "https://iam.amazonaws.com/")
    assert "x-amz-date" not in request.headers
    check(request, style=QUERY)


def test_a_scope_for_another_service_or_region_is_refused():
    claimed = claim(sign(SigV4Auth, "https://iam.amazonaws.com/", service="sqs"))
    check_scope(claimed, service="sqs", region="eu-west-1", style=QUERY)
    check_scope(claimed, service="sqs", region=None, style=QUERY)
    with pytest.raises(SignatureError) as caught:
        check_scope(claimed, service="iam", region="us-east-1", style=ErrorStyle.JSON)
    assert caught.value.code == "InvalidSignatureException"
    assert caught.value.message == (
        "Credential should be scoped to a valid region, not 'eu-west-1'. "
        "Credential should be scoped to correct service: 'iam'."
    )
    with pytest.raises(SignatureError) as caught:
        check_scope(claimed, service="s3", region="us-east-1", style=S3)
    assert caught.value.code == "AuthorizationHeaderMalformed"
    assert caught.value.message == (
        "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'"
    )
    assert caught.value.elements == {"Region": "us-east-1"}


def test_s3_wants_every_x_amz_header_signed():
    request = sign(S3SigV4Auth, "https://s3.example.com/b")
    request.headers["x-amz-acl"] = "public-read"
    error = refused(request)
    assert (error.code, error.elements) == ("AccessDenied", {"HeadersNotSigned": "x-amz-acl"})
    request = sign(SigV4Auth, "https://iam.amazonaws.com/")
    request.headers["x-amz-security-token"] = TOKEN  # others let it be added after signing
    assert check(request, style=QUERY).token == TOKEN
