"""Instances as answers show them."""

from typing import Any

from groundcloud.context import Context
from groundcloud.services.ec2.machines.catalog import public_images
from groundcloud.services.ec2.machines.instance_types import instance_types
from groundcloud.services.ec2.machines.records import TERMINATED, Image, Instance
from groundcloud.services.ec2.network.interfaces import names
from groundcloud.services.ec2.network.interfaces import shown as interface_shown
from groundcloud.services.ec2.network.records import NetworkInterface
from groundcloud.services.ec2.regions import zone


def image_of(ctx: Context, image_id: str) -> Image | None:
    """An image by its id, whoever owns it; the caller says whether it may be used."""
    return public_images(ctx.region).get(image_id) or next(ctx.tx.scan(Image, image_id, index="by_id"), None)


def state(instance: Instance) -> dict[str, Any]:
    return {"code": instance.state, "name": instance.state_name}


def interfaces_of(ctx: Context, instance: Instance) -> list[NetworkInterface]:
    """Its network interfaces, by device index."""
    found = (ctx.tx.get(NetworkInterface, instance.owner_id, instance.region, each) for each in instance.interfaces)
    return [each for each in found if each is not None]


def instance_view(ctx: Context, instance: Instance) -> dict[str, Any]:
    """An instance as RunInstances and DescribeInstances show it."""
    kind = instance_types()[instance.instance_type]
    image = image_of(ctx, instance.image_id)
    shown: dict[str, Any] = {
        "ami_launch_index": instance.ami_launch_index,
        "image_id": instance.image_id,
        "instance_id": instance.instance_id,
        "instance_type": instance.instance_type,
        "key_name": instance.key_name,
        "launch_time": instance.launch_time,
        "monitoring": {"state": "enabled" if instance.monitoring else "disabled"},
        "placement": {
            "availability_zone": instance.availability_zone,
            "availability_zone_id": zone(ctx, instance.availability_zone).zone_id,
            "group_name": instance.placement_group or "",
            "tenancy": instance.tenancy,
        },
        "product_codes": [
            {"product_code_id": code, "product_code_type": "marketplace"}
            for code in (image.product_codes if image is not None else ())
        ],
        "private_dns_name": "",
        "public_dns_name": "",
        "state": state(instance),
        "state_transition_reason": instance.state_transition_reason,
        "state_reason": instance.state_reason,
        "architecture": image.architecture if image is not None else "x86_64",
        "block_device_mappings": [
            {
                "device_name": each.device_name,
                "ebs": {
                    "attach_time": each.attach_time,
                    "delete_on_termination": each.delete_on_termination,
                    "status": each.status,
                    "volume_id": each.volume_id,
                },
            }
            for each in instance.block_devices
        ],
        "client_token": instance.client_token,
        "ebs_optimized": instance.ebs_optimized,
        "ena_support": True,
        "hypervisor": "xen",
        "instance_lifecycle": "spot" if instance.spot else None,
        "root_device_name": instance.root_device_name,
        "root_device_type": "ebs",
        "tags": instance.tags or None,
        "virtualization_type": "hvm",
        "cpu_options": {
            "core_count": max(kind.vcpus // kind.threads_per_core, 1),
            "threads_per_core": kind.threads_per_core,
        },
        "capacity_reservation_specification": {"capacity_reservation_preference": "open"},
        "hibernation_options": {"configured": False},
        "metadata_options": instance.metadata_options,
        "enclave_options": {"enabled": False},
        "boot_mode": "legacy-bios",
        "platform_details": "Linux/UNIX",
        "usage_operation": "RunInstances",
        "usage_operation_update_time": instance.launch_time,
        "maintenance_options": {"auto_recovery": "default"},
        "current_instance_boot_mode": "legacy-bios",
    }
    if instance.profile is not None:
        shown["iam_instance_profile"] = {"arn": instance.profile.arn, "id": instance.profile.id}
    if instance.state != TERMINATED:
        shown |= _place(ctx, instance)
    return shown


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
            "private_dns_name_options": {
                "hostname_type": "ip-name",
                "enable_resource_name_dns_a_record": False,
                "enable_resource_name_dns_aaaa_record": False,
            },
        }
        if primary.association is not None:
            shown |= {"public_ip_address": primary.association.public_ip, "public_dns_name": public_name}
    return shown
