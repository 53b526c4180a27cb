"""What domains cost, which is nothing here, and names that are like one that somebody looks for."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.route53domains import errors
from groundcloud.services.route53domains.shared import is_taken, plain_name

_TOPS = ("com", "net", "org", "io", "dev", "app", "co", "info", "cloud", "me", "tech", "site", "online", "xyz")
_BEFORE, _BEHIND = (
    ("my", "get", "the", "go", "try", "we"),
    ("app", "site", "online", "hq", "web", "hub", "cloud", "now"),
)
_MOST = 50
_FREE = {"price": 0.0, "currency": "USD"}


@operation(on="*", read=True)
def get_domain_suggestions(
    ctx: Context,
    domain_name: str,
    suggestion_count: int,
    only_available: bool,
    only_standard_prices: bool = False,
) -> dict[str, list[dict[str, Any]]]:
    name = plain_name(domain_name)
    if not 1 <= suggestion_count <= _MOST:
        raise errors.InvalidInput(reason=f"SuggestionCount must be from 1 to {_MOST}")
    found: list[dict[str, Any]] = []
    for each in _alike(name):
        taken = is_taken(ctx, each)
        if len(found) < suggestion_count and not (taken and only_available):
            found.append({"domain_name": each, "availability": "UNAVAILABLE" if taken else "AVAILABLE", "price": _FREE})
    return {"suggestions_list": found}


def _alike(name: str) -> Iterator[str]:
    """The same under other top-level domains, then with a word before or behind it."""
    label, _, top = name.partition(".")
    yield from (f"{label}.{other}" for other in _TOPS if other != top)
    yield from (f"{word}{label}.{top}" for word in _BEFORE)
    yield from (f"{label}{word}.{top}" for word in _BEHIND)
    yield from (f"{label}-{word}.{other}" for word in _BEHIND for other in _TOPS[:4])


@operation(on="*", read=True, page_size=20)
def list_prices(ctx: Context, tld: str = "") -> dict[str, list[dict[str, Any]]]:
    """Under any top-level domain a domain may be registered; these are shown, and the one that is asked for."""
    if tld:
        plain_name(f"name.{tld}")
    kinds = ("registration_price", "transfer_price", "renewal_price", "change_ownership_price", "restoration_price")
    tops = [tld.lower()] if tld else sorted(_TOPS)
    return {"prices": [{"name": each, **dict.fromkeys(kinds, _FREE)} for each in tops]}


@operation(on="*", read=True)
def view_billing(
    ctx: Context, start: datetime | None = None, end: datetime | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Nothing is ever billed."""
    return {"billing_records": []}
