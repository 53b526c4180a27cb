"""The protocols in which the operation's name is a parameter or a header: query, ec2, json, rpc-v2-cbor.

What is REST lives in rest.py; finding the operation is the gateway's work.
"""

from collections.abc import Callable
from typing import Any

from botocore.model import OperationModel, ServiceModel

from groundcloud.errors import AwsError
from groundcloud.gateway.protocol.errors import Malformed, SerializationException
from groundcloud.gateway.protocol.events import EventReader, EventWriter, event_reader_factory
from groundcloud.gateway.protocol.eventstream import CONTENT_TYPE as EVENT_STREAM
from groundcloud.gateway.protocol.faults import Fault, Faults, extra_facts, facts, is_sender
from groundcloud.gateway.protocol.jsonread import JsonReaders, decode
from groundcloud.gateway.protocol.jsonwrite import TreeWriters, encode, json_scalar
from groundcloud.gateway.protocol.query import QueryReaders, form_parser
from groundcloud.gateway.protocol.repairs import as_is, repaired, repairs_of
from groundcloud.gateway.protocol.values import Answer, Input, getter
from groundcloud.gateway.protocol.xmlwrite import XmlWriters, attribute, escape
from groundcloud.names import snake

Parse = Callable[[Input], dict[str, Any]]
WriteOutput = Callable[[Any, str], Answer]
WriteError = Callable[[AwsError, str, OperationModel | None], Answer]


class Protocol:
    """One wire protocol of one service; makes parsers and writers, each compiled once per operation."""

    name = ""

    def __init__(self, service: ServiceModel) -> None:
        self.service = repaired(service, self.name)
        self.repairs = repairs_of(service.service_name)
        self.faults = Faults(self.service, self.repairs.get("error_codes", {}))

    def own(self, operation: OperationModel) -> OperationModel:
        """The operation in this protocol's model, which may be a repaired one."""
        if operation.service_model is self.service:
            return operation
        return self.service.operation_model(operation.name)

    def input_parser(self, operation: OperationModel) -> Parse:
        """A function from a request to the operation's arguments; raises an AwsError when it is malformed."""
        raise NotImplementedError

    def output_writer(self, operation: OperationModel) -> WriteOutput:
        """A function from (result, request id) to the answer."""
        raise NotImplementedError

    def error_writer(self) -> WriteError:
        """A function from (error, request id, operation if known) to the answer."""
        raise NotImplementedError

    def has_streaming_input(self, operation: OperationModel) -> bool:
        """Whether the parser wants the body as a stream and not as bytes."""
        return bool(operation.has_event_stream_input)

    event_content_type = ""

    def body_encoder(self, shape: Any) -> Callable[[Any], bytes]:
        """A structure as a body of its own (the payload of an event)."""
        raise NotImplementedError

    def body_decoder(self, shape: Any) -> Callable[[bytes], Any]:
        """The reverse; raises Malformed."""
        raise NotImplementedError

    def event_reader(self, operation: OperationModel) -> Callable[[], EventReader] | None:
        """Makes readers of the events that a request streams; None for operations without such."""
        stream = operation.get_event_stream_input()
        if stream is None:
            return None
        return event_reader_factory(stream, self.body_decoder, self.body_decoder(operation.input_shape))

    def event_writer(self, operation: OperationModel) -> tuple[str, EventWriter] | None:
        """The output member that streams events, and their writer."""
        stream = operation.get_event_stream_output()
        if stream is None:
            return None
        writer = EventWriter(stream, self.body_encoder, self.event_content_type)
        shape: Any = operation.output_shape
        return snake(shape.event_stream_name), writer


class QueryProtocol(Protocol):
    """`query`: forms in, XML out. AWS's API reference of IAM and STS shows every form of its answers."""

    name = "query"

    def __init__(self, service: ServiceModel) -> None:
        super().__init__(service)
        self.readers = QueryReaders(ec2=False)
        self.writers = XmlWriters(milliseconds=bool(self.repairs.get("milliseconds")))
        declared = self.repairs.get("xml_namespace") or self.service.metadata.get("xmlNamespace")
        self.xmlns = f' xmlns="{attribute(declared)}"' if declared else ""

    def input_parser(self, operation: OperationModel) -> Parse:
        return form_parser(self.own(operation).input_shape, self.readers)

    def output_writer(self, operation: OperationModel) -> WriteOutput:
        shape = self.own(operation).output_shape
        members = self.writers.members(shape) if shape is not None else None
        wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
        start = f"<{operation.name}Response{self.xmlns}>" + (f"<{wrapper}>" if wrapper else "")
        middle = (f"</{wrapper}>" if wrapper else "") + "<ResponseMetadata><RequestId>"
        end = f"</RequestId></ResponseMetadata></{operation.name}Response>"

        def write(result: Any, request_id: str) -> Answer:
            rest = f"{middle}{request_id}{end}"
            body = members(result, start, rest) if members is not None and result is not None else start + rest
            return Answer(200, self.headers(request_id), body.encode())

        return write

    def headers(self, request_id: str) -> list[tuple[str, str]]:
        return [("x-amzn-RequestId", request_id), ("Content-Type", "text/xml")]

    def error_writer(self) -> WriteError:
        def write(error: AwsError, request_id: str, operation: OperationModel | None) -> Answer:
            fault = self.faults.find(error.code, operation)
            status = fault.status or error.status
            kind = "Sender" if is_sender(fault, status) else "Receiver"
            pieces = [f"<ErrorResponse{self.xmlns}><Error><Type>{kind}</Type>"]
            self.describe(pieces, error, fault)
            pieces.append(f"</Error><RequestId>{request_id}</RequestId></ErrorResponse>")
            return Answer(status, self.headers(request_id), "".join(pieces).encode())

        return write

    def describe(self, pieces: list[str], error: AwsError, fault: Fault) -> None:
        """Code, message and the members that the model declares."""
        pieces.append(f"<Code>{escape(fault.code)}</Code><Message>{escape(error.message)}</Message>")
        if fault.shape is not None and len(fault.shape.members) > (fault.message_member in fault.shape.members):
            pieces.append(self.writers.members(fault.shape)(extra_facts(error, fault)))


class Ec2Protocol(QueryProtocol):
    """`ec2`: query with its own names and envelope."""

    name = "ec2"

    def __init__(self, service: ServiceModel) -> None:
        super().__init__(service)
        self.readers = QueryReaders(ec2=True)
        self.writers = XmlWriters(milliseconds=True)

    def output_writer(self, operation: OperationModel) -> WriteOutput:
        shape = operation.output_shape
        members = self.writers.members(shape) if shape is not None else None
        start = f'<?xml version="1.0" encoding="UTF-8"?>\n<{operation.name}Response{self.xmlns}><requestId>'
        end = f"</{operation.name}Response>"

        def write(result: Any, request_id: str) -> Answer:
            begin = f"{start}{request_id}</requestId>"
            if members is None:
                body = f"{begin}<return>true</return>{end}"
            else:
                body = members(result, begin, end) if result is not None else begin + end
            return Answer(200, self.headers(request_id), body.encode())

        return write

    def headers(self, request_id: str) -> list[tuple[str, str]]:
        return [("x-amzn-requestid", request_id), ("Content-Type", "text/xml;charset=UTF-8")]

    def error_writer(self) -> WriteError:
        def write(error: AwsError, request_id: str, operation: OperationModel | None) -> Answer:
            fault = self.faults.find(error.code, operation)
            pieces = ['<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>']
            self.describe(pieces, error, fault)
            pieces.append(f"</Error></Errors><RequestID>{request_id}</RequestID></Response>")
            return Answer(fault.status or error.status, self.headers(request_id), "".join(pieces).encode())

        return write


class JsonProtocol(Protocol):
    """`json` 1.0 and 1.1: one JSON object in, one out, the error's name in `__type`."""

    name = "json"

    def __init__(self, service: ServiceModel) -> None:
        super().__init__(service)
        kept = as_is(service.service_name)
        self.readers = JsonReaders(kept)
        self.writers = TreeWriters(json_scalar, kept)
        self.content_type = f"application/x-amz-json-{service.metadata.get('jsonVersion', '1.0')}"
        self.type_prefix = str(self.repairs.get("error_type_prefix", ""))

    def headers(self, request_id: str) -> list[tuple[str, str]]:
        return [("x-amzn-RequestId", request_id), ("Content-Type", self.content_type)]

    event_content_type = "application/json"

    def body_encoder(self, shape: Any) -> Callable[[Any], bytes]:
        build = self.writers.structure(shape)
        return lambda value: encode(build(value))

    def body_decoder(self, shape: Any) -> Callable[[bytes], Any]:
        read = self.readers.structure(shape)
        return lambda body: read(decode(body)) if body else {}

    def input_parser(self, operation: OperationModel) -> Parse:
        shape = operation.input_shape
        if shape is None:
            return lambda _: {}
        read = self.body_decoder(shape)
        stream = shape.event_stream_name

        def parse(request: Input) -> dict[str, Any]:
            if stream is not None:
                return {snake(stream): request.body}
            try:
                return read(request.body)  # type: ignore[no-any-return]  # a structure's reader gives a dict
            except Malformed as problem:
                raise SerializationException(message=str(problem)) from None

        return parse

    def output_writer(self, operation: OperationModel) -> WriteOutput:
        shape = operation.output_shape
        if shape is None:
            return self.empty_output
        encode_body = self.body_encoder(shape)
        events = self.event_writer(operation)
        if events is not None:
            return self.stream_output(encode_body, *events)

        def write(result: Any, request_id: str) -> Answer:
            return Answer(200, self.headers(request_id), encode_body({} if result is None else result))

        return write

    def empty_output(self, _: Any, request_id: str) -> Answer:
        """AWS answers operations without output with an empty body."""
        return Answer(200, self.headers(request_id), b"")

    def stream_output(self, encode_body: Callable[[Any], bytes], member: str, events: EventWriter) -> WriteOutput:
        """An answer of frames: the other members first, then the events as they come."""

        def write(result: Any, request_id: str) -> Answer:
            headers = [(name, value) for name, value in self.headers(request_id) if name != "Content-Type"]
            headers.append(("Content-Type", EVENT_STREAM))
            first = events.initial(encode_body(result))
            return Answer(200, headers, events.frames(getter(result)(member), first))

        return write

    def error_writer(self) -> WriteError:
        def write(error: AwsError, request_id: str, operation: OperationModel | None) -> Answer:
            fault = self.faults.find(error.code, operation)
            status = fault.status or error.status
            headers = self.headers(request_id) + self.query_error(fault, status)
            return Answer(status, headers, encode(self.error_body(error, fault)))

        return write

    def error_body(self, error: AwsError, fault: Fault) -> dict[str, Any]:
        """The error as a tree: its type, its message, its members."""
        tree = {"__type": self.type_prefix + fault.name, fault.message_member: error.message}
        if fault.shape is not None:
            tree.update(self.writers.structure(fault.shape)(facts(error, fault)))
        return tree

    def query_error(self, fault: Fault, status: int) -> list[tuple[str, str]]:
        """The header by which services that left the query protocol keep its error codes."""
        if not self.service.is_query_compatible:
            return []
        kind = "Sender" if is_sender(fault, status) else "Receiver"
        return [("x-amzn-query-error", f"{fault.code};{kind}")]
