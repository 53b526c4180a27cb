"""Every operation of every service that botocore knows, both ways, with botocore's own wire behaviour as the judge.

What does not come back equal must stand in EXCEPTIONS with its reason.
"""

import io
from types import SimpleNamespace
from urllib.parse import urlencode

import botocore.parsers
import pytest
from botocore.awsrequest import HeadersDict
from botocore.serialize import create_serializer
from botocore.utils import percent_encode_sequence

from groundcloud.errors import AwsError
from groundcloud.gateway.protocol import Input, RestRouter, cbor_operation, protocol_for
from groundcloud.gateway.protocol.repairs import as_is
from groundcloud.names import snake
from tests.gateway.protocol.samples import Maker, ours, protocols_of, seen, service, service_names, shard

pytestmark = pytest.mark.slow
SERVICES = shard(service_names())
XML = ("query", "ec2", "rest-xml")
"""On AWS's wire these spell an error's message `<Message>`, also where the model says `message`."""
_DEPRECATED = "the operation that replaced it has the same method and path"
EXCEPTIONS = {
    ("request", "s3", "GetBucketLifecycle"): _DEPRECATED,
    ("request", "s3", "GetBucketNotification"): _DEPRECATED,
    ("request", "s3", "PutBucketLifecycle"): _DEPRECATED,
    ("request", "s3", "PutBucketNotification"): _DEPRECATED,
    ("request", "s3", "ListDirectoryBuckets"): "ListBuckets has the same path; the host name tells them apart",
    ("answer", "dataexchange", "SendApiAsset"): "its map of headers has no prefix and gets the protocol's own too",
    ("answer", "s3", "GetBucketLocation"): "the answer is one element with a text, which botocore reads in a handler",
    ("answer", "s3", "GetBucketNotification"): "botocore cannot read its Event and Events, which share a name",
}


def text_headers(headers):
    out = {}
    for name, value in headers.items():
        out[name.lower()] = str(value).encode().decode("latin-1")
    return out


def as_request(serialized):
    """What the server sees of botocore's serialized request: path, and what a parser needs."""
    path, _, literal = serialized["url_path"].partition("?")
    query = serialized["query_string"]
    query = percent_encode_sequence(query) if isinstance(query, dict) else query
    body = serialized["body"]
    if isinstance(body, dict):
        body = urlencode(body, doseq=True).encode()
    return path, Input(text_headers(serialized["headers"]), "&".join(filter(None, (literal, query))), {}, body)


def differences(left, right, path=""):
    """Where two values differ, the first few."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left.keys() | right.keys():
            if key not in left or key not in right:
                yield f"{path}.{key}: only {'expected' if key in left else 'found'}"
            else:
                yield from differences(left[key], right[key], f"{path}.{key}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for at, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differences(one, other, f"{path}[{at}]")
    elif left != right:
        yield f"{path}: expected {left!r}, found {right!r}"


def check_input(model, operation, protocol, serializer, router, parse, full):
    shape = operation.input_shape
    params = Maker(protocol, full).make(shape, top=True) if shape is not None else {}
    path, request = as_request(serializer.serialize_to_request(params, operation))
    if router is not None:
        matched = router.match(operation.http["method"], path, request.query, request.headers)
        assert matched is not None, f"{path} leads nowhere"
        assert matched[0] == operation.name, f"{path} leads to {matched[0]}"
        request = request._replace(labels=matched[1])
    if protocol == "smithy-rpc-v2-cbor":
        assert cbor_operation(path) == (model.metadata["targetPrefix"], operation.name)
    kept = as_is(model.service_name)
    expected = ours(shape, params, as_is=kept) if shape is not None else {}
    stream = shape.event_stream_name if shape is not None else None
    found = parse(request)
    if stream:
        found.pop(snake(stream), None)
    names = {snake(name) for name in inherent(shape, {name: found.get(snake(name)) for name in found_names(shape)})}
    found = without(names, found, expected)
    return list(differences(expected, found))[:3]


def inherent(shape, found):
    """Members that an answer has by nature: its status, its Content-Type, a map of headers, an empty payload."""
    if shape is None:
        return set()
    payload = shape.serialization.get("payload")
    names = {payload} if payload and found.get(payload) in (b"", "", {}) else set()
    for name, member in shape.members.items():
        traits = member.serialization
        if traits.get("location") in ("statusCode", "headers") or traits.get("name", "").lower() == "content-type":
            names.add(name)
    return names


def found_names(shape):
    return shape.members if shape is not None else ()


def without(names, found, expected):
    return {name: value for name, value in found.items() if name in expected or name not in names}


def parsed_by_botocore(protocol, operation, answer, shape):
    body = io.BytesIO(answer.body) if operation.has_streaming_output and answer.status < 300 else answer.body
    response = {
        "status_code": answer.status,
        "headers": HeadersDict(answer.headers),
        "body": body,
        "context": {"operation_name": operation.name},
    }
    return botocore.parsers.create_parser(protocol).parse(response, shape)


def check_output(operation, protocol, write, full):
    shape = operation.output_shape
    made = Maker(protocol, full).make(shape, top=True) if shape is not None else {}
    for name in [n for n in made if shape.members[n].serialization.get("location") == "statusCode"]:
        made[name] = 202
    structure = SimpleNamespace if full else dict
    kept = as_is(operation.service_model.service_name)
    answer = write(ours(shape, made, structure, kept) if shape is not None else None, "request-id")
    found = parsed_by_botocore(protocol, operation, answer, shape)
    metadata = found.pop("ResponseMetadata")
    if shape is not None or protocol != "smithy-rpc-v2-cbor":  # botocore does not look for it there
        assert metadata["RequestId"] == "request-id"
    for name, value in found.items():
        if isinstance(value, io.BytesIO):
            found[name] = value.read()
    expected = seen(shape, made) if shape is not None else {}
    return list(differences(expected, without(inherent(shape, found), found, expected)))[:3]


def operations(model):
    return [model.operation_model(name) for name in model.operation_names]


def judged(direction, name, problems):
    """No problem without an exception that explains it, and no exception that explains nothing."""
    known = {operation for way, service_name, operation in EXCEPTIONS if (way, service_name) == (direction, name)}
    unexplained = {case: found for case, found in problems.items() if case.split(" ")[1] not in known}
    assert not unexplained, "\n".join(f"{case}: {found}" for case, found in list(unexplained.items())[:12])
    assert known <= {case.split(" ")[1] for case in problems}, "an exception is no longer needed"


@pytest.mark.parametrize("name", SERVICES)
def test_every_request_that_botocore_makes_is_understood(name):
    model = service(name)
    problems = {}
    for protocol in protocols_of(model):
        ours_protocol, serializer = protocol_for(model, protocol), create_serializer(protocol, include_validation=False)
        router = RestRouter(model) if protocol.startswith("rest-") else None
        for operation in operations(model):
            parse = ours_protocol.input_parser(operation)
            for full in (False, True):
                try:
                    found = check_input(model, operation, protocol, serializer, router, parse, full)
                except AssertionError as error:
                    found = [str(error)]
                if found:
                    problems[f"{protocol} {operation.name} {full}"] = found
    judged("request", name, problems)


@pytest.mark.parametrize("name", SERVICES)
def test_every_answer_is_understood_by_botocore(name):
    model = service(name)
    problems = {}
    for protocol in protocols_of(model):
        ours_protocol = protocol_for(model, protocol)
        for operation in operations(model):
            if operation.has_event_stream_output:
                continue  # test_every_event_stream.py
            write = ours_protocol.output_writer(operation)
            for full in (False, True):
                found = check_output(operation, protocol, write, full)
                if found:
                    problems[f"{protocol} {operation.name} {full}"] = found
    judged("answer", name, problems)


@pytest.mark.parametrize("name", SERVICES)
def test_every_modeled_error_is_understood_by_botocore(name):
    model = service(name)
    problems = {}
    owners = {}
    for operation in operations(model):
        for shape in operation.error_shapes:
            if operation.http["method"] != "HEAD" and not operation.has_event_stream_output:
                owners.setdefault(shape.name, operation)
    for protocol in protocols_of(model):
        write = protocol_for(model, protocol).error_writer()
        for shape in model.error_shapes:
            found = check_error(model, protocol, write, shape, owners.get(shape.name))
            if found:
                problems[f"{protocol} {shape.name}"] = found
    judged("error", name, problems)


def check_error(model, protocol, write, shape, operation):
    if operation is None:
        return []
    made = Maker(protocol, True).make(shape, top=True)
    message = next((key for key in made if key.lower() == "message"), None)
    text = made.pop(message) if message else "The message"

    class Raised(AwsError, code=shape.name):
        """{message}"""

    answer = write(
        Raised(**{**ours(shape, made, as_is=as_is(model.service_name)), "message": text}), "request-id", operation
    )
    generic = parsed_by_botocore(protocol, operation, answer, operation.output_shape)
    declared = (shape.metadata.get("error") or {}).get("httpStatusCode")
    assert declared in (None, answer.status)
    code = generic["Error"]["Code"]
    if model.service_name == "sqs":  # botocore.handlers.handle_sqs_compatible_error
        code = generic["Error"].get("QueryErrorCode", code)
    found_shape = model.shape_for_error_code(code)
    if found_shape is None or found_shape.error_code != shape.error_code:
        return [f"the code {code} leads to {found_shape}"]
    if generic["ResponseMetadata"]["RequestId"] != "request-id":
        return ["the request id is lost"]
    problems = list(differences(text, generic["Error"]["Message"]))
    found = parsed_by_botocore(protocol, operation, answer, shape)
    expected = seen(shape, made)
    if message and (protocol not in XML or message == "Message"):
        expected[message] = text
    if protocol in XML and "Code" in made:
        expected["Code"] = shape.error_code
    for name, member in shape.members.items():
        if member.serialization.get("name", "").lower() == "x-amzn-errortype":
            expected[name] = shape.name  # the protocol's own header
    if found_shape is not shape:
        return problems  # several shapes share the code; a client takes the last of them
    return (problems + list(differences(expected, found)))[:3]
