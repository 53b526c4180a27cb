"""Which requests come to another door than the API's: asked of every request, so it is all that is loaded for it."""

from collections.abc import Awaitable

from groundcloud.context import World
from groundcloud.gateway.gateway import Gateway
from groundcloud.gateway.http import Handler, Request, Response

_OWN_DOMAINS = (".amazonaws.com", ".localhost", ".localstack.cloud", ".api.aws")


def means_another_door(request: Request) -> bool:
    """Whether a request comes to a website endpoint, posts a browser's form, or asks across origins."""
    headers = request.headers
    if "origin" in headers or request.method == "OPTIONS" or "s3-website" in headers.get("host", ""):
        return True
    if request.method == "POST":
        return headers.get("content-type", "").startswith("multipart/form-data")
    return bool(domain_of(request))


def domain_of(request: Request) -> str:
    """The domain that a browser asks for by a name of its owner's, which an alias record may lead to a bucket's web
    site; empty for everything else. Whoever signs means the API."""
    headers = request.headers
    if "authorization" in headers or request.method not in ("GET", "HEAD") or "X-Amz-Signature" in request.query:
        return ""
    host = headers.get("host", "").partition(":")[0].lower()
    if "." not in host or host.endswith(_OWN_DOMAINS) or host.rpartition(".")[2].isdigit():
        return ""
    return host


class Doors:
    """Hands requests to the gateway, and the others to S3's doors, which are loaded when the first one comes."""

    def __init__(self, gateway: Gateway, world: World) -> None:
        self._gateway = gateway
        self._world = world
        self._store = world.store
        self._s3: Handler | None = None

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        if request.path.startswith("/SimpleNotificationService-") and request.method == "GET":
            from groundcloud.fronts.sns import certificate

            return certificate(self._store, request) or self._gateway.answer(request)
        if request.path == "/SimpleEmailService-Verification" and request.method == "GET":
            from groundcloud.fronts.ses import verify

            return verify(self._world, request)
        if not means_another_door(request):
            return self._gateway.answer(request)
        if self._s3 is None:
            from groundcloud.fronts.s3 import S3Front

            self._s3 = S3Front(self._gateway, self._store).handle
        return self._s3(request)
