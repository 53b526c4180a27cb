"""`rest-json`: JSON in bodies, everything else where HTTP has a place for it."""

from collections.abc import Callable
from typing import Any

from botocore.model import OperationModel, ServiceModel

from groundcloud.errors import AwsError
from groundcloud.gateway.protocol.errors import Malformed, SerializationException
from groundcloud.gateway.protocol.faults import facts
from groundcloud.gateway.protocol.headers import Text
from groundcloud.gateway.protocol.jsonread import JsonReaders, decode
from groundcloud.gateway.protocol.jsonread import structure_reader as json_structure
from groundcloud.gateway.protocol.jsonwrite import TreeWriters, encode, json_scalar, structure_writer
from groundcloud.gateway.protocol.rest import (
    BodyRead,
    BodyWrite,
    RestProtocol,
    bind_output,
    blob_payload,
    body_members,
    payload_of,
    raw_body,
    text_payload,
)
from groundcloud.gateway.protocol.rpc import WriteError
from groundcloud.gateway.protocol.values import Answer, Get, Read, Write, wire_name
from groundcloud.names import snake


class RestJsonProtocol(RestProtocol):
    name = "rest-json"

    def __init__(self, service: ServiceModel) -> None:
        super().__init__(service)
        self.readers = JsonReaders()
        self.writers = TreeWriters(json_scalar)

    event_content_type = "application/json"

    def body_encoder(self, shape: Any) -> Callable[[Any], bytes]:
        build = self.writers.structure(shape)
        return lambda value: encode(build(value))

    def body_decoder(self, shape: Any) -> Callable[[bytes], Any]:
        read = self.readers.structure(shape)
        return lambda body: read(decode(body)) if body else {}

    def parameter_error(self, problem: Malformed, name: str, value: object) -> AwsError:
        return SerializationException(message=str(problem))

    def body_error(self, problem: Malformed) -> AwsError:
        return SerializationException(message=str(problem))

    def body_reader(self, shape: Any, required: bool) -> BodyRead | None:
        payload = payload_of(shape)
        if payload is not None:
            return self._payload_reader(shape, *payload)
        members = body_members(shape)
        if not members:
            return None
        table: dict[str, tuple[str, Read]] = {
            wire_name(one, name): (snake(name), self.readers.reader(one)) for name, one in members.items()
        }
        read_members = json_structure(table)

        def read(body: Any, out: dict[str, Any]) -> None:
            if body:
                out.update(read_members(decode(body)))

        return read

    def _payload_reader(self, shape: Any, member: str, payload: Any) -> BodyRead:
        name, required = snake(member), member in shape.required_members
        if payload.type_name == "blob" or payload.serialization.get("eventstream"):
            return blob_payload(name, required)
        if payload.type_name == "string":
            return text_payload(name, required)
        read_value = self.readers.reader(payload)

        def read(body: Any, out: dict[str, Any]) -> None:
            if body:
                out[name] = read_value(decode(body))

        return read

    def body_writer(self, operation: OperationModel) -> BodyWrite | None:
        shape = operation.output_shape
        payload = payload_of(shape)
        if payload is not None:
            return self._payload_writer(*payload)
        members = body_members(shape) if shape is not None else {}
        if not members:
            return None
        build = structure_writer(self._table(members))

        def write(result: Any, _: Get, headers: list[tuple[str, str]]) -> bytes:
            headers.append(("Content-Type", "application/json"))
            return encode(build(result) if result is not None else {})

        return write

    def _table(self, members: dict[str, Any]) -> list[tuple[str, str, Write]]:
        return [(snake(name), wire_name(one, name), self.writers.writer(one)) for name, one in members.items()]

    def _payload_writer(self, member: str, payload: Any) -> BodyWrite:
        name = snake(member)
        if payload.type_name == "blob":
            return raw_body(name, "application/octet-stream")
        if payload.type_name == "string":
            return raw_body(name, "text/plain")
        build = self.writers.writer(payload)

        def write(_: Any, get: Get, headers: list[tuple[str, str]]) -> bytes:
            value = get(name)
            headers.append(("Content-Type", "application/json"))
            return encode(build(value)) if value is not None else b"{}"

        return write

    def error_writer(self) -> WriteError:
        compiled: dict[str, tuple[Write, list[tuple[str, str, Text]]]] = {}

        def members_of(shape: Any) -> tuple[Write, list[tuple[str, str, Text]]]:
            found = compiled.get(shape.name)
            if found is None:
                body = structure_writer(self._table(body_members(shape)))
                outside = [bound for bound in bind_output(shape)[0] if bound[0].lower() != "x-amzn-errortype"]
                found = compiled[shape.name] = (body, outside)
            return found

        def write(error: AwsError, request_id: str, operation: OperationModel | None) -> Answer:
            fault = self.faults.find(error.code, operation)
            headers = self.request_headers(request_id)
            headers += [("x-amzn-ErrorType", fault.name), ("Content-Type", "application/json")]
            tree: dict[str, Any] = {fault.message_member: error.message}
            if fault.shape is not None:
                known = facts(error, fault)
                build, outside = members_of(fault.shape)
                tree.update(build(known))
                for wire, name, text in outside:
                    if known.get(name) is not None:
                        headers.append((wire, text(known[name])))
            bodiless = operation is not None and operation.http["method"] == "HEAD"
            return Answer(fault.status or error.status, headers, b"" if bodiless else encode(tree))

        return write
