"""What a host names: a bucket or an access point, and a Region. Sources: those of the module."""

import pytest

from groundcloud.gateway.http import Request
from groundcloud.gateway.virtual_host import Host, VirtualHosts, path_style
from tests.cloud import WholeBody

HOSTS = VirtualHosts(("s3.example.com",), lambda label: label == "iam")
POINT = "arn:aws:s3:eu-west-1:123456789012:accesspoint/my-point"


@pytest.mark.parametrize(
    ("host", "bucket", "region"),
    [
        ("127.0.0.1:4566", "", ""),
        ("localhost:4566", "", ""),
        ("s3.amazonaws.com", "", ""),
        ("s3.eu-west-1.amazonaws.com", "", "eu-west-1"),
        ("s3-eu-west-1.amazonaws.com", "", "eu-west-1"),
        ("s3.eu-west-1.localhost.localstack.cloud:4566", "", "eu-west-1"),
        ("photos.s3.amazonaws.com", "photos", "*"),
        ("photos.s3-accelerate.amazonaws.com", "photos", "*"),
        ("a.b.s3.eu-west-1.amazonaws.com", "a.b", "eu-west-1"),
        ("photos.s3.dualstack.us-gov-west-1.amazonaws.com", "photos", "us-gov-west-1"),
        ("Photos.S3.EU-West-1.amazonaws.com", "photos", "eu-west-1"),
        ("photos.s3.localhost:4566", "photos", ""),
        ("photos.localhost", "photos", ""),
        ("iam.localhost", "", ""),
        ("photos.s3.example.com:8080", "photos", ""),
        ("s3.example.com", "", ""),
        ("photos.example.com", "", ""),
        ("[::1]:4566", "", ""),
        ("my-point-123456789012.s3-accesspoint.eu-west-1.amazonaws.com", POINT, "eu-west-1"),
        ("my-point-123456789012.s3-accesspoint.dualstack.eu-west-1.amazonaws.com", POINT, "eu-west-1"),
    ],
)
def test_a_host_names_a_bucket_and_a_region(host, bucket, region):
    assert HOSTS.named(host) == Host(bucket, region)
    assert HOSTS.bucket(host) == bucket


def test_an_access_point_is_one_segment_of_the_path():
    given = Request("GET", "/a/b", "", {}, WholeBody(b""), "127.0.0.1", False)
    assert path_style(given, POINT).path == "/arn:aws:s3:eu-west-1:123456789012:accesspoint%2Fmy-point/a/b"
