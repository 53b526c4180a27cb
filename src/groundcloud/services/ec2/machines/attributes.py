"""One attribute of an instance at a time, read and changed; its metadata options, monitoring and console."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import find, find_all, on
from groundcloud.services.ec2.machines.instance_types import instance_types
from groundcloud.services.ec2.machines.launch import read_user_data
from groundcloud.services.ec2.machines.records import STOPPED, TERMINATED, Instance, UserData
from groundcloud.services.ec2.machines.views import image_of, instance_view, interfaces_of
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.interfaces import groups_of
from groundcloud.services.ec2.storage.records import Volume
from groundcloud.store import Part


class Flag(Part):
    value: bool | None = None


class Text(Part):
    value: str | None = None


class Blob(Part):
    value: bytes | None = None


class EbsFlag(Part):
    delete_on_termination: bool | None = None
    volume_id: str | None = None


class DeviceChange(Part):
    device_name: str = ""
    ebs: EbsFlag | None = None
    no_device: str | None = None
    virtual_name: str | None = None


def _user_data(ctx: Context, instance: Instance) -> dict[str, str]:
    kept = ctx.get(UserData, instance.instance_id)
    if kept is None:
        return {}
    return {"value": base64.b64encode(ctx.open(kept.sealed, "ec2.user_data")).decode()}


def _products(ctx: Context, instance: Instance) -> list[dict[str, str]]:
    image = image_of(ctx, instance.image_id)
    codes = image.product_codes if image is not None else []
    return [{"product_code_id": code, "product_code_type": "marketplace"} for code in codes]


_READERS: Mapping[str, tuple[str, Callable[[Context, Instance], Any]]] = {
    "blockDeviceMapping": (
        "block_device_mappings",
        lambda ctx, instance: instance_view(ctx, instance)["block_device_mappings"],
    ),
    "disableApiStop": ("disable_api_stop", lambda ctx, instance: {"value": instance.disable_api_stop}),
    "disableApiTermination": (
        "disable_api_termination",
        lambda ctx, instance: {"value": instance.disable_api_termination},
    ),
    "ebsOptimized": ("ebs_optimized", lambda ctx, instance: {"value": instance.ebs_optimized}),
    "enaSupport": ("ena_support", lambda ctx, instance: {"value": True}),
    "enclaveOptions": ("enclave_options", lambda ctx, instance: {"enabled": False}),
    "groupSet": (
        "groups",
        lambda ctx, instance: [group for each in interfaces_of(ctx, instance)[:1] for group in each.groups],
    ),
    "instanceInitiatedShutdownBehavior": (
        "instance_initiated_shutdown_behavior",
        lambda ctx, instance: {"value": instance.shutdown_behavior},
    ),
    "instanceType": ("instance_type", lambda ctx, instance: {"value": instance.instance_type}),
    "kernel": ("kernel_id", lambda ctx, instance: {}),
    "productCodes": ("product_codes", _products),
    "ramdisk": ("ramdisk_id", lambda ctx, instance: {}),
    "rootDeviceName": ("root_device_name", lambda ctx, instance: {"value": instance.root_device_name}),
    "sourceDestCheck": (
        "source_dest_check",
        lambda ctx, instance: {"value": all(each.source_dest_check for each in interfaces_of(ctx, instance)[:1])},
    ),
    "sriovNetSupport": ("sriov_net_support", lambda ctx, instance: {}),
    "userData": ("user_data", _user_data),
}


@operation(on=on("instance_id"), read=True, conditions={"ec2:Attribute": "attribute"})
def describe_instance_attribute(ctx: Context, instance_id: str, attribute: str) -> object:
    instance = find(ctx, Instance, instance_id)
    member, read = _READERS[attribute]
    return {"instance_id": instance_id, member: read(ctx, instance)}


def _existing(ctx: Context, instance_id: str) -> Instance:
    instance = find(ctx, Instance, instance_id)
    if instance.state == TERMINATED:
        raise errors.IncorrectInstanceState(
            reason=f"The instance '{instance_id}' is terminated and cannot be modified."
        )
    return instance


def _stopped(instance: Instance, attribute: str) -> None:
    if instance.state != STOPPED:
        raise errors.IncorrectInstanceState(
            reason=f"The instance '{instance.instance_id}' is not in the 'stopped' state; {attribute} needs it."
        )


@operation(on=on("instance_id"))
def modify_instance_attribute(
    ctx: Context,
    instance_id: str,
    attribute: str = "",
    value: str = "",
    source_dest_check: Flag | None = None,
    disable_api_stop: Flag | None = None,
    disable_api_termination: Flag | None = None,
    block_device_mappings: Sequence[DeviceChange] = (),
    instance_type: Text | None = None,
    user_data: Blob | None = None,
    instance_initiated_shutdown_behavior: Text | None = None,
    groups: Sequence[str] = (),
    ebs_optimized: Flag | None = None,
) -> None:
    instance = _existing(ctx, instance_id)
    if attribute:
        _by_name(ctx, instance, attribute, value)
    if source_dest_check is not None:
        _set_source_dest_check(ctx, instance, bool(source_dest_check.value))
    if disable_api_stop is not None:
        instance.disable_api_stop = bool(disable_api_stop.value)
    if disable_api_termination is not None:
        instance.disable_api_termination = bool(disable_api_termination.value)
    if ebs_optimized is not None:
        _stopped(instance, "ebsOptimized")
        instance.ebs_optimized = bool(ebs_optimized.value)
    if instance_type is not None:
        _set_type(instance, instance_type.value or "")
    if instance_initiated_shutdown_behavior is not None:
        _set_behavior(instance, instance_initiated_shutdown_behavior.value or "")
    if user_data is not None:
        _set_user_data(ctx, instance, user_data.value or b"")
    if groups:
        _set_groups(ctx, instance, groups)
    for change in block_device_mappings:
        _set_deletion(ctx, instance, change)
    ctx.put(instance)


def _by_name(ctx: Context, instance: Instance, attribute: str, value: str) -> None:
    """The older form: an attribute's name and its value as text."""
    flag = value.lower() == "true"
    if attribute == "instanceType":
        _set_type(instance, value)
    elif attribute == "instanceInitiatedShutdownBehavior":
        _set_behavior(instance, value)
    elif attribute == "userData":
        _stopped(instance, "userData")
        _set_user_data(ctx, instance, read_user_data(value))
    elif attribute == "disableApiTermination":
        instance.disable_api_termination = flag
    elif attribute == "disableApiStop":
        instance.disable_api_stop = flag
    elif attribute == "sourceDestCheck":
        _set_source_dest_check(ctx, instance, flag)
    elif attribute == "ebsOptimized":
        _stopped(instance, "ebsOptimized")
        instance.ebs_optimized = flag
    else:
        raise errors.InvalidParameterValue(reason=f"The attribute {attribute} cannot be modified.")


def _set_type(instance: Instance, name: str) -> None:
    _stopped(instance, "instanceType")
    if name not in instance_types():
        raise errors.InvalidParameterValue(reason=f"Invalid value '{name}' for InstanceType.")
    instance.instance_type = name


def _set_behavior(instance: Instance, value: str) -> None:
    if value not in ("stop", "terminate"):
        raise errors.InvalidParameterValue(
            reason=f"Invalid value '{value}' for instanceInitiatedShutdownBehavior. Valid values are 'stop' and "
            "'terminate'."
        )
    instance.shutdown_behavior = value


def _set_user_data(ctx: Context, instance: Instance, content: bytes) -> None:
    _stopped(instance, "userData")
    ctx.put(UserData(ctx.account, ctx.region, instance.instance_id, ctx.seal(content, "ec2.user_data")))


def _set_source_dest_check(ctx: Context, instance: Instance, value: bool) -> None:
    interfaces = interfaces_of(ctx, instance)
    if len(interfaces) > 1:
        raise errors.InvalidInstanceId(
            reason=f"There are multiple interfaces attached to instance '{instance.instance_id}'. Please specify an "
            "interface ID for the operation instead."
        )
    for interface in interfaces:
        interface.source_dest_check = value
        ctx.put(interface)
        network_changed(ctx, interface.vpc_id)


def _set_groups(ctx: Context, instance: Instance, groups: Sequence[str]) -> None:
    interfaces = interfaces_of(ctx, instance)
    if len(interfaces) > 1:
        raise errors.InvalidInstanceId(
            reason=f"There are multiple interfaces attached to instance '{instance.instance_id}'. Please specify an "
            "interface ID for the operation instead."
        )
    for interface in interfaces:
        interface.groups = groups_of(ctx, interface.vpc_id, groups, interface.subnet_id)
        ctx.put(interface)
        network_changed(ctx, interface.vpc_id)


def _set_deletion(ctx: Context, instance: Instance, change: DeviceChange) -> None:
    device = next((each for each in instance.block_devices if each.device_name == change.device_name), None)
    if device is None:
        raise errors.InvalidInstanceAttribute(reason=f"No device is currently mapped at {change.device_name}")
    if change.ebs is None or change.ebs.delete_on_termination is None:
        return
    device.delete_on_termination = change.ebs.delete_on_termination
    volume = find(ctx, Volume, device.volume_id)
    for attachment in volume.attachments:
        if attachment.instance_id == instance.instance_id:
            attachment.delete_on_termination = device.delete_on_termination
    ctx.put(volume)


@operation(on=on("instance_id"))
def reset_instance_attribute(ctx: Context, instance_id: str, attribute: str) -> None:
    instance = _existing(ctx, instance_id)
    if attribute != "sourceDestCheck":
        raise errors.InvalidParameterValue(reason=f"The attribute {attribute} cannot be reset.")
    _set_source_dest_check(ctx, instance, True)


@operation(on=on("instance_id"))
def modify_instance_metadata_options(
    ctx: Context,
    instance_id: str,
    http_tokens: str | None = None,
    http_put_response_hop_limit: int | None = None,
    http_endpoint: str | None = None,
    http_protocol_ipv6: str | None = None,
    instance_metadata_tags: str | None = None,
) -> object:
    instance = _existing(ctx, instance_id)
    before = instance.metadata_options
    instance.metadata_options = type(before)(
        http_tokens=http_tokens or before.http_tokens,
        http_put_response_hop_limit=http_put_response_hop_limit or before.http_put_response_hop_limit,
        http_endpoint=http_endpoint or before.http_endpoint,
        http_protocol_ipv6=http_protocol_ipv6 or before.http_protocol_ipv6,
        instance_metadata_tags=instance_metadata_tags or before.instance_metadata_tags,
    )
    ctx.put(instance)
    return {"instance_id": instance_id, "instance_metadata_options": instance.metadata_options}


def _monitor(ctx: Context, instance_ids: Sequence[str], enabled: bool) -> object:
    answers = []
    for instance in find_all(ctx, Instance, instance_ids):
        instance.monitoring = enabled
        ctx.put(instance)
        state = "enabled" if enabled else "disabled"
        answers.append({"instance_id": instance.instance_id, "monitoring": {"state": state}})
    return {"instance_monitorings": answers}


@operation(on=on("instance_ids"))
def monitor_instances(ctx: Context, instance_ids: Sequence[str]) -> object:
    return _monitor(ctx, instance_ids, True)


@operation(on=on("instance_ids"))
def unmonitor_instances(ctx: Context, instance_ids: Sequence[str]) -> object:
    return _monitor(ctx, instance_ids, False)
