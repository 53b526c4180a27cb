"""Static website hosting: configurations, routing rules, redirects, and the pages of errors.

Sources: S3 User Guide, "Hosting a static website", "Configuring an index document", "(Optional) Configuring a webpage
redirect", "Configuring a custom error document"; API Reference, PutBucketWebsite. It reads no objects: the caller says
what exists.
"""

from collections.abc import Sequence
from html import escape
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote

from groundcloud.services.s3.rules import errors
from groundcloud.store import Part

MAX_ROUTING_RULES = 50


class ErrorDocument(Part):
    key: str


class IndexDocument(Part):
    suffix: str


class RedirectAllRequestsTo(Part):
    host_name: str
    protocol: str | None = None


class Condition(Part):
    http_error_code_returned_equals: str | None = None
    key_prefix_equals: str | None = None


class Redirect(Part):
    host_name: str | None = None
    http_redirect_code: str | None = None
    protocol: str | None = None
    replace_key_prefix_with: str | None = None
    replace_key_with: str | None = None


class RoutingRule(Part):
    redirect: Redirect
    condition: Condition | None = None


class WebsiteConfiguration(Part):
    error_document: ErrorDocument | None = None
    index_document: IndexDocument | None = None
    redirect_all_requests_to: RedirectAllRequestsTo | None = None
    routing_rules: list[RoutingRule] | None = None


class Moved(NamedTuple):
    """A redirect to answer with."""

    status: int
    location: str


def check_website(given: WebsiteConfiguration) -> None:
    """Raises `InvalidRequest`, `InvalidArgument` or `MalformedXML` for a configuration that S3 refuses."""
    everything = given.redirect_all_requests_to
    if everything is not None:
        if given.index_document or given.error_document or given.routing_rules:
            raise errors.InvalidRequest(
                message="RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."
            )
        _check_protocol(everything.protocol)
        return
    if given.index_document is None:
        raise errors.InvalidArgument(
            message="A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            argument_name="IndexDocument",
            argument_value="null",
        )
    suffix = given.index_document.suffix
    if not suffix or "/" in suffix:
        raise _not_well_formed("IndexDocument", "Suffix", suffix)
    if given.error_document is not None and not given.error_document.key:
        raise _not_well_formed("ErrorDocument", "Key", "")
    rules = given.routing_rules or []
    if len(rules) > MAX_ROUTING_RULES:
        raise errors.InvalidRequest(
            message=f"{len(rules)} routing rules provided, the number of routing rules in a website configuration is "
            f"limited to {MAX_ROUTING_RULES}."
        )
    for rule in rules:
        _check_rule(rule)


def _not_well_formed(element: str, member: str, value: str) -> errors.InvalidArgument:
    return errors.InvalidArgument(
        message=f"The {element} {member} is not well formed", argument_name=element, argument_value=value
    )


def _check_protocol(protocol: str | None) -> None:
    if protocol not in (None, "http", "https"):
        raise errors.InvalidRequest(
            message="Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
            "automatically."
        )


def _check_rule(rule: RoutingRule) -> None:
    target, condition = rule.redirect, rule.condition
    if condition is not None:
        code = condition.http_error_code_returned_equals
        if code is None and condition.key_prefix_equals is None:
            raise errors.InvalidRequest(
                message="Condition cannot be empty. To redirect all requests without a condition, the condition "
                "element shouldn't be present."
            )
        if code is not None and not (len(code) == 3 and code.isdecimal() and code[0] in "45"):
            raise errors.InvalidRequest(
                message=f"The provided HTTP error code ({code}) is not valid. Valid codes are 4XX or 5XX."
            )
    if target.replace_key_prefix_with is not None and target.replace_key_with is not None:
        raise errors.InvalidRequest(message="You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    if target == Redirect():
        raise errors.MalformedXML()
    _check_protocol(target.protocol)
    redirect = target.http_redirect_code
    if redirect is not None and not (len(redirect) == 3 and redirect.isdecimal() and "301" <= redirect <= "399"):
        raise errors.InvalidRequest(
            message=f"The provided HTTP redirect code ({redirect}) is not valid. Valid codes are 3XX except 300."
        )


def check_redirect_location(location: str) -> None:
    """Raises `InvalidRedirectLocation` for an x-amz-website-redirect-location that S3 refuses."""
    if not location.startswith(("/", "http://", "https://")):
        raise errors.InvalidRedirectLocation(
            message="The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
        )
    if len(location) > 2048:
        raise errors.InvalidRedirectLocation(
            message="The length of website redirect location cannot exceed 2,048 characters."
        )


def index_key(key: str, suffix: str) -> str:
    """The key of the object that a path shows: a folder shows its index document."""
    return key + suffix if not key or key.endswith("/") else key


def folder_redirect(key: str, suffix: str) -> tuple[str, Moved]:
    """For a key that does not exist: the index document to look for, and the redirect if it is there."""
    return f"{key}/{suffix}", Moved(302, f"/{quote(key, safe='/~')}/")


def all_requests(given: RedirectAllRequestsTo, key: str, query: str, scheme: str) -> Moved:
    """The redirect of a bucket that hands over everything, path and query included. `scheme` is the request's."""
    target = f"{given.protocol or scheme}://{given.host_name}/{quote(key, safe='/~')}"
    return Moved(301, f"{target}?{query}" if query else target)


def route(
    rules: Sequence[RoutingRule] | None, key: str, *, host: str, scheme: str, error: int | None = None
) -> Moved | None:
    """The redirect of the first rule that matches, or None.

    Asked before the object is looked up (`error` None: only rules that name no error code count), and again with the
    status of the failure. A rule may name prefix, code, both or neither.
    """
    for rule in rules or ():
        condition = rule.condition or Condition()
        code = condition.http_error_code_returned_equals
        if (code is None) != (error is None) or (code is not None and int(code) != error):
            continue
        prefix = condition.key_prefix_equals or ""
        if key.startswith(prefix):
            return _moved(rule.redirect, key, prefix, host, scheme)
    return None


def _moved(target: Redirect, key: str, prefix: str, host: str, scheme: str) -> Moved:
    # What the owner wrote may have a query of its own; what the caller sent may not make one.
    if target.replace_key_with is not None:
        path = quote(target.replace_key_with, safe="/~#?=&")
    elif target.replace_key_prefix_with is not None:
        path = quote(target.replace_key_prefix_with, safe="/~#?=&") + quote(key[len(prefix) :], safe="/~")
    else:
        path = quote(key, safe="/~")
    location = f"{target.protocol or scheme}://{target.host_name or host}/{path}"
    return Moved(int(target.http_redirect_code or 301), location)


def check_method(method: str) -> None:
    """Raises `MethodNotAllowed`: website endpoints only read."""
    if method not in ("GET", "HEAD", "OPTIONS"):
        raise errors.MethodNotAllowed(method=method, resource_type="OBJECT")


class Problem(NamedTuple):
    """An error as the page lists it: code, message, and further facts (Key, BucketName)."""

    code: str
    message: str
    facts: tuple[tuple[str, str], ...] = ()


def error_page(
    status: int, problem: Problem, *, request_id: str, host_id: str, document_problem: Problem | None = None
) -> str:
    """The HTML that a website endpoint shows where no error document does.

    `document_problem` says why the bucket's own error document could not be read.
    """
    title = f"{status} {HTTPStatus(status).phrase}"
    ids = (("RequestId", request_id), ("HostId", host_id))
    body = f"<h1>{title}</h1>\n{_listed(problem, ids)}"
    if document_problem is not None:
        body += "\n<h3>The error document of this website could not be read</h3>\n" + _listed(document_problem, ())
    return f"<html>\n<head><title>{title}</title></head>\n<body>\n{body}\n<hr/>\n</body>\n</html>\n"


def _listed(problem: Problem, ids: tuple[tuple[str, str], ...]) -> str:
    rows = (("Code", problem.code), ("Message", problem.message), *problem.facts, *ids)
    return "<ul>\n" + "\n".join(f"<li>{name}: {escape(value)}</li>" for name, value in rows) + "\n</ul>"


def shows_error_document(status: int) -> bool:
    """S3 shows the bucket's error document for errors of the 4XX class only."""
    return 400 <= status < 500
