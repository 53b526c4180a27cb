"""The instance metadata service: HTTP at 169.254.169.254 inside each VPC, versions 1 and 2.

What there is to read is `services/ec2/machines/metadata.py`'s; this module has tokens, versions, refusals and the
renewal of role credentials. Source: "Use the Instance Metadata Service" in the EC2 user guide.
"""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from groundcloud.context import World
from groundcloud.errors import AwsError
from groundcloud.fronts import databases
from groundcloud.fronts.databases import Databases
from groundcloud.gateway.http import Request, Response
from groundcloud.identity import Principal
from groundcloud.services.ec2.machines import metadata
from groundcloud.services.ec2.machines.metadata import Accesses, Asking, Extra, RoleCredentials
from groundcloud.services.ec2.machines.records import Instance, UserData
from groundcloud.store import Transaction

log = logging.getLogger(__name__)

_VERSIONS = "1.0\n2021-07-15\nlatest"
_TOKEN, _TTL = "x-aws-ec2-metadata-token", "x-aws-ec2-metadata-token-ttl-seconds"

AssumeRole = Callable[[Transaction, Principal, str, str], Any]
"""Credentials of a role for the EC2 service: transaction, principal, the role's ARN, the session's name."""


class Metadata:
    """Answers the machines of all VPCs. `main.py` builds it.

    `role_of`: the ARN of the role in an instance profile, by its ARN; `assume`: credentials for it.
    """

    def __init__(
        self,
        world: World,
        role_of: Callable[[Transaction, str], str | None],
        assume: AssumeRole,
        sign: Callable[[bytes], str],
        ca: str,
        databases: Databases,
    ) -> None:
        self._world = world
        self._role_of = role_of
        self._assume = assume
        self._sign = sign
        self._ca = ca
        self._databases = databases
        self.accesses = Accesses()

    async def handle(self, vpc_id: str, request: Request) -> Response:
        """The answer to a machine of a VPC; the peer's address says which one it is."""
        if request.path.startswith(databases.PATH):
            return await self._databases.handle(vpc_id, request)
        with self._world.store.snapshot() as tx:
            who = metadata.asking(tx, vpc_id, request.client)
        if who is None or who.instance.metadata_options.http_endpoint == "disabled":
            return _refusal(403, "Forbidden")
        now = self._world.clock()
        if request.method == "PUT":
            return self._token(request, who.instance, now)
        if request.method not in ("GET", "HEAD"):
            return _refusal(405, "Method Not Allowed")
        seconds = self._seconds(request, who.instance, now)
        if seconds < 0:
            return _refusal(401, "Unauthorized")
        extra = [(_TTL, str(seconds))] if seconds else []
        path = request.path
        if path in ("", "/"):
            return _text(_VERSIONS, extra)
        version, _, rest = path.lstrip("/").partition("/")
        if version not in _VERSIONS.split("\n"):
            return _refusal(404, "Not Found")
        found = await self._look_up(who, rest)
        return _refusal(404, "Not Found") if found is None else _text(found, extra)

    def _token(self, request: Request, instance: Instance, now: datetime) -> Response:
        """PUT /latest/api/token. A request that a proxy has passed on gets none."""
        if request.path != "/latest/api/token":
            return _refusal(404, "Not Found")
        if "x-forwarded-for" in request.headers:
            return _refusal(403, "Forbidden")
        wanted = request.headers.get(_TTL, "")
        if not wanted.isascii() or not wanted.isdigit() or not 0 < int(wanted) <= metadata.LONGEST_TOKEN:
            return _refusal(400, "Bad Request")
        token = metadata.new_token(self._world.sealer, instance.instance_id, now, int(wanted))
        return _text(token, [(_TTL, wanted)])

    def _seconds(self, request: Request, instance: Instance, now: datetime) -> int:
        """How long the request's token is good for; 0 without one where none is needed, -1 for a refusal."""
        token = request.headers.get(_TOKEN)
        if token is None:
            refused = instance.metadata_options.http_tokens == "required"
            self.accesses.note(instance.instance_id, refused=refused)
            return -1 if refused else 0
        return metadata.token_seconds(self._world.sealer, token, instance.instance_id, now) or -1

    async def _look_up(self, who: Asking, path: str) -> str | None:
        credentials = ""
        if path.startswith("meta-data/iam") and who.instance.profile is not None:
            credentials = await self._credentials(who.instance)
        extra = Extra(self._user_data, credentials, self._ca, self._sign)
        with self._world.store.snapshot() as tx:
            return metadata.look_up(metadata.tree(tx, who, extra), path)

    def _user_data(self, kept: UserData) -> bytes:
        return self._world.sealer.open(kept.sealed, "ec2.user_data")

    # -- role credentials

    async def _credentials(self, instance: Instance) -> str:
        """The document of the role's credentials, new ones where the old ones end soon; empty without a role."""
        now = self._world.clock()
        assert instance.profile is not None
        with self._world.store.snapshot() as tx:
            role = self._role_of(tx, instance.profile.arn)
            kept = tx.get(RoleCredentials, instance.owner_id, instance.region, instance.instance_id)
        if role is None:
            return ""
        if kept is None or kept.role_arn != role or kept.expiration - metadata.RENEWED_BEFORE < now:
            kept = await self._world.store.submit(lambda tx: self._renew(tx, instance, role, now))
        return self._world.sealer.open(kept.sealed, "ec2.role_credentials").decode() if kept is not None else ""

    def _renew(self, tx: Transaction, instance: Instance, role: str, now: datetime) -> RoleCredentials | None:
        service = Principal(
            type="Service", account=instance.owner_id, arn="ec2.amazonaws.com", service="ec2.amazonaws.com"
        )
        try:
            made = self._assume(tx, service, role, instance.instance_id)["credentials"]
        except AwsError as error:
            log.warning("no credentials of %s for %s: %s", role, instance.instance_id, error)
            return None
        document = {
            "RoleName": role.rpartition("/")[2],
            "Code": "Success",
            "LastUpdated": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Type": "AWS-HMAC",
            "AccessKeyId": made["access_key_id"],
            "SecretAccessKey": made["secret_access_key"],
            "Token": made["session_token"],
            "Expiration": made["expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        sealed = self._world.sealer.seal(json.dumps(document).encode(), "ec2.role_credentials")
        return tx.put(
            RoleCredentials(instance.owner_id, instance.region, instance.instance_id, role, made["expiration"], sealed)
        )


def _text(text: str, headers: list[tuple[str, str]]) -> Response:
    return Response(200, [("Content-Type", "text/plain"), ("Server", "EC2ws"), *headers], text.encode("latin-1"))


def _refusal(status: int, title: str) -> Response:
    page = (
        '<?xml version="1.0" encoding="iso-8859-1"?>\n'
        f"<html><head><title>{status} - {title}</title></head><body><h1>{status} - {title}</h1></body></html>\n"
    )
    return Response(status, [("Content-Type", "text/html"), ("Server", "EC2ws")], page.encode())
