"""CIDR collections: named groups of networks for IP-based routing."""

from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.route53 import errors
from groundcloud.services.route53.records import CidrCollection, RecordSet
from groundcloud.services.route53.shared import limit, new_uuid
from groundcloud.store import Part

_LONGEST = {4: 24, 6: 48}
"""The longest prefixes that Route 53 takes (Developer Guide, "IP-based routing")."""


class CidrCollectionChange(Part):
    location_name: str
    action: str
    cidr_list: list[str]


def _collection(ctx: Context, id_: str) -> CidrCollection:
    """Raises `NoSuchCidrCollectionException`."""
    found = ctx.get(CidrCollection, id_)
    if found is None:
        raise errors.NoSuchCidrCollection(id=id_)
    return found


def _shown(found: CidrCollection) -> dict[str, Any]:
    return {"arn": found.arn, "id": found.id, "name": found.name, "version": found.revision}


@operation(on="*")
def create_cidr_collection(ctx: Context, name: str, caller_reference: str) -> object:
    known = next(ctx.scan(CidrCollection, name, index="by_name"), None)
    if known is not None and known.caller_reference != caller_reference:
        raise errors.CidrCollectionAlreadyExists()
    found = known or ctx.put(CidrCollection(ctx.account, new_uuid(ctx), name, caller_reference))
    location = f"https://route53.amazonaws.com/2013-04-01/cidrcollection/{found.id}"
    return {"collection": _shown(found), "location": location}


@operation(on="cidrcollection/{id}")
def change_cidr_collection(
    ctx: Context,
    id: str,
    changes: Sequence[CidrCollectionChange],
    collection_version: int | None = None,
) -> object:
    found = _collection(ctx, id)
    if collection_version is not None and collection_version != found.revision:
        raise errors.CidrCollectionVersionMismatch(given=collection_version, version=found.revision)
    for change in changes:
        blocks = [_block(text) for text in change.cidr_list]
        if change.action == "PUT":
            _put(found, change.location_name, blocks)
        else:
            _delete(ctx, found, change.location_name, blocks)
    found.revision += 1
    ctx.put(found)
    return {"id": found.id}


def _block(text: str) -> str:
    """A block in its usual spelling. Raises `InvalidInput`."""
    try:
        network = ip_network(text)
    except ValueError as error:
        raise errors.InvalidInput(reason=f"{text} is not a valid CIDR block.") from error
    if network.prefixlen > _LONGEST[network.version]:
        raise errors.InvalidInput(reason=f"The CIDR block {text} is longer than /{_LONGEST[network.version]}.")
    return str(network)


def _put(found: CidrCollection, location: str, blocks: list[str]) -> None:
    if location == "*":
        raise errors.InvalidInput(reason="The location * is the default location and can't have CIDR blocks.")
    for block in blocks:
        for name, known in found.locations.items():
            if name != location and block in known:
                raise errors.CidrBlockInUse(block=block, location=name)
    found.locations[location] = sorted({*found.locations.get(location, ()), *blocks})


def _delete(ctx: Context, found: CidrCollection, location: str, blocks: list[str]) -> None:
    """Take blocks out; a location goes with its last block unless a record uses it."""
    left = [block for block in found.locations.get(location, ()) if block not in blocks]
    if left:
        found.locations[location] = left
    elif location in found.locations:
        if ctx.tx.exists(RecordSet, found.id, location, index="by_collection"):
            raise errors.CidrCollectionInUse(id=found.id, reason=f"a record set uses its location {location}")
        del found.locations[location]


@operation(on="cidrcollection/{id}")
def delete_cidr_collection(ctx: Context, id: str) -> None:
    found = _collection(ctx, id)
    if found.locations:
        raise errors.CidrCollectionInUse(id=id, reason="it is not empty")
    ctx.delete(found)


def _page(
    ctx: Context, purpose: str, token: str | None, max_results: str | None, items: Iterable[tuple[str, Any]]
) -> Any:
    """A page of items in the order of their names, and the token of the next."""
    after = ""
    if token:
        opened = ctx.open_text(token, purpose)
        if opened is None:
            raise errors.InvalidInput(reason="The value of NextToken is not valid.")
        after = opened.decode()
    count = limit(max_results, 100)
    left = sorted((pair for pair in items if pair[0] > after), key=lambda pair: pair[0])
    more = ctx.seal_text(left[count - 1][0].encode(), purpose) if len(left) > count else None
    return [item for _, item in left[:count]], more


@operation(on="*", read=True)
def list_cidr_collections(ctx: Context, next_token: str | None = None, max_results: str | None = None) -> object:
    items = ((each.id, _shown(each)) for each in ctx.scan(CidrCollection))
    page, more = _page(ctx, "route53/collections", next_token, max_results, items)
    return {"cidr_collections": page, "next_token": more}


@operation(on="cidrcollection/{collection_id}", read=True)
def list_cidr_locations(
    ctx: Context, collection_id: str, next_token: str | None = None, max_results: str | None = None
) -> object:
    found = _collection(ctx, collection_id)
    items = ((name, {"location_name": name}) for name in found.locations)
    page, more = _page(ctx, f"route53/locations/{found.id}", next_token, max_results, items)
    return {"cidr_locations": page, "next_token": more}


@operation(on="cidrcollection/{collection_id}", read=True)
def list_cidr_blocks(
    ctx: Context,
    collection_id: str,
    location_name: str | None = None,
    next_token: str | None = None,
    max_results: str | None = None,
) -> object:
    found = _collection(ctx, collection_id)
    if location_name is not None and location_name not in found.locations:
        raise errors.NoSuchCidrLocation(name=location_name)
    items = (
        (f"{name} {block}", {"cidr_block": block, "location_name": name})
        for name, blocks in found.locations.items()
        if location_name in (None, name)
        for block in blocks
    )
    page, more = _page(ctx, f"route53/blocks/{found.id}", next_token, max_results, items)
    return {"cidr_blocks": page, "next_token": more}
