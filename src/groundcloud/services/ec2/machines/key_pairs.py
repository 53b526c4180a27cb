"""Key pairs: created, imported, listed and deleted."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, as_resource, made
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.machines import key_material
from groundcloud.services.ec2.machines.records import KeyPair
from groundcloud.services.ec2.tags import tags_for


def named(ctx: Context, key_name: str) -> KeyPair | None:
    """The key pair of a name, if there is one."""
    return next(ctx.scan(KeyPair, key_name, index="by_name"), None)


def _new(by: str) -> Any:
    def resources(ctx: Context, key_name: str, tag_specifications: Sequence[TagSpecification]) -> list[Resource]:
        return made(ctx, "key-pair", by, tag_specifications, {"ec2:region": ctx.region}, name=key_name)

    return resources


def _one(ctx: Context, key_name: str, key_pair_id: str) -> Resource:
    found = ctx.get(KeyPair, key_pair_id) if key_pair_id else named(ctx, key_name)
    return as_resource(found) if found is not None else Resource(ctx.arn(f"key-pair/{key_name or '*'}"))


def _check_free(ctx: Context, key_name: str) -> None:
    if not 1 <= len(key_name) <= 255 or not key_name.isascii() or key_name != key_name.strip():
        raise errors.InvalidParameterValue(reason=f"Value ({key_name}) for parameter KeyName is invalid.")
    if named(ctx, key_name) is not None:
        raise errors.KeyPairDuplicate(name=key_name)


def _kept(
    ctx: Context, key_name: str, key_type: str, fingerprint: str, public_key: str, tags: Sequence[TagSpecification]
) -> KeyPair:
    return ctx.put(
        KeyPair(
            owner_id=ctx.account,
            region=ctx.region,
            key_pair_id=ctx.new_id("key"),
            key_name=key_name,
            key_type=key_type,
            key_fingerprint=fingerprint,
            public_key=public_key,
            create_time=ctx.now(),
            tags=tags_for(tags, "key-pair"),
        )
    )


@operation(on=_new("CreateKeyPair"), conditions={"ec2:KeyPairType": "key_type"})
async def create_key_pair(
    ctx: Context,
    key_name: str,
    key_type: str = "rsa",
    key_format: str = "pem",
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    with ctx.snapshot() as reading:
        _check_free(reading, key_name)
    key = await ctx.compute(key_material.make, key_type, key_format)

    def keep(writing: Context) -> KeyPair:
        _check_free(writing, key_name)
        return _kept(writing, key_name, key_type, key.fingerprint, key.public_key, tag_specifications)

    pair = await ctx.submit(keep)
    return {
        "key_fingerprint": pair.key_fingerprint,
        "key_material": key.material,
        "key_name": key_name,
        "key_pair_id": pair.key_pair_id,
        "tags": pair.tags or None,
    }


@operation(on=_new("ImportKeyPair"))
def import_key_pair(
    ctx: Context, key_name: str, public_key_material: bytes, tag_specifications: Sequence[TagSpecification] = ()
) -> object:
    _check_free(ctx, key_name)
    try:
        key = key_material.read_public(public_key_material)
    except key_material.NotAKey as error:
        raise errors.InvalidKeyFormat() from error
    public_key = key_material.openssh(key)
    key_type = "rsa" if public_key.startswith("ssh-rsa") else "ed25519"
    pair = _kept(ctx, key_name, key_type, key_material.imported_fingerprint(key), public_key, tag_specifications)
    return {
        "key_fingerprint": pair.key_fingerprint,
        "key_name": key_name,
        "key_pair_id": pair.key_pair_id,
        "tags": pair.tags or None,
    }


_FILTERS: Filters = {
    "fingerprint": lambda pair: pair.key_fingerprint,
    "key-name": lambda pair: pair.key_name,
    "key-pair-id": lambda pair: pair.key_pair_id,
}


@operation(on="*", read=True)
def describe_key_pairs(
    ctx: Context,
    filters: Sequence[Filter] = (),
    key_names: Sequence[str] = (),
    key_pair_ids: Sequence[str] = (),
    include_public_key: bool = False,
) -> dict[str, Page]:
    ids = list(key_pair_ids)
    for name in key_names:
        found = named(ctx, name)
        if found is None:
            raise errors.NoSuchKeyPair(name=name)
        ids.append(found.key_pair_id)

    def shown(pair: KeyPair) -> dict[str, Any]:
        return {
            "key_pair_id": pair.key_pair_id,
            "key_type": pair.key_type,
            "tags": pair.tags,
            "public_key": f"{pair.public_key} {pair.key_name}\n" if include_public_key else None,
            "create_time": pair.create_time,
            "key_name": pair.key_name,
            "key_fingerprint": pair.key_fingerprint,
        }

    return {"key_pairs": listed(ctx, KeyPair, ids, filters, _FILTERS, each=shown)}


@operation(on=_one)
def delete_key_pair(ctx: Context, key_name: str = "", key_pair_id: str = "") -> object:
    """A key that is not there is deleted as well: AWS answers so."""
    if not key_name and not key_pair_id:
        raise errors.MissingParameter(name="KeyName")
    found = ctx.get(KeyPair, key_pair_id) if key_pair_id else named(ctx, key_name)
    if found is None:
        return {"return_": True}
    ctx.delete(found)
    return {"return_": True, "key_pair_id": found.key_pair_id}
