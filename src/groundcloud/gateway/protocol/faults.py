"""Errors by the model: which error shape an AwsError is, its code on the wire, its HTTP status and members."""

from typing import Any, NamedTuple

from botocore.model import OperationModel, ServiceModel

from groundcloud.errors import AwsError
from groundcloud.names import snake


class Fault(NamedTuple):
    """One error code of one service, looked up in the model once."""

    shape: Any
    """The model's error shape; None when the model does not know the code."""
    name: str
    """The shape's name (what JSON's __type says)."""
    code: str
    """The code in XML and in x-amzn-query-error; mostly the same."""
    status: int
    """HTTP status that the model declares, or 0."""
    sender: bool | None
    """Whose fault the model says it is; None when it does not."""
    message_member: str
    """The model's spelling: message or Message."""


class Faults:
    """All error shapes of a service, by code and by shape name."""

    def __init__(self, service: ServiceModel, codes: dict[str, str]) -> None:
        self.service = service
        self.codes = codes
        """Codes that the model has lost, by the names of their shapes."""
        self.known: dict[str, Any] | None = None
        self.cache: dict[tuple[str, str], Fault] = {}

    def find(self, code: str, operation: OperationModel | None) -> Fault:
        """The fault for an AwsError's code; the operation's own errors come first."""
        key = (code, operation.name if operation is not None else "")
        found = self.cache.get(key)
        if found is None:
            found = self._describe(code, self._shape(code, operation))
            if len(self.cache) < 10_000:
                self.cache[key] = found
        return found

    def _shape(self, code: str, operation: OperationModel | None) -> Any:
        for shape in operation.error_shapes if operation is not None else ():
            if code in (shape.name, self.code(shape)):
                return shape
        if self.known is None:
            shapes = self.service.error_shapes
            self.known = {self.code(shape): shape for shape in shapes}
            self.known.update({shape.name: shape for shape in shapes})
        return self.known.get(code)

    def code(self, shape: Any) -> str:
        """The code of an error shape on the wire of XML."""
        return self.codes.get(shape.name) or str(declared(shape).get("code", shape.name))

    def _describe(self, code: str, shape: Any) -> Fault:
        if shape is None:
            return Fault(None, code, code, 0, None, "message")
        error = declared(shape)
        fault = bool(shape._shape_model.get("fault"))
        status = int(error.get("httpStatusCode", 500 if fault else 0))
        sender = error.get("senderFault", False if fault else None)
        message = next((name for name in shape.members if name.lower() == "message"), "message")
        return Fault(shape, shape.name, self.code(shape), status, sender, message)


def declared(shape: Any) -> dict[str, Any]:
    """The error trait of a shape."""
    return shape.metadata.get("error") or {}


def facts(error: AwsError, fault: Fault) -> dict[str, Any]:
    """The members of the error shape that the error knows; its message is one of them."""
    known = {name: value for name, value in error.facts.items() if value is not None}
    known[snake(fault.message_member)] = error.message
    return known


def extra_facts(error: AwsError, fault: Fault) -> dict[str, Any]:
    """The same without what XML errors say anyway: code, message and type."""
    known = facts(error, fault)
    for name in ("code", "message", "type"):
        known.pop(name, None)
    return known


def is_sender(fault: Fault, status: int) -> bool:
    """Whether the caller is to blame: the model's word, else the status."""
    return fault.sender if fault.sender is not None else status < 500
