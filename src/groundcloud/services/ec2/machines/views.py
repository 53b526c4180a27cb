"""Instances as answers show them."""

from functools import cache
from typing import Any

from groundcloud.context import Context
from groundcloud.fixed import Fixed
from groundcloud.services.ec2.machines.catalog import public_images
from groundcloud.services.ec2.machines.instance_types import instance_types
from groundcloud.services.ec2.machines.records import STATE_NAMES, TERMINATED, Image, Instance
from groundcloud.services.ec2.network.interfaces import names
from groundcloud.services.ec2.network.interfaces import shown as interface_shown
from groundcloud.services.ec2.network.records import NetworkInterface
from groundcloud.services.ec2.regions import zone_id_of


def image_of(ctx: Context, image_id: str) -> Image | None:
    """An image by its id, whoever owns it; the caller says whether it may be used."""
    return public_images(ctx.region).get(image_id) or next(ctx.tx.scan(Image, image_id, index="by_id"), None)


_STATES = {code: Fixed(code=code, name=name) for code, name in STATE_NAMES.items()}
_MONITORING = {True: Fixed(state="enabled"), False: Fixed(state="disabled")}


def state(instance: Instance) -> Fixed:
    return _STATES[instance.state]


def interfaces_of(ctx: Context, instance: Instance) -> list[NetworkInterface]:
    """Its network interfaces, by device index."""
    found = (ctx.tx.get(NetworkInterface, instance.owner_id, instance.region, each) for each in instance.interfaces)
    return [each for each in found if each is not None]


_ALWAYS: dict[str, Any] = {
    "ena_support": True,
    "hypervisor": "xen",
    "root_device_type": "ebs",
    "virtualization_type": "hvm",
    "capacity_reservation_specification": Fixed(capacity_reservation_preference="open"),
    "hibernation_options": Fixed(configured=False),
    "enclave_options": Fixed(enabled=False),
    "boot_mode": "legacy-bios",
    "platform_details": "Linux/UNIX",
    "usage_operation": "RunInstances",
    "maintenance_options": Fixed(auto_recovery="default"),
    "current_instance_boot_mode": "legacy-bios",
    "private_dns_name": "",
    "public_dns_name": "",
}
"""What every instance has alike. Nobody changes it: answers share it."""


def instance_view(ctx: Context, instance: Instance) -> dict[str, Any]:
    """An instance as RunInstances and DescribeInstances show it."""
    image = image_of(ctx, instance.image_id)
    shown: dict[str, Any] = {
        **_ALWAYS,
        **_own(instance),
        "placement": _placement(instance),
        "product_codes": [
            {"product_code_id": code, "product_code_type": "marketplace"}
            for code in (image.product_codes if image is not None else ())
        ],
        "architecture": image.architecture if image is not None else "x86_64",
        "cpu_options": _cpu_options(instance.instance_type),
    }
    if instance.profile is not None:
        shown["iam_instance_profile"] = {"arn": instance.profile.arn, "id": instance.profile.id}
    if instance.state != TERMINATED:
        shown.update(_place(ctx, instance))
    return shown


def _own(instance: Instance) -> dict[str, Any]:
    """What its record alone says."""
    return {
        "ami_launch_index": instance.ami_launch_index,
        "image_id": instance.image_id,
        "instance_id": instance.instance_id,
        "instance_type": instance.instance_type,
        "key_name": instance.key_name,
        "launch_time": instance.launch_time,
        "monitoring": _MONITORING[instance.monitoring],
        "state": state(instance),
        "state_transition_reason": instance.state_transition_reason,
        "state_reason": instance.state_reason,
        "block_device_mappings": [{"device_name": each.device_name, "ebs": each} for each in instance.block_devices],
        "client_token": instance.client_token,
        "ebs_optimized": instance.ebs_optimized,
        "instance_lifecycle": "spot" if instance.spot else None,
        "spot_instance_request_id": instance.spot_request or None,
        "root_device_name": instance.root_device_name,
        "tags": instance.tags or None,
        "metadata_options": instance.metadata_options,
        "usage_operation_update_time": instance.launch_time,
    }


def _placement(instance: Instance) -> dict[str, Any]:
    where = _in_zone(instance.owner_id, instance.region, instance.availability_zone, instance.tenancy)
    return where if instance.placement_group is None else {**where, "group_name": instance.placement_group}


@cache
def _in_zone(account: str, region: str, name: str, tenancy: str) -> Fixed:
    zone_id = zone_id_of(account, region, name)
    return Fixed(availability_zone=name, availability_zone_id=zone_id, group_name="", tenancy=tenancy)


@cache
def _cpu_options(instance_type: str) -> Fixed:
    kind = instance_types()[instance_type]
    return Fixed(core_count=max(kind.vcpus // kind.threads_per_core, 1), threads_per_core=kind.threads_per_core)


_NAME_OPTIONS = Fixed(
    hostname_type="ip-name", enable_resource_name_dns_a_record=False, enable_resource_name_dns_aaaa_record=False
)


def _place(ctx: Context, instance: Instance) -> dict[str, Any]:
    """Where it is in the network; an instance that has ended is nowhere any more."""
    interfaces = interfaces_of(ctx, instance)
    shown: dict[str, Any] = {
        "subnet_id": instance.subnet_id,
        "vpc_id": instance.vpc_id,
        "network_interfaces": [interface_shown(ctx, each) for each in interfaces],
    }
    if interfaces:
        primary = interfaces[0]
        private_name, public_name = names(ctx, primary)
        shown |= {
            "private_ip_address": primary.private_ip_address,
            "private_dns_name": private_name or "",
            "security_groups": primary.groups,
            "source_dest_check": primary.source_dest_check,
            "private_dns_name_options": _NAME_OPTIONS,
        }
        if primary.ipv6_addresses:
            shown["ipv6_address"] = primary.ipv6_addresses[0].ipv6_address
        if primary.association is not None:
            shown |= {"public_ip_address": primary.association.public_ip, "public_dns_name": public_name}
    return shown
