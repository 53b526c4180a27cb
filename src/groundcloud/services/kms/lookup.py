"""Which key a call means: by key id, key ARN, alias or alias ARN, in this account or another one."""

import re
from typing import NamedTuple

from groundcloud.context import Context
from groundcloud.services.kms import errors
from groundcloud.services.kms.records import Alias, Key

KEY_ID = re.compile(r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_ARN = re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]+):(\d{12}):((?:key|alias)/.+)")


class Reference(NamedTuple):
    """What a key identifier says, before anything is looked up."""

    account: str
    region: str
    key_id: str = ""
    alias: str = ""

    @property
    def arn(self) -> str:
        return f"arn:aws:kms:{self.region}:{self.account}:{self.alias or 'key/' + self.key_id}"


def reference(ctx: Context, key_id: str, aliases: bool = True) -> Reference:
    """Raises `NotFoundException` and `InvalidArnException` for what is no key identifier."""
    account, region, name = ctx.account, ctx.region, key_id
    if key_id.startswith("arn:"):
        found = _ARN.fullmatch(key_id)
        if found is None:
            raise errors.InvalidArn(arn=key_id)
        region, account, name = found.groups()
        if region != ctx.region:
            raise errors.WrongRegion(region=region)
        name = name.removeprefix("key/")
    if name.startswith("alias/") and aliases:
        return Reference(account, region, alias=name)
    if not KEY_ID.fullmatch(name):
        raise errors.InvalidKeyId(key_id=key_id)
    return Reference(account, region, key_id=name)


def locate(ctx: Context, key_id: str, aliases: bool = True) -> Key:
    """The key that is meant. Raises `NotFoundException`, with AWS's words for keys and for aliases."""
    return of_reference(ctx, reference(ctx, key_id, aliases))


def own(ctx: Context, key_id: str) -> Key:
    """The key of an operation that manages it: no aliases."""
    return locate(ctx, key_id, aliases=False)


def of_reference(ctx: Context, meant: Reference) -> Key:
    name = meant.key_id
    if meant.alias:
        alias = ctx.tx.view(Alias, meant.account, meant.region, meant.alias)
        if alias is None:
            raise errors.NoSuchAlias(arn=meant.arn)
        name = alias.target_key_id
    key = ctx.tx.view(Key, meant.account, meant.region, name)
    if key is None:
        raise errors.NotFound(arn=meant.arn)
    return key
