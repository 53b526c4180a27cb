"""Finding REST operations; the hard cases are S3's, whose operations share paths."""

from functools import cache

import pytest

from groundcloud.gateway.protocol import RestRouter
from tests.gateway.protocol.samples import service


@cache
def router(name):
    return RestRouter(service(name))


@pytest.mark.parametrize(
    ("method", "path", "query", "operation", "labels"),
    [
        ("GET", "/", "", "ListBuckets", {}),
        ("GET", "/b", "", "ListObjects", {"Bucket": "b"}),
        ("GET", "/b/", "prefix=a", "ListObjects", {"Bucket": "b"}),
        ("GET", "/b", "list-type=2&prefix=a%2F", "ListObjectsV2", {"Bucket": "b"}),
        ("GET", "/b", "location", "GetBucketLocation", {"Bucket": "b"}),
        ("GET", "/b", "location=", "GetBucketLocation", {"Bucket": "b"}),
        ("GET", "/b", "inventory&id=1", "GetBucketInventoryConfiguration", {"Bucket": "b"}),
        ("GET", "/b", "inventory", "ListBucketInventoryConfigurations", {"Bucket": "b"}),
        ("GET", "/b/a/b/c", "", "GetObject", {"Bucket": "b", "Key": "a/b/c"}),
        ("GET", "/b//a//", "", "GetObject", {"Bucket": "b", "Key": "/a//"}),
        ("GET", "/b/k%C3%A9%2Fy+%20", "", "GetObject", {"Bucket": "b", "Key": "ké/y+ "}),
        ("GET", "/b/k", "uploadId=1", "ListParts", {"Bucket": "b", "Key": "k"}),
        ("GET", "/b/k", "acl&versionId=1", "GetObjectAcl", {"Bucket": "b", "Key": "k"}),
        ("HEAD", "/b/k", "", "HeadObject", {"Bucket": "b", "Key": "k"}),
        ("PUT", "/b/k", "", "PutObject", {"Bucket": "b", "Key": "k"}),
        ("PUT", "/b/k", "partNumber=1&uploadId=2", "UploadPart", {"Bucket": "b", "Key": "k"}),
        ("DELETE", "/b/k", "uploadId=2", "AbortMultipartUpload", {"Bucket": "b", "Key": "k"}),
        ("DELETE", "/b/k", "", "DeleteObject", {"Bucket": "b", "Key": "k"}),
        ("POST", "/b/k", "uploads", "CreateMultipartUpload", {"Bucket": "b", "Key": "k"}),
        ("POST", "/b/k", "uploadId=1", "CompleteMultipartUpload", {"Bucket": "b", "Key": "k"}),
        ("POST", "/b", "delete", "DeleteObjects", {"Bucket": "b"}),
    ],
)
def test_s3_operations_are_told_apart(method, path, query, operation, labels):
    assert router("s3").match(method, path, query) == (operation, labels)


@pytest.mark.parametrize(("query", "operation"), [("", "CopyObject"), ("partNumber=1&uploadId=2", "UploadPartCopy")])
def test_a_copy_is_known_by_its_header(query, operation):
    found = router("s3").match("PUT", "/b/k", query, {"x-amz-copy-source": "/b/other"})
    assert found == (operation, {"Bucket": "b", "Key": "k"})


@pytest.mark.parametrize(
    ("method", "path", "query"), [("PATCH", "/b", ""), ("GET", "/%ff/k", ""), ("GET", "/b", "a=%ff"), ("POST", "/", "")]
)
def test_what_is_no_operation_is_none(method, path, query):
    assert router("s3").match(method, path, query) is None


def test_a_literal_segment_goes_before_a_label():
    assert router("lambda").match("GET", "/2015-03-31/functions", "")[0] == "ListFunctions"
    assert router("lambda").match("GET", "/2015-03-31/functions/f%3A1", "") == ("GetFunction", {"FunctionName": "f:1"})
    assert router("lambda").match("GET", "/2015-03-31/nothing", "") is None


def test_an_arn_is_one_label_when_its_slashes_are_encoded():
    found = router("apigateway").match("GET", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fa", "")
    assert found == ("GetTags", {"resource_arn": "arn:aws:apigateway:us-east-1::/restapis/a"})


def test_what_a_request_was_taken_for_does_not_stick_to_its_path():
    copy = {"x-amz-copy-source": "/a/b"}
    asked = [({}, ""), (copy, ""), ({}, "partNumber=1&uploadId=x"), (copy, "partNumber=1&uploadId=x")] * 2
    found = [router("s3").match("PUT", "/b/k", query, headers) for headers, query in asked]
    named = ["PutObject", "CopyObject", "UploadPart", "UploadPartCopy"]
    assert [each[0] for each in found] == named * 2
