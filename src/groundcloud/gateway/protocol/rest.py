"""What rest-json and rest-xml share: members in URI labels, query, headers, status and payload.

The two differ in how a body is read and written; restbodies.py says how.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from botocore.model import OperationModel

from groundcloud.errors import AwsError
from groundcloud.gateway.protocol.errors import Malformed
from groundcloud.gateway.protocol.events import EventWriter
from groundcloud.gateway.protocol.eventstream import CONTENT_TYPE as EVENT_STREAM
from groundcloud.gateway.protocol.headers import (
    Text,
    from_latin1,
    header_reader,
    header_writer,
    query_reader,
    to_latin1,
)
from groundcloud.gateway.protocol.query import decode, scalar_reader
from groundcloud.gateway.protocol.rpc import Parse, Protocol, WriteOutput
from groundcloud.gateway.protocol.values import Answer, Get, Input, Read, getter, wire_name
from groundcloud.lasting import Lasting
from groundcloud.names import snake

BodyRead = Callable[[Any, dict[str, Any]], None]
BodyWrite = Callable[[Any, Get, list[tuple[str, str]]], Any]


class Bound(NamedTuple):
    """Members of an input outside the body, by place: wire name to name and reader."""

    labels: list[tuple[str, str, Read]]
    headers: list[tuple[str, str, Read]]
    prefixes: list[tuple[str, str]]
    query: dict[str, tuple[str, Callable[[list[str]], Any]]]
    query_maps: list[tuple[str, bool]]
    literals: set[str]


def bind(shape: Any, uri: str) -> Bound:
    """The members of an input shape by place; keys that the URI itself has belong to no member."""
    literals = {piece.partition("=")[0] for piece in uri.partition("?")[2].split("&")}
    bound = Bound([], [], [], {}, [], literals)
    for member, one in shape.members.items():
        name, wire, location = snake(member), wire_name(one, member), one.serialization.get("location")
        if location == "uri":
            bound.labels.append((wire, name, scalar_reader(one, "iso8601")))
        elif location == "header":
            bound.headers.append((wire.lower(), name, header_reader(one)))
        elif location == "headers":
            bound.prefixes.append((wire.lower(), name))
        elif location == "querystring" and one.type_name == "map":
            bound.query_maps.append((name, one.value.type_name == "list"))
        elif location == "querystring":
            bound.query[wire] = (name, query_reader(one))
    return bound


class RestProtocol(Protocol):
    """A protocol whose operations have HTTP methods and paths of their own."""

    def body_reader(self, shape: Any, required: bool) -> BodyRead | None:
        """Fills arguments from the body by the members that are nowhere else, or by the payload member."""
        raise NotImplementedError

    def body_writer(self, operation: OperationModel) -> BodyWrite | None:
        """Makes the body; may add Content-Type."""
        raise NotImplementedError

    def request_headers(self, request_id: str) -> list[tuple[str, str]]:
        """The headers by which this service names the request."""
        return [("x-amzn-RequestId", request_id)]

    def parameter_error(self, problem: Malformed, name: str, value: object) -> AwsError:
        """The error for a malformed label, header or query parameter."""
        raise NotImplementedError

    def body_error(self, problem: Malformed) -> AwsError:
        """The error for a malformed body."""
        raise NotImplementedError

    def has_streaming_input(self, operation: OperationModel) -> bool:
        shape = operation.get_streaming_input()
        return bool(operation.has_event_stream_input or (shape is not None and streams(shape)))

    def input_parser(self, operation: OperationModel) -> Parse:
        shape = operation.input_shape
        if shape is None:
            return lambda _: {}
        bound = bind(shape, operation.http["requestUri"])
        read_body = self.body_reader(shape, required=True)
        has_query = bool(bound.query or bound.query_maps)

        def parse(request: Input) -> dict[str, Any]:
            out: dict[str, Any] = {}
            for wire, name, read in bound.labels:
                if wire in request.labels:
                    out[name] = self._one(read, wire, request.labels[wire])
            if has_query and request.query:
                self._query(bound, request.query, out)
            for wire, name, read in bound.headers:
                if wire in request.headers:
                    out[name] = self._one(read, wire, request.headers[wire])
            for prefix, name in bound.prefixes:
                read_prefixed(request, prefix, name, out)
            if read_body is not None:
                try:
                    read_body(request.body, out)
                except Malformed as problem:
                    raise self.body_error(problem) from None
            return out

        return parse

    def _one(self, read: Read, wire: str, value: Any) -> Any:
        try:
            return read(value)
        except Malformed as problem:
            raise self.parameter_error(problem, wire, value) from None

    def _query(self, bound: Bound, query: str, out: dict[str, Any]) -> None:
        gathered: dict[str, list[str]] = {}
        try:
            for piece in query.split("&"):
                if piece:
                    key, _, value = piece.partition("=")
                    gathered.setdefault(decode(key), []).append(decode(value))
        except UnicodeDecodeError:
            raise self.parameter_error(Malformed("The query is not valid UTF-8"), "query", query) from None
        for wire, values in gathered.items():
            entry = bound.query.get(wire)
            if entry is not None:
                out[entry[0]] = self._one(entry[1], wire, values)
        for name, lists in bound.query_maps:
            rest = {
                key: values for key, values in gathered.items() if key not in bound.query and key not in bound.literals
            }
            if rest:
                out[name] = rest if lists else {key: values[-1] for key, values in rest.items()}

    def output_writer(self, operation: OperationModel) -> WriteOutput:
        shape = operation.output_shape
        status = int(operation.http.get("responseCode", 200))
        headers, prefixes, status_member = bind_output(shape)
        write_headers = headers_writer(headers)
        write_body = self.body_writer(operation)
        statuses: dict[str, int] = self.repairs.get("status_when", {}).get(operation.name, {})
        bodiless = operation.http["method"] == "HEAD"
        events = self.event_writer(operation)
        if events is not None:
            write_body = event_body(*events)

        def write_all_headers(result: Any, get: Get, out: list[tuple[str, str]]) -> None:
            write_headers(result, get, out)
            for prefix, name in prefixes:
                for key, value in (get(name) or {}).items():
                    out.append((prefix + to_latin1(key), to_latin1(value)))

        def write(result: Any, request_id: str) -> Answer:
            get = getter(result)
            out = self.request_headers(request_id)
            if type(result) is Lasting:
                if result.headers is None:
                    result.headers = []
                    write_all_headers(result, get, result.headers)
                out += result.headers
            else:
                write_all_headers(result, get, out)
            code = status
            if status_member is not None and get(status_member) is not None:
                code = int(get(status_member))
            for name, when in statuses.items():
                if get(name) is not None:
                    code = when
            body = b"" if write_body is None or bodiless else write_body(result, get, out)
            return Answer(code, out, body)

        return write


def read_prefixed(request: Input, prefix: str, name: str, out: dict[str, Any]) -> None:
    """The headers that start with a prefix, as a map; absent when there are none."""
    found = {key[len(prefix) :]: from_latin1(value) for key, value in request.headers.items() if key.startswith(prefix)}
    if found:
        out[name] = found


def headers_writer(headers: list[tuple[str, str, Text]]) -> Callable[[Any, Any, list[tuple[str, str]]], None]:
    """What writes those members of a result that are headers."""
    by_name = {name: (wire, text) for wire, name, text in headers}

    def write(result: Any, get: Callable[[str], Any], out: list[tuple[str, str]]) -> None:
        if type(result) is dict:  # GetObject has 40 headers, and its answers have ten of them
            for name, value in result.items():
                if value is not None and (bound := by_name.get(name)) is not None:
                    out.append((bound[0], bound[1](value)))
            return
        for wire, name, text in headers:
            value = get(name)
            if value is not None:
                out.append((wire, text(value)))

    return write


def bind_output(shape: Any) -> tuple[list[tuple[str, str, Text]], list[tuple[str, str]], str | None]:
    """Members of an output outside the body: headers, header prefixes, and the one that is the status."""
    headers, prefixes, status = [], [], None
    for member, one in shape.members.items() if shape is not None else ():
        location, wire = one.serialization.get("location"), wire_name(one, member)
        if location == "header":
            headers.append((wire, snake(member), header_writer(one)))
        elif location == "headers":
            prefixes.append((wire, snake(member)))
        elif location == "statusCode":
            status = snake(member)
    return headers, prefixes, status


def streams(shape: Any) -> bool:
    """Whether a payload is a stream (the trait stands at the member or at its shape)."""
    return bool(shape.serialization.get("streaming"))


def payload_of(shape: Any) -> tuple[str, Any] | None:
    """The payload member of a shape and its shape, if it has one."""
    name = shape.serialization.get("payload") if shape is not None else None
    return (name, shape.members[name]) if name is not None else None


def body_members(shape: Any) -> dict[str, Any]:
    """The members that travel in the body."""
    return {name: one for name, one in shape.members.items() if not one.serialization.get("location")}


def has_header(headers: list[tuple[str, str]], name: str) -> bool:
    return any(key.lower() == name for key, _ in reversed(headers))  # the operation's own are the last


def blob_payload(name: str, required: bool) -> BodyRead:
    """Passes the body on: a stream object always, bytes when there are any."""

    def read(body: Any, out: dict[str, Any]) -> None:
        if body or required:
            out[name] = body

    return read


def text_payload(name: str, required: bool) -> BodyRead:
    """The body as UTF-8 text."""

    def read(body: Any, out: dict[str, Any]) -> None:
        if body or required:
            try:
                out[name] = body.decode("utf-8")
            except UnicodeDecodeError:
                raise Malformed("The body is not valid UTF-8") from None

    return read


def event_body(name: str, events: EventWriter) -> BodyWrite:
    """A payload of events, framed as they come."""

    def write(_: Any, get: Get, headers: list[tuple[str, str]]) -> Any:
        if not has_header(headers, "content-type"):
            headers.append(("Content-Type", EVENT_STREAM))
        return events.frames(get(name), None)

    return write


def raw_body(name: str, default_type: str) -> BodyWrite:
    """A blob or text payload as it is: bytes or an async iterable of them."""

    def write(_: Any, get: Get, headers: list[tuple[str, str]]) -> Any:
        if not has_header(headers, "content-type"):
            headers.append(("Content-Type", default_type))
        value = get(name)
        if value is None:
            return b""
        return value.encode("utf-8", "replace") if type(value) is str else value

    return write
