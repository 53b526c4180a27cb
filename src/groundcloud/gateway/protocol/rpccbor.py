"""`smithy-rpc-v2-cbor`: the operation in the path, CBOR both ways (Smithy RPC v2 CBOR protocol specification)."""

import re
from collections.abc import Callable
from typing import Any

from botocore.model import OperationModel, ServiceModel

from groundcloud.errors import AwsError
from groundcloud.gateway.protocol import cbor
from groundcloud.gateway.protocol.jsonread import JsonReaders
from groundcloud.gateway.protocol.jsonwrite import TreeWriters, cbor_scalar, without_surrogates
from groundcloud.gateway.protocol.rpc import JsonProtocol, WriteError
from groundcloud.gateway.protocol.values import Answer

_PATH = re.compile(r"/service/([A-Za-z0-9_.]+)/operation/([A-Za-z0-9_]+)\Z")


def cbor_operation(path: str) -> tuple[str, str] | None:
    """The service's target name and the operation in a request's path."""
    found = _PATH.search(path)
    return (found[1], found[2]) if found else None


class CborProtocol(JsonProtocol):
    name = "smithy-rpc-v2-cbor"

    def __init__(self, service: ServiceModel) -> None:
        super().__init__(service)
        self.readers = JsonReaders()
        self.writers = TreeWriters(cbor_scalar)
        self.content_type = "application/cbor"

    def headers(self, request_id: str) -> list[tuple[str, str]]:
        return [
            ("x-amzn-RequestId", request_id),
            ("smithy-protocol", "rpc-v2-cbor"),
            ("Content-Type", self.content_type),
        ]

    event_content_type = "application/cbor"

    def body_encoder(self, shape: Any) -> Callable[[Any], bytes]:
        build = self.writers.structure(shape)
        return lambda value: _encode(build(value))

    def body_decoder(self, shape: Any) -> Callable[[bytes], Any]:
        read = self.readers.structure(shape)
        return lambda body: read(cbor.decode(body)) if body else {}

    def empty_output(self, _: Any, request_id: str) -> Answer:
        return Answer(200, self.headers(request_id), b"\xa0")

    def error_writer(self) -> WriteError:
        def write(error: AwsError, request_id: str, operation: OperationModel | None) -> Answer:
            fault = self.faults.find(error.code, operation)
            status = fault.status or error.status
            headers = self.headers(request_id) + self.query_error(fault, status)
            return Answer(status, headers, _encode(self.error_body(error, fault)))

        return write


def _encode(tree: Any) -> bytes:
    try:
        return cbor.encode(tree)
    except UnicodeEncodeError:
        return cbor.encode(without_surrogates(tree))
