"""Which endpoints the protocols of subscriptions take.

Source: Subscribe in the API reference.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from groundcloud.context import Context
from groundcloud.services.sns.direct import number_of
from groundcloud.services.sns.errors import InvalidParameter
from groundcloud.services.sns.platforms import find_endpoint, is_endpoint
from groundcloud.services.sns.records import Topic

_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(:[\w$-]{1,128})?", re.ASCII)
_QUEUE = re.compile(r"arn:aws[a-z-]*:sqs:([a-z0-9-]+):(\d{12}):[\w.-]{1,80}", re.ASCII)


def check_endpoint(ctx: Context, found: Topic, protocol: str, endpoint: str) -> None:
    """Raises `InvalidParameter`."""
    check = _CHECKS.get(protocol)
    if check is None:
        raise InvalidParameter(reason=f"Does not support this protocol string: {protocol}")
    if flaw := check(ctx, found, endpoint):
        raise InvalidParameter(reason=flaw)
    if found.fifo and protocol != "sqs":
        raise InvalidParameter(reason=f"Protocol Reason: FIFO topics do not deliver over {protocol}")


def _web(scheme: str) -> Callable[[Context, Topic, str], str]:
    def check(ctx: Context, found: Topic, endpoint: str) -> str:
        parts = urlsplit(endpoint)
        return "" if parts.scheme == scheme and parts.hostname else "Endpoint must match the specified protocol"

    return check


def _email(ctx: Context, found: Topic, endpoint: str) -> str:
    return "" if _MAIL.fullmatch(endpoint) else "Email address"


def _sqs(ctx: Context, found: Topic, endpoint: str) -> str:
    if _QUEUE.fullmatch(endpoint) is None:
        return "SQS endpoint ARN"
    if endpoint.endswith(".fifo") and not found.fifo:
        return "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
    return ""


def _lambda(ctx: Context, found: Topic, endpoint: str) -> str:
    return "" if _FUNCTION.fullmatch(endpoint) else "Lambda endpoint ARN"


def _sms(ctx: Context, found: Topic, endpoint: str) -> str:
    return "" if number_of(endpoint) == endpoint else f"Invalid SMS endpoint: {endpoint}"


def _application(ctx: Context, found: Topic, endpoint: str) -> str:
    if is_endpoint(endpoint) and find_endpoint(ctx, endpoint) is not None:
        return ""
    return f"Endpoint Reason: Endpoint does not exist for endpoint {endpoint}"


_CHECKS: Mapping[str, Callable[[Context, Topic, str], str]] = {
    "http": _web("http"), "https": _web("https"), "email": _email, "email-json": _email, "sqs": _sqs,
    "lambda": _lambda, "sms": _sms, "application": _application,
}  # fmt: skip
"""What is wrong with an endpoint, by protocol."""
