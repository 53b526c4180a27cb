"""The worked examples of the Amazon S3 documentation, by page; all use AWS's documented example keys."""

import base64
from datetime import UTC, datetime

import pytest

from groundcloud.gateway.signature import (
    ChunkDecoder,
    ErrorStyle,
    SignatureError,
    body_hash_of,
    claim,
    payload_hash_of,
    post_claim,
    signing_key,
    verify,
    verify_post,
)
from tests.gateway.signature.signed_requests import KEY_ID, NOW, SECRET, from_http, request

KEY = signing_key(SECRET, "20130524", "us-east-1", "s3")
SCOPE = f"{KEY_ID}/20130524/us-east-1/s3/aws4_request"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
HOST = "examplebucket.s3.amazonaws.com"


def check(sent, now=NOW, bucket=""):
    claimed = claim(sent, ErrorStyle.S3)
    payload_hash = payload_hash_of(claimed, style=ErrorStyle.S3) if claimed.date else ""
    verify(
        claimed,
        sent,
        secret=SECRET,
        signing_key=KEY,
        payload_hash=payload_hash,
        now=now,
        style=ErrorStyle.S3,
        bucket=bucket,
    )
    return claimed


def v4(method, path, query, signature, headers):
    headers = {"host": HOST, "x-amz-date": "20130524T000000Z", "x-amz-content-sha256": EMPTY} | headers
    signed = ";".join(sorted(headers))
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders={signed},Signature={signature}"
    return request(method, path, query, headers)


# "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk"
SINGLE_CHUNK = {
    "GET Object": (
        "GET",
        "/test.txt",
        "",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        {"range": "bytes=0-9"},
    ),
    "PUT Object": (
        "PUT",
        "/test%24file.text",
        "",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        {
            "date": "Fri, 24 May 2013 00:00:00 GMT",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
            "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        },
    ),
    "GET Bucket Lifecycle": (
        "GET",
        "/",
        "lifecycle",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        {},
    ),
    "Get Bucket (List Objects)": (
        "GET",
        "/",
        "max-keys=2&prefix=J",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        {},
    ),
}


@pytest.mark.parametrize("example", SINGLE_CHUNK)
def test_an_example_of_a_single_chunk_verifies(example):
    sent = v4(*SINGLE_CHUNK[example])
    assert check(sent).access_key_id == KEY_ID
    sent.headers["host"] = "otherbucket.s3.amazonaws.com"
    with pytest.raises(SignatureError) as caught:
        check(sent)
    assert caught.value.code == "SignatureDoesNotMatch"


def test_the_body_of_the_put_example_is_checked_as_it_passes():
    claimed = check(v4(*SINGLE_CHUNK["PUT Object"]))
    body = body_hash_of(claimed)
    body.update(b"Welcome to ")
    body.update(b"Amazon S3.")
    body.finish()
    body.update(b"!")
    with pytest.raises(SignatureError) as caught:
        body.finish()
    assert (caught.value.code, caught.value.status) == ("XAmzContentSHA256Mismatch", 400)
    assert list(caught.value.elements) == ["ClientComputedContentSHA256", "S3ComputedContentSHA256"]


# "Authenticating Requests: Using Query Parameters"
PRESIGNED = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
)


def test_the_example_of_a_presigned_url_verifies_for_its_day():
    sent = request("GET", "/test.txt", PRESIGNED, {"host": HOST})
    assert check(sent).expires == 86400
    check(sent, now=datetime(2013, 5, 25, tzinfo=UTC))
    with pytest.raises(SignatureError, match="Request has expired"):
        check(sent, now=datetime(2013, 5, 25, 0, 0, 1, tzinfo=UTC))


# "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks", and
# "... Including Trailing Headers"
CHUNKED = {
    "signed": (
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        {"content-length": "66824"},
        "",
    ),
    "trailer": (
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        {"x-amz-trailer": "x-amz-checksum-crc32c"},
        "x-amz-checksum-crc32c:sOO8/Q==\r\n"
        "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
    ),
}


def chunked(example):
    mode, seed, first, second, last, extra, trailer = CHUNKED[example]
    sent = v4(
        "PUT",
        "/examplebucket/chunkObject.txt",
        "",
        seed,
        {
            "host": "s3.amazonaws.com",
            "content-encoding": "aws-chunked",
            "x-amz-decoded-content-length": "66560",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
            "x-amz-content-sha256": mode,
        }
        | extra,
    )
    body = (
        f"10000;chunk-signature={first}\r\n{'a' * 65536}\r\n400;chunk-signature={second}\r\n{'a' * 1024}\r\n"
        f"0;chunk-signature={last}\r\n{trailer}\r\n"
    )
    return ChunkDecoder(check(sent), sent.headers, KEY), body.encode()


def decoded(decoder, body, step):
    data = b"".join(b"".join(decoder.feed(body[at : at + step])) for at in range(0, len(body), step))
    decoder.finish()
    return data


@pytest.mark.parametrize("example", CHUNKED)
@pytest.mark.parametrize("step", [1, 7, 4096, 1 << 20])
def test_the_examples_of_chunked_uploads_decode(example, step):
    decoder, body = chunked(example)
    assert decoded(decoder, body, step) == b"a" * 66560
    assert decoder.trailers == ({"x-amz-checksum-crc32c": "sOO8/Q=="} if example == "trailer" else {})


@pytest.mark.parametrize("example", CHUNKED)
def test_a_changed_byte_of_a_chunked_upload_is_found(example):
    for at in (100, 30000, 65690, 66000, -150 if example == "trailer" else -10):
        decoder, body = chunked(example)
        changed = bytearray(body)
        changed[at] ^= 1
        with pytest.raises(SignatureError) as caught:
            decoded(decoder, bytes(changed), 4096)
        assert caught.value.code == "SignatureDoesNotMatch", at


def test_a_changed_trailer_is_found():
    decoder, body = chunked("trailer")
    with pytest.raises(SignatureError) as caught:
        decoded(decoder, body.replace(b"sOO8", b"sOO9"), 4096)
    assert caught.value.code == "SignatureDoesNotMatch"
    assert caught.value.elements["StringToSign"].startswith("AWS4-HMAC-SHA256-TRAILER\n")


@pytest.mark.parametrize("cut", [1, 2, 50, 1000])
def test_a_chunked_upload_that_ends_early_is_incomplete(cut):
    decoder, body = chunked("signed")
    with pytest.raises(SignatureError) as caught:
        decoded(decoder, body[:-cut], 4096)
    assert (caught.value.code, caught.value.status) == ("IncompleteBody", 400)


# "Signing and authenticating REST requests (AWS signature version 2)"
V2 = {
    "Object GET": (
        "johnsmith",
        "GET /photos/puppy.jpg HTTP/1.1\nHost: johnsmith.s3.amazonaws.com\nDate: Tue, 27 Mar 2007 19:36:42 +0000\n"
        "Authorization: AWS AKIAIOSFODNN7EXAMPLE:bWq2s1WEIj+Ydj0vQ697zp+IXMU=",
    ),
    "Object PUT": (
        "johnsmith",
        "PUT /photos/puppy.jpg HTTP/1.1\nContent-Type: image/jpeg\nContent-Length: 94328\n"
        "Host: johnsmith.s3.amazonaws.com\nDate: Tue, 27 Mar 2007 21:15:45 +0000\n"
        "Authorization: AWS AKIAIOSFODNN7EXAMPLE:MyyxeRY7whkBe+bq8fHCL/2kKUg=",
    ),
    "List": (
        "johnsmith",
        "GET /?prefix=photos&max-keys=50&marker=puppy HTTP/1.1\nUser-Agent: Mozilla/5.0\n"
        "Host: johnsmith.s3.amazonaws.com\nDate: Tue, 27 Mar 2007 19:42:41 +0000\n"
        "Authorization: AWS AKIAIOSFODNN7EXAMPLE:htDYFYduRNen8P9ZfE/s9SuKy0U=",
    ),
    "Fetch": (
        "johnsmith",
        "GET /?acl HTTP/1.1\nHost: johnsmith.s3.amazonaws.com\nDate: Tue, 27 Mar 2007 19:44:46 +0000\n"
        "Authorization: AWS AKIAIOSFODNN7EXAMPLE:c2WLPFtWHVgbEmeEG93a4cG37dM=",
    ),
    "Upload": (
        "static.johnsmith.net",
        "PUT /db-backup.dat.gz HTTP/1.1\nUser-Agent: curl/7.15.5\nHost: static.johnsmith.net:8080\n"
        "Date: Tue, 27 Mar 2007 21:06:08 +0000\nx-amz-acl: public-read\ncontent-type: application/x-download\n"
        "Content-MD5: 4gJE4saaMU4BqNR0kLY+lw==\nX-Amz-Meta-ReviewedBy: joe@johnsmith.net\n"
        "X-Amz-Meta-ReviewedBy: jane@johnsmith.net\nX-Amz-Meta-FileChecksum: 0x02661779\n"
        "X-Amz-Meta-ChecksumAlgorithm: crc32\nContent-Disposition: attachment; filename=database.dat\n"
        "Content-Encoding: gzip\nContent-Length: 5913339\n"
        "Authorization: AWS AKIAIOSFODNN7EXAMPLE:ilyl83RwaSoYIEdixDQcA4OnAnc=",
    ),
    "List all my buckets": (
        "",
        "GET / HTTP/1.1\nHost: s3.amazonaws.com\nDate: Wed, 28 Mar 2007 01:29:59 +0000\n"
        "Authorization: AWS AKIAIOSFODNN7EXAMPLE:qGdzdERIC03wnaRNKh6OqZehG9s=",
    ),
    "Unicode keys": (
        "",
        "GET /dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re HTTP/1.1\nHost: s3.amazonaws.com\n"
        "Date: Wed, 28 Mar 2007 01:49:49 +0000\n"
        "Authorization: AWS AKIAIOSFODNN7EXAMPLE:DNEZGsoieTZ92F3bUfSPQcbGmlM=",
    ),
    "Query string request authentication": (
        "johnsmith",
        "GET /photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D"
        "&Expires=1175139620 HTTP/1.1\nHost: johnsmith.s3.amazonaws.com",
    ),
}


@pytest.mark.parametrize("example", V2)
def test_an_example_of_version_2_verifies(example):
    bucket, text = V2[example]
    sent, _ = from_http(text)
    claimed = claim(sent, ErrorStyle.S3)
    check(sent, now=claimed.time, bucket=bucket)
    sent.method = "DELETE"
    with pytest.raises(SignatureError):
        check(sent, now=claimed.time, bucket=bucket)


# "Example: Browser-Based Upload using HTTP POST (Using AWS Signature Version 4)"
POLICY = """{ "expiration": "2015-12-30T12:00:00.000Z",
  "conditions": [
    {"bucket": "sigv4examplebucket"},
    ["starts-with", "$key", "user/user1/"],
    {"acl": "public-read"},
    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
    ["starts-with", "$Content-Type", "image/"],
    {"x-amz-meta-uuid": "14365123651274"},
    {"x-amz-server-side-encryption": "AES256"},
    ["starts-with", "$x-amz-meta-tag", ""],

    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20151229T000000Z" }
  ]
}"""
FORM = {
    "key": "user/user1/photo.jpg",
    "acl": "public-read",
    "success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html",
    "Content-Type": "image/jpeg",
    "x-amz-meta-uuid": "14365123651274",
    "x-amz-server-side-encryption": "AES256",
    "X-Amz-Credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Date": "20151229T000000Z",
    "x-amz-meta-tag": "",
    "Policy": base64.b64encode(POLICY.replace("\n", "\r\n").encode()).decode(),
    "X-Amz-Signature": "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e",
}


def test_the_example_of_a_browser_upload_verifies():
    claimed = post_claim(FORM)
    key = signing_key(SECRET, claimed.date, claimed.region, claimed.service)
    policy = verify_post(claimed, FORM, secret=None, signing_key=key)
    policy.check(FORM, bucket="sigv4examplebucket", now=datetime(2015, 12, 29, tzinfo=UTC))
    with pytest.raises(SignatureError) as caught:
        policy.check(FORM, bucket="sigv4examplebucket", now=datetime(2015, 12, 31, tzinfo=UTC))
    assert (caught.value.code, caught.value.status) == ("AccessDenied", 403)
    assert caught.value.message == "Invalid according to Policy: Policy expired."
