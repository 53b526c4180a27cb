"""All wire protocols of botocore's service models, server side: requests to values, results and errors to answers.

Parsers and writers are closures compiled once per operation. Nothing here knows what an operation does.
"""

from botocore.model import ServiceModel

from groundcloud.gateway.protocol.restjson import RestJsonProtocol
from groundcloud.gateway.protocol.restxml import RestXmlProtocol
from groundcloud.gateway.protocol.router import RestRouter
from groundcloud.gateway.protocol.rpc import Ec2Protocol, JsonProtocol, Protocol, QueryProtocol
from groundcloud.gateway.protocol.rpccbor import CborProtocol, cbor_operation
from groundcloud.gateway.protocol.values import Answer, Input, member_names

__all__ = ["Answer", "Input", "Protocol", "RestRouter", "cbor_operation", "member_names", "protocol_for"]

PROTOCOLS: dict[str, type[Protocol]] = {
    cls.name: cls for cls in (QueryProtocol, Ec2Protocol, JsonProtocol, RestJsonProtocol, RestXmlProtocol, CborProtocol)
}


def protocol_for(service: ServiceModel, protocol: str | None = None) -> Protocol:
    """The protocol of a service: the one that the request speaks, else the model's first."""
    return PROTOCOLS[protocol or service.metadata["protocol"]](service)
