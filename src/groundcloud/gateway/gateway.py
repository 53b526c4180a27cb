"""From an HTTP request to an HTTP response. The steps, in order:

    understand     who claims to call (signature), what is meant (route), how it is spoken (endpoint)
    authenticate   the claim against the secrets in the store
    read           the request as plain values, valid by AWS's model
    run            permission, function, page: one transaction (`invoke.py`)
    write          the answer in the service's protocol
    record         one log line, one event, the counters

An operation that only reads is answered at once, on the event loop; one that writes waits for its commit.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from groundcloud.context import Context, Facts, World
from groundcloud.errors import AwsError, InternalFailure
from groundcloud.gateway.authenticate import Authenticator
from groundcloud.gateway.call import (
    Call,
    RequestEntityTooLarge,
    RequestTimeout,
    ServiceUnavailable,
    guess,
    style_hint,
    uuid_of,
)
from groundcloud.gateway.catalog import catalog
from groundcloud.gateway.endpoint import Endpoint, Endpoints
from groundcloud.gateway.facts import signature_facts
from groundcloud.gateway.http import BodyInterrupted, BodyTooLarge, Handler, Request, Response
from groundcloud.gateway.internal import Internal
from groundcloud.gateway.invoke import Invoker, NotMadeYet
from groundcloud.gateway.log import CallLog
from groundcloud.gateway.notes import Notes
from groundcloud.gateway.payload import Payload, check_md5, complete_body, inflated, without_chunking
from groundcloud.gateway.protocol import Answer, Input
from groundcloud.gateway.route import Router, Target, is_form
from groundcloud.gateway.signature import Claim, ErrorStyle, PostPolicy, claim, form_claim, missing_token
from groundcloud.gateway.trail import Recorder
from groundcloud.gateway.virtual_host import NO_HOST, VirtualHosts, path_style
from groundcloud.identity import Principal
from groundcloud.operation import Service
from groundcloud.store import Store, StoreUnavailable, Transaction

log = logging.getLogger(__name__)

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes of a body that is not streamed; the largest that any service takes (DynamoDB's batches)."""


class Gateway:
    """Answers requests. `main.py` builds it."""

    def __init__(
        self,
        world: World,
        services: Mapping[str, Service],
        invoker: Invoker,
        authenticator: Authenticator,
        recorder: Recorder,
        call_log: CallLog,
        region: str,
        domains: Iterable[str] = (),
    ) -> None:
        self._world = world
        self._store: Store = world.store
        self._authenticator = authenticator
        self._invoker = invoker
        self._endpoints = Endpoints(services)
        self._router = Router(frozenset(services))
        self.hosts = VirtualHosts(domains, lambda label: label in catalog().by_endpoint)
        self._notes = Notes(recorder, call_log, world.entropy)
        self._region = region
        self.front: Handler | None = None
        """Takes requests first, and hands on those that mean operations."""
        self.metrics = self._notes.metrics
        self.internal = Internal(services, world.store, self.metrics.render)

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """The response to a request; at once where nothing has to be waited for."""
        return self.front(request) if self.front is not None else self.answer(request)

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        """The same for a request to the API itself."""
        if request.path.startswith("/_") and (answer := self.internal.handle(request)) is not None:
            return answer
        call = Call(request, uuid_of(self._world.entropy(16)), self._world.clock())
        try:
            if not is_form(request):
                self._understand(call)
            if call.endpoint is not None and call.endpoint.streams_in:
                return self._wait(call, call.endpoint)
            if not request.body.complete:
                return self._receive(call)
            call.body = complete_body(request, LARGEST_BODY) if request.body.length != 0 else b""
            return self._go(call)
        except Exception as error:
            return self._refuse(call, self._expected(call, error))

    async def _receive(self, call: Call) -> Response:
        """Wait for a body that is not streamed; a streamed one is the operation's to read."""
        try:
            call.body = await call.request.body.read(LARGEST_BODY)
        except Exception as error:
            return self._refuse(call, self._expected(call, error))
        response = self._go(call)
        return response if isinstance(response, Response) else await response

    def _go(self, call: Call) -> Response | Awaitable[Response]:
        try:
            endpoint = call.endpoint or self._understand(call)
            if endpoint.operation.asynchronous:
                return self._wait(call, endpoint)
            if not endpoint.operation.declaration.read:
                return self._write(call, endpoint)
            if self._store.reads_block:
                return self._read_elsewhere(call, endpoint)
            try:
                return self._read(call, endpoint)
            except NotMadeYet:
                return self._write(call, endpoint)
        except Exception as error:
            return self._refuse(call, self._expected(call, error))

    def tell(self, noted: Callable[[Call, Answer], None]) -> None:
        """Let `noted` hear of each call that is over, and of its answer."""
        self._notes.listener = noted

    # -- for fronts: what they know already is not asked for again

    def now(self) -> datetime:
        return self._world.clock()

    def new_request_id(self) -> str:
        return uuid_of(self._world.entropy(16))

    def authenticate_post(
        self, tx: Transaction, claim: Claim, fields: Mapping[str, str]
    ) -> tuple[Principal, PostPolicy]:
        """Who signed a form, and the policy that it must keep to."""
        return self._authenticator.authenticate_post(tx, claim, fields, self._world.clock())

    async def perform(
        self,
        request: Request,
        target: Target,
        principal: Principal,
        headers: dict[str, str],
        body: Any,
        form: Claim | None,
    ) -> Response:
        """Run an operation that waits, for a caller who is known, as if a request had these headers and this body."""
        call = Call(request, self.new_request_id(), self._world.clock())
        call.target, call.principal, call.claim = target, principal, form
        call.region = (form.region if form is not None else "") or self._region
        call.facts = call.facts._replace(extra={**signature_facts(form, call.now), **call.request.known})
        try:
            call.voice = self._endpoints.voice(target.service, target.protocol)
            call.endpoint = endpoint = self._endpoints.find(target)
            call.arguments = parsed = endpoint.parse(Input(headers, "", target.labels, body))
            with self._store.snapshot() as tx:
                ctx = self._context(tx, call, endpoint)
                arguments = self._invoker.permit(ctx, endpoint.operation, parsed, endpoint.voice.style)
            call.result = await endpoint.operation.function(self._context(None, call, endpoint), **arguments)
            call.answer = endpoint.write(call.result, call.request_id)
        except Exception as error:
            return self._refuse(call, self._expected(call, error))
        return self._finish(call)

    def refuse(self, request: Request, target: Target, error: AwsError) -> Response:
        """An error in the words of the service that is meant."""
        call = Call(request, self.new_request_id(), self._world.clock())
        call.target = target
        call.voice = self._endpoints.voice(target.service, target.protocol)
        return self._refuse(call, error)

    # -- understand

    def _understand(self, call: Call) -> Endpoint:
        request = call.request
        call.claim = claim(request, style_hint(request))
        if call.claim is None and b"SignatureVersion=2" in call.body:
            call.form = dict(parse_qsl(call.body.decode("latin-1"), keep_blank_values=True))
            call.claim = form_claim(call.form, ErrorStyle.QUERY)
        signing_name = call.claim.service if call.claim is not None else ""
        host = self.hosts.named(request.headers.get("host", "")) if signing_name in ("", "s3") else NO_HOST
        if host.bucket and "x-amz-account-id" not in request.headers:  # S3 Control has the account in its host names
            call.bucket = host.bucket
            request = path_style(request, host.bucket)
        target = self._router.route(request, signing_name, call.body if is_form(request) else b"")
        call.target = target
        call.region = (call.claim.region if call.claim is not None else "") or self._region
        call.voice = self._endpoints.voice(target.service, target.protocol)
        if call.voice.style.is_s3:
            facts = call.facts
            extra = signature_facts(call.claim, call.now)
            extra.update(call.request.known)
            signed_region = call.claim.region if call.claim is not None else ""
            call.facts = Facts(*facts[:5], extra, facts.endpoint, host.region, signed_region)
        call.endpoint = self._endpoints.find(target)
        return call.endpoint

    # -- authenticate and read: no transaction of the writer is opened for what does not get this far

    def _authenticate(self, tx: Transaction, call: Call, endpoint: Endpoint) -> None:
        call.principal, call.signing_key = self._authenticator.authenticate(tx, call, endpoint)
        anonymous = endpoint.operation.declaration.public or endpoint.voice.style.is_s3  # there, policies decide
        if call.claim is None and not anonymous:
            raise missing_token(endpoint.voice.style)

    def _parse(self, tx: Transaction, call: Call, endpoint: Endpoint) -> dict[str, Any]:
        request, target = call.request, call.target
        assert target is not None
        body: Any = call.body
        headers = request.headers
        if "content-encoding" in headers and not endpoint.streams_in:
            body = inflated(body, headers["content-encoding"], LARGEST_BODY)
        if endpoint.streams_in:
            headers = without_chunking(headers)
            body = Payload(request.body, call.claim, request.headers, call.signing_key)
        elif "content-md5" in headers and endpoint.voice.style.is_s3:
            check_md5(body, headers["content-md5"])
        elif not call.body and target.protocol in ("query", "ec2"):
            body = request.query.encode("latin-1")
        parsed = endpoint.parse(Input(headers, request.query, target.labels, body))
        call.arguments = parsed
        if endpoint.validate is not None:
            endpoint.validate(parsed)
        resolve = endpoint.operation.service.resolve
        if resolve is not None and (found := resolve(tx, endpoint.operation.name, parsed)):
            call.facts = call.facts._replace(extra={**call.facts.extra, **found})
        return parsed

    # -- run

    def _read(self, call: Call, endpoint: Endpoint) -> Response:
        with self._store.snapshot() as tx:
            self._authenticate(tx, call, endpoint)
            self._run(tx, call, endpoint, self._parse(tx, call, endpoint))
        return self._finish(call)

    async def _read_elsewhere(self, call: Call, endpoint: Endpoint) -> Response:
        try:
            return await asyncio.get_running_loop().run_in_executor(None, self._read, call, endpoint)
        except NotMadeYet:
            return await self._write(call, endpoint)
        except Exception as error:
            return self._refuse(call, self._expected(call, error))

    async def _write(self, call: Call, endpoint: Endpoint) -> Response:
        try:
            with self._store.snapshot() as tx:
                self._authenticate(tx, call, endpoint)
                parsed = self._parse(tx, call, endpoint)
            await self._store.submit(lambda tx: self._run(tx, call, endpoint, dict(parsed)))
        except Exception as error:
            return self._refuse(call, self._expected(call, error))
        return self._finish(call)

    async def _wait(self, call: Call, endpoint: Endpoint) -> Response:
        """An operation that waits or streams: it opens its short transactions itself."""
        try:
            try:
                blocks = self._store.reads_block
                arguments = await self._admitted(call, endpoint) if blocks else self._admit(call, endpoint)
            except NotMadeYet:
                await self._store.submit(lambda tx: self._prepare(tx, call, endpoint))
                arguments = await self._admitted(call, endpoint) if blocks else self._admit(call, endpoint)
            ctx = self._context(None, call, endpoint)
            call.result = await endpoint.operation.function(ctx, **arguments)
            call.answer = endpoint.write(call.result, call.request_id)
        except Exception as error:
            return self._refuse(call, self._expected(call, error))
        return self._finish(call)

    async def _admitted(self, call: Call, endpoint: Endpoint) -> dict[str, Any]:
        """As `_admit`, where reading blocks."""
        return await asyncio.get_running_loop().run_in_executor(None, self._admit, call, endpoint)

    def _prepare(self, tx: Transaction, call: Call, endpoint: Endpoint) -> None:
        self._invoker.prepare(self._context(tx, call, endpoint), endpoint.operation)

    def _admit(self, call: Call, endpoint: Endpoint) -> dict[str, Any]:
        """The arguments of a call whose caller is known and may make it."""
        with self._store.snapshot() as tx:
            self._authenticate(tx, call, endpoint)
            parsed = self._parse(tx, call, endpoint)
            ctx = self._context(tx, call, endpoint)
            arguments = self._invoker.permit(ctx, endpoint.operation, parsed, endpoint.voice.style)
        self._invoker.end_rehearsal(endpoint.operation, parsed)  # what waits cannot be undone: it is not begun
        return arguments

    def _run(self, tx: Transaction, call: Call, endpoint: Endpoint, parsed: dict[str, Any]) -> None:
        operation = endpoint.operation
        ctx = self._context(tx, call, endpoint)
        call.result = self._invoker.run(ctx, operation, parsed, endpoint.voice.style)
        call.answer = endpoint.write(call.result, call.request_id)
        if not operation.declaration.read and not operation.declaration.data_event:
            self._notes.put(tx, call, endpoint)

    def _context(self, tx: Transaction | None, call: Call, endpoint: Endpoint) -> Context:
        return self._invoker.context(endpoint.operation, call.principal, call.region, call.request_id, call.facts, tx)

    # -- answer and record

    def _finish(self, call: Call) -> Response:
        answer, endpoint = call.answer, call.endpoint
        assert answer is not None
        assert endpoint is not None
        declaration = endpoint.operation.declaration
        kept_already = not declaration.read and not endpoint.operation.asynchronous
        if not kept_already or declaration.data_event:
            self._notes.gather(call, endpoint)
        self._notes.note(call, answer)
        return Response(answer.status, answer.headers, answer.body)

    def _refuse(self, call: Call, error: AwsError) -> Response:
        """The error in the protocol that the request speaks."""
        call.error = error
        operation = call.endpoint.operation.model if call.endpoint is not None else None
        voice = call.voice or self._endpoints.voice(*guess(call.request))
        if voice.style.is_s3 and not error.facts:
            error.facts["resource"] = call.request.path
        answer = voice.write_error(error, call.request_id, operation)
        if call.endpoint is not None:
            self._notes.gather(call, call.endpoint)
        self._notes.note(call, answer)
        return Response(answer.status, answer.headers, answer.body)

    def _expected(self, call: Call, error: Exception) -> AwsError:
        """What the caller may know of an exception; what is no `AwsError` is a bug, or the disk."""
        if isinstance(error, AwsError):
            return error
        if isinstance(error, BodyInterrupted):
            return RequestTimeout()
        if isinstance(error, BodyTooLarge):
            return RequestEntityTooLarge(limit=LARGEST_BODY)
        log.error("request %s failed", call.request_id, exc_info=error)
        if isinstance(error, StoreUnavailable):
            return ServiceUnavailable()
        return InternalFailure(request_id=call.request_id)
