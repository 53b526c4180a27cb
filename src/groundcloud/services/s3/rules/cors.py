"""Cross-origin resource sharing: configurations, preflight answers, and the headers on real answers.

Sources: S3 User Guide, "Using cross-origin resource sharing (CORS)", "Elements of a CORS configuration"; API Reference,
PutBucketCors and "Object Operations - OPTIONS object"; the Fetch standard for the meaning of the headers.
"""

import re
from collections.abc import Callable, Sequence

from groundcloud.services.s3.rules import errors
from groundcloud.store import Part

METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")
MAX_RULES = 100
NOT_ENABLED = "CORSResponse: CORS is not enabled for this bucket."
NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
    "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


class CORSRule(Part):
    allowed_methods: list[str]
    allowed_origins: list[str]
    id: str | None = None
    allowed_headers: list[str] | None = None
    expose_headers: list[str] | None = None
    max_age_seconds: int | None = None


class CORSConfiguration(Part):
    cors_rules: list[CORSRule]


DEFAULT = CORSConfiguration(
    [CORSRule(["GET"], ["*"], allowed_headers=["Authorization"], max_age_seconds=3000)],
)
"""What the S3 console offered as its default configuration: any origin may read, `Authorization` may be sent."""


def check_cors(given: CORSConfiguration) -> None:
    """Raises `MalformedXML` or `InvalidRequest` for a configuration that S3 refuses."""
    if not 1 <= len(given.cors_rules) <= MAX_RULES:
        raise errors.MalformedXML()
    for rule in given.cors_rules:
        _check_rule(rule)


def _check_rule(rule: CORSRule) -> None:
    if not rule.allowed_methods or not rule.allowed_origins or (rule.id is not None and len(rule.id) > 255):
        raise errors.MalformedXML()
    for method in rule.allowed_methods:
        if method not in METHODS:
            raise errors.InvalidRequest(
                message=f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )
    for name, values in (("AllowedOrigin", rule.allowed_origins), ("AllowedHeader", rule.allowed_headers or ())):
        for value in values:
            if value.count("*") > 1:
                raise errors.InvalidRequest(message=f'{name} "{value}" can not have more than one wildcard.')
    for value in rule.expose_headers or ():
        if "*" in value:
            raise errors.InvalidRequest(
                message=f'ExposeHeader "{value}" contains wildcard. We currently do not support wildcard for '
                "ExposeHeader."
            )


class CorsRules:
    """A bucket's rules, ready to be asked. The first rule that matches decides."""

    def __init__(self, rules: Sequence[CORSRule]) -> None:
        self._rules = [_Rule(rule) for rule in rules]

    def preflight(self, origin: str, method: str, headers: str | None, *, resource_type: str) -> dict[str, str]:
        """The headers that answer an OPTIONS request. Raises `AccessForbidden` where no rule allows it.

        `method` and `headers` are those of Access-Control-Request-Method and -Headers; `resource_type` is BUCKET or
        OBJECT. Use `check_preflight` before, for requests that say too little.
        """
        asked = [name.strip().lower() for name in (headers or "").split(",") if name.strip()]
        for rule in self._rules:
            if method in rule.methods and rule.allows_headers(asked):
                found = rule.answer(origin)
                if found is not None:
                    return {**found, "Access-Control-Allow-Headers": ", ".join(asked)} if asked else found
        raise not_allowed(method, resource_type)

    def headers(self, origin: str | None, method: str) -> dict[str, str]:
        """The headers on the answer to a real request; none where it is not cross-origin or no rule allows it."""
        if origin:
            for rule in self._rules:
                if method in rule.methods and (found := rule.answer(origin)) is not None:
                    return found
        return {}


def check_preflight(origin: str | None, method: str | None) -> None:
    """Raises `BadRequest` for an OPTIONS request without Origin, or without a method that S3 knows."""
    if not origin:
        raise errors.BadRequest(message="Insufficient information. Origin request header needed.")
    if method not in METHODS:
        raise errors.BadRequest(message=f"Invalid Access-Control-Request-Method: {method or 'null'}")


def not_enabled(method: str, resource_type: str) -> errors.AccessForbidden:
    """The error of a preflight to a bucket without CORS."""
    return errors.AccessForbidden(message=NOT_ENABLED, method=method, resource_type=resource_type)


def not_allowed(method: str, resource_type: str) -> errors.AccessForbidden:
    """The error of a preflight that no rule allows."""
    return errors.AccessForbidden(message=NOT_ALLOWED, method=method, resource_type=resource_type)


class _Rule:
    """One rule, compiled."""

    def __init__(self, rule: CORSRule) -> None:
        self.methods = frozenset(rule.allowed_methods)
        self._any_origin = "*" in rule.allowed_origins
        self._origin = _matcher(rule.allowed_origins)
        self._header = _matcher([header.lower() for header in rule.allowed_headers or ()])
        self._headers = {"Access-Control-Allow-Methods": ", ".join(rule.allowed_methods)}
        if rule.expose_headers:
            self._headers["Access-Control-Expose-Headers"] = ", ".join(rule.expose_headers)
        if rule.max_age_seconds is not None:
            self._headers["Access-Control-Max-Age"] = str(rule.max_age_seconds)

    def allows_headers(self, names: Sequence[str]) -> bool:
        return all(map(self._header, names))

    def answer(self, origin: str) -> dict[str, str] | None:
        """Headers for an origin, None if the rule does not name it. Credentials go to named origins only."""
        if self._any_origin:
            return {"Access-Control-Allow-Origin": "*", **self._headers, "Vary": VARY}
        if not self._origin(origin):
            return None
        named = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
        return {**named, **self._headers, "Vary": VARY}


def _matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """A test for any of the patterns, in which `*` stands for any characters."""
    exact = frozenset(pattern for pattern in patterns if "*" not in pattern)
    wild = [re.escape(pattern).replace(r"\*", ".*") for pattern in patterns if "*" in pattern]
    if not wild:
        return exact.__contains__
    expression = re.compile("|".join(wild), re.DOTALL)
    return lambda text: text in exact or expression.fullmatch(text) is not None
