"""Prefix lists: the account's own, and those that AWS keeps for the services with gateway endpoints."""

import hashlib

from groundcloud.context import Context
from groundcloud.engines.network.wanted import SERVICE_ADDRESSES
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.linking import ManagedPrefixList, PrefixListEntry
from groundcloud.store import Transaction

_KNOWN_IDS = {("us-east-1", "s3"): "pl-63a5400a", ("us-east-1", "dynamodb"): "pl-02cd2c6b"}


def service_list_id(region: str, service: str) -> str:
    """The id of AWS's own list for `s3` or `dynamodb`."""
    known = _KNOWN_IDS.get((region, service))
    return known or f"pl-{hashlib.sha256(f'{region}/{service}'.encode()).hexdigest()[:8]}"


def service_lists(region: str) -> list[ManagedPrefixList]:
    """AWS's own lists of a Region: where its services are. They are made up when they are asked for."""
    return [
        ManagedPrefixList(
            owner_id="AWS", region=region, prefix_list_id=service_list_id(region, service),
            prefix_list_name=f"com.amazonaws.{region}.{service}", address_family="IPv4", max_entries=1,
            entries=[PrefixListEntry(f"{SERVICE_ADDRESSES[service]}/32")],
        )
        for service in ("dynamodb", "s3")
    ]  # fmt: skip


def read_list(tx: Transaction, owner: str, region: str, prefix_list_id: str) -> ManagedPrefixList | None:
    """A list that an account can use, or None."""
    for each in service_lists(region):
        if each.prefix_list_id == prefix_list_id:
            return each
    return tx.get(ManagedPrefixList, owner, region, prefix_list_id)


def prefix_list(ctx: Context, prefix_list_id: str) -> ManagedPrefixList:
    """A list that the caller can use. Raises `InvalidPrefixListID.NotFound`."""
    found = read_list(ctx.tx, ctx.account, ctx.region, prefix_list_id)
    if found is None:
        raise faults.PrefixListNotFound(named=f" '{prefix_list_id}' does")
    return found
