"""Website endpoints: a bucket as a web site for everybody. Source: S3 User Guide, "Hosting a static website"."""

import re
from collections.abc import Awaitable
from urllib.parse import quote, unquote

import msgspec

from groundcloud.gateway.gateway import Gateway
from groundcloud.gateway.http import Request, Response
from groundcloud.services.s3.records import Setting
from groundcloud.services.s3.rules import website
from groundcloud.services.s3.rules.website import Moved, Problem, WebsiteConfiguration
from groundcloud.store import Store

_HOST = re.compile(
    r"(?P<bucket>.+?)\.s3-website(?:[.-][a-z]{2}(?:-[a-z]+)+-\d)?\.(?:amazonaws\.com|localhost\.localstack\.cloud|localhost)"
)
_HIDDEN = frozenset(("x-amz-request-id", "x-amz-id-2", "content-type", "content-length"))


def bucket_of(host: str) -> str:
    """The bucket whose web site a host is; empty for none."""
    found = _HOST.fullmatch(host.lower().partition(":")[0])
    return found["bucket"] if found is not None else ""


async def answer(gateway: Gateway, store: Store, request: Request, bucket: str) -> Response:
    """What a browser gets."""
    with store.snapshot() as tx:
        setting = tx.get(Setting, bucket, "website", "")
    site = _Site(gateway, request, bucket)
    if setting is None:
        return await site.without_configuration()
    return await site.answer(msgspec.convert(setting.document, WebsiteConfiguration))


class _Site:
    def __init__(self, gateway: Gateway, request: Request, bucket: str) -> None:
        self._gateway = gateway
        self._request = request
        self._bucket = bucket
        self._host = request.headers.get("host", "")
        self._scheme = "https" if request.secure else "http"

    async def answer(self, config: WebsiteConfiguration) -> Response:
        request = self._request
        if request.method not in ("GET", "HEAD"):
            return self._page(405, Problem("MethodNotAllowed", "The specified method is not allowed."))
        key = unquote(request.path).removeprefix("/")
        if config.redirect_all_requests_to is not None:
            return _moved(website.all_requests(config.redirect_all_requests_to, key, request.query, self._scheme))
        suffix = config.index_document.suffix if config.index_document is not None else "index.html"
        shown = website.index_key(key, suffix)
        if moved := website.route(config.routing_rules, key, host=self._host, scheme=self._scheme):
            return _moved(moved)
        response = await self._object(shown)
        if response.status < 400:
            return _with_redirect(response)
        if response.status in (403, 404) and shown == key:
            inside, folder = website.folder_redirect(key, suffix)
            if (await self._object(inside, "HEAD")).status == 200:
                return _moved(folder)
        moved_on = website.route(config.routing_rules, key, host=self._host, scheme=self._scheme, error=response.status)
        if moved_on:
            return _moved(moved_on)
        return await self._failed(config, shown, response)

    async def _failed(self, config: WebsiteConfiguration, key: str, response: Response) -> Response:
        """The error's page: the bucket's own where it has one."""
        problem = _problem(response.status, key, self._bucket)
        if config.error_document is None or not website.shows_error_document(response.status):
            return self._page(response.status, problem)
        document = await self._object(config.error_document.key)
        if document.status == 200:
            return Response(response.status, document.headers, document.body)
        return self._page(response.status, problem, _problem(document.status, config.error_document.key, self._bucket))

    async def without_configuration(self) -> Response:
        known = await self._object("", "HEAD")
        if known.status == 404:
            problem = Problem("NoSuchBucket", "The specified bucket does not exist", (("BucketName", self._bucket),))
            return self._page(404, problem)
        return self._page(
            404,
            Problem(
                "NoSuchWebsiteConfiguration",
                "The specified bucket does not have a website configuration",
                (("BucketName", self._bucket),),
            ),
        )

    async def _object(self, key: str, method: str = "") -> Response:
        """An object as anybody gets it: a request like any other, without a signature."""
        request = self._request
        names = (
            "if-match",
            "if-none-match",
            "if-modified-since",
            "if-unmodified-since",
            "range",
            "referer",
            "user-agent",
        )
        headers = {name: request.headers[name] for name in names if name in request.headers}
        path = f"/{self._bucket}/{quote(key)}" if key else f"/{self._bucket}"
        inner = Request(
            method or request.method, path, "", {**headers, "host": "s3.amazonaws.com"}, _Nothing(), request.client,
            request.secure,
        )  # fmt: skip
        found = self._gateway.answer(inner)
        return found if isinstance(found, Response) else await _awaited(found)

    def _page(self, status: int, problem: Problem, document_problem: Problem | None = None) -> Response:
        page = website.error_page(
            status, problem, request_id=self._gateway.new_request_id(), host_id="", document_problem=document_problem
        )
        body = b"" if self._request.method == "HEAD" else page.encode()
        return Response(
            status,
            [("Content-Type", "text/html; charset=utf-8"), ("x-amz-error-code", problem.code),
             ("x-amz-error-message", problem.message)],
            body,
        )  # fmt: skip


async def _awaited(found: Awaitable[Response]) -> Response:
    return await found


def _problem(status: int, key: str, bucket: str) -> Problem:
    if status == 404:
        return Problem("NoSuchKey", "The specified key does not exist.", (("Key", key),))
    if status == 403:
        return Problem("AccessDenied", "Access Denied")
    return Problem("InternalError", "We encountered an internal error. Please try again.")


def _with_redirect(response: Response) -> Response:
    """x-amz-website-redirect-location of an object is a redirect here."""
    for name, value in response.headers:
        if name.lower() == "x-amz-website-redirect-location":
            return _moved(Moved(301, value))
    return response


def _moved(to: Moved) -> Response:
    return Response(to.status, [("Location", to.location), ("Content-Length", "0")])


class _Nothing:
    """The body of a request that has none."""

    length = 0
    complete = True

    async def read(self, limit: int) -> bytes:
        return b""

    def __aiter__(self) -> "_Nothing":
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration
