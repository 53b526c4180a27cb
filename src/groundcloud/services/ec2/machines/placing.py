"""Where a launch puts an instance: zone, subnet, security groups and network interfaces."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from groundcloud.context import Context
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tag, find
from groundcloud.services.ec2.machines.parts import InterfaceSpecification, Ipv6Address, PlacementSpecification
from groundcloud.services.ec2.network.interfaces import assign_public, attach, create_interface, groups_of
from groundcloud.services.ec2.network.records import NetworkInterface, SecurityGroup, Subnet, Vpc
from groundcloud.services.ec2.regions import zone


class Place(NamedTuple):
    """Where the instances of a launch go."""

    subnet: Subnet
    groups: list[str]
    interfaces: list[InterfaceSpecification]
    """By their device index; the first is the primary one."""

    @property
    def auto_public(self) -> bool:
        """Whether instances get a public address at launch, and at each start after a stop: as asked, else as the
        subnet says. One with several interfaces gets none."""
        if len(self.interfaces) > 1 or self.interfaces[0].network_interface_id:
            return False
        asked = self.interfaces[0].associate_public_ip_address
        return self.subnet.map_public_ip_on_launch if asked is None else asked


def place_for(
    ctx: Context,
    subnet_id: str,
    placement: PlacementSpecification,
    group_ids: Sequence[str],
    group_names: Sequence[str],
    private_address: str,
    interfaces: Sequence[InterfaceSpecification],
    count: int,
    ipv6: Sequence[Ipv6Address] = (),
    ipv6_count: int | None = None,
) -> Place:
    """The place of a launch. Raises EC2's errors for what does not go together or is not there."""
    six = ipv6 or ipv6_count
    named = {"subnet ID": subnet_id, "security groups": group_ids or group_names, "IPv6 address": six}
    _check_together(interfaces, named)
    wanted = sorted(interfaces, key=lambda each: each.device_index) or [
        InterfaceSpecification(
            subnet_id=subnet_id, private_ip_address=private_address, groups=list(group_ids), ipv6_addresses=list(ipv6),
            ipv6_address_count=ipv6_count,
        )
    ]  # fmt: skip
    primary = wanted[0]
    if [each.device_index for each in wanted] != list(range(len(wanted))):
        raise errors.InvalidParameterValue(reason="Each network interface requires a device index of its own, from 0.")
    if count > 1 and (primary.private_ip_address or primary.network_interface_id or primary.ipv6_addresses):
        raise errors.InvalidParameterCombination(
            reason="Launching multiple instances is not possible with a private IP address or a network interface ID"
        )
    subnet = _subnet(ctx, primary, placement)
    groups = list(primary.groups)
    if group_names:
        if group_ids:
            raise errors.InvalidParameterCombination(
                reason="The parameter securityGroups may not be combined with securityGroupIds"
            )
        groups = _named_groups(ctx, subnet, group_names)
    groups_of(ctx, subnet.vpc_id, groups, subnet.subnet_id)
    return Place(subnet, groups, wanted)


def _check_together(interfaces: Sequence[InterfaceSpecification], named: Mapping[str, object]) -> None:
    """What a launch names besides its interfaces. Raises `InvalidParameterCombination`."""
    given = next((words for words, value in named.items() if value), "")
    if interfaces and given:
        raise errors.InvalidParameterCombination(
            reason=f"Network interfaces and an instance-level {given} may not be specified on the same request"
        )


def _subnet(ctx: Context, primary: InterfaceSpecification, placement: PlacementSpecification) -> Subnet:
    if primary.network_interface_id:
        interface = find(ctx, NetworkInterface, primary.network_interface_id)
        return find(ctx, Subnet, interface.subnet_id)
    name = placement.availability_zone
    if placement.availability_zone_id or name:
        name = zone(ctx, name, placement.availability_zone_id).zone_name
    if primary.subnet_id:
        subnet = find(ctx, Subnet, primary.subnet_id)
        if name and subnet.availability_zone != name:
            raise errors.InvalidParameterValue(
                reason=f"The availability zone '{name}' does not match the zone of subnet '{subnet.subnet_id}', "
                f"'{subnet.availability_zone}'."
            )
        return subnet
    return _default_subnet(ctx, name)


def _default_subnet(ctx: Context, zone_name: str) -> Subnet:
    vpc = next(ctx.scan(Vpc, index="by_default"), None)
    if vpc is None:
        raise errors.NoDefaultVpc()
    subnets = [each for each in ctx.scan(Subnet, vpc.vpc_id, index="by_vpc") if each.default_for_az]
    chosen = [each for each in subnets if not zone_name or each.availability_zone == zone_name]
    if not chosen:
        raise errors.NoDefaultSubnet(zone=zone_name or "any zone")
    return max(chosen, key=lambda each: (each.available_ip_address_count, each.availability_zone))


def _named_groups(ctx: Context, subnet: Subnet, names: Sequence[str]) -> list[str]:
    vpc = find(ctx, Vpc, subnet.vpc_id)
    if not vpc.is_default:
        raise errors.InvalidParameterCombination(
            reason="The parameter groupName cannot be used with the parameter subnet"
        )
    found = []
    for name in names:
        group = next(ctx.scan(SecurityGroup, vpc.vpc_id, name, index="by_name"), None)
        if group is None:
            raise errors.GroupNotFound(
                reason=f"The security group '{name}' does not exist in default VPC '{vpc.vpc_id}'"
            )
        found.append(group.group_id)
    return found


def make_interfaces(ctx: Context, place: Place, instance_id: str, tags: Sequence[Tag]) -> list[str]:
    """The network interfaces of one instance; their ids by device index."""
    made = []
    for wanted in place.interfaces:
        existing = bool(wanted.network_interface_id)
        interface = (
            find(ctx, NetworkInterface, wanted.network_interface_id)
            if existing
            else _new_interface(ctx, place, wanted, tags)
        )
        deleted = wanted.delete_on_termination if wanted.delete_on_termination is not None else not existing
        attach(ctx, interface, instance_id, wanted.device_index, delete_on_termination=deleted)
        made.append(interface.network_interface_id)
        if place.auto_public:
            assign_public(ctx, interface)
    return made


def _new_interface(ctx: Context, place: Place, wanted: InterfaceSpecification, tags: Sequence[Tag]) -> NetworkInterface:
    primary = wanted.private_ip_address or next(
        (each.private_ip_address for each in wanted.private_ip_addresses if each.primary), ""
    )
    return create_interface(
        ctx,
        find(ctx, Subnet, wanted.subnet_id) if wanted.subnet_id else place.subnet,
        groups=wanted.groups or place.groups,
        private_address=primary or None,
        secondary=[each.private_ip_address for each in wanted.private_ip_addresses if not each.primary],
        secondary_count=wanted.secondary_private_ip_address_count,
        ipv6=[each.ipv6_address for each in wanted.ipv6_addresses],
        ipv6_count=wanted.ipv6_address_count,
        description=wanted.description,
        tags=tags,
    )
