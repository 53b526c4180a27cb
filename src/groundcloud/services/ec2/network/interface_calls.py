"""The operations on network interfaces."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2.common import TagSpecification, find, on
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.network import interfaces
from groundcloud.services.ec2.network.records import NetworkInterface, Subnet
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once


@operation(on=on("subnet_id", "groups", makes="network-interface", by="CreateNetworkInterface"))
def create_network_interface(
    ctx: Context,
    subnet_id: str,
    description: str = "",
    groups: Sequence[str] = (),
    private_ip_address: str | None = None,
    secondary_private_ip_address_count: int = 0,
    tag_specifications: Sequence[TagSpecification] = (),
    client_token: str = "",
) -> object:
    once = Once(
        ctx, "CreateNetworkInterface", client_token, subnet_id, description, groups, private_ip_address,
        secondary_private_ip_address_count, tag_specifications,
    )  # fmt: skip
    if once.made:
        return {"network_interface": interfaces.shown(ctx, find(ctx, NetworkInterface, once.made[0]))}
    made = interfaces.create_interface(
        ctx,
        find(ctx, Subnet, subnet_id),
        groups=groups,
        private_address=private_ip_address,
        secondary_count=secondary_private_ip_address_count,
        description=description,
        tags=tags_for(tag_specifications, "network-interface"),
    )
    once.remember(made.network_interface_id)
    return {"network_interface": interfaces.shown(ctx, made), "client_token": client_token or None}


_FILTERS: Filters = {
    "description": lambda eni: eni.description,
    "network-interface-id": lambda eni: eni.network_interface_id,
    "subnet-id": lambda eni: eni.subnet_id,
    "vpc-id": lambda eni: eni.vpc_id,
}


@operation(on="*", read=True)
def describe_network_interfaces(
    ctx: Context, filters: Sequence[Filter] = (), network_interface_ids: Sequence[str] = ()
) -> object:
    found = listed(
        ctx, NetworkInterface, network_interface_ids, filters, _FILTERS,
        indexes={"subnet-id": "by_subnet", "vpc-id": "by_vpc"},
        each=lambda eni: interfaces.shown(ctx, eni),
    )  # fmt: skip
    return {"network_interfaces": found}


@operation(on=on("network_interface_id"))
def delete_network_interface(ctx: Context, network_interface_id: str) -> None:
    interfaces.delete_interface(ctx, find(ctx, NetworkInterface, network_interface_id))
