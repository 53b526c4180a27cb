"""The page behind the link that verifies an address for SES. The link is the permission."""

import base64
import json
from urllib.parse import parse_qs

from groundcloud.context import World
from groundcloud.gateway.http import Request, Response
from groundcloud.sealing import NotOurs
from groundcloud.services.ses.identities import TOKEN_PURPOSE
from groundcloud.services.ses.records import Identity
from groundcloud.store import Transaction

_PLAIN = [("Content-Type", "text/plain; charset=utf-8")]


async def verify(world: World, request: Request) -> Response:
    """Verify the address that the link's token names."""
    token = parse_qs(request.query).get("Token", [""])[0]
    try:
        account, region, identity, until = json.loads(world.sealer.open(base64.urlsafe_b64decode(token), TOKEN_PURPOSE))
    except (NotOurs, ValueError):
        return Response(400, _PLAIN, b"This link is not valid.\n")
    if until < world.clock().timestamp():
        return Response(400, _PLAIN, b"This link is no longer valid: ask for a new one.\n")

    def work(tx: Transaction) -> bool:
        found = tx.get(Identity, account, region, identity)
        if found is not None:
            found.verified, found.failed = True, False
            tx.put(found)
        return found is not None

    if not await world.store.submit(work):
        return Response(404, _PLAIN, b"Nobody asks for this address any more.\n")
    return Response(200, _PLAIN, f"{identity} is verified: mail may be sent from it.\n".encode())
