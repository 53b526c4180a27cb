"""One operation in one protocol, compiled at its first use: everything that a call needs from the model."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import OperationModel

from groundcloud.errors import AwsError, ServiceNotWritten
from groundcloud.gateway.catalog import catalog
from groundcloud.gateway.protocol import Answer, Input, Protocol, protocol_for
from groundcloud.gateway.protocol.repairs import as_is
from groundcloud.gateway.route import Target
from groundcloud.gateway.signature import ErrorStyle, style_of
from groundcloud.gateway.trail.shape import shower
from groundcloud.gateway.validate import input_validator
from groundcloud.models import service_model
from groundcloud.operation import Operation, Service

Parse = Callable[[Input], dict[str, Any]]
Write = Callable[[Any, str], Answer]
WriteError = Callable[[AwsError, str, OperationModel | None], Answer]


class Voice:
    """One service in one protocol, written or not: how its errors sound."""

    def __init__(self, service_name: str, protocol_name: str) -> None:
        self.model = service_model(service_name)
        self.protocol: Protocol = protocol_for(self.model, protocol_name)
        self.write_error: WriteError = self.protocol.error_writer()
        self.signing_name = str(self.model.signing_name)
        self.style: ErrorStyle = style_of(self.model.endpoint_prefix, protocol_name)


class Endpoint:
    """An operation that Groundcloud has, with its parser, validator and writers."""

    def __init__(self, operation: Operation, voice: Voice) -> None:
        model = operation.model
        self.operation = operation
        self.voice = voice
        self.parse: Parse = voice.protocol.input_parser(model)
        self.validate = input_validator(model, voice.protocol.name)
        self.write: Write = voice.protocol.output_writer(model)
        self.streams_in = voice.protocol.has_streaming_input(model)
        self.unsigned_body = model.auth_type == "v4-unsigned-body"
        documents = as_is(operation.service.name)
        self.show_parameters = shower(model.input_shape, documents)
        self.show_answer = shower(model.output_shape, documents)
        self.event_source = f"{catalog().by_name[operation.service.name].endpoint_prefix}.amazonaws.com"


class Endpoints:
    """The endpoints and voices in use."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        self._services = services
        self._voices: dict[tuple[str, str], Voice] = {}
        self._endpoints: dict[tuple[str, str, str], Endpoint] = {}

    def voice(self, service: str, protocol: str) -> Voice:
        found = self._voices.get((service, protocol))
        if found is None:
            found = self._voices[service, protocol] = Voice(service, protocol)
        return found

    def find(self, target: Target) -> Endpoint:
        """Raises `ServiceNotWritten` and `OperationNotWritten`: 501, naming what is asked for."""
        key = (target.service, target.protocol, target.operation)
        found = self._endpoints.get(key)
        if found is None:
            service = self._services.get(target.service)
            if service is None:
                raise ServiceNotWritten(service=target.service, operation=target.operation)
            operation = service.operation(target.operation)
            found = self._endpoints[key] = Endpoint(operation, self.voice(target.service, target.protocol))
        return found
