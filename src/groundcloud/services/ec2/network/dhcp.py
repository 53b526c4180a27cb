"""DHCP options: which resolver, domain and time servers the machines of a VPC are told."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find, on
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.records import Vpc
from groundcloud.services.ec2.network.routing import DhcpConfiguration, DhcpOptions, DhcpValue
from groundcloud.services.ec2.tags import tags_for
from groundcloud.store import Part

_KEYS = (
    "domain-name-servers", "domain-name", "ntp-servers", "netbios-name-servers", "netbios-node-type",
    "ipv6-address-preferred-lease-time",
)  # fmt: skip
_MOST_SERVERS = 4


class NewDhcpConfiguration(Part):
    key: str = ""
    values: list[str] = []


@operation(on=on(makes="dhcp-options", by="CreateDhcpOptions"))
def create_dhcp_options(
    ctx: Context,
    dhcp_configurations: Sequence[NewDhcpConfiguration],
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    for each in dhcp_configurations:
        _check(each)
    options = DhcpOptions(
        owner_id=ctx.account, region=ctx.region, dhcp_options_id=ctx.new_id("dopt"),
        dhcp_configurations=[
            DhcpConfiguration(each.key, [DhcpValue(value) for value in each.values]) for each in dhcp_configurations
        ],
        tags=tags_for(tag_specifications, "dhcp-options"),
    )  # fmt: skip
    return {"dhcp_options": ctx.put(options)}


def _check(given: NewDhcpConfiguration) -> None:
    if given.key not in _KEYS:
        raise errors.InvalidParameterValue(
            reason=f"Value ({given.key}) for parameter name is invalid. Unknown DHCP option"
        )
    if not given.values:
        raise errors.MissingParameter(name="value")
    if given.key.endswith("servers") and len(given.values) > _MOST_SERVERS:
        raise errors.InvalidParameterValue(
            reason=f"Value ({', '.join(given.values)}) for parameter {given.key} is invalid. "
            f"Too many values (limit {_MOST_SERVERS})"
        )
    if given.key == "netbios-node-type" and given.values[0] not in ("1", "2", "4", "8"):
        raise errors.InvalidParameterValue(
            reason=f"Value ({given.values[0]}) for parameter netbios-node-type is invalid."
        )


_FILTERS: Filters = {
    "dhcp-options-id": lambda options: options.dhcp_options_id,
    "key": lambda options: [each.key for each in options.dhcp_configurations],
    "value": lambda options: [value.value for each in options.dhcp_configurations for value in each.values],
    "owner-id": lambda options: options.owner_id,
}


@operation(on="*", read=True)
def describe_dhcp_options(ctx: Context, filters: Sequence[Filter] = (), dhcp_options_ids: Sequence[str] = ()) -> object:
    return {"dhcp_options": listed(ctx, DhcpOptions, dhcp_options_ids, filters, _FILTERS)}


@operation(on=on("dhcp_options_id", "vpc_id"))
def associate_dhcp_options(ctx: Context, dhcp_options_id: str, vpc_id: str) -> None:
    """`default` stands for no options at all."""
    if dhcp_options_id != "default":
        find(ctx, DhcpOptions, dhcp_options_id)
    vpc = find(ctx, Vpc, vpc_id)
    vpc.dhcp_options_id = dhcp_options_id
    ctx.put(vpc)
    network_changed(ctx, vpc_id)


@operation(on=on("dhcp_options_id"))
def delete_dhcp_options(ctx: Context, dhcp_options_id: str) -> None:
    options = find(ctx, DhcpOptions, dhcp_options_id)
    if any(vpc.dhcp_options_id == dhcp_options_id for vpc in ctx.scan(Vpc)):
        raise faults.DependencyViolation(
            reason=f"The dhcpOptions '{dhcp_options_id}' has dependencies and cannot be deleted."
        )
    ctx.delete(options)
