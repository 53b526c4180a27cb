"""Instances as Describe calls list them: by reservation, by status, and one attribute at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.ec2.common import find_all
from groundcloud.services.ec2.filters import Filter, Filters, matcher, only_values
from groundcloud.services.ec2.machines.records import RUNNING, TERMINATED, BlockDevice, Instance
from groundcloud.services.ec2.machines.views import image_of, instance_view, interfaces_of, state
from groundcloud.services.ec2.network.names import private_name, public_name
from groundcloud.services.ec2.network.records import NetworkInterface
from groundcloud.services.ec2.regions import zones


def _zone_id(instance: Instance) -> str:
    found = (each for each in zones(instance.owner_id, instance.region) if each.zone_name == instance.availability_zone)
    return next(found).zone_id


def _devices(read: Callable[[BlockDevice], Any]) -> Callable[[Instance], list[Any]]:
    return lambda instance: [read(each) for each in instance.block_devices]


def _filters(ctx: Context) -> Filters:
    """The filters of DescribeInstances. Those on what is outside the instance's record read it when they are asked."""

    def interfaces(instance: Instance) -> list[NetworkInterface]:
        return interfaces_of(ctx, instance) if instance.state != TERMINATED else []

    def primary(read: Callable[[NetworkInterface], Any]) -> Callable[[Instance], Any]:
        return lambda instance: [read(each) for each in interfaces(instance)[:1]]

    def each_interface(read: Callable[[NetworkInterface], Any]) -> Callable[[Instance], Any]:
        return lambda instance: [read(each) for each in interfaces(instance)]

    def every(read: Callable[[NetworkInterface], Iterable[Any]]) -> Callable[[Instance], Any]:
        return lambda instance: [value for each in interfaces(instance) for value in read(each)]

    def public(name: Callable[[str], Any]) -> Callable[[NetworkInterface], Any]:
        return lambda each: name(each.association.public_ip) if each.association is not None else None

    return {
        **_PLAIN,
        "product-code": lambda instance: getattr(image_of(ctx, instance.image_id), "product_codes", ()),
        "dns-name": primary(public(lambda address: public_name(ctx.region, address))),
        "ip-address": primary(public(str)),
        "private-ip-address": primary(lambda each: each.private_ip_address),
        "private-dns-name": primary(lambda each: private_name(ctx.region, each.private_ip_address)),
        "instance.group-id": primary_groups(interfaces, "group_id"),
        "instance.group-name": primary_groups(interfaces, "group_name"),
        "group-id": primary_groups(interfaces, "group_id"),
        "group-name": primary_groups(interfaces, "group_name"),
        "source-dest-check": primary(lambda each: each.source_dest_check),
        "network-interface.network-interface-id": lambda instance: instance.interfaces,
        "network-interface.subnet-id": each_interface(lambda each: each.subnet_id),
        "network-interface.vpc-id": each_interface(lambda each: each.vpc_id),
        "network-interface.availability-zone": each_interface(lambda each: each.availability_zone),
        "network-interface.description": each_interface(lambda each: each.description),
        "network-interface.mac-address": each_interface(lambda each: each.mac_address),
        "network-interface.owner-id": each_interface(lambda each: each.owner_id),
        "network-interface.status": each_interface(lambda each: each.status),
        "network-interface.private-dns-name": each_interface(
            lambda each: private_name(ctx.region, each.private_ip_address)
        ),
        "network-interface.source-dest-check": each_interface(lambda each: each.source_dest_check),
        "network-interface.group-id": every(lambda each: [group.group_id for group in each.groups]),
        "network-interface.group-name": every(lambda each: [group.group_name for group in each.groups]),
        "network-interface.addresses.private-ip-address": every(
            lambda each: [one.private_ip_address for one in each.private_ip_addresses]
        ),
        "network-interface.addresses.primary": every(lambda each: [one.primary for one in each.private_ip_addresses]),
        "network-interface.addresses.association.public-ip": each_interface(public(str)),
        "association.public-ip": each_interface(public(str)),
        "network-interface.association.public-ip": each_interface(public(str)),
        "network-interface.attachment.attachment-id": each_interface(
            lambda each: each.attachment.attachment_id if each.attachment is not None else None
        ),
        "network-interface.attachment.device-index": each_interface(
            lambda each: each.attachment.device_index if each.attachment is not None else None
        ),
        "network-interface.attachment.status": each_interface(
            lambda each: each.attachment.status if each.attachment is not None else None
        ),
        "network-interface.attachment.delete-on-termination": each_interface(
            lambda each: each.attachment.delete_on_termination if each.attachment is not None else None
        ),
    }


def primary_groups(
    interfaces: Callable[[Instance], list[NetworkInterface]], field: str
) -> Callable[[Instance], list[str]]:
    """The groups of an instance's first interface, which are the instance's own."""
    return lambda instance: [getattr(group, field) for each in interfaces(instance)[:1] for group in each.groups]


_PLAIN: Filters = {
    "affinity": lambda instance: "default",
    "architecture": lambda instance: "x86_64",
    "availability-zone": lambda instance: instance.availability_zone,
    "availability-zone-id": lambda instance: _zone_id(instance),
    "block-device-mapping.attach-time": _devices(lambda each: each.attach_time.strftime("%Y-%m-%dT%H:%M:%S.000Z")),
    "block-device-mapping.delete-on-termination": _devices(lambda each: each.delete_on_termination),
    "block-device-mapping.device-name": _devices(lambda each: each.device_name),
    "block-device-mapping.status": _devices(lambda each: each.status),
    "block-device-mapping.volume-id": _devices(lambda each: each.volume_id),
    "boot-mode": lambda instance: "legacy-bios",
    "client-token": lambda instance: instance.client_token or None,
    "current-instance-boot-mode": lambda instance: "legacy-bios",
    "ebs-optimized": lambda instance: instance.ebs_optimized,
    "hibernation-options.configured": lambda instance: False,
    "hypervisor": lambda instance: "xen",
    "iam-instance-profile.arn": lambda instance: instance.profile.arn if instance.profile is not None else None,
    "iam-instance-profile.id": lambda instance: instance.profile.id if instance.profile is not None else None,
    "image-id": lambda instance: instance.image_id,
    "instance-id": lambda instance: instance.instance_id,
    "instance-lifecycle": lambda instance: "spot" if instance.spot else None,
    "instance-state-code": lambda instance: instance.state,
    "instance-state-name": lambda instance: instance.state_name,
    "instance-type": lambda instance: instance.instance_type,
    "key-name": lambda instance: instance.key_name,
    "launch-index": lambda instance: instance.ami_launch_index,
    "launch-time": lambda instance: instance.launch_time.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    "metadata-options.http-endpoint": lambda instance: instance.metadata_options.http_endpoint,
    "metadata-options.http-tokens": lambda instance: instance.metadata_options.http_tokens,
    "monitoring-state": lambda instance: "enabled" if instance.monitoring else "disabled",
    "owner-id": lambda instance: instance.owner_id,
    "placement-group-name": lambda instance: instance.placement_group,
    "platform-details": lambda instance: "Linux/UNIX",
    "reason": lambda instance: instance.state_transition_reason,
    "requester-id": lambda instance: None,
    "reservation-id": lambda instance: instance.reservation_id,
    "root-device-name": lambda instance: instance.root_device_name,
    "root-device-type": lambda instance: "ebs",
    "spot-instance-request-id": lambda instance: instance.spot_request or None,
    "state-reason-code": lambda instance: instance.state_reason.code if instance.state_reason is not None else None,
    "state-reason-message": lambda instance: (
        instance.state_reason.message if instance.state_reason is not None else None
    ),
    "subnet-id": lambda instance: instance.subnet_id if instance.state != TERMINATED else None,
    "tenancy": lambda instance: instance.tenancy,
    "usage-operation": lambda instance: "RunInstances",
    "virtualization-type": lambda instance: "hvm",
    "vpc-id": lambda instance: instance.vpc_id if instance.state != TERMINATED else None,
}


def _chosen(
    ctx: Context, instance_ids: Sequence[str], filters: Sequence[Filter], after: bytes = b""
) -> Iterator[tuple[bytes, Instance]]:
    """Instances that are meant, with their positions, in order of reservations."""
    passes = matcher(filters, _filters(ctx))
    ids = instance_ids or only_values(filters, "instance-id")
    if ids:
        found = find_all(ctx, Instance, ids) if instance_ids else _known(ctx, ids)
        ordered = sorted(found, key=lambda each: (each.reservation_id, each.instance_id))
        keyed = ((f"{each.reservation_id}/{each.instance_id}".encode(), each) for each in ordered)
        yield from ((position, each) for position, each in keyed if position > after and passes(each))
        return
    for position, each in ctx.tx.scan_from(Instance, ctx.account, ctx.region, index="by_reservation", after=after):
        if passes(each):
            yield position, each


def _with_interfaces(ctx: Context, chosen: Iterator[tuple[bytes, Instance]]) -> Iterator[tuple[bytes, Instance]]:
    """The same instances; the interfaces of many are read at once."""
    size = 16
    while some := list(islice(chosen, size)):
        keys = [(each.owner_id, each.region, one) for _, each in some for one in each.interfaces]
        ctx.tx.read_ahead(NetworkInterface, keys)
        yield from some
        size = min(size * 4, 1024)


def _known(ctx: Context, ids: Sequence[str]) -> list[Instance]:
    found = (ctx.get(Instance, each) for each in dict.fromkeys(ids))
    return [each for each in found if each is not None]


def reservation(ctx: Context, instances: Sequence[Instance]) -> dict[str, Any]:
    """Instances that were launched together."""
    first = instances[0]
    return {
        "groups": [],
        "instances": [instance_view(ctx, each) for each in instances],
        "owner_id": first.owner_id,
        "reservation_id": first.reservation_id,
    }


@operation(on="*", read=True)
def describe_instances(
    ctx: Context, instance_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> dict[str, Page]:
    def start(after: bytes) -> Iterator[tuple[bytes, Any]]:
        chosen = _with_interfaces(ctx, _chosen(ctx, instance_ids, filters, after))
        for _, group in groupby(chosen, key=lambda pair: pair[1].reservation_id):
            members = list(group)
            yield members[-1][0], reservation(ctx, [each for _, each in members])

    return {"reservations": Page(start)}


_STATUS_FILTERS: Filters = {
    "availability-zone": _PLAIN["availability-zone"],
    "availability-zone-id": _PLAIN["availability-zone-id"],
    "event.code": lambda instance: None,
    "instance-state-code": _PLAIN["instance-state-code"],
    "instance-state-name": _PLAIN["instance-state-name"],
    "instance-status.reachability": lambda instance: instance.reachability,
    "instance-status.status": lambda instance: instance.health,
    "system-status.reachability": lambda instance: instance.reachability,
    "system-status.status": lambda instance: instance.health,
}


def _status(instance: Instance) -> dict[str, Any]:
    if instance.state == RUNNING:
        summary = {
            "details": [{"name": "reachability", "status": instance.reachability}],
            "status": instance.health,
        }
    else:
        summary = {"status": "not-applicable"}
    return {
        "availability_zone": instance.availability_zone,
        "availability_zone_id": _zone_id(instance),
        "instance_id": instance.instance_id,
        "instance_state": state(instance),
        "instance_status": summary,
        "system_status": summary,
    }


@operation(on="*", read=True)
def describe_instance_status(
    ctx: Context,
    instance_ids: Sequence[str] = (),
    filters: Sequence[Filter] = (),
    include_all_instances: bool = False,
) -> dict[str, Page]:
    """Only running instances, unless all are asked for."""
    passes = matcher(filters, _STATUS_FILTERS)

    def start(after: bytes) -> Iterator[tuple[bytes, Any]]:
        for position, each in _chosen(ctx, instance_ids, (), after):
            if (include_all_instances or each.state == RUNNING) and passes(each):
                yield position, _status(each)

    return {"instance_statuses": Page(start)}
