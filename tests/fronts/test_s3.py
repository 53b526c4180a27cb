"""What browsers do with buckets: forms, preflights, web sites."""

import json

import pytest

from tests.cloud import ENDPOINT

OPEN = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": False,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}


@pytest.fixture()
def s3(cloud):
    return cloud.client("s3")


@pytest.fixture()
def site(s3):
    """A bucket that everybody may read, as a web site."""
    s3.create_bucket(Bucket="www.example.com")
    s3.put_public_access_block(Bucket="www.example.com", PublicAccessBlockConfiguration=OPEN)
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::www.example.com/*",
    }
    s3.put_bucket_policy(
        Bucket="www.example.com", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    s3.put_bucket_website(
        Bucket="www.example.com",
        WebsiteConfiguration={
            "IndexDocument": {"Suffix": "index.html"},
            "ErrorDocument": {"Key": "error.html"},
            "RoutingRules": [
                {"Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "documents/"}}
            ],
        },
    )
    s3.put_object(Bucket="www.example.com", Key="index.html", Body=b"home", ContentType="text/html")
    s3.put_object(Bucket="www.example.com", Key="blog/index.html", Body=b"blog", ContentType="text/html")
    s3.put_object(Bucket="www.example.com", Key="error.html", Body=b"not here", ContentType="text/html")
    return "http://www.example.com.s3-website-us-east-1.amazonaws.com"


def test_a_web_site_shows_its_documents(cloud, site):
    status, headers, body = cloud.request("GET", f"{site}/", {})
    assert (status, headers["content-type"], body) == (200, "text/html", b"home")
    assert cloud.request("GET", f"{site}/blog/", {})[2] == b"blog"
    status, headers, _ = cloud.request("GET", f"{site}/blog", {})
    assert (status, headers["location"]) == (302, "/blog/")
    status, _, body = cloud.request("GET", f"{site}/none", {})
    assert (status, body) == (403, b"not here")  # whoever may not list is not told what is missing
    status, headers, _ = cloud.request("GET", f"{site}/docs/a", {})
    assert (status, headers["location"]) == (301, f"{site}/documents/a")
    status, _, body = cloud.request("GET", "http://nothing.s3-website-us-east-1.amazonaws.com/", {})
    assert status == 404
    assert b"NoSuchBucket" in body


def test_a_domain_that_leads_to_a_bucket_shows_its_web_site(cloud, s3, site):
    """The bucket is called as the domain (Developer Guide of Route 53, "Routing traffic to a website ... in S3")."""
    assert cloud.request("GET", "http://www.example.com:4566/blog/", {})[::2] == (200, b"blog")
    assert cloud.request("GET", "http://WWW.example.com/", {})[::2] == (200, b"home")
    s3.create_bucket(Bucket="no.example.com")
    assert b"NoSuchBucket" in cloud.request("GET", "http://no.example.com/x", {})[2]


def form(fields: dict[str, str], file: bytes) -> tuple[dict[str, str], bytes]:
    parts = [f'--xyz\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()]
    head = (
        b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="cat.png"\r\nContent-Type: image/png\r\n\r\n'
    )
    return {"content-type": "multipart/form-data; boundary=xyz"}, b"".join(parts) + head + file + b"\r\n--xyz--\r\n"


def test_a_browser_posts_a_file(cloud, s3):
    """boto3's generate_presigned_post, as the seeds use it."""
    s3.create_bucket(Bucket="uploads")
    post = s3.generate_presigned_post(
        "uploads",
        "user/${filename}",
        Fields={"acl": "private", "success_action_status": "201"},
        Conditions=[{"acl": "private"}, {"success_action_status": "201"}, ["content-length-range", 1, 200_000]],
    )
    headers, body = form(post["fields"], b"m" * 150_000)
    status, _, answer = cloud.request("POST", f"{ENDPOINT}/uploads", headers, body)
    assert (status, b"<Key>user/cat.png</Key>" in answer) == (201, True)
    assert s3.get_object(Bucket="uploads", Key="user/cat.png")["Body"].read() == b"m" * 150_000
    headers, body = form(post["fields"], b"m" * 250_000)
    status, _, answer = cloud.request("POST", f"{ENDPOINT}/uploads", headers, body)
    assert (status, b"EntityTooLarge" in answer) == (400, True)
    headers, body = form({**post["fields"], "acl": "public-read"}, b"m")
    status, _, answer = cloud.request("POST", f"{ENDPOINT}/uploads", headers, body)
    assert (status, b"AccessDenied" in answer) == (403, True)
    headers, body = form({"key": "anonymous"}, b"m")
    assert cloud.request("POST", f"{ENDPOINT}/uploads", headers, body)[0] == 403


def test_a_preflight_is_answered_by_the_bucket(cloud, s3, site):
    url = f"{ENDPOINT}/www.example.com/index.html"
    asks = {"origin": "https://example.com", "access-control-request-method": "GET"}
    assert cloud.request("OPTIONS", url, asks)[0] == 403
    s3.put_bucket_cors(
        Bucket="www.example.com",
        CORSConfiguration={
            "CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"], "MaxAgeSeconds": 300}]
        },
    )
    status, headers, _ = cloud.request("OPTIONS", url, asks)
    assert (status, headers["access-control-allow-origin"]) == (200, "https://example.com")
    status, headers, body = cloud.request("GET", url, {"origin": "https://example.com"})
    assert (status, body) == (200, b"home")
    assert headers["access-control-allow-origin"] == "https://example.com"
    assert "access-control-allow-origin" not in cloud.request("GET", url, {"origin": "https://example.org"})[1]
    assert s3.get_bucket_cors(Bucket="www.example.com")["CORSRules"][0]["MaxAgeSeconds"] == 300
