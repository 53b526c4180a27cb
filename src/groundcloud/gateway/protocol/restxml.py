"""`rest-xml`: XML in bodies; S3 with its own errors and Route 53, CloudFront and S3 Control with AWS's usual ones."""

import base64
import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from botocore.model import OperationModel, ServiceModel

from groundcloud.errors import AwsError
from groundcloud.gateway.protocol.errors import InvalidArgument, Malformed, MalformedInput, MalformedXML
from groundcloud.gateway.protocol.faults import Fault, extra_facts, is_sender
from groundcloud.gateway.protocol.rest import (
    BodyRead,
    BodyWrite,
    RestProtocol,
    blob_payload,
    body_members,
    payload_of,
    raw_body,
    text_payload,
)
from groundcloud.gateway.protocol.rpc import WriteError
from groundcloud.gateway.protocol.values import Answer, Get, getter, wire_name
from groundcloud.gateway.protocol.xmlread import XmlReaders, parse
from groundcloud.gateway.protocol.xmlwrite import XmlWriters, attribute, escape, namespace
from groundcloud.names import snake

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class RestXmlProtocol(RestProtocol):
    name = "rest-xml"

    def __init__(self, service: ServiceModel) -> None:
        super().__init__(service)
        self.readers = XmlReaders()
        self.writers = XmlWriters(milliseconds=bool(self.repairs.get("milliseconds")))
        declared = self.repairs.get("xml_namespace") or service.metadata.get("xmlNamespace")
        self.xmlns = f' xmlns="{attribute(declared)}"' if declared else ""
        self.roots: dict[str, str] = self.repairs.get("roots", {})
        self.text_roots: dict[str, str] = self.repairs.get("text_roots", {})
        self.content_type = str(self.repairs.get("content_type", "text/xml"))
        self.error_facts = {snake(name.replace("-", "")): name for name in self.repairs.get("error_facts", ())}

    event_content_type = "text/xml"

    def body_encoder(self, shape: Any) -> Callable[[Any], bytes]:
        members = self.writers.members(shape)
        start, end = f"<{shape.name}{self.xmlns}>", f"</{shape.name}>"
        return lambda value: members(value, start, end).encode()

    def body_decoder(self, shape: Any) -> Callable[[bytes], Any]:
        read = self.readers.structure(shape)
        return lambda body: read(parse(body)) if body else {}

    def request_headers(self, request_id: str) -> list[tuple[str, str]]:
        if not self.repairs.get("host_id"):
            return [("x-amzn-RequestId", request_id)]
        return [("x-amz-request-id", request_id), ("x-amz-id-2", host_id(request_id))]

    def parameter_error(self, problem: Malformed, name: str, value: object) -> AwsError:
        if self.repairs.get("bare_errors"):
            shown = value[-1] if isinstance(value, list) else value
            return InvalidArgument(message=str(problem), argument_name=name, argument_value=shown)
        return MalformedInput(message=str(problem))

    def body_error(self, problem: Malformed) -> AwsError:
        return MalformedXML(message=str(self.repairs.get("malformed_xml") or problem))

    def body_reader(self, shape: Any, required: bool) -> BodyRead | None:
        payload = payload_of(shape)
        if payload is not None:
            return self._payload_reader(shape, *payload)
        if not body_members(shape):
            return None
        read_members = self.readers.structure(shape)

        def read(body: Any, out: dict[str, Any]) -> None:
            if body:
                out.update(read_members(parse(body)))

        return read

    def _payload_reader(self, shape: Any, member: str, payload: Any) -> BodyRead:
        name, must = snake(member), member in shape.required_members
        if payload.type_name == "blob" or payload.serialization.get("eventstream"):
            return blob_payload(name, must)
        if payload.type_name == "string":
            return text_payload(name, must)
        read_value = self.readers.reader(payload)
        roots = {wire_name(payload, member), member, payload.name}

        def read(body: Any, out: dict[str, Any]) -> None:
            if body:
                root = parse(body)
                if root.name not in roots:
                    raise Malformed(f"The root element must be {wire_name(payload, member)}")
                out[name] = read_value(root)

        return read

    def body_writer(self, operation: OperationModel) -> BodyWrite | None:
        shape: Any = operation.output_shape
        payload = payload_of(shape)
        if payload is not None:
            return self._payload_writer(*payload)
        members = body_members(shape) if shape is not None else {}
        if not members:
            return None
        if operation.name in self.text_roots:
            return self._text_root(shape, self.text_roots[operation.name])
        root = self.roots.get(operation.name) or str(shape.serialization.get("name", shape.name))
        return self._document(shape, root, None)

    def _payload_writer(self, member: str, payload: Any) -> BodyWrite:
        if payload.type_name == "blob":
            return raw_body(snake(member), "application/octet-stream")
        if payload.type_name == "string":
            return raw_body(snake(member), "text/plain")
        return self._document(payload, str(payload.serialization.get("name", payload.name)), snake(member))

    def _document(self, shape: Any, root: str, member: str | None) -> BodyWrite:
        members = self.writers.members(shape)
        start = f"{DECLARATION}<{root}{namespace(shape) or self.xmlns}>"
        end = f"</{root}>"

        def write(result: Any, get: Get, headers: list[tuple[str, str]]) -> bytes:
            value = result if member is None else get(member)
            if member is not None and value is None:
                return b""
            headers.append(("Content-Type", self.content_type))
            return (members(value, start, end) if value is not None else start + end).encode()

        return write

    def _text_root(self, shape: Any, member: str) -> BodyWrite:
        """A document that is one element with a text: its only member, without a structure around it."""
        name = snake(member)
        element = wire_name(shape.members[member], member)

        def write(_: Any, get: Get, headers: list[tuple[str, str]]) -> bytes:
            headers.append(("Content-Type", self.content_type))
            return f"{DECLARATION}<{element}{self.xmlns}>{escape(str(get(name) or ''))}</{element}>".encode()

        return write

    def error_writer(self) -> WriteError:
        bare = bool(self.repairs.get("bare_errors"))

        def write(error: AwsError, request_id: str, operation: OperationModel | None) -> Answer:
            fault = self.faults.find(error.code, operation)
            status = fault.status or error.status
            headers = [*self.request_headers(request_id), *error.headers]
            if status == 304 and "e_tag" in error.facts:
                headers.append(("ETag", f'"{error.facts["e_tag"]}"'))
            if status == 304 or (operation is not None and operation.http["method"] == "HEAD"):
                return Answer(status, headers, b"")
            headers.append(("Content-Type", self.content_type))
            pieces = [DECLARATION]
            if bare:
                self._bare_error(pieces, error, fault, request_id)
            else:
                self._wrapped_error(pieces, error, fault, request_id, status)
            return Answer(status, headers, "".join(pieces).encode())

        return write

    def _bare_error(self, pieces: list[str], error: AwsError, fault: Fault, request_id: str) -> None:
        pieces.append("<Error>")
        self._describe(pieces, error, fault)
        for name, value in getattr(error, "elements", {}).items():
            pieces.append(f"<{name}>{escape(value)}</{name}>")
        pieces.append(f"<RequestId>{request_id}</RequestId><HostId>{host_id(request_id)}</HostId></Error>")

    def _wrapped_error(self, pieces: list[str], error: AwsError, fault: Fault, request_id: str, status: int) -> None:
        kind = "Sender" if is_sender(fault, status) else "Receiver"
        pieces.append(f"<ErrorResponse{self.xmlns}><Error><Type>{kind}</Type>")
        self._describe(pieces, error, fault)
        pieces.append(f"</Error><RequestId>{request_id}</RequestId></ErrorResponse>")

    def _describe(self, pieces: list[str], error: AwsError, fault: Fault) -> None:
        pieces.append(f"<Code>{escape(fault.code)}</Code><Message>{escape(error.message)}</Message>")
        known = extra_facts(error, fault)
        if fault.shape is not None:
            pieces.append(self.writers.members(fault.shape)(known))
        get = getter(known)
        declared = {snake(name) for name in fault.shape.members} if fault.shape is not None else set()
        for name, element in self.error_facts.items():
            if name not in declared and get(name) is not None:
                pieces.append(f"<{element}>{escape(str(get(name)))}</{element}>")


@lru_cache(maxsize=64)
def host_id(request_id: str) -> str:
    """S3's second id of a request: 76 characters of base64, here made from the first. A call asks more than once."""
    return base64.b64encode(hashlib.sha512(request_id.encode()).digest()[:56]).decode("ascii")
