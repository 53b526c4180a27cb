"""Domains by their names, and the operations that are begun for them."""

from datetime import datetime

from groundcloud.context import Context
from groundcloud.engines.dns.names import BadName, to_text, to_wire
from groundcloud.services.route53domains import errors
from groundcloud.services.route53domains.records import Domain, DomainOperation

_UNHEARD_OF = ("localhost", "invalid", "local", "onion")
"""Top-level domains that nobody registers under (RFC 6761)."""


def plain_name(name: str) -> str:
    """In lower case, without a final dot. Raises `InvalidInput`, `UnsupportedTLD`."""
    try:
        found = to_text(to_wire(name)).removesuffix(".")
    except BadName as error:
        raise errors.InvalidInput(reason=f"Invalid domain name: {name}") from error
    top = found.rpartition(".")[2]
    if "\\" in found or "." not in found or "_" in found:
        raise errors.InvalidInput(reason=f"Invalid domain name: {name}")
    if top in _UNHEARD_OF or top.isdigit():
        raise errors.UnsupportedTLD(name=name)
    return found


def years_later(date: datetime, years: int) -> datetime:
    try:
        return date.replace(year=date.year + years)
    except ValueError:  # the 29th of February
        return date.replace(year=date.year + years, day=28)


def existing(ctx: Context, name: str) -> Domain:
    """Raises `InvalidInput`."""
    found = ctx.get(Domain, plain_name(name))
    if found is None:
        raise errors.NoSuchDomain(name=name, account=ctx.account)
    return found


def is_taken(ctx: Context, name: str) -> bool:
    return ctx.tx.exists(Domain, name, index="by_name")


def begin(ctx: Context, name: str, kind: str) -> dict[str, str]:
    """An operation that is carried out once the DNS server knows."""
    digits = ctx.random(16).hex()
    id_ = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
    now = ctx.now()
    milliseconds = int(now.timestamp() * 1000)
    ctx.put(DomainOperation(ctx.account, id_, name, kind, "IN_PROGRESS", milliseconds, now, now))
    return {"operation_id": id_}


def changed(ctx: Context, found: Domain, kind: str) -> dict[str, str]:
    """Keep a domain that was changed, and begin its operation."""
    found.updated_date = ctx.now()
    ctx.put(found)
    return begin(ctx, found.name, kind)
