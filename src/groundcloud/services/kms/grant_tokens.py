"""Grant tokens: which grant is meant, sealed."""

import base64
import binascii

from groundcloud.context import Context
from groundcloud.sealing import NotOurs
from groundcloud.services.kms import errors
from groundcloud.services.kms.records import Grant

_PURPOSE = "kms grant token"


def write(ctx: Context, grant: Grant) -> str:
    place = "/".join((grant.account, grant.region, grant.key_id, grant.grant_id))
    return base64.b64encode(ctx.seal(place.encode(), _PURPOSE)).decode()


def read(ctx: Context, token: str) -> tuple[str, str, str, str]:
    """Account, Region, key id and grant id. Raises `InvalidGrantTokenException`."""
    try:
        account, region, key_id, grant_id = (
            ctx.open(base64.b64decode(token, validate=True), _PURPOSE).decode().split("/")
        )
    except (binascii.Error, ValueError, NotOurs) as error:
        raise errors.InvalidGrantToken() from error
    return account, region, key_id, grant_id
