"""The composition root: every part of a running cloud, built by hand, top to bottom. Read it first."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from groundcloud.accounts import Account, Installation, new_account
from groundcloud.context import Context, Facts, World
from groundcloud.engines.at_first_use import Engines, mail, phones, web
from groundcloud.engines.dns.engine import Dns
from groundcloud.engines.host.client import host_engines
from groundcloud.engines.host.places import socket_of
from groundcloud.engines.objects import Objects
from groundcloud.engines.objects.local import LocalObjects
from groundcloud.engines.oidc.fetch import HttpsKeyFetcher
from groundcloud.fronts.access_log import AccessLog
from groundcloud.fronts.doors import Doors
from groundcloud.gateway.authenticate import Authenticator
from groundcloud.gateway.authorize import Authorizer
from groundcloud.gateway.gateway import Gateway
from groundcloud.gateway.invoke import Invoker, style_of_service
from groundcloud.gateway.log import CallLog
from groundcloud.gateway.trail import Recorder
from groundcloud.identity import Principal
from groundcloud.later import Later
from groundcloud.operation import Service
from groundcloud.outbox import LOG, MAIL, PHONE, SUBSCRIPTION
from groundcloud.sealing import Sealer, installation_key
from groundcloud.services.cloudtrail.records import accounts_with_data_events
from groundcloud.services.iam.identities import IamIdentities, note_uses, root_principal
from groundcloud.services.iam.oidc_keys import OidcKeyRefresher
from groundcloud.services.organizations.control import ControlPolicies, organization_id
from groundcloud.store import Store, Transaction, open_store
from groundcloud.store.beside import Beside

if TYPE_CHECKING:  # loaded when the first answer is out
    from groundcloud.engines.dns.query_log import QueryLog
    from groundcloud.engines.probes.prober import Rounds
    from groundcloud.metrics.sink import Sink
    from groundcloud.publishing.publisher import Publisher

T = TypeVar("T")

SERVICES = {
    "cloudtrail": "groundcloud.services.cloudtrail.service",
    "cloudwatch": "groundcloud.services.cloudwatch.service",
    "dynamodb": "groundcloud.services.dynamodb.service",
    "dynamodbstreams": "groundcloud.services.dynamodb.stream_service",
    "ec2": "groundcloud.services.ec2.service",
    "iam": "groundcloud.services.iam.service",
    "kms": "groundcloud.services.kms.service",
    "logs": "groundcloud.services.logs.service",
    "organizations": "groundcloud.services.organizations.service",
    "rds": "groundcloud.services.rds.service",
    "route53": "groundcloud.services.route53.service",
    "route53domains": "groundcloud.services.route53domains.service",
    "s3": "groundcloud.services.s3.service",
    "s3control": "groundcloud.services.s3.control_service",
    "secretsmanager": "groundcloud.services.secretsmanager.service",
    "ses": "groundcloud.services.ses.service",
    "sesv2": "groundcloud.services.ses.second_service",
    "sns": "groundcloud.services.sns.service",
    "sqs": "groundcloud.services.sqs.service",
    "ssm": "groundcloud.services.ssm.service",
    "sts": "groundcloud.services.sts.service",
}
"""Every service of this cloud: botocore's name for it, and the module that has it."""


class Services(Mapping[str, Service]):
    """The services, each imported when it is first asked for: a start waits for none of them."""

    def __init__(self) -> None:
        self._found: dict[str, Service] = {}

    def __getitem__(self, name: str) -> Service:
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = import_module(SERVICES[name]).service
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(SERVICES)

    def __len__(self) -> int:
        return len(SERVICES)


PLANES = ("cloudwatch", "dynamodb", "logs", "sqs")
"""The services that keep a store of their own beside the records: see docs/decisions."""


class Planes(Mapping[str, Store]):
    """The data planes' stores in a folder, each opened when it is first used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, Store] = {}

    def __getitem__(self, name: str) -> Store:
        found = self._open.get(name)
        if found is None:
            if name not in PLANES:
                raise KeyError(name)
            found = self._open[name] = open_store(str(self._folder / f"{name}.db"))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(PLANES)

    def __len__(self) -> int:
        return len(PLANES)

    def close(self) -> None:
        for store in self._open.values():
            store.close()


class EmailTaken(Exception):
    """An account has this address already; AWS takes each address once."""


class Cloud:
    """A cloud without its sockets: a gateway over a store."""

    def __init__(
        self,
        store: Store,
        sealer: Sealer,
        *,
        region: str = "us-east-1",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        entropy: Callable[[int], bytes] = os.urandom,
        call_log: IO[bytes] | None = None,
        trust_any_key: bool = False,
        services: Mapping[str, Service] | None = None,
        engines: Mapping[str, Any] | None = None,
        domains: Iterable[str] = (),
        planes: Mapping[str, Store] | None = None,
        dns: Dns | None = None,
    ) -> None:
        self.store = store
        self.region = region
        self.dns = dns or Dns(region)
        given = engines or {}
        made: dict[str, Callable[[], Any]] = {kind: partial(given.__getitem__, kind) for kind in given}
        made.setdefault("metrics", self._sink)
        engines = Engines({"dns": self.dns}, made)
        self.loop: asyncio.AbstractEventLoop | None = None
        """Where the server runs, once it does."""
        self.planes = planes or {}
        self.identities = IamIdentities(sealer, ControlPolicies().service_control_policies, organization_id)
        self.world = World(store, sealer, clock, entropy, self.identities, Later(), engines, self.planes)
        self.services = services if services is not None else Services()
        self.invoker = Invoker(self.world, self.services, Authorizer(self.identities))
        self.oidc_keys = OidcKeyRefresher(store, HttpsKeyFetcher(), self.identities.wanted_oidc_keys, clock)
        """Its `run()` belongs beside the recorder's."""
        self.recorder = Recorder(store, note_uses, self.world.later, accounts_with_data_events)
        self.log = CallLog(call_log)
        self.default_account = self._default_account()
        trust = self._trusted if trust_any_key else None
        self.gateway = Gateway(
            self.world,
            self.services,
            self.invoker,
            Authenticator(self.identities, trust),
            self.recorder,
            self.log,
            region,
            domains,
        )
        self.gateway.front = Doors(self.gateway, self.world).handle
        self.gateway.tell(AccessLog(self.world.later).note)

    def call(self, tx: Transaction, principal: Principal, service: str, operation: str, **arguments: Any) -> Any:
        """Run an operation as a principal, in a transaction that is open, without a request: at the first start, and
        for the command line. It is authorized like any other call."""
        found = self.services[service].operation(operation)
        ctx = self.invoker.context(found, principal, self.region, "local", Facts(), tx)
        return self.invoker.run(ctx, found, arguments, style_of_service(found.service))

    def call_as_root(self, tx: Transaction, account: str, service: str, operation: str, **arguments: Any) -> Any:
        """The same as the root user of an account: how controllers make what belongs to one."""
        return self.call(tx, root_principal(account), service, operation, **arguments)

    def act(
        self, account: str, region: str, service: str, principal: str, work: Callable[[Context], Awaitable[T]],
        source_arn: str = "", role: str = "",
    ) -> T:  # fmt: skip
        """Let a service's controller call other services' operations: `work` gets a context in which the caller is the
        service (`logs.us-east-1.amazonaws.com`) on behalf of an account, or the account's root user where no service is
        given; or a role (an ARN) that the service assumes, if its trust policy lets it (else the service's access
        denial is raised). It blocks; not for the event loop."""
        stores = {name: Beside(store) for name, store in self.planes.items()}
        world = self.world._replace(store=Beside(self.store), planes=stores)
        root, found = root_principal(account), self.services[service]
        made = Context(world, found, self.invoker, root, region, principal or service, Facts(), None)
        if principal:
            made = made.as_service(principal, source_arn)

        async def run() -> T:
            try:
                return await work(_in_role(made, role, source_arn) if role else made)
            finally:
                for store in (world.store, *stores.values()):
                    store.rest()

        return asyncio.run(run())

    def publisher(self) -> "Publisher":
        """What empties the outbox. Its `run()` belongs beside the recorder's, in one process of the cloud."""
        from groundcloud.publishing.log_lines import LogLines
        from groundcloud.publishing.mails import Mails
        from groundcloud.publishing.phones import DirectMessages
        from groundcloud.publishing.publisher import Publisher
        from groundcloud.publishing.subscriptions import Subscriptions

        handlers = {
            SUBSCRIPTION: Subscriptions(self.world, self.invoker).deliver,
            MAIL: Mails(self.world).deliver,
            PHONE: DirectMessages(self.world).deliver,
            LOG: LogLines(self.world, self.invoker, self.services["logs"]).deliver,
        }
        return Publisher(self.store, self.invoker, self.world.clock, handlers)

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """For controllers, which may block: what an engine's coroutine gives. It runs where the server's do."""
        if self.loop is None:
            return asyncio.run(work)
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def within_ec2(self, tx: Transaction, account: str, region: str) -> Context:
        """What EC2's controllers work in, likewise."""
        operation = self.services["ec2"].operation("DescribeVpcs")
        return self.invoker.context(operation, root_principal(account), region, "ec2", Facts(), tx)

    def within_rds(self, tx: Transaction, account: str, region: str) -> Context:
        """What RDS's controllers work in, likewise."""
        operation = self.services["rds"].operation("DescribeDBInstances")
        return self.invoker.context(operation, root_principal(account), region, "rds", Facts(), tx)

    def within_cloudwatch(self, tx: Transaction, account: str, region: str) -> Context:
        """What alarms act in, likewise."""
        operation = self.services["cloudwatch"].operation("DescribeAlarms")
        return self.invoker.context(operation, root_principal(account), region, "cloudwatch", Facts(), tx)

    @cached_property
    def query_log(self) -> "QueryLog":
        """What is asked of zones that are logged, from its first use on."""
        from groundcloud.engines.dns.query_log import QueryLog

        found = QueryLog(self.dns.table, self.world.clock)
        self.dns.answering.noted = found.note
        return found

    @cached_property
    def rounds(self) -> "Rounds":
        """The checkers of health checks; what they find turns answers at once. `run()` belongs on the event loop."""
        from groundcloud.engines.probes.board import Board
        from groundcloud.engines.probes.endpoint import Prober
        from groundcloud.engines.probes.prober import Rounds

        board = Board(self.dns.table.set_health)
        board.alarms = self.alarm_state
        return Rounds(board, Prober(self.dns.resolve).ask, self.world.clock)

    def _sink(self) -> "Sink":
        from groundcloud.metrics.sink import Sink

        return Sink(self.world.plane("cloudwatch"), self.world.clock)

    def alarm_state(self, account: str, region: str, name: str) -> str | None:
        """OK, ALARM or INSUFFICIENT_DATA, for health checks that follow an alarm; None where there is no such alarm."""
        from groundcloud.services.cloudwatch.records import Alarm

        with self.store.snapshot() as tx:
            found = tx.get(Alarm, account, region, name)
        return found.state_value if found is not None else None

    def close(self) -> None:
        """Close the stores."""
        if isinstance(self.planes, Planes):
            self.planes.close()
        self.store.close()

    def create_account(self, name: str, email: str) -> str:
        """A new account with its root user; its number. Raises `EmailTaken`."""

        def work(tx: Transaction) -> str:
            if any(tx.scan(Account, email, index="by_email")):
                raise EmailTaken(email)
            return new_account(tx, name, email, self.world.clock(), self.world.entropy).account

        return self.store.write(work)

    def accounts(self) -> list[Account]:
        """All accounts, by their numbers."""
        with self.store.snapshot() as tx:
            return list(tx.scan(Account))

    def create_admin(self, account: str, user_name: str = "admin") -> dict[str, str]:
        """A user who may do everything, with an access key: `access_key_id` and `secret_access_key`."""

        def work(tx: Transaction) -> dict[str, str]:
            root = root_principal(account)
            self.call(tx, root, "iam", "CreateUser", user_name=user_name)
            self.call(
                tx, root, "iam", "AttachUserPolicy",
                user_name=user_name, policy_arn="arn:aws:iam::aws:policy/AdministratorAccess",
            )  # fmt: skip
            key: dict[str, str] = self.call(tx, root, "iam", "CreateAccessKey", user_name=user_name)["access_key"]
            return key

        return self.store.write(work)

    def create_key(self, account: str, user_name: str) -> dict[str, str]:
        """Another access key of a user: `access_key_id` and `secret_access_key`. Raises IAM's errors."""

        def work(tx: Transaction) -> dict[str, str]:
            root = root_principal(account)
            key: dict[str, str] = self.call(tx, root, "iam", "CreateAccessKey", user_name=user_name)["access_key"]
            return key

        return self.store.write(work)

    def _default_account(self) -> str:
        """The account that the first start makes."""

        def work(tx: Transaction) -> str:
            found = tx.get(Installation, "installation")
            if found is None:
                now, entropy = self.world.clock(), self.world.entropy
                account = new_account(tx, "groundcloud", "root@groundcloud.invalid", now, entropy).account
                found = tx.put(Installation(default_account=account, created=now))
            return found.default_account

        return self.store.write(work)

    def _trusted(self, access_key_id: str) -> Principal:
        """Any key is the default account's root; twelve digits are that account's."""
        twelve_digits = len(access_key_id) == 12 and access_key_id.isdigit()
        return root_principal(access_key_id if twelve_digits else self.default_account, access_key_id)


def open_cloud(
    data: Path,
    *,
    store_url: str = "",
    objects: str = "",
    mail_relay: str = "",
    loopback_only: bool = True,
    **options: Any,
) -> Cloud:
    """The cloud whose data lie in a folder, made at the first start. `loopback_only`: nobody but this host reaches it,
    and so its deliveries may go to this host."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = installation_key(data / "installation.key")
    sealer = Sealer(key)
    ready = {"objects": _objects(data, objects, key), **host_engines(socket_of(data))}
    made = {"mail": lambda: mail(data, mail_relay), "web": lambda: web(loopback_only), "phones": lambda: phones(data)}
    engines = Engines(ready, made)
    store = open_store(store_url or str(data / "groundcloud.db"))
    apart = not store_url.startswith(("postgres:", "postgresql:"))  # a server takes many writers at once
    return Cloud(store, sealer, engines=engines, planes=Planes(data) if apart else None, **options)


def _objects(data: Path, place: str, key: bytes) -> Objects:
    """The engine for the bytes of objects: local files, or a cluster's bucket."""
    if not place:
        return LocalObjects(data / "objects")
    from groundcloud.engines.objects.cluster import ClusterObjects, owner_of
    from groundcloud.engines.objects.place import Place

    return ClusterObjects(Place.of(place), owner_of(key))


def _in_role(ctx: Context, role_arn: str, source_arn: str) -> Context:
    """A service's context in a role that it assumes."""
    service = ctx.principal.service
    with ctx.snapshot() as inner:
        return ctx.as_principal(inner.as_role(role_arn, service, service.partition(".")[0], source_arn).principal)
