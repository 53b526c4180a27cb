"""One request on its way through the gateway, how to answer one that is not understood, and what stops any of them."""

import time
from datetime import datetime
from typing import Any

from groundcloud.context import Facts
from groundcloud.errors import AwsError
from groundcloud.gateway.endpoint import Endpoint, Voice
from groundcloud.gateway.http import Request
from groundcloud.gateway.protocol import Answer
from groundcloud.gateway.route import Target, is_form
from groundcloud.gateway.signature import Claim, ErrorStyle
from groundcloud.identity import ANONYMOUS, Principal


class ServiceUnavailable(AwsError, status=503):
    """The service is unable to keep your request at the moment; nothing of it was done. Please try again."""


class RequestEntityTooLarge(AwsError, code="RequestEntityTooLargeException", status=413):
    """The request body must be smaller than {limit} bytes."""


class RequestTimeout(AwsError, status=400):
    """Your socket connection to the server was not read from or written to within the timeout period."""


class Call:
    """What is known of a request so far; each step adds to it."""

    __slots__ = (
        "answer", "arguments", "body", "bucket", "claim", "endpoint", "error", "facts", "form", "now", "principal",
        "region", "request", "request_id", "result", "signing_key", "started", "target", "voice",
    )  # fmt: skip

    def __init__(self, request: Request, request_id: str, now: datetime) -> None:
        self.request = request
        self.request_id = request_id
        self.now = now
        self.started = time.perf_counter()
        self.body = b""
        self.bucket = ""
        """The bucket that the host names."""
        self.form: dict[str, str] = {}
        """The parameters of a form that carries its signature itself."""
        self.claim: Claim | None = None
        self.target: Target | None = None
        self.voice: Voice | None = None
        self.endpoint: Endpoint | None = None
        self.principal: Principal = ANONYMOUS
        self.signing_key = b""
        self.region = ""
        headers = request.headers
        self.facts = Facts(
            request.client,
            headers.get("user-agent", ""),
            headers.get("referer", ""),
            request.secure,
            endpoint=f"{'https' if request.secure else 'http'}://{headers.get('host', '')}",
        )
        self.arguments: dict[str, Any] = {}
        self.result: Any = None
        self.error: AwsError | None = None
        self.answer: Answer | None = None

    @property
    def decision(self) -> str:
        """Whether the call was let in: what an operator looks for first."""
        if self.error is None:
            return "allowed"
        if self.principal is ANONYMOUS and self.claim is not None:
            return "unauthenticated"
        return "denied" if self.error.status == 403 or "Denied" in self.error.code else "allowed"


def style_hint(request: Request) -> ErrorStyle:
    """How to word what is wrong with a signature before it is known which service is meant."""
    if "x-amz-target" in request.headers or "smithy-protocol" in request.headers:
        return ErrorStyle.JSON
    authorization = request.headers.get("authorization", "")
    if is_form(request) or "Action=" in request.query:
        return ErrorStyle.EC2 if "/ec2/aws4_request" in authorization else ErrorStyle.QUERY
    if authorization.startswith("AWS4") and "/s3/aws4_request" not in authorization:
        return ErrorStyle.REST_JSON
    return ErrorStyle.S3


def guess(request: Request) -> tuple[str, str]:
    """A service and protocol in which to refuse what names none: the plain forms of each family."""
    if "smithy-protocol" in request.headers:
        return "cloudwatch", "smithy-rpc-v2-cbor"
    if "x-amz-target" in request.headers or "json" in request.headers.get("content-type", ""):
        return "kms", "json"
    if is_form(request) or "Action=" in request.query:
        return "sts", "query"
    return "s3", "rest-xml"


def uuid_of(entropy: bytes) -> str:
    """The id of a request or an event."""
    text = entropy.hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
