"""Client tokens: the same request twice makes one resource. Source: "Ensuring idempotency in Amazon EC2 API requests".

SDKs send a token with every call that takes one, so tokens are forgotten after a day: each new one takes two that are
over with it.
"""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.services.ec2 import errors
from groundcloud.store import Record

_LIFE = timedelta(days=1)


class ClientToken(Record):
    """What a call with a token has made."""

    table = "ec2.client_token"
    key = ("owner_id", "region", "operation", "token")
    indexes = {"by_end": ("ends",)}
    watched = False

    owner_id: str
    region: str
    operation: str
    token: str
    fingerprint: bytes
    """Of all that the request asked for."""
    made: list[str]
    """Ids."""
    ends: int
    """Unix time."""


class Once:
    """One call that may come twice: `made` has the ids of what it made the first time, if it was there before.

    Raises `IdempotentParameterMismatch` for a token that came with another request.
    """

    def __init__(self, ctx: Context, operation: str, token: str, *request: Any) -> None:
        self._ctx = ctx
        self._operation = operation
        self._token = token
        self._fingerprint = sha256(msgspec.msgpack.encode(request)).digest()
        known = ctx.get(ClientToken, operation, token) if token else None
        if known is not None and known.ends < ctx.now().timestamp():
            known = None
        if known is not None and known.fingerprint != self._fingerprint:
            raise errors.IdempotentParameterMismatch(token=token)
        self.made: Sequence[str] = known.made if known is not None else ()

    def remember(self, *ids: str) -> None:
        """Note what the call made."""
        if not self._token:
            return
        ctx = self._ctx
        now = int(ctx.now().timestamp())
        for old in list(islice(ctx.tx.scan(ClientToken, index="by_end"), 2)):
            if old.ends < now:
                ctx.delete(old)
        ends = now + int(_LIFE.total_seconds())
        ctx.put(ClientToken(ctx.account, ctx.region, self._operation, self._token, self._fingerprint, list(ids), ends))
