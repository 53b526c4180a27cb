"""Instances as Describe calls list them: by reservation, by status, and one attribute at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.ec2.common import find_all
from groundcloud.services.ec2.filters import Filter, Filters, matcher, only_values, texts
from groundcloud.services.ec2.machines.records import RUNNING, TERMINATED, BlockDevice, Instance
from groundcloud.services.ec2.machines.views import image_of, instance_view, interfaces_of, state
from groundcloud.services.ec2.network.names import private_name, public_name
from groundcloud.services.ec2.network.records import NetworkInterface
from groundcloud.services.ec2.regions import zone_id_of


def _zone_id(instance: Instance) -> str:
    return zone_id_of(instance.owner_id, instance.region, instance.availability_zone)


def _devices(read: Callable[[BlockDevice], Any]) -> Callable[[Instance], list[Any]]:
    return lambda instance: [read(each) for each in instance.block_devices]


def _public(eni: NetworkInterface) -> str | None:
    return eni.association.public_ip if eni.association is not None else None


def _public_name(eni: NetworkInterface) -> str | None:
    address = _public(eni)
    return public_name(eni.region, address) if address is not None else None


def _private_name(eni: NetworkInterface) -> str:
    return private_name(eni.region, eni.private_ip_address)


def _groups(field: str) -> Callable[[NetworkInterface], list[str]]:
    return lambda eni: [getattr(group, field) for group in eni.groups]


def _attachment(field: str) -> Callable[[NetworkInterface], Any]:
    return lambda eni: getattr(eni.attachment, field) if eni.attachment is not None else None


_PRIMARY: Mapping[str, Callable[[NetworkInterface], Any]] = {
    "dns-name": _public_name,
    "ip-address": _public,
    "private-ip-address": lambda eni: eni.private_ip_address,
    "private-dns-name": _private_name,
    "instance.group-id": _groups("group_id"),
    "instance.group-name": _groups("group_name"),
    "group-id": _groups("group_id"),
    "group-name": _groups("group_name"),
    "source-dest-check": lambda eni: eni.source_dest_check,
}
"""What an instance's first interface has, which is the instance's own."""

_EVERY: Mapping[str, Callable[[NetworkInterface], Any]] = {
    "network-interface.subnet-id": lambda eni: eni.subnet_id,
    "network-interface.vpc-id": lambda eni: eni.vpc_id,
    "network-interface.availability-zone": lambda eni: eni.availability_zone,
    "network-interface.description": lambda eni: eni.description,
    "network-interface.mac-address": lambda eni: eni.mac_address,
    "network-interface.owner-id": lambda eni: eni.owner_id,
    "network-interface.status": lambda eni: eni.status,
    "network-interface.private-dns-name": _private_name,
    "network-interface.source-dest-check": lambda eni: eni.source_dest_check,
    "network-interface.group-id": _groups("group_id"),
    "network-interface.group-name": _groups("group_name"),
    "network-interface.addresses.private-ip-address": lambda eni: [
        one.private_ip_address for one in eni.private_ip_addresses
    ],
    "network-interface.addresses.primary": lambda eni: [
        "true" if one.primary else "false" for one in eni.private_ip_addresses
    ],
    "network-interface.addresses.association.public-ip": _public,
    "association.public-ip": _public,
    "network-interface.association.public-ip": _public,
    "network-interface.attachment.attachment-id": _attachment("attachment_id"),
    "network-interface.attachment.device-index": _attachment("device_index"),
    "network-interface.attachment.status": _attachment("status"),
    "network-interface.attachment.delete-on-termination": _attachment("delete_on_termination"),
}
"""What any of an instance's interfaces may have."""


def _filters(ctx: Context) -> Filters:
    """The filters of DescribeInstances. Those on what is outside the instance's record read it when they are asked."""

    def over(read: Callable[[NetworkInterface], Any], most: int | None) -> Callable[[Instance], list[Any]]:
        def values(instance: Instance) -> list[Any]:
            found = interfaces_of(ctx, instance)[:most] if instance.state != TERMINATED else []
            return [value for each in found for value in texts(read(each))]

        return values

    return {
        **_PLAIN,
        "product-code": lambda instance: getattr(image_of(ctx, instance.image_id), "product_codes", ()),
        "network-interface.network-interface-id": lambda instance: instance.interfaces,
        **{name: over(read, 1) for name, read in _PRIMARY.items()},
        **{name: over(read, None) for name, read in _EVERY.items()},
    }


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
    "system-status.reachability": lambda instance: "initializing" if instance.health == "initializing" else "passed",
    "system-status.status": lambda instance: _status(instance)["system_status"]["status"],
}


_HOST_IS_WELL = {"details": [{"name": "reachability", "status": "passed"}], "status": "ok"}
"""Who answers this call is the host itself."""


def _status(instance: Instance) -> dict[str, Any]:
    if instance.state == RUNNING:
        detail = {"name": "reachability", "status": instance.reachability, "impaired_since": instance.impaired_since}
        own = {"details": [detail], "status": instance.health}
        system = own if instance.health == "initializing" else _HOST_IS_WELL
    else:
        own = system = {"status": "not-applicable"}
    return {
        "availability_zone": instance.availability_zone,
        "availability_zone_id": _zone_id(instance),
        "instance_id": instance.instance_id,
        "instance_state": state(instance),
        "instance_status": own,
        "system_status": system,
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
