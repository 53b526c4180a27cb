"""Logins of IAM's users to databases: a token is a presigned request to `rds-db`, which nobody ever sends.

Source: "IAM database authentication" in the RDS user guide: it is good for 15 minutes, for the endpoint and the port
that it names, and for the user whom a policy lets connect (`rds-db:connect` on `dbuser:RESOURCE-ID/USER`).
"""

import json
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.gateway.http import Request, Response
from groundcloud.gateway.signature import (
    ErrorStyle,
    SignatureError,
    check_scope,
    claim,
    payload_hash_of,
    signing_key,
    verify,
)
from groundcloud.identity import BadToken, Identities
from groundcloud.resource import Resource
from groundcloud.services.rds.records import DBInstance, DBMachine
from groundcloud.services.rds.telling import instance_of
from groundcloud.store import Store, Transaction

log = logging.getLogger(__name__)

_LONGEST = 16384
_GOOD_FOR = timedelta(minutes=15)
_STYLE = ErrorStyle.QUERY
_SERVICE = "rds-db"
_NOTHING: tuple[bytes, ...] = ()

Within = Callable[[Transaction, str, str], Context]


class Refused(Exception):
    """The login is not allowed; the message says why, without the token."""


class DatabaseLogins:
    """Says to a database's machine whether a token is good for a user."""

    def __init__(self, store: Store, identities: Identities, clock: Callable[[], datetime], within: Within) -> None:
        self._store = store
        self._identities = identities
        self._clock = clock
        self._within = within

    async def handle(self, machine: DBMachine, request: Request) -> Response:
        """204 for a login that is allowed, 403 for one that is not."""
        asked = json.loads(await request.body.read(_LONGEST))
        user, token = str(asked["user"]), str(asked["token"])
        with self._store.snapshot() as tx:
            instance = instance_of(tx, machine.account, machine.region, machine.dbi_resource_id)
            try:
                if instance is None:
                    raise Refused("there is no such instance")
                self.check(tx, instance, user, token)
            except Refused as refusal:
                log.info("%s: no login of %s: %s", machine.machine_id, user, refusal)
                return Response(403, [], b"")
        return Response(204, [], b"")

    def check(self, tx: Transaction, instance: DBInstance, user: str, token: str) -> None:
        """Raises `Refused` unless a token lets a user of an instance's database in."""
        if not instance.iam_database_authentication_enabled:
            raise Refused("IAM authentication is not enabled")
        host, _, query = token.partition("/?")
        given = parse_qs(query)
        if host.lower() != f"{instance.endpoint_name}:{instance.port}":
            raise Refused("the token is for another endpoint")
        if given.get("Action") != ["connect"] or given.get("DBUser") != [user]:
            raise Refused("the token is for another user")
        request = Request("GET", "/", query, {"host": host}, _Empty(), "", secure=True)
        try:
            self._verify(tx, instance, request, user)
        except (SignatureError, AwsError) as error:
            raise Refused(str(error)) from error

    def _verify(self, tx: Transaction, instance: DBInstance, request: Request, user: str) -> None:
        now = self._clock()
        claimed = claim(request, _STYLE)
        if claimed is None or claimed.kind != "v4-query":
            raise Refused("it is no presigned request")
        check_scope(claimed, service=_SERVICE, region=instance.region, style=_STYLE)
        try:
            credential = self._identities.credential(tx, claimed.access_key_id, claimed.token)
        except BadToken as error:
            raise Refused("the session token is not valid") from error
        if credential is None or not credential.active:
            raise Refused("there is no such access key")
        key = signing_key(credential.secret, claimed.date, claimed.region, claimed.service)
        verify(
            claimed, request, secret=credential.secret, signing_key=key,
            payload_hash=payload_hash_of(claimed, style=_STYLE), now=now, style=_STYLE,
        )  # fmt: skip
        if now - claimed.time > _GOOD_FOR or (credential.expires is not None and credential.expires <= now):
            raise Refused("the token has expired")
        name = f"dbuser:{instance.dbi_resource_id}/{user}"
        resource = Resource(f"arn:aws:{_SERVICE}:{instance.region}:{instance.account}:{name}", instance.account)
        context = self._within(tx, instance.account, instance.region)
        context.authorize(f"{_SERVICE}:connect", resource, credential.principal)


class _Empty:
    """The body of a request that has none."""

    length = 0
    complete = True

    async def read(self, limit: int) -> bytes:
        return b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in _NOTHING:
            yield piece
