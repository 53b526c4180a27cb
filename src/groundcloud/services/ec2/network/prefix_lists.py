"""Managed prefix lists: named sets of ranges, with versions, that rules and routes refer to."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, chain, page_of
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find, on
from groundcloud.services.ec2.filters import Filter, Filters, matcher
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.linking import ManagedPrefixList, PrefixListEntry, PrefixListVersion
from groundcloud.services.ec2.network.prefix_list_reads import prefix_list, service_lists
from groundcloud.services.ec2.network.records import SecurityGroup, SecurityGroupRule
from groundcloud.services.ec2.network.routing import RouteTable
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once
from groundcloud.store import Part

_FAMILIES = {"IPv4": 4, "IPv6": 6}
_MOST_ENTRIES = 1000
_OF_AWS = "com.amazonaws."


def shown(found: ManagedPrefixList) -> dict[str, Any]:
    """A list as Describe calls show it."""
    own = found.owner_id != "AWS"
    return {
        "prefix_list_id": found.prefix_list_id,
        "address_family": found.address_family,
        "state": found.state,
        "prefix_list_arn": found.arn if own else f"arn:aws:ec2:{found.region}:aws:prefix-list/{found.prefix_list_id}",
        "prefix_list_name": found.prefix_list_name,
        "max_entries": found.max_entries if own else None,
        "version": found.version_number if own else None,
        "tags": found.tags,
        "owner_id": found.owner_id,
    }


def _block(cidr: str, family: str) -> str:
    try:
        network = ip_network(cidr, strict=False)
    except ValueError:
        network = None
    if network is None or "/" not in cidr or network.version != _FAMILIES[family]:
        raise errors.InvalidParameterValue(reason=f"The CIDR '{cidr}' is not a valid {family} CIDR block.")
    return str(network)


def _checked(entries: Sequence[PrefixListEntry], family: str) -> dict[str, PrefixListEntry]:
    found: dict[str, PrefixListEntry] = {}
    for entry in entries:
        block = _block(entry.cidr, family)
        if block in found:
            raise errors.InvalidParameterValue(reason=f"Duplicate CIDR '{block}' specified.")
        found[block] = PrefixListEntry(block, entry.description)
    return found


@operation(on=on(makes="prefix-list", by="CreateManagedPrefixList"))
def create_managed_prefix_list(
    ctx: Context,
    prefix_list_name: str,
    max_entries: int,
    address_family: str,
    entries: Sequence[PrefixListEntry] = (),
    tag_specifications: Sequence[TagSpecification] = (),
    client_token: str = "",
) -> object:
    once = Once(
        ctx, "CreateManagedPrefixList", client_token, prefix_list_name, max_entries, address_family, entries,
        tag_specifications,
    )  # fmt: skip
    if once.made:
        return {"prefix_list": shown(find(ctx, ManagedPrefixList, once.made[0]))}
    if address_family not in _FAMILIES:
        raise errors.InvalidParameterValue(reason=f"Value ({address_family}) for parameter AddressFamily is invalid.")
    _check_name(prefix_list_name)
    if not 1 <= max_entries <= _MOST_ENTRIES:
        raise errors.InvalidParameterValue(
            reason=f"Value ({max_entries}) for parameter MaxEntries is invalid. Must be between 1 and {_MOST_ENTRIES}"
        )
    found = ManagedPrefixList(
        owner_id=ctx.account, region=ctx.region, prefix_list_id=ctx.new_id("pl"), prefix_list_name=prefix_list_name,
        address_family=address_family, max_entries=max_entries,
        entries=list(_checked(entries, address_family).values()), tags=tags_for(tag_specifications, "prefix-list"),
    )  # fmt: skip
    _check_size(found)
    ctx.put(found)
    once.remember(found.prefix_list_id)
    return {"prefix_list": {**shown(found), "state": "create-in-progress"}}


def _check_name(name: str) -> None:
    if not name or len(name) > 255 or name.startswith(_OF_AWS):
        raise errors.InvalidParameterValue(
            reason=f"Value ({name}) for parameter PrefixListName is invalid. A name has up to 255 characters and does "
            "not begin with com.amazonaws."
        )


def _check_size(found: ManagedPrefixList) -> None:
    if len(found.entries) > found.max_entries:
        raise faults.PrefixListMaxEntries(most=found.max_entries)


class RemovedEntry(Part):
    cidr: str


@operation(on=on("prefix_list_id"))
def modify_managed_prefix_list(
    ctx: Context,
    prefix_list_id: str,
    current_version: int | None = None,
    prefix_list_name: str = "",
    add_entries: Sequence[PrefixListEntry] = (),
    remove_entries: Sequence[RemovedEntry] = (),
    max_entries: int | None = None,
) -> object:
    found = _own(ctx, prefix_list_id)
    if (add_entries or remove_entries) and max_entries is not None:
        raise errors.InvalidParameterCombination(
            reason="You cannot modify the entries of a prefix list and modify the size of a prefix list at the same "
            "time"
        )
    if prefix_list_name:
        _check_name(prefix_list_name)
        found.prefix_list_name = prefix_list_name
    if max_entries is not None:
        found.max_entries = max_entries
        _check_size(found)
    if add_entries or remove_entries:
        _check_version(found, current_version)
        entries = {entry.cidr: entry for entry in found.entries}
        for gone in remove_entries:
            if entries.pop(_block(gone.cidr, found.address_family), None) is None:
                raise errors.InvalidParameterValue(reason=f"The CIDR '{gone.cidr}' is not an entry of the list.")
        _new_version(ctx, found, list({**entries, **_checked(add_entries, found.address_family)}.values()))
    ctx.put(found)
    _tell(ctx, prefix_list_id)
    return {"prefix_list": {**shown(found), "state": "modify-in-progress"}}


def _own(ctx: Context, prefix_list_id: str) -> ManagedPrefixList:
    """A list of the account. AWS's own are nobody's to change."""
    if prefix_list(ctx, prefix_list_id).owner_id == "AWS":
        raise errors.OperationNotPermitted(reason=f"The prefix list '{prefix_list_id}' is managed by AWS.")
    return find(ctx, ManagedPrefixList, prefix_list_id)


def _check_version(found: ManagedPrefixList, current_version: int | None) -> None:
    if current_version is None:
        raise errors.MissingParameter(name="CurrentVersion")
    if current_version != found.version_number:
        raise faults.PrefixListVersionMismatch()


def _new_version(ctx: Context, found: ManagedPrefixList, entries: list[PrefixListEntry]) -> None:
    ctx.put(PrefixListVersion(found.owner_id, found.region, found.prefix_list_id, found.version_number, found.entries))
    found.entries = entries
    found.version_number += 1
    found.state = "modify-complete"
    _check_size(found)


def _users(ctx: Context, prefix_list_id: str) -> dict[str, str]:
    """What refers to a list, with its VPC: groups by their rules, and route tables."""
    found = {}
    for rule in ctx.scan(SecurityGroupRule, prefix_list_id, index="by_list"):
        group = ctx.get(SecurityGroup, rule.group_id)
        if group is not None:
            found[group.group_id] = group.vpc_id
    for table in ctx.scan(RouteTable, prefix_list_id, index="by_list"):
        found[table.route_table_id] = table.vpc_id
    return found


def _tell(ctx: Context, prefix_list_id: str) -> None:
    """Have all VPCs looked at that use a list."""
    for vpc_id in sorted(set(_users(ctx, prefix_list_id).values())):
        network_changed(ctx, vpc_id)


@operation(on=on("prefix_list_id"))
def restore_managed_prefix_list_version(
    ctx: Context, prefix_list_id: str, previous_version: int, current_version: int
) -> object:
    found = _own(ctx, prefix_list_id)
    _check_version(found, current_version)
    old = ctx.get(PrefixListVersion, prefix_list_id, previous_version)
    if old is None:
        raise faults.PrefixListVersionNotFound(id=prefix_list_id, version=previous_version)
    _new_version(ctx, found, old.entries)
    found.state = "restore-complete"
    ctx.put(found)
    _tell(ctx, prefix_list_id)
    return {"prefix_list": {**shown(found), "state": "restore-in-progress"}}


@operation(on=on("prefix_list_id"))
def delete_managed_prefix_list(ctx: Context, prefix_list_id: str) -> object:
    found = _own(ctx, prefix_list_id)
    if _users(ctx, prefix_list_id):
        raise faults.DependencyViolation(reason=f"The prefix list '{prefix_list_id}' is in use and cannot be deleted.")
    for version in list(ctx.scan(PrefixListVersion, prefix_list_id)):
        ctx.delete(version)
    ctx.delete(found)
    return {"prefix_list": {**shown(found), "state": "delete-in-progress"}}


_FILTERS: Filters = {
    "owner-id": lambda found: found.owner_id,
    "prefix-list-id": lambda found: found.prefix_list_id,
    "prefix-list-name": lambda found: found.prefix_list_name,
}


def _found(ctx: Context, ids: Sequence[str], filters: Sequence[Filter], each: Any, own: bool = True) -> Page:
    """The lists that a call asks for: AWS's, and the account's after them."""
    passes = matcher(filters, _FILTERS)
    if ids:
        chosen = [prefix_list(ctx, one) for one in dict.fromkeys(ids)]
    else:
        chosen = service_lists(ctx.region)
    first = page_of([found for found in chosen if passes(found)], lambda found: found.prefix_list_id)
    pages = [Page(lambda after: ((place, each(found)) for place, found in first.start(after)))]
    if own and not ids:
        pages.append(ctx.page(ManagedPrefixList, where=passes, each=each))
    return chain(*pages)


@operation(on="*", read=True)
def describe_managed_prefix_lists(
    ctx: Context, prefix_list_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    return {"prefix_lists": _found(ctx, prefix_list_ids, filters, shown)}


@operation(on="*", read=True)
def describe_prefix_lists(ctx: Context, prefix_list_ids: Sequence[str] = (), filters: Sequence[Filter] = ()) -> object:
    """AWS's own lists, as they were before there were others."""
    return {"prefix_lists": _found(ctx, prefix_list_ids, filters, _with_ranges, own=False)}


def _with_ranges(found: ManagedPrefixList) -> dict[str, Any]:
    return {
        "cidrs": [entry.cidr for entry in found.entries],
        "prefix_list_id": found.prefix_list_id,
        "prefix_list_name": found.prefix_list_name,
    }


@operation(on=on("prefix_list_id"), read=True)
def get_managed_prefix_list_entries(ctx: Context, prefix_list_id: str, target_version: int | None = None) -> object:
    found = prefix_list(ctx, prefix_list_id)
    entries = found.entries
    if target_version is not None and target_version != found.version_number:
        old = ctx.get(PrefixListVersion, prefix_list_id, target_version)
        if old is None:
            raise faults.PrefixListVersionNotFound(id=prefix_list_id, version=target_version)
        entries = old.entries
    return {"entries": page_of(entries, lambda entry: entry.cidr)}


@operation(on=on("prefix_list_id"), read=True)
def get_managed_prefix_list_associations(ctx: Context, prefix_list_id: str) -> object:
    prefix_list(ctx, prefix_list_id)
    users = [{"resource_id": user, "resource_owner": ctx.account} for user in _users(ctx, prefix_list_id)]
    return {"prefix_list_associations": page_of(users, lambda user: user["resource_id"])}
