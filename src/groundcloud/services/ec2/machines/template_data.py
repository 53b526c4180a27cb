"""GetLaunchTemplateData: an instance as a launch template would say it."""

import base64
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2.common import find, find_all
from groundcloud.services.ec2.machines.instance_types import instance_types
from groundcloud.services.ec2.machines.records import Instance, UserData
from groundcloud.services.ec2.machines.views import instance_view, interfaces_of
from groundcloud.services.ec2.network.records import NetworkInterface
from groundcloud.services.ec2.storage.records import Volume


@operation(on="*", read=True)
def get_launch_template_data(ctx: Context, instance_id: str) -> object:
    instance = find(ctx, Instance, instance_id)
    shown = instance_view(ctx, instance)
    data: dict[str, Any] = {
        "block_device_mappings": _devices(ctx, instance),
        "capacity_reservation_specification": shown["capacity_reservation_specification"],
        "cpu_options": shown["cpu_options"],
        "disable_api_stop": instance.disable_api_stop,
        "disable_api_termination": instance.disable_api_termination,
        "ebs_optimized": instance.ebs_optimized,
        "enclave_options": shown["enclave_options"],
        "hibernation_options": shown["hibernation_options"],
        "image_id": instance.image_id,
        "instance_initiated_shutdown_behavior": instance.shutdown_behavior,
        "instance_type": instance.instance_type,
        "key_name": instance.key_name,
        "maintenance_options": shown["maintenance_options"],
        "metadata_options": instance.metadata_options,
        "monitoring": {"enabled": instance.monitoring},
        "network_interfaces": [_interface(each) for each in interfaces_of(ctx, instance)],
        "placement": shown["placement"],
        "tag_specifications": [{"resource_type": "instance", "tags": instance.tags}] if instance.tags else None,
        "user_data": _user_data(ctx, instance),
    }
    if instance.profile is not None:
        data["iam_instance_profile"] = {"arn": instance.profile.arn}
    if instance_types()[instance.instance_type].burstable and instance.credits:
        data["credit_specification"] = {"cpu_credits": instance.credits}
    if instance.spot:
        data["instance_market_options"] = {"market_type": "spot"}
    return {"launch_template_data": data}


def _devices(ctx: Context, instance: Instance) -> list[dict[str, Any]]:
    volumes = {each.id: each for each in find_all(ctx, Volume, [one.volume_id for one in instance.block_devices])}
    found = []
    for device in instance.block_devices:
        volume = volumes[device.volume_id]
        ebs = {
            "delete_on_termination": device.delete_on_termination,
            "encrypted": volume.encrypted,
            "kms_key_id": volume.kms_key_id,
            "iops": volume.iops,
            "snapshot_id": volume.snapshot_id or None,
            "throughput": volume.throughput,
            "volume_size": volume.size,
            "volume_type": volume.volume_type,
        }
        found.append({"device_name": device.device_name, "ebs": ebs})
    return found


def _interface(interface: NetworkInterface) -> dict[str, Any]:
    attachment = interface.attachment
    return {
        "associate_public_ip_address": interface.auto_public,
        "delete_on_termination": attachment is not None and attachment.delete_on_termination,
        "description": interface.description,
        "device_index": attachment.device_index if attachment is not None else 0,
        "groups": [each.group_id for each in interface.groups],
        "interface_type": interface.interface_type,
        "ipv6_addresses": interface.ipv6_addresses,
        "private_ip_addresses": [
            {"primary": each.primary, "private_ip_address": each.private_ip_address}
            for each in interface.private_ip_addresses
        ],
        "subnet_id": interface.subnet_id,
    }


def _user_data(ctx: Context, instance: Instance) -> str | None:
    kept = ctx.get(UserData, instance.instance_id)
    return base64.b64encode(ctx.open(kept.sealed, "ec2.user_data")).decode() if kept is not None else None
