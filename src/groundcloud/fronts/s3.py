"""S3's other doors: website endpoints, forms that browsers post, and cross-origin requests."""

from collections.abc import Awaitable
from typing import Any
from urllib.parse import unquote

import msgspec

from groundcloud.errors import AwsError
from groundcloud.fronts import s3_post, s3_website
from groundcloud.fronts.doors import domain_of
from groundcloud.gateway.gateway import Gateway
from groundcloud.gateway.http import Request, Response
from groundcloud.gateway.route import Target
from groundcloud.services.s3.records import Bucket, Setting
from groundcloud.services.s3.rules import cors
from groundcloud.store import Store


class S3Front:
    """Takes requests before the gateway does. `main.py` builds it."""

    def __init__(self, gateway: Gateway, store: Store) -> None:
        self._gateway = gateway
        self._store = store
        self._rules: tuple[dict[str, Any], cors.CorsRules] | None = None

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """The gateway's answer, or that of a door of S3's own."""
        headers = request.headers
        if "origin" not in headers and request.method != "OPTIONS":
            if "s3-website" in headers.get("host", "") or domain_of(request):
                return self._website(request)
            if request.method != "POST" or not headers.get("content-type", "").startswith("multipart/form-data"):
                return self._gateway.answer(request)
            bucket, key = self.addressed(request)
            if bucket and not key:
                return s3_post.post(self._gateway, self._store, request, bucket)
            return self._gateway.answer(request)
        return self._cross_origin(request)

    def addressed(self, request: Request) -> tuple[str, str]:
        """The bucket and the key that a request names, in its host or in its path; nothing where it is no bucket."""
        bucket = self._gateway.hosts.bucket(request.headers.get("host", ""))
        path = unquote(request.path).removeprefix("/")
        if bucket:
            return bucket, path
        bucket, _, key = path.partition("/")
        return bucket, key

    def _website(self, request: Request) -> Response | Awaitable[Response]:
        bucket = s3_website.bucket_of(request.headers.get("host", "")) or self._domain(request)
        if not bucket:
            return self._gateway.answer(request)
        return s3_website.answer(self._gateway, self._store, request, bucket)

    def _domain(self, request: Request) -> str:
        """The bucket that is called as the domain asked for, if it is a web site (Route 53 leads there by an alias)."""
        domain = domain_of(request)
        if not domain:
            return ""
        with self._store.snapshot() as tx:
            return domain if tx.get(Setting, domain, "website", "") is not None else ""

    # -- cross-origin requests

    async def _cross_origin(self, request: Request) -> Response:
        headers = request.headers
        origin, bucket, key = headers.get("origin"), *self.addressed(request)
        with self._store.snapshot() as tx:
            known = bool(bucket) and tx.get(Bucket, bucket) is not None
            setting = tx.get(Setting, bucket, "cors", "") if known else None
        rules = self._compiled(setting.document) if setting is not None else None
        if request.method == "OPTIONS" and known:
            return self._preflight(request, origin, "OBJECT" if key else "BUCKET", rules)
        inner = (
            Request(
                request.method,
                request.path,
                request.query,
                {name: value for name, value in headers.items() if name != "origin"},
                request.body,
                request.client,
                request.secure,
            )
            if not _signs_origin(headers)
            else None
        )
        response = await _waited(self.handle(inner) if inner is not None else self._gateway.answer(request))
        if rules is not None and "/s3/aws4_request" in headers.get("authorization", "/s3/aws4_request"):
            response.headers.extend(rules.headers(origin, request.method).items())
        return response

    def _preflight(self, request: Request, origin: str | None, kind: str, rules: cors.CorsRules | None) -> Response:
        method = request.headers.get("access-control-request-method")
        try:
            cors.check_preflight(origin, method)
            if rules is None:
                raise cors.not_enabled(method or "", kind)
            asked = request.headers.get("access-control-request-headers")
            allowed = rules.preflight(origin or "", method or "", asked, resource_type=kind)
        except AwsError as error:
            return self._gateway.refuse(request, Target("s3", "rest-xml", "GetObject", {}), error)
        return Response(200, list(allowed.items()))

    def _compiled(self, document: dict[str, Any]) -> cors.CorsRules:
        """The rules of a bucket; those asked for last are kept, for one page asks for many files."""
        if self._rules is None or self._rules[0] != document:
            given = msgspec.convert(document, cors.CORSConfiguration)
            self._rules = (document, cors.CorsRules(given.cors_rules))
        return self._rules[1]


def _signs_origin(headers: dict[str, str]) -> bool:
    """Whether the signature covers the header, which then has to stay."""
    return "origin" in headers.get("authorization", "").partition("SignedHeaders=")[2].partition(",")[0].split(";")


async def _waited(answer: Response | Awaitable[Response]) -> Response:
    return answer if isinstance(answer, Response) else await answer
