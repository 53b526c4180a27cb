"""Aliases: names of keys, one account's and Region's."""

import re

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.resource import Resource
from groundcloud.services.kms import errors
from groundcloud.services.kms.access import key_resource
from groundcloud.services.kms.lookup import own
from groundcloud.services.kms.making import put_alias
from groundcloud.services.kms.managed import PREFIX, SERVICES
from groundcloud.services.kms.records import Alias, Key
from groundcloud.services.kms.use import check_manageable

_NAME = re.compile(r"alias/[a-zA-Z0-9/_-]+")


def _alias(ctx: Context, alias_name: str) -> Resource:
    return Resource(ctx.arn(alias_name))


def _alias_and_key(ctx: Context, alias_name: str, target_key_id: str) -> list[Resource]:
    return [_alias(ctx, alias_name), key_resource(ctx, target_key_id, aliases=False)]


def _alias_and_its_key(ctx: Context, alias_name: str) -> list[Resource]:
    found = ctx.get(Alias, alias_name)
    if found is None:
        return [_alias(ctx, alias_name)]
    return [_alias(ctx, alias_name), key_resource(ctx, found.target_key_id)]


def _alias_and_both_keys(ctx: Context, alias_name: str, target_key_id: str) -> list[Resource]:
    return [*_alias_and_its_key(ctx, alias_name), key_resource(ctx, target_key_id, aliases=False)]


def _check_name(alias_name: str) -> None:
    if not alias_name.startswith("alias/"):
        raise errors.InvalidAliasName()
    if not _NAME.fullmatch(alias_name):
        raise errors.ValidationException(
            reason=f"1 validation error detected: Value '{alias_name}' at 'aliasName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: ^alias/[a-zA-Z0-9/_-]+$"
        )
    if alias_name.startswith(PREFIX):
        raise errors.NotAuthorized(reason="")


def _target(ctx: Context, key_id: str) -> Key:
    found = own(ctx, key_id)
    if found.account != ctx.account:
        raise errors.NotFound(arn=found.arn)
    check_manageable(found, "Disabled", "PendingImport", "Unavailable")
    return found


@operation(on=_alias_and_key)
def create_alias(ctx: Context, alias_name: str, target_key_id: str) -> None:
    _check_name(alias_name)
    found = _target(ctx, target_key_id)
    if ctx.get(Alias, alias_name) is not None:
        raise errors.AliasExists(arn=ctx.arn(alias_name))
    if sum(1 for _ in ctx.scan(Alias, found.key_id, index="by_key")) >= 50:
        raise errors.LimitExceeded(reason="A KMS key can have at most 50 aliases.")
    put_alias(ctx, alias_name, found)


@operation(on=_alias_and_both_keys)
def update_alias(ctx: Context, alias_name: str, target_key_id: str) -> None:
    _check_name(alias_name)
    alias = _found(ctx, alias_name)
    target = _target(ctx, target_key_id)
    before = ctx.get(Key, alias.target_key_id)
    if before is not None and (before.key_spec, before.key_usage) != (target.key_spec, target.key_usage):
        raise errors.ValidationException(
            reason="The current and new KMS key must be the same type and have the same key usage."
        )
    alias.target_key_id = target.key_id
    alias.last_updated_date = ctx.now()
    ctx.put(alias)


@operation(on=_alias_and_its_key)
def delete_alias(ctx: Context, alias_name: str) -> None:
    _check_name(alias_name)
    ctx.delete(_found(ctx, alias_name))


def _found(ctx: Context, alias_name: str) -> Alias:
    found = ctx.get(Alias, alias_name)
    if found is None:
        raise errors.NoSuchAlias(arn=ctx.arn(alias_name))
    return found


@operation(on="*", read=True, page_size=50)
def list_aliases(ctx: Context, key_id: str = "") -> dict[str, Page]:
    """Predefined aliases whose key nobody has used yet have no target (API reference, ListAliases)."""
    if key_id:
        found = own(ctx, key_id)
        return {"aliases": ctx.page(Alias, found.key_id, index="by_key")}
    made = list(ctx.scan(Alias))
    names = {alias.alias_name for alias in made}
    predefined = [
        {"alias_name": f"{PREFIX}{name}", "alias_arn": ctx.arn(f"{PREFIX}{name}")}
        for name in SERVICES
        if f"{PREFIX}{name}" not in names
    ]
    return {"aliases": page_of([*made, *predefined], key=_name_of)}


def _name_of(alias: Alias | dict[str, str]) -> str:
    return alias.alias_name if isinstance(alias, Alias) else alias["alias_name"]
