"""Runs an operation inside a transaction: permission, function, page. The one way in, for clients and for operations
that call one another."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from groundcloud.context import Context, Facts, World
from groundcloud.errors import AwsError
from groundcloud.gateway.authorize import Authorizer
from groundcloud.gateway.signature import ErrorStyle, style_of
from groundcloud.identity import Principal
from groundcloud.operation import Again, Operation, Service
from groundcloud.outbox import Notice, call_of, facts_of
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.sealing import NotOurs
from groundcloud.store import Transaction


class NotMadeYet(Exception):
    """A read needs what the account's first use of a service makes: it has to run as a write."""


class Invoker:
    """Calls operations for principals."""

    def __init__(self, world: World, services: Mapping[str, Service], authorizer: Authorizer) -> None:
        self._world = world
        self._services = services
        self._authorizer = authorizer

    def context(
        self,
        operation: Operation,
        principal: Principal,
        region: str,
        request_id: str,
        facts: Facts,
        tx: Transaction | None,
    ) -> Context:
        return Context(self._world, operation.service, self, principal, region, request_id, facts, tx)

    def run(self, ctx: Context, operation: Operation, parsed: dict[str, Any], style: ErrorStyle) -> Any:
        """Check the permission, run the function, cut its list. `parsed` is the request as the protocol read it."""
        arguments = self.permit(ctx, operation, parsed, style)
        result = operation.function(ctx, **arguments)
        self.end_rehearsal(operation, parsed)
        return self._cut(ctx, operation, parsed, result) if operation.paging else result

    def permit(self, ctx: Context, operation: Operation, parsed: dict[str, Any], style: ErrorStyle) -> dict[str, Any]:
        """The arguments of a call that its caller may make. Raises the service's denial."""
        arguments = operation.arguments(parsed)
        self.prepare(ctx, operation)
        for name, check in operation.shared.items():
            if check is not None and name in parsed:
                check(ctx, parsed[name], arguments)
        self._authorizer.check(ctx, operation, arguments, style)
        return arguments

    def end_rehearsal(self, operation: Operation, parsed: Mapping[str, Any]) -> None:
        """Raises what answers a call with `DryRun`, which undoes all that it has done in its transaction."""
        if operation.rehearses and parsed.get("dry_run"):
            assert operation.service.dry_run is not None
            raise operation.service.dry_run()

    def prepare(self, ctx: Context, operation: Operation) -> None:
        """Make what the first use of a service makes. Raises `NotMadeYet` in a transaction that only reads."""
        first_use = operation.service.first_use
        if first_use is not None and not first_use.done(ctx):
            if not ctx.tx.writable:
                raise NotMadeYet
            first_use.make(ctx)

    # -- what a context asks for (`groundcloud.context.Caller`)

    def call(self, ctx: Context, service: str, operation: str, arguments: dict[str, Any]) -> Any:
        """Run another service's operation for this caller, in its transaction."""
        found = self._services[service]
        called = found.named(operation)
        if called.asynchronous:
            raise TypeError(f"{service}:{called.name} opens its own transactions and cannot run inside another one")
        if called.declaration.again is not None and not ctx.tx.writable:
            return self._remembered(ctx, called, arguments, called.declaration.again)
        return self._called(ctx, called, arguments)

    def _called(self, ctx: Context, called: Operation, arguments: dict[str, Any]) -> Any:
        inner = self._inner(ctx, called, ctx.tx)
        result = self.run(inner, called, arguments, style_of_service(called.service))
        if isinstance(result, dict):
            return {name: list(value) if isinstance(value, Page) else value for name, value in result.items()}
        return result

    def _remembered(self, ctx: Context, called: Operation, arguments: dict[str, Any], again: Again) -> Any:
        """The same, or what it gave before on the same data, in the same second, to the same caller in a request of
        which policies see the same. A commit by anybody, and so whatever disables a key or denies its use, begins
        other data."""
        memo = ctx.tx.memo
        given = tuple([_frozen(one) for one in arguments.values()])
        place = (called.action, ctx.service_name, ctx.region, ctx.now(), ctx.principal.arn, tuple(arguments), given)
        known = memo.get(place)
        if known is not None and known[0] == ctx.principal and known[1] == ctx.facts:
            again(ctx, known[2])
            return dict(known[2])
        result = self._called(ctx, called, arguments)
        memo[place] = (ctx.principal, ctx.facts, result)
        return dict(result)

    async def wait(self, ctx: Context, service: str, operation: str, arguments: dict[str, Any]) -> Any:
        """Run another service's operation that opens its transactions itself, for this caller."""
        found = self._services[service]
        called = found.named(operation)
        with ctx.world.store.snapshot() as tx:
            permitted = self.permit(self._inner(ctx, called, tx), called, arguments, style_of_service(found))
        return await called.function(self._inner(ctx, called, None), **permitted)

    def check(self, ctx: Context, service: str, operation: str, arguments: dict[str, Any]) -> None:
        """Whether this caller may run another service's operation. Raises that service's denial."""
        found = self._services[service]
        called = found.named(operation)
        self.permit(self._inner(ctx, called, ctx.tx), called, arguments, style_of_service(found))

    def _inner(self, ctx: Context, called: Operation, tx: Transaction | None) -> Context:
        """The context of a call within a call. A service that calls as itself calls via nobody."""
        facts = ctx.facts
        if not ctx.principal.service:
            source = f"{self._services[ctx.service_name].prefix}.amazonaws.com"
            facts = facts._replace(called_via=(*facts.called_via, source))
        return Context(ctx.world, called.service, self, ctx.principal, ctx.region, ctx.request_id, facts, tx)

    def authorize(self, ctx: Context, action: str, resource: Resource, principal: Principal) -> None:
        style = style_of_service(self._services[ctx.service_name])
        self._authorizer.check_one(ctx, action, resource, principal, style)

    def admits(self, ctx: Context, target_arn: str, notice: Notice) -> bool:
        call = call_of(target_arn, notice)
        if call is None or call.service not in self._services:
            return False
        operation = self._services[call.service].operation(call.operation)
        facts = Facts(extra=facts_of(notice))
        inner = self.context(operation, of_service(notice.service), call.region, ctx.request_id, facts, ctx.tx)
        try:
            self.permit(inner, operation, call.arguments, style_of_service(operation.service))
        except AwsError:
            return False
        return True

    # -- for deliveries, which no request asks for

    async def deliver(self, target_arn: str, notice: Notice) -> None:
        """Send a queue or topic a service's notice. Raises the target's errors; `LookupError` for an ARN of another
        kind."""
        call = call_of(target_arn, notice)
        if call is None:
            raise LookupError(target_arn)
        operation = self._services[call.service].operation(call.operation)
        style = style_of_service(operation.service)
        principal, facts = of_service(notice.service), Facts(extra=facts_of(notice))

        def context(tx: Transaction | None) -> Context:
            return self.context(operation, principal, call.region, "", facts, tx)

        if not operation.asynchronous:
            await self._world.store.submit(lambda tx: self.run(context(tx), operation, dict(call.arguments), style))
            return
        with self._world.store.snapshot() as tx:
            arguments = self.permit(context(tx), operation, call.arguments, style)
        await operation.function(context(None), **arguments)

    # -- pages

    def _cut(self, ctx: Context, operation: Operation, parsed: dict[str, Any], result: Any) -> Any:
        paging = operation.paging
        assert paging is not None
        page = result.get(paging.result)
        if not isinstance(page, Page):
            return result
        purpose = f"page/{operation.service.name}/{operation.name}/{ctx.account}/{ctx.region}"
        after = self._open_token(operation, parsed.get(paging.token), purpose)
        usual = operation.declaration.page_size or operation.service.page_size
        items, next_position = page.cut(after, parsed.get(paging.limit) or usual)
        cut = {**result, paging.result: items}
        if paging.more:
            cut[paging.more] = bool(next_position)
        if next_position:
            sealed = self._world.sealer.seal(next_position, purpose)
            cut[paging.next_token] = base64.urlsafe_b64encode(sealed).decode()
        return cut

    def _open_token(self, operation: Operation, token: str | None, purpose: str) -> bytes:
        if not token:
            return b""
        try:
            return self._world.sealer.open(base64.urlsafe_b64decode(token), purpose)
        except (NotOurs, binascii.Error, ValueError) as error:
            raise operation.service.invalid_token() from error


def _frozen(argument: Any) -> Any:
    """An argument as a part of a key."""
    if isinstance(argument, Mapping):
        return tuple(argument.items())
    return tuple(argument) if isinstance(argument, list) else argument


def of_service(name: str) -> Principal:
    """A service as the caller: it belongs to no account, and only resource policies let it in."""
    return Principal(type="Service", account="", arn=name, service=name, user_id=name)


def style_of_service(service: Service) -> ErrorStyle:
    """How a service's own protocol words its errors."""
    return style_of(service.model.endpoint_prefix, str(service.model.protocol))
