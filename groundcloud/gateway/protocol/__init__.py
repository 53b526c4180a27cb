"""All wire protocols of botocore's service models, server side: requests to plain values, results and errors to answers.

Parsers and writers are closures compiled once per operation. Nothing here knows what an operation does.
"""

from botocore.model import ServiceModel

from groundcloud.gateway.protocol.rpc import Ec2Protocol, JsonProtocol, Protocol, QueryProtocol
from groundcloud.gateway.protocol.values import Answer, Input, member_names

__all__ = ["Answer", "Input", "Protocol", "member_names", "protocol_for"]

PROTOCOLS: dict[str, type[Protocol]] = {cls.name: cls for cls in (QueryProtocol, Ec2Protocol, JsonProtocol)}


def protocol_for(service: ServiceModel, protocol: str | None = None) -> Protocol:
    """The protocol of a service: the one that the request speaks, else the model's first."""
    return PROTOCOLS[protocol or service.metadata["protocol"]](service)
