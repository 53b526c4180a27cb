"""What all of Route 53's operations need: ids, names, limits of lists, and the changes that servers are told of."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from groundcloud.context import Context
from groundcloud.engines.dns.names import BadName, sort_key, to_text, to_wire
from groundcloud.services.route53 import errors
from groundcloud.services.route53.records import PENDING, ChangeInfo, HostedZone

T = TypeVar("T")

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SERVERS = (("com", 0), ("net", 512), ("org", 1024), ("co.uk", 1536))
"""The domains of AWS's name servers, and the number that each begins with."""


def new_id(ctx: Context, letter: str) -> str:
    """Of a zone (Z), a change (C) or a delegation set (N)."""
    return f"{letter}0{ctx.random_text(_LETTERS, 19)}"


def new_uuid(ctx: Context) -> str:
    digits = ctx.random(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def new_name_servers(ctx: Context) -> list[str]:
    """Four names in four domains, as AWS hands them out."""
    drawn = ctx.random(12)
    found = []
    for number, (domain, first) in enumerate(SERVERS):
        host = first + int.from_bytes(drawn[number * 3 : number * 3 + 2], "big") % 512
        found.append(f"ns-{host}.awsdns-{drawn[number * 3 + 2] % 64:02}.{domain}")
    return found


def normal_name(name: str) -> str:
    """A name in lower case with its final dot and Route 53's escapes. Raises `InvalidDomainName`."""
    try:
        return to_text(to_wire(name))
    except BadName as error:
        raise errors.InvalidDomainName(reason=f"{name} is not a valid domain name") from error


def list_order(name: str) -> str:
    """What AWS sorts by: the labels from the last to the first. Raises `BadName`."""
    return sort_key(to_wire(name))


def limit(max_items: str | None, most: int) -> int:
    """How many items a page has. Raises `InvalidInput`."""
    if max_items is None:
        return most
    if not max_items.isascii() or not max_items.isdigit() or int(max_items) < 1:
        raise errors.InvalidInput(reason=f"Invalid MaxItems value: {max_items}")
    return min(int(max_items), most)


def first_page(items: Iterator[T], count: int) -> tuple[list[T], T | None]:
    """Up to `count` items, and the one that the next page begins with."""
    page: list[T] = []
    for item in items:
        if len(page) == count:
            return page, item
        page.append(item)
    return page, None


def begin_change(ctx: Context, zone: HostedZone, names: Sequence[str] | None, comment: str | None = None) -> Any:
    """Write down what the servers have to look at; the answer's ChangeInfo. `names` are in the order of lists."""
    made = ChangeInfo(
        account=zone.account, id=new_id(ctx, "C"), status=PENDING, submitted_at=ctx.now(), zone_id=zone.id,
        comment=comment, names=None if names is None else list(names),
    )  # fmt: skip
    return shown_change(ctx.put(made))


def shown_change(change: ChangeInfo) -> dict[str, Any]:
    return {
        "id": f"/change/{change.id}",
        "status": change.status,
        "submitted_at": change.submitted_at,
        "comment": change.comment,
    }


def shown_zone(zone: HostedZone) -> dict[str, Any]:
    return {
        "id": f"/hostedzone/{zone.id}",
        "name": zone.name,
        "caller_reference": zone.caller_reference,
        "config": zone.config,
        "resource_record_set_count": zone.resource_record_set_count,
    }
