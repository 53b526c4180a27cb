"""Hostile and broken requests: a value or an AwsError with 4xx, never anything else, and never at great cost."""

import contextlib
import json
import random
import time
from functools import cache

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.serialize import create_serializer
from hypothesis import given, settings
from hypothesis import strategies as st

from groundcloud.errors import AwsError
from groundcloud.gateway.protocol import Input, protocol_for
from groundcloud.gateway.validate import input_validator
from tests.cloud import TestCloud
from tests.gateway.protocol.samples import Maker, service
from tests.gateway.protocol.test_every_operation import as_request

TARGETS = [
    ("iam", "CreateUser", "query"),
    ("ec2", "RunInstances", "ec2"),
    ("dynamodb", "PutItem", "json"),
    ("lambda", "CreateFunction", "rest-json"),
    ("s3", "PutBucketLifecycleConfiguration", "rest-xml"),
    ("s3", "PutObject", "rest-xml"),
    ("route53", "ChangeResourceRecordSets", "rest-xml"),
    ("cloudwatch", "PutMetricData", "smithy-rpc-v2-cbor"),
]


@cache
def prepared(name, operation, protocol):
    model = service(name)
    operation = model.operation_model(operation)
    params = Maker(protocol, True).make(operation.input_shape, top=True)
    _, request = as_request(
        create_serializer(protocol, include_validation=False).serialize_to_request(params, operation)
    )
    return protocol_for(model, protocol).input_parser(operation), input_validator(operation), request


def read(name, operation, protocol, body, **changes):
    parse, _, request = prepared(name, operation, protocol)
    return parse(request._replace(body=body, **changes))


def code_of(*arguments, **changes):
    with pytest.raises(AwsError) as raised:
        read(*arguments, **changes)
    assert 400 <= raised.value.status < 500
    return raised.value.code


def mutated(data, rng):
    data = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data)) if data else 0
        kind = rng.randrange(5)
        if kind == 0 and data:
            data[at] = rng.randrange(256)
        elif kind == 1:
            data[at:at] = rng.randbytes(rng.randint(1, 4))
        elif kind == 2 and data:
            del data[at : at + rng.randint(1, 9)]
        elif kind == 3:
            data[at:at] = rng.choice(
                [b"null", b"[]", b"{}", b"<a/>", b"&", b"=", b".1.", b"1e999", b"%ff", b"\xff", b"<!--"]
            )
        elif data:
            data[at:at] = data[at : at + 40]
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target[1])
def test_a_mutated_request_is_a_value_or_a_client_error(target):
    parse, validate, request = prepared(*target)
    rng = random.Random(f"{target}")
    refused = 0
    for _ in range(1500):
        headers = {
            key: mutated(value.encode("latin-1"), rng).decode("latin-1") for key, value in request.headers.items()
        }
        query = mutated(request.query.encode("latin-1"), rng).decode("latin-1")
        body = mutated(request.body, rng)
        try:
            value = parse(
                Input(headers if rng.random() < 0.3 else request.headers, query, {"Key": "\x00", "Id": "é"}, body)
            )
            assert type(value) is dict
            if validate is not None:
                validate(value)
        except AwsError as error:
            assert 400 <= error.status < 500
            refused += 1
    assert refused


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TARGETS), st.binary(max_size=60))
def test_any_body_is_a_value_or_a_client_error(target, body):
    parse, _, request = prepared(*target)
    try:
        assert type(parse(request._replace(body=body))) is dict
    except AwsError as error:
        assert 400 <= error.status < 500


IAM, EC2, DYNAMODB, LAMBDA, LIFECYCLE, PUT_OBJECT, ROUTE53, METRICS = TARGETS


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"UserName=%ff", "MalformedQueryString"),
        (b"UserName=\xff", "MalformedQueryString"),
        (b"UserName.member.1=a", "MalformedInput"),
        (b"Tags=a", "MalformedInput"),
        (b"Tags.member.x.Key=a", "MalformedInput"),
        (b"Tags.member.1=a", "MalformedInput"),
        (b"Tags.member.\xd9\xa3.Key=a", "MalformedInput"),
        (b"a" + b".a" * 5000 + b"=1", "MalformedInput"),
        (b"a=&" * 30_000, "MalformedQueryString"),
    ],
)
def test_a_malformed_form_is_refused(body, code):
    assert code_of(*IAM, body) == code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null x",
        b'{"TableName": 5}',
        b'{"TableName": "a\xff"}',
        b'{"TableName": NaN}',
        b'{"Item": []}',
        b"[" * 100_000,
        b'{"Item": ' + b'{"a": {"M": ' * 500 + b"{}" + b"}}" * 500 + b"}",
        b'{"TableName": ' + b"1" * 100_000 + b"}",
    ],
)
def test_malformed_json_is_refused(body):
    if body:
        assert code_of(*DYNAMODB, body) == "SerializationException"
    else:
        assert read(*DYNAMODB, body) == {}


@pytest.mark.parametrize(
    "body", [b'{"Plaintext": "not base64!"}', b'{"GrantTokens": ["x", null]}', b'{"DryRun": "true"}']
)
def test_json_of_the_wrong_kind_is_refused(body):
    assert code_of("kms", "Encrypt", "json", body) == "SerializationException"


@pytest.mark.parametrize("item", ['{"B": "not base64!"}', '{"SS": ["x", null]}', '{"BOOL": "true"}', '{"N": 5}', '"x"'])
def test_an_item_of_dynamodb_is_refused_by_dynamodb(cloud: TestCloud, item):
    """Items pass the protocol as they are; what is wrong in one is the service's to find."""
    client = cloud.client("dynamodb")
    client.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    body = f'{{"TableName": "table", "Item": {{"k": {{"S": "x"}}, "a": {item}}}}}'.encode()
    url = "http://127.0.0.1:4566/"
    request = AWSRequest(
        "POST",
        url,
        {"X-Amz-Target": "DynamoDB_20120810.PutItem", "Content-Type": "application/x-amz-json-1.0"},
        body,
    )
    request.headers["Host"] = "127.0.0.1:4566"
    keys = Credentials(cloud.admin.access_key_id, cloud.admin.secret_access_key)
    SigV4Auth(keys, "dynamodb", "us-east-1").add_auth(request)
    status, _, answer = cloud.request("POST", url, dict(request.headers), body)
    assert status == 400
    assert json.loads(answer)["__type"].rpartition("#")[2] in ("SerializationException", "ValidationException")


@pytest.mark.parametrize("number", ["2147483648", "-2147483649", "1.5", '"5"', "1e400", "true"])
def test_what_is_no_32_bit_integer_is_refused(number):
    assert code_of(*LAMBDA, f'{{"Timeout": {number}}}'.encode()) == "SerializationException"


def test_an_integer_may_be_written_with_a_point():
    assert read(*LAMBDA, b'{"Timeout": 5.0}')["timeout"] == 5


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><LifecycleConfiguration>&b;</LifecycleConfiguration>'


@pytest.mark.parametrize(
    "body",
    [
        b"<",
        b"x",
        b"<LifecycleConfiguration>",
        b"<Other/>",
        b"<LifecycleConfiguration/><LifecycleConfiguration/>",
        LAUGHS,
        b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><LifecycleConfiguration/>",
        b"<LifecycleConfiguration>&unknown;</LifecycleConfiguration>",
        b"<LifecycleConfiguration>\xff</LifecycleConfiguration>",
        b"<a>" * 100_000,
        b"<LifecycleConfiguration><Rule><Expiration><Days>x</Days></Expiration></Rule></LifecycleConfiguration>",
        b"<LifecycleConfiguration><Rule><ID><b/></ID></Rule></LifecycleConfiguration>",
        b"<LifecycleConfiguration><Rule><Expiration><Date>1-1-1</Date></Expiration></Rule></LifecycleConfiguration>",
    ],
)
def test_malformed_xml_is_refused(body):
    assert code_of(*LIFECYCLE, body) == "MalformedXML"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\x80",
        b"\xa1\x00\x00",
        b"\xbf",
        b"\xbf\x61a",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xa1\x61a\xd8\x1c\x00",
        b"\xa1\x61a\xc2\x41\x00",
        b"\xa1\x61a\xf8\x20",
        b"\x81" * 1000 + b"\x00",
        b"\xa0\x00",
        b"\xa1\x69Namespace\xff",
    ],
)
def test_malformed_cbor_is_refused(body):
    assert code_of(*METRICS, body) == "SerializationException"


def test_cbor_of_indefinite_length_is_read():
    datum = b"\xbf\x6aMetricName\x61m\x69Timestamp\xc1\x1a\x70\xdb\xd8\x80\xff"
    body = b"\xbf\x69Namespace\x7f\x61a\x61b\xff\x6aMetricData\x9f" + datum + b"\xff\xff"
    value = read(*METRICS, body)
    assert value["namespace"] == "ab"
    assert value["metric_data"][0]["timestamp"].year == 2030


def test_a_bad_header_of_s3_names_the_argument():
    parse, _, request = prepared(*PUT_OBJECT)
    headers = {**request.headers, "content-length": "many"}
    with pytest.raises(AwsError) as raised:
        parse(request._replace(headers=headers))
    assert raised.value.code == "InvalidArgument"
    assert raised.value.facts["argument_name"] == "content-length"
    assert raised.value.facts["argument_value"] == "many"


@pytest.mark.parametrize(
    ("target", "body"),
    [
        (IAM, b"Tags.member.999999999.Key=a&" * 5000),
        (DYNAMODB, b'{"Item": {' + b'"a": {"S": "x"},' * 20_000 + b'"b": {"S": "x"}}}'),
        (DYNAMODB, b"[" * 1_000_000),
        (LIFECYCLE, b"<LifecycleConfiguration>" + b"<Rule></Rule>" * 20_000 + b"</LifecycleConfiguration>"),
        (LIFECYCLE, b"<a>" * 300_000),
    ],
)
def test_a_large_request_costs_in_proportion(target, body):
    start = time.process_time()
    with contextlib.suppress(AwsError):
        read(*target, body)
    assert time.process_time() - start < 3
