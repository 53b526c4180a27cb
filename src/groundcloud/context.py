"""What an operation may touch: the caller, the transaction, the clock, chance, secrets and other services."""

import asyncio
import base64
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Protocol, TypeVar

from groundcloud.identity import Identities, Principal
from groundcloud.later import Later, Write
from groundcloud.names import uuid_text
from groundcloud.outbox import Notice, notify
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.sealing import NotOurs, Sealer
from groundcloud.store import Element, Record, Store, Transaction

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_HEX = "0123456789abcdef"


class World(NamedTuple):
    """What all calls share. Tests give a fixed clock and counted chance."""

    store: Store
    sealer: Sealer
    clock: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    identities: Identities
    later: Later
    engines: Mapping[str, Any] = {}
    """Engines whose interfaces operations may stream through (`objects`), by kind."""
    planes: Mapping[str, Store] = {}
    """Stores of their own for data planes, by the name of the service; a service without one uses `store`."""

    def plane(self, name: str) -> Store:
        """Where a service keeps what changes too often to wait for other services' commits."""
        return self.planes.get(name) or self.store


class Arn(Protocol):
    """The part of a service that a context needs: its name, and where its ARNs begin."""

    name: str

    def arn(self, account: str, region: str, resource: str) -> str: ...


class Caller(Protocol):
    """How one operation calls another; the gateway fulfils it, with all its checks."""

    def call(self, ctx: "Context", service: str, operation: str, arguments: dict[str, Any]) -> Any: ...
    async def wait(self, ctx: "Context", service: str, operation: str, arguments: dict[str, Any]) -> Any: ...
    def check(self, ctx: "Context", service: str, operation: str, arguments: dict[str, Any]) -> None: ...
    def authorize(self, ctx: "Context", action: str, resource: Resource, principal: Principal) -> None: ...
    def admits(self, ctx: "Context", target_arn: str, notice: Notice) -> bool: ...


class Facts(NamedTuple):
    """What is known of the request itself, for policies and events."""

    source_ip: str = ""
    user_agent: str = ""
    referer: str = ""
    secure: bool = False
    called_via: tuple[str, ...] = ()
    extra: Mapping[str, str] = {}
    """Further condition keys, lower case, that only the transport knows (`s3:signatureversion`, ...)."""
    endpoint: str = ""
    """Where the caller reached this cloud (`http://127.0.0.1:4566`): the beginning of the URLs that it is given."""
    endpoint_region: str = ""
    """The Region that the host names: empty where it names none, `*` where such a name leads to whichever is right."""
    signed_region: str = ""
    """The Region of the signature's scope; empty for requests that have none."""


class Snapshot:
    """A call's view of the store, as long as a `with` lasts."""

    __slots__ = ("_ctx", "_view")

    def __init__(self, ctx: "Context") -> None:
        self._ctx = ctx
        self._view = ctx.world.store.snapshot()

    def __enter__(self) -> "Context":
        return self._ctx.within(self._view.__enter__())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._view.__exit__(kind, error, trace)


class Context:
    """One call of one operation. Sealed, random and current things come from here and from nowhere else."""

    __slots__ = ("_caller", "_service", "_tx", "account", "facts", "principal", "region", "request_id", "world")

    def __init__(
        self,
        world: World,
        service: Arn,
        caller: Caller,
        principal: Principal,
        region: str,
        request_id: str,
        facts: Facts,
        tx: Transaction | None,
    ) -> None:
        self.world = world
        self._service = service
        self._caller = caller
        self.principal = principal
        self.account = principal.account
        self.region = region
        self.request_id = request_id
        self.facts = facts
        self._tx = tx

    # -- time and chance

    def now(self) -> datetime:
        """The time, in UTC, to the second, as AWS keeps it."""
        return self.world.clock().replace(microsecond=0)

    @property
    def milliseconds(self) -> int:
        """The time as milliseconds since 1970."""
        return int(self.world.clock().timestamp() * 1000)

    def random(self, length: int) -> bytes:
        return self.world.entropy(length)

    def random_text(self, alphabet: str, length: int) -> str:
        """Random characters; alphabets whose size divides 256 are drawn evenly, others as good as."""
        size = len(alphabet)
        if 256 % size == 0:
            return "".join([alphabet[byte % size] for byte in self.world.entropy(length)])
        number = int.from_bytes(self.world.entropy(length * 2), "big")
        characters = []
        for _ in range(length):
            number, rest = divmod(number, size)
            characters.append(alphabet[rest])
        return "".join(characters)

    def new_id(self, prefix: str) -> str:
        """An identifier in EC2's form: `vpc-0123456789abcdef0`."""
        return f"{prefix}-{self.random_text(_HEX, 17)}"

    def new_uuid(self) -> str:
        return uuid_text(self.world.entropy(16))

    # -- names

    @property
    def service_name(self) -> str:
        """botocore's name of the service that is called."""
        return self._service.name

    def arn(self, resource: str) -> str:
        """The ARN of this service's resource in this account and region."""
        return self._service.arn(self.account, self.region, resource)

    # -- records

    @property
    def tx(self) -> Transaction:
        """The call's transaction. An `async` operation has none: it opens short ones by `snapshot` and `submit`."""
        if self._tx is None:
            raise RuntimeError("an asynchronous operation reads in `ctx.snapshot()` and writes in `ctx.submit(...)`")
        return self._tx

    def snapshot(self) -> "Snapshot":
        """For `async` operations: this call with a consistent, read-only view of the store."""
        return Snapshot(self)

    async def submit(self, work: Callable[["Context"], T]) -> T:
        """For `async` operations: run `work` in a transaction of its own; when this returns, it is on the disk."""
        return await self.world.store.submit(lambda tx: work(self.within(tx)))

    def as_service(self, service: str, source_arn: str = "") -> "Context":
        """This call made by a service (`logs.us-east-1.amazonaws.com`) on behalf of this account: what it may do,
        the policies of the resources say. `source_arn` is what makes it call (`aws:SourceArn`)."""
        principal = Principal(type="Service", account=self.account, arn="", service=service)
        extra = {"aws:sourceaccount": self.account} | ({"aws:sourcearn": source_arn} if source_arn else {})
        facts = Facts(source_ip=service, user_agent=service, secure=True, extra=extra)
        return Context(
            self.world, self._service, self._caller, principal, self.region, self.request_id, facts, self._tx
        )

    def as_principal(self, principal: Principal) -> "Context":
        """This call made by another principal, in the same transaction: a role that a service takes on to do it."""
        facts = Facts(secure=True)
        return Context(
            self.world, self._service, self._caller, principal, self.region, self.request_id, facts, self._tx
        )

    def as_role(self, role_arn: str, service: str, session: str, source_arn: str) -> "Context":
        """This call made in a session of a role that lets a service (`s3.amazonaws.com`) take it, for what the service
        does for `source_arn`. Raises the service's access denial where the role does not, or is not there."""
        role = self.world.identities.role(self.tx, role_arn)
        taker = Principal(type="Service", account="", arn=service, service=service)
        account = role_arn.split(":")[4]
        facts = {"aws:sourcearn": source_arn, "aws:sourceaccount": account}
        trust = role.trust_policy if role is not None else None
        asked = Resource(role_arn, account=account, policy=trust, policy_required=True, facts=facts)
        self.authorize("sts:AssumeRole", asked, taker)
        assert role is not None  # without a trust policy nobody comes this far
        return self.as_principal(role.session(session))

    def in_region(self, region: str) -> "Context":
        """This call in another Region, in the same transaction: for what replicates."""
        return Context(
            self.world, self._service, self._caller, self.principal, region, self.request_id, self.facts, self._tx
        )

    def with_facts(self, extra: Mapping[str, str]) -> "Context":
        """This call with these further condition keys in the place of those that it has, in the same transaction."""
        facts = self.facts._replace(extra=extra)
        return Context(
            self.world, self._service, self._caller, self.principal, self.region, self.request_id, facts, self._tx
        )

    async def compute(self, function: Callable[..., T], *arguments: Any) -> T:
        """For `async` operations: run what takes the processor long (making an RSA key) beside the event loop. It must
        touch nothing but its arguments."""
        return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)

    def later(self, write: Write, item: Any) -> None:
        """Let `write` have the item soon, in a transaction of its own that this call does not wait for: for counters
        and dates of last use, which a crash may lose."""
        self.world.later.add(write, item)

    def within(self, tx: Transaction) -> "Context":
        """This call in a transaction."""
        return Context(
            self.world, self._service, self._caller, self.principal, self.region, self.request_id, self.facts, tx
        )

    def get(self, kind: type[R], *key: Element) -> R | None:
        """This account's record (in this region, where the kind has regions), if there is one."""
        return self.tx.get(kind, *self._scope(kind), *key)

    def find(self, kind: type[R], *key: Element) -> R:
        """The same, or the error that `kind` says its absence is, with the key's fields as its facts."""
        scope = self._scope(kind)
        if (record := self.tx.get(kind, *scope, *key)) is not None:
            return record
        raise kind.absent(**dict(zip(kind.key[len(scope) :], key, strict=True)))

    def scan(self, kind: type[R], *prefix: Element, index: str = "") -> Iterator[R]:
        """This account's records in order of their keys, or of an index, lazily."""
        return self.tx.scan(kind, *self._scope(kind), *prefix, index=index)

    def page(
        self,
        kind: type[R],
        *prefix: Element,
        index: str = "",
        where: Callable[[R], bool] | None = None,
        each: Callable[[R], Any] | None = None,
    ) -> Page:
        """A list answer over this account's records that the core cuts; `where` leaves out, `each` turns into items."""
        scope = self._scope(kind)

        def start(after: bytes) -> Iterator[tuple[bytes, Any]]:
            for position, record in self.tx.scan_from(kind, *scope, *prefix, index=index, after=after):
                if where is None or where(record):
                    yield position, record if each is None else each(record)

        return Page(start)

    def exists(self, kind: type[Record], *prefix: Element, index: str = "") -> bool:
        return self.tx.exists(kind, *self._scope(kind), *prefix, index=index)

    def put(self, record: R) -> R:
        return self.tx.put(record)

    def delete(self, record: Record) -> None:
        self.tx.delete(record)

    def _scope(self, kind: type[Record]) -> tuple[str, ...]:
        return (self.account, self.region) if len(kind.key) > 1 and kind.key[1] == "region" else (self.account,)

    # -- secrets

    def seal(self, secret: bytes, purpose: str) -> bytes:
        return self.world.sealer.seal(secret, purpose)

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed for this purpose. Raises `NotOurs`."""
        return self.world.sealer.open(sealed, purpose)

    def seal_text(self, secret: bytes, purpose: str) -> str:
        """The same as a text that may stand in a URL."""
        return base64.urlsafe_b64encode(self.seal(secret, purpose)).decode()

    def open_text(self, sealed: str, purpose: str) -> bytes | None:
        """What was sealed as text; None for what was not."""
        try:
            return self.open(base64.urlsafe_b64decode(sealed), purpose)
        except (NotOurs, ValueError):
            return None

    # -- other operations

    def call(self, service: str, operation: str, **arguments: Any) -> Any:
        """Call an operation of another service as this caller, authorized like any other call, in this transaction."""
        return self._caller.call(self, service, operation, arguments)

    async def wait(self, service: str, operation: str, **arguments: Any) -> Any:
        """For `async` operations: call another service's operation that opens its own transactions (PutObject)."""
        return await self._caller.wait(self, service, operation, arguments)

    def check(self, service: str, operation: str, **arguments: Any) -> None:
        """Whether this caller may call another service's operation, in this transaction; nothing is done. Raises that
        service's denial."""
        self._caller.check(self, service, operation, arguments)

    def authorize(self, action: str, resource: Resource, principal: Principal | None = None) -> None:
        """Ask for a permission besides the operation's own (`iam:PassRole`), for the caller or for whom it speaks for
        (an assertion's subject). Raises the service's access denial."""
        self._caller.authorize(self, action, resource, principal or self.principal)

    # -- deliveries

    def admits(self, target_arn: str, notice: Notice) -> bool:
        """Whether a queue or topic is there and its policy lets a service send it such a notice."""
        return self._caller.admits(self, target_arn, notice)

    def notify(self, target_arn: str, notice: Notice) -> None:
        """Let a queue or topic have a notice of a service once this transaction is on the disk; its policy decides
        when it comes there."""
        notify(self, target_arn, notice)
