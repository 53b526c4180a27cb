"""Event streams of every operation that has one, with botocore's reader and writer of frames as the judge."""

import asyncio
from datetime import UTC, datetime

import botocore.parsers
import pytest
from botocore.awsrequest import HeadersDict
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from groundcloud.errors import AwsError
from groundcloud.gateway.protocol import Input, protocol_for
from groundcloud.gateway.protocol.errors import Malformed
from groundcloud.gateway.protocol.events import EventWriter
from groundcloud.gateway.protocol.eventstream import FrameDecoder, Long, encode_frame
from groundcloud.names import snake
from tests.gateway.protocol.samples import Maker, ours, seen, service, service_names


def streaming_operations(direction):
    found = []
    for name in service_names():
        model = service(name)
        if not any(shape.get("eventstream") for shape in model._service_description["shapes"].values()):
            continue
        for operation in model.operation_names:
            if getattr(model.operation_model(operation), f"has_event_stream_{direction}"):
                found.append((name, operation))
    return found


OUTPUTS, INPUTS = streaming_operations("output"), streaming_operations("input")


class Wire:
    """The body of a response as urllib3 gives it."""

    def __init__(self, data):
        self.data = data

    def stream(self):
        for at in range(0, len(self.data), 7):
            yield self.data[at : at + 7]

    def close(self):
        pass


def body_of(answer):
    async def gather():
        return b"".join([piece async for piece in answer.body])

    return asyncio.run(gather())


async def stream_of(events, error=None):
    for event in events:
        yield event
    if error is not None:
        raise error


def answered(name, operation_name, made, events, error=None):
    model = service(name)
    operation = model.operation_model(operation_name)
    shape = operation.output_shape
    protocol = protocol_for(model)
    result = {**ours(shape, made), snake(shape.event_stream_name): stream_of(events, error)}
    answer = protocol.output_writer(operation)(result, "request-id")
    response = {
        "status_code": answer.status,
        "headers": HeadersDict(answer.headers),
        "body": Wire(body_of(answer)),
        "context": {"operation_name": operation_name},
    }
    parser = botocore.parsers.create_parser(model.metadata["protocol"])
    return shape, parser.parse(response, shape)


@pytest.mark.parametrize(("name", "operation"), OUTPUTS)
def test_botocore_reads_every_kind_of_event(name, operation):
    shape = service(name).operation_model(operation).output_shape
    kinds = shape.members[shape.event_stream_name].members
    plain = {kind: one for kind, one in kinds.items() if not one.metadata.get("exception")}
    protocol = service(name).metadata["protocol"]
    made = Maker(protocol, True).make(shape, top=True)
    values = {kind: Maker(protocol, True).make(one, top=True) for kind, one in plain.items()}
    events = [{snake(kind): ours(plain[kind], value)} for kind, value in values.items()]
    _, parsed = answered(name, operation, made, events)
    found = list(parsed.pop(shape.event_stream_name))
    assert found == [{kind: seen(plain[kind], value)} for kind, value in values.items()]
    parsed.pop("ResponseMetadata", None)
    assert parsed == seen(shape, made)


def test_a_modeled_exception_ends_a_stream():
    class InternalServerException(AwsError):
        """The service failed."""

    _, parsed = answered("bedrock-agent-runtime", "InvokeAgent", {}, [], InternalServerException())
    with pytest.raises(Exception, match=r"internalServerException\) when calling .*: The service failed"):
        list(parsed["completion"])


def test_an_error_that_the_model_does_not_know_ends_a_stream_too():
    class SlowDown(AwsError):
        """Please reduce your request rate."""

    _, parsed = answered("s3", "SelectObjectContent", {}, [{"cont": {}}], SlowDown())
    stream = iter(parsed["Payload"])
    assert next(stream) == {"Cont": {}}
    with pytest.raises(Exception, match=r"SlowDown\) when calling .*: Please reduce"):
        next(stream)


@pytest.mark.parametrize(("name", "operation"), INPUTS)
def test_what_our_writer_frames_our_reader_reads(name, operation):
    model = service(name)
    operation = model.operation_model(operation)
    protocol = protocol_for(model)
    stream = operation.get_event_stream_input()
    body = object()
    assert protocol.has_streaming_input(operation)
    parsed = protocol.input_parser(operation)(Input({}, "", {}, body))
    assert parsed[snake(operation.input_shape.event_stream_name)] is body
    writer = EventWriter(stream, protocol.body_encoder, protocol.event_content_type)
    values = {kind: Maker("rest-json", True).make(one, top=True) for kind, one in stream.members.items()}
    events = [{snake(kind): ours(stream.members[kind], value)} for kind, value in values.items()]
    reader = protocol.event_reader(operation)()
    found = []
    for event in events:
        signed = encode_frame(
            {":date": datetime(2030, 1, 1, tzinfo=UTC), ":chunk-signature": b"s"}, writer.event(event)
        )
        for at in range(0, len(signed), 11):
            found += reader.feed(signed[at : at + 11])
    assert found == events
    assert [signature for signature, _, _ in reader.signatures] == [b"s"] * len(events)


def test_frames_are_those_of_botocore():
    headers = {"text": "é", "yes": True, "no": False, "int": -5, "long": Long(2**40), "blob": b"\x00\xff"}
    buffer = EventStreamBuffer()
    buffer.add_data(encode_frame(headers, b"payload"))
    (message,) = list(buffer)
    assert message.headers == headers
    assert message.payload == b"payload"


def test_headers_of_all_types_come_back():
    at = datetime(2030, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    (frame,) = FrameDecoder().feed(encode_frame({"at": at, "n": 7, "l": Long(-1)}, b""))
    assert frame.headers == {"at": at, "n": 7, "l": -1}


@pytest.mark.parametrize("at", [0, 5, 9, 14, 20, -1])
def test_a_changed_byte_is_noticed(at):
    frame = bytearray(encode_frame({"name": "value"}, b"payload"))
    frame[at] ^= 1
    with pytest.raises(Malformed):
        FrameDecoder().feed(bytes(frame))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_are_frames_or_malformed(data, step):
    decoder = FrameDecoder()
    try:
        for at in range(0, len(data), step):
            decoder.feed(data[at : at + step])
    except Malformed:
        pass
