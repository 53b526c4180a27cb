"""`smithy-rpc-v2-cbor`: the operation in the path, CBOR both ways (Smithy RPC v2 CBOR protocol specification)."""

import re
from typing import Any

from botocore.model import OperationModel, ServiceModel

from groundcloud.errors import AwsError
from groundcloud.gateway.protocol import cbor
from groundcloud.gateway.protocol.errors import Malformed, SerializationException
from groundcloud.gateway.protocol.jsonread import JsonReaders
from groundcloud.gateway.protocol.jsonwrite import TreeWriters, cbor_scalar, without_surrogates
from groundcloud.gateway.protocol.rpc import JsonProtocol, Parse, WriteError, WriteOutput
from groundcloud.gateway.protocol.values import Answer, Input

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

    def input_parser(self, operation: OperationModel) -> Parse:
        shape = operation.input_shape
        read = self.readers.structure(shape) if shape is not None else None

        def parse(request: Input) -> dict[str, Any]:
            if read is None or not request.body:
                return {}
            try:
                return read(cbor.decode(request.body))  # type: ignore[no-any-return]  # a structure's reader
            except Malformed as problem:
                raise SerializationException(message=str(problem)) from None

        return parse

    def output_writer(self, operation: OperationModel) -> WriteOutput:
        shape = operation.output_shape
        build = self.writers.structure(shape) if shape is not None else None

        def write(result: Any, request_id: str) -> Answer:
            tree = {} if build is None or result is None else build(result)
            return Answer(200, self.headers(request_id), _encode(tree))

        return write

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
