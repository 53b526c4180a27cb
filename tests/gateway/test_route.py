"""Which service, protocol and operation a request means."""

import pytest

from groundcloud.errors import AwsError
from groundcloud.gateway.http import Request
from groundcloud.gateway.route import Router, form_value
from tests.cloud import WholeBody

ROUTER = Router(frozenset(("iam", "s3", "sts")))


def request(method: str = "POST", path: str = "/", query: str = "", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, path, query, {"host": "127.0.0.1:4566", **named}, WholeBody(b""), "127.0.0.1", False)


def meant(given: Request, signing_name: str = "", form: bytes = b"") -> tuple[str, str, str]:
    target = ROUTER.route(given, signing_name, form)
    return target.service, target.protocol, target.operation


def test_a_target_header_names_service_and_operation():
    given = request(x_amz_target="DynamoDB_20120810.GetItem")
    assert meant(given, "dynamodb") == ("dynamodb", "json", "GetItem")
    given = request(x_amz_target="com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents")
    assert meant(given) == ("cloudtrail", "json", "LookupEvents")


def test_the_path_of_cbor_names_both():
    given = request(
        path="/service/GraniteServiceVersion20100801/operation/PutMetricData", smithy_protocol="rpc-v2-cbor"
    )
    assert meant(given, "monitoring") == ("cloudwatch", "smithy-rpc-v2-cbor", "PutMetricData")


def test_a_form_names_its_action():
    assert meant(request(), "iam", b"Action=GetUser&Version=2010-05-08") == ("iam", "query", "GetUser")
    assert meant(request(), "ec2", b"Version=2016-11-15&Action=DescribeVpcs") == ("ec2", "ec2", "DescribeVpcs")


def test_services_of_one_signing_name_are_told_apart_by_version():
    classic = b"Action=DescribeLoadBalancers&Version=2012-06-01"
    second = b"Action=DescribeLoadBalancers&Version=2015-12-01"
    assert meant(request(), "elasticloadbalancing", classic)[0] == "elb"
    assert meant(request(), "elasticloadbalancing", second)[0] == "elbv2"


def test_an_unsigned_form_is_found_by_its_version():
    """AssumeRoleWithSAML and AssumeRoleWithWebIdentity come without a signature."""
    form = b"Action=AssumeRoleWithSAML&Version=2011-06-15"
    assert meant(request(), "", form) == ("sts", "query", "AssumeRoleWithSAML")


def test_a_query_string_may_carry_the_action():
    given = request("GET", query="Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert meant(given, "sts") == ("sts", "query", "GetCallerIdentity")


def test_a_path_is_read_by_the_service_that_signed():
    assert meant(request("GET", "/2015-03-31/functions/"), "lambda") == ("lambda", "rest-json", "ListFunctions")
    assert meant(request("GET", "/bucket/a/key"), "s3") == ("s3", "rest-xml", "GetObject")


@pytest.mark.parametrize("host", ["lambda.eu-west-1.amazonaws.com", "lambda.localhost.localstack.cloud:4566"])
def test_a_host_names_the_service_of_an_unsigned_request(host):
    assert meant(request("GET", "/2015-03-31/functions/", host=host))[0] == "lambda"


def test_what_says_nothing_is_for_s3():
    assert meant(request("GET", "/bucket/key")) == ("s3", "rest-xml", "GetObject")


@pytest.mark.parametrize(
    ("given", "signing_name", "form", "code"),
    [
        (request(), "iam", b"Action=Nothing&Version=2010-05-08", "InvalidAction"),
        (request(), "iam", b"Version=2010-05-08", "MissingAction"),
        (request(x_amz_target="Nothing.AtAll"), "", b"", "UnknownOperationException"),
        (request("PATCH", "/2015-03-31/functions/"), "lambda", b"", "UnknownOperationException"),
        (request("PATCH", "/bucket/key"), "", b"", "MethodNotAllowed"),
    ],
)
def test_what_means_nothing_gets_awss_error(given, signing_name, form, code):
    with pytest.raises(AwsError) as refused:
        ROUTER.route(given, signing_name, form)
    assert refused.value.code == code


def test_a_value_of_a_form_is_found_wherever_it_stands():
    assert form_value(b"Action=A%20b&X=1", b"Action") == "A b"
    assert form_value(b"X=1&Action=Get+it", b"Action") == "Get it"
    assert form_value(b"XAction=no", b"Action") == ""
