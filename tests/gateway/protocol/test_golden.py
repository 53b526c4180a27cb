"""Requests and answers as AWS's API references print them (compared without the white space between tags)."""

import json
import re
from datetime import UTC, datetime
from functools import cache

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from groundcloud.errors import AwsError
from groundcloud.gateway.protocol import Input, protocol_for


@cache
def service(name):
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def form(text):
    return Input({}, "", {}, text.encode())


def write(service_name, operation, result, request_id, protocol=None):
    model = service(service_name)
    return protocol_for(model, protocol).output_writer(model.operation_model(operation))(result, request_id)


def refuse(service_name, operation, error, request_id, protocol=None):
    model = service(service_name)
    return protocol_for(model, protocol).error_writer()(error, request_id, model.operation_model(operation))


def squeeze(text):
    return re.sub(r">\s+<", "><", text.strip())


def test_iam_get_user_answers_as_the_api_reference_shows():
    user = {
        "user_id": "AIDACKCEVSQ6C2EXAMPLE",
        "path": "/division_abc/subdivision_xyz/",
        "user_name": "Bob",
        "arn": "arn:aws:iam::123456789012:user/division_abc/subdivision_xyz/Bob",
        "create_date": datetime(2013, 10, 2, 17, 1, 44, tzinfo=UTC),
        "password_last_used": datetime(2014, 10, 10, 14, 37, 51, tzinfo=UTC),
        "secret": "never written: the output shape has no such member",
    }
    answer = write("iam", "GetUser", {"user": user}, "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE")
    assert answer.status == 200
    assert answer.headers == [
        ("x-amzn-RequestId", "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE"),
        ("Content-Type", "text/xml"),
    ]
    assert answer.body.decode() == squeeze("""
        <GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
          <GetUserResult>
            <User>
              <Path>/division_abc/subdivision_xyz/</Path>
              <UserName>Bob</UserName>
              <UserId>AIDACKCEVSQ6C2EXAMPLE</UserId>
              <Arn>arn:aws:iam::123456789012:user/division_abc/subdivision_xyz/Bob</Arn>
              <CreateDate>2013-10-02T17:01:44Z</CreateDate>
              <PasswordLastUsed>2014-10-10T14:37:51Z</PasswordLastUsed>
            </User>
          </GetUserResult>
          <ResponseMetadata>
            <RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId>
          </ResponseMetadata>
        </GetUserResponse>""")


def test_sts_get_caller_identity_answers_as_the_api_reference_shows():
    identity = {
        "arn": "arn:aws:iam::123456789012:user/Alice",
        "user_id": "AKIAI44QH8DHBEXAMPLE",
        "account": "123456789012",
    }
    answer = write("sts", "GetCallerIdentity", identity, "01234567-89ab-cdef-0123-456789abcdef")
    assert answer.body.decode() == squeeze("""
        <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <GetCallerIdentityResult>
            <UserId>AKIAI44QH8DHBEXAMPLE</UserId>
            <Account>123456789012</Account>
            <Arn>arn:aws:iam::123456789012:user/Alice</Arn>
          </GetCallerIdentityResult>
          <ResponseMetadata>
            <RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>
          </ResponseMetadata>
        </GetCallerIdentityResponse>""")


def test_an_iam_error_has_the_code_of_the_model_and_its_status():
    class NoSuchEntity(AwsError):
        """The user with name {name} cannot be found."""

    answer = refuse("iam", "GetUser", NoSuchEntity(name="<Bob>"), "id")
    assert answer.status == 404
    assert answer.body.decode() == squeeze("""
        <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
          <Error>
            <Type>Sender</Type>
            <Code>NoSuchEntity</Code>
            <Message>The user with name &lt;Bob&gt; cannot be found.</Message>
          </Error>
          <RequestId>id</RequestId>
        </ErrorResponse>""")


def test_ec2_describe_vpcs_answers_as_the_api_reference_shows():
    vpc = {
        "vpc_id": "vpc-1a2b3c4d",
        "owner_id": "111122223333",
        "state": "available",
        "cidr_block": "10.0.0.0/23",
        "dhcp_options_id": "dopt-7a8b9c2d",
        "instance_tenancy": "default",
        "is_default": False,
    }
    answer = write("ec2", "DescribeVpcs", {"vpcs": [vpc]}, "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE")
    head, _, rest = answer.body.decode().partition("\n")
    assert head == '<?xml version="1.0" encoding="UTF-8"?>'
    assert rest == squeeze("""
        <DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
          <requestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</requestId>
          <vpcSet>
            <item>
              <ownerId>111122223333</ownerId>
              <instanceTenancy>default</instanceTenancy>
              <isDefault>false</isDefault>
              <vpcId>vpc-1a2b3c4d</vpcId>
              <state>available</state>
              <cidrBlock>10.0.0.0/23</cidrBlock>
              <dhcpOptionsId>dopt-7a8b9c2d</dhcpOptionsId>
            </item>
          </vpcSet>
        </DescribeVpcsResponse>""")


def test_an_ec2_error_has_ec2s_own_envelope():
    class NotFound(AwsError, code="InvalidVpcID.NotFound"):
        """The vpc ID '{vpc_id}' does not exist"""

    answer = refuse("ec2", "DescribeVpcs", NotFound(vpc_id="vpc-1"), "id")
    assert (answer.status, answer.body.decode().partition("\n")[2]) == (
        400,
        "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code>"
        "<Message>The vpc ID 'vpc-1' does not exist</Message></Error></Errors><RequestID>id</RequestID></Response>",
    )


def test_a_kms_error_names_its_shape():
    class NotFoundException(AwsError):
        """Key '{arn}' does not exist"""

    answer = refuse("kms", "DescribeKey", NotFoundException(arn="arn:aws:kms:us-east-1:123456789012:key/1"), "id")
    assert answer.status == 400
    assert ("Content-Type", "application/x-amz-json-1.1") in answer.headers
    assert json.loads(answer.body) == {
        "__type": "NotFoundException",
        "message": "Key 'arn:aws:kms:us-east-1:123456789012:key/1' does not exist",
    }


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        ("Action=CreateUser&UserName=a%2Bb+c&Tags.member.1.Key=k", {"user_name": "a+b c", "tags": [{"key": "k"}]}),
        ("Tags.member.2.Key=b&Tags.member.1.Key=a", {"tags": [{"key": "a"}, {"key": "b"}]}),
        ("Tags.member.999999999.Key=b", {"tags": [{"key": "b"}]}),
        ("Nothing=1&UserName=a", {"user_name": "a"}),
        ("Tags=", {"tags": []}),
    ],
)
def test_a_query_request_is_read_by_the_model(body, parsed):
    model = service("iam")
    assert protocol_for(model).input_parser(model.operation_model("CreateUser"))(form(body)) == parsed


def test_sqs_speaks_query_as_its_api_reference_shows():
    model = service("sqs")
    protocol = protocol_for(model, "query")
    body = (
        "Action=SendMessage&MessageBody=This+is+a+test+message&MessageAttribute.1.Name=my_attribute_name_1"
        "&MessageAttribute.1.Value.StringValue=my_attribute_value_1&MessageAttribute.1.Value.DataType=String"
        "&Version=2012-11-05"
    )
    assert protocol.input_parser(model.operation_model("SendMessage"))(form(body)) == {
        "message_body": "This is a test message",
        "message_attributes": {
            "my_attribute_name_1": {"string_value": "my_attribute_value_1", "data_type": "String"},
        },
    }
    answer = write("sqs", "ListQueues", {"queue_urls": ["https://a", "https://b"]}, "id", "query")
    assert answer.body.decode() == squeeze("""
        <ListQueuesResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">
          <ListQueuesResult>
            <QueueUrl>https://a</QueueUrl>
            <QueueUrl>https://b</QueueUrl>
          </ListQueuesResult>
          <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>
        </ListQueuesResponse>""")
    attributes = {"attributes": {"VisibilityTimeout": "30", "DelaySeconds": "0"}}
    answer = write("sqs", "GetQueueAttributes", attributes, "id", "query")
    assert b"<Attribute><Name>VisibilityTimeout</Name><Value>30</Value></Attribute><Attribute>" in answer.body


class QueueDoesNotExist(AwsError):
    """The specified queue does not exist."""


def test_an_sqs_error_has_its_old_code_in_query_and_beside_its_new_one_in_json():
    answer = refuse("sqs", "SendMessage", QueueDoesNotExist(), "id", "query")
    assert b"<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in answer.body
    answer = refuse("sqs", "SendMessage", QueueDoesNotExist(), "id", "json")
    assert ("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender") in answer.headers
    assert ("Content-Type", "application/x-amz-json-1.0") in answer.headers
    assert json.loads(answer.body) == {
        "__type": "com.amazonaws.sqs#QueueDoesNotExist",
        "message": "The specified queue does not exist.",
    }


def test_s3_list_buckets_answers_as_the_api_reference_shows():
    result = {
        "owner": {"id": "bcaf1ffd86f41161ca5fb16fd081034f"},
        "buckets": [{"name": "quotes", "creation_date": datetime(2006, 2, 3, 16, 45, 9, tzinfo=UTC)}],
    }
    answer = write("s3", "ListBuckets", result, "4442587FB7D0A2F9")
    assert answer.headers[0] == ("x-amz-request-id", "4442587FB7D0A2F9")
    assert answer.headers[1][0] == "x-amz-id-2"
    assert answer.headers[2] == ("Content-Type", "application/xml")
    assert answer.body.decode().partition("\n")[2] == squeeze("""
        <ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
          <Buckets>
            <Bucket><Name>quotes</Name><CreationDate>2006-02-03T16:45:09.000Z</CreationDate></Bucket>
          </Buckets>
          <Owner><ID>bcaf1ffd86f41161ca5fb16fd081034f</ID></Owner>
        </ListAllMyBucketsResult>""")


class NoSuchKey(AwsError, status=404):
    """The specified key does not exist."""


def test_an_s3_error_has_no_wrapper_and_says_what_it_knows():
    answer = refuse("s3", "GetObject", NoSuchKey(key="my/ima&ge.jpg", bucket_name="quotes"), "4442587FB7D0A2F9")
    assert answer.status == 404
    text = answer.body.decode()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>')
    assert "<Message>The specified key does not exist.</Message>" in text
    assert "<BucketName>quotes</BucketName><Key>my/ima&amp;ge.jpg</Key>" in text
    assert "<RequestId>4442587FB7D0A2F9</RequestId><HostId>" in text


def test_the_answer_to_head_has_no_body_even_when_it_is_an_error():
    answer = refuse("s3", "HeadObject", NoSuchKey(key="k"), "id")
    assert (answer.status, answer.body) == (404, b"")


def test_s3_says_the_location_in_a_root_of_its_own():
    answer = write("s3", "GetBucketLocation", {"location_constraint": "eu-west-2"}, "id")
    assert answer.body.decode().partition("\n")[2] == (
        '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-2</LocationConstraint>'
    )


def test_a_range_of_an_object_is_partial_content():
    whole = {"body": b"0123", "content_length": 4, "metadata": {"colour": "blau\r\nSet-Cookie: x"}}
    answer = write("s3", "GetObject", whole, "id")
    assert (answer.status, answer.body) == (200, b"0123")
    assert ("x-amz-meta-colour", "blau  Set-Cookie: x") in answer.headers
    assert write("s3", "GetObject", {**whole, "content_range": "bytes 0-3/9"}, "id").status == 206


def test_a_grantee_has_its_type_in_an_attribute():
    grant = {"grantee": {"type": "CanonicalUser", "id": "a"}, "permission": "FULL_CONTROL"}
    answer = write("s3", "GetBucketAcl", {"grants": [grant]}, "id")
    assert (
        b'<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>a</ID></Grantee>'
        in answer.body
    )


def test_what_xml_cannot_hold_is_replaced_and_line_ends_survive():
    answer = write("iam", "GetUser", {"user": {"user_name": "a\x00b\r\n\ud800c"}}, "id")
    assert b"<UserName>a\xef\xbf\xbdb&#13;\n\xef\xbf\xbdc</UserName>" in answer.body
