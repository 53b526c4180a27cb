"""Errors a caller of the API can see. Everything else is a bug and is answered as InternalFailure.

    AwsError
    ├── what any service can answer (this module): MissingParameter, ValidationError, AccessDenied, ...
    └── one class per code in services/<name>/errors.py

A class is one AWS error code. Its docstring is AWS's message; the facts given when it is raised fill the
placeholders, and those that the service's error shape declares as members travel with the error.
"""

from collections.abc import Sequence
from typing import ClassVar


class AwsError(Exception):
    """{message}"""

    code: ClassVar[str] = "InternalFailure"
    status: ClassVar[int] = 400
    template: ClassVar[str] = "{message}"
    headers: Sequence[tuple[str, str]] = ()
    """Headers that an answer in XML has besides the protocol's own."""

    def __init_subclass__(cls, code: str = "", status: int = 0) -> None:
        cls.code = code or cls.__name__
        cls.status = status or cls.status
        cls.template = " ".join((cls.__doc__ or "").split())

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.template.format(**facts))

    @property
    def message(self) -> str:
        return str(self.args[0])


class OperationNotWritten(AwsError, code="NotImplemented", status=501):
    """Groundcloud does not implement {service}:{operation} yet."""


class ParameterNotWritten(AwsError, code="NotImplemented", status=501):
    """Groundcloud does not support the parameter {parameter} of {service}:{operation} yet."""


class ServiceNotWritten(AwsError, code="NotImplemented", status=501):
    """Groundcloud does not implement {service}:{operation} yet."""


class InternalFailure(AwsError, status=500):
    """The request processing has failed because of an unknown error, exception or failure (request {request_id})."""
