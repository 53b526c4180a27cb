"""Which service, protocol and operation a request means.

Asked in this order: the X-Amz-Target header, the path of rpc-v2-cbor, the Action of a form, then method and path of the
services that the signature or the host names. What says nothing at all is a request to S3.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote_plus

from botocore.model import ServiceModel

from groundcloud.errors import AwsError
from groundcloud.gateway.catalog import Entry, catalog
from groundcloud.gateway.http import Request
from groundcloud.gateway.protocol import RestRouter
from groundcloud.models import service_model

FORM = "application/x-www-form-urlencoded"


class Target(NamedTuple):
    """What a request means. `service` is botocore's name for it; labels are those of a REST path."""

    service: str
    protocol: str
    operation: str
    labels: dict[str, str]


class UnknownOperation(AwsError, code="UnknownOperationException"):
    """{reason}"""


class InvalidAction(AwsError, code="InvalidAction"):
    """Could not find operation {action} for version {version}"""


class MissingAction(AwsError):
    """The request must contain the parameter Action"""


class MethodNotAllowed(AwsError, status=405):
    """The specified method is not allowed against this resource."""


def is_form(request: Request) -> bool:
    """Whether the body must be read before anyone knows what the request means."""
    return request.method == "POST" and request.headers.get("content-type", "").startswith(FORM)


class Router:
    """Finds targets. `preferred` are the services that Groundcloud has: they win where names are shared."""

    def __init__(self, preferred: frozenset[str], model: Callable[[str], ServiceModel] = service_model) -> None:
        self._preferred = preferred
        self._model = model
        self._rest: dict[str, RestRouter] = {}
        self._first: dict[str, tuple[Entry, RestRouter]] = {}
        """Of the services of a signing name, the one whose paths are asked first."""
        self._targets: dict[str, Target] = {}
        self._actions: dict[tuple[str, str, str], Target] = {}

    def route(self, request: Request, signing_name: str, form: bytes) -> Target:
        """The target of a request; `signing_name` is the service in its signature's scope, if it has one.

        Raises what AWS answers to a request that means nothing.
        """
        header = request.headers.get("x-amz-target")
        if header:
            return self._by_target(header)
        if "smithy-protocol" in request.headers:
            return self._by_cbor_path(request.path)
        query = form if form else request.query.encode("latin-1") if "Action=" in request.query else b""
        if query and (action := form_value(query, b"Action")):
            return self._by_action(action, form_value(query, b"Version"), signing_name, request)
        return self._by_path(request, signing_name)

    def _by_target(self, header: str) -> Target:
        found = self._targets.get(header)
        if found is None:
            prefix, _, name = header.rpartition(".")
            entries = catalog().by_target.get(prefix)
            if not entries:
                raise UnknownOperation(reason=f"Unknown target {header[:200]}")
            entry = self._choose(entries, lambda entry: name in self._model(entry.name).operation_names)
            if name not in self._model(entry.name).operation_names:
                raise UnknownOperation(reason=f"Unknown operation {name[:200]}")
            found = self._targets[header] = Target(entry.name, "json", name, {})
        return found

    def _by_cbor_path(self, path: str) -> Target:
        parts = path.split("/")
        if len(parts) == 5 and parts[1] == "service" and parts[3] == "operation":
            entries = catalog().by_target.get(parts[2], [])
            for entry in self._ordered(entries):
                if parts[4] in self._model(entry.name).operation_names:
                    return Target(entry.name, "smithy-rpc-v2-cbor", parts[4], {})
        raise UnknownOperation(reason=f"Unknown path {path[:200]}")

    def _by_action(self, action: str, version: str, signing_name: str, request: Request) -> Target:
        known = (action, version, signing_name)
        if signing_name and (found := self._actions.get(known)) is not None:
            return found
        entries = [entry for entry in self._named(signing_name, request) if self._speaks(entry, action, version)]
        if not entries and not signing_name:
            entries = catalog().by_version.get(version, [])
        for entry in self._ordered(entries):
            if action in self._model(entry.name).operation_names:
                target = Target(entry.name, "ec2" if entry.protocol == "ec2" else "query", action, {})
                if signing_name:
                    self._actions[known] = target
                return target
        raise InvalidAction(action=action[:200], version=version[:40])

    def _speaks(self, entry: Entry, action: str, version: str) -> bool:
        """Services that share a signing name (elb, elbv2) are told apart by their version."""
        return not version or entry.api_version == version

    def _by_path(self, request: Request, signing_name: str) -> Target:
        signed = signing_name if "x-amz-account-id" not in request.headers else ""
        if (known := self._first.get(signed)) is not None:
            entry, router = known
            if found := router.match(request.method, request.path, request.query, request.headers):
                return Target(entry.name, entry.protocol, found[0], found[1])
        for entry, router in self._with_paths(self._named(signing_name, request)):
            if signed:
                self._first.setdefault(signed, (entry, router))
            if found := router.match(request.method, request.path, request.query, request.headers):
                return Target(entry.name, entry.protocol, found[0], found[1])
        if signing_name not in ("", "s3"):
            first = next(self._ordered(self._named(signing_name, request)), None)
            if first is not None and first.protocol in ("query", "ec2"):
                raise MissingAction()
            raise UnknownOperation(
                reason=f"Unable to determine service/operation name to be authorized for {request.method}"
            )
        raise MethodNotAllowed()

    def _with_paths(self, entries: list[Entry]) -> Iterator[tuple[Entry, RestRouter]]:
        for entry in self._ordered(entries):
            if entry.protocol.startswith("rest-"):
                router = self._rest.get(entry.name)
                if router is None:
                    router = self._rest[entry.name] = RestRouter(self._model(entry.name))
                yield entry, router

    def _named(self, signing_name: str, request: Request) -> list[Entry]:
        """The services that the signature names, or the host, or S3."""
        known = catalog()
        if signing_name == "s3" and "x-amz-account-id" in request.headers:
            return known.by_endpoint["s3-control"]  # it signs as S3, whose keys may look like its paths
        if signing_name:
            return known.by_signing_name.get(signing_name) or known.by_endpoint.get(signing_name, [])
        for label in reversed(_labels_of(request.headers.get("host", ""))):
            if label in known.by_endpoint:
                return known.by_endpoint[label]
        return known.by_signing_name["s3"]

    def _ordered(self, entries: list[Entry]) -> Iterator[Entry]:
        yield from (entry for entry in entries if entry.name in self._preferred)
        yield from (entry for entry in entries if entry.name not in self._preferred)

    def _choose(self, entries: list[Entry], fits: Callable[[Entry], bool]) -> Entry:
        ordered = list(self._ordered(entries))
        return next((entry for entry in ordered if fits(entry)), ordered[0])


def _labels_of(host: str) -> list[str]:
    """The parts of `sts.eu-west-1.amazonaws.com` or `iam.localhost.localstack.cloud` that may name a service."""
    name = host.partition(":")[0].lower()
    if not name.endswith((".amazonaws.com", ".localhost.localstack.cloud", ".localhost")):
        return []
    return name.split(".")[:-2]


def form_value(form: bytes, name: bytes) -> str:
    """One value of a form, without reading the rest of it."""
    start = 0 if form.startswith(name + b"=") else form.find(b"&" + name + b"=") + 1
    if start == 0 and not form.startswith(name + b"="):
        return ""
    begin = start + len(name) + 1
    end = form.find(b"&", begin)
    value = form[begin : end if end >= 0 else len(form)].decode("latin-1")
    return value if value.isalnum() else unquote_plus(value)
