"""Attributes of network interfaces, and who else may attach them."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import find, on
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.network import faults, interfaces
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.linking import NetworkInterfacePermission
from groundcloud.services.ec2.network.records import NetworkInterface
from groundcloud.services.ec2.network.vpcs import BooleanValue
from groundcloud.store import Part


class TextValue(Part):
    value: str | None = None


class AttachmentChanges(Part):
    attachment_id: str = ""
    delete_on_termination: bool | None = None


@operation(on=on("network_interface_id", "groups"))
def modify_network_interface_attribute(
    ctx: Context,
    network_interface_id: str,
    description: TextValue | None = None,
    source_dest_check: BooleanValue | None = None,
    groups: Sequence[str] | None = None,
    attachment: AttachmentChanges | None = None,
    associate_public_ip_address: bool | None = None,
) -> None:
    given = (description, source_dest_check, groups, attachment, associate_public_ip_address)
    if sum(each is not None for each in given) != 1:
        raise errors.InvalidParameterCombination(reason="Exactly one attribute must be specified.")
    interface = find(ctx, NetworkInterface, network_interface_id)
    if associate_public_ip_address is not None:
        change = interfaces.assign_public if associate_public_ip_address else interfaces.release_public
        change(ctx, interface)
    if description is not None:
        interface.description = description.value or ""
    if source_dest_check is not None:
        interface.source_dest_check = bool(source_dest_check.value)
    if groups is not None:
        if not groups:
            raise errors.InvalidParameterValue(reason="An interface needs at least one security group.")
        interface.groups = interfaces.groups_of(ctx, interface.vpc_id, groups, interface.subnet_id)
    if attachment is not None:
        own = interface.attachment
        if own is None or own.attachment_id != attachment.attachment_id:
            raise faults.AttachmentNotFound(id=attachment.attachment_id)
        own.delete_on_termination = bool(attachment.delete_on_termination)
    ctx.put(interface)
    network_changed(ctx, interface.vpc_id)


_ATTRIBUTES = ("description", "groupSet", "sourceDestCheck", "attachment", "associatePublicIpAddress")


@operation(on=on("network_interface_id"), read=True)
def describe_network_interface_attribute(ctx: Context, network_interface_id: str, attribute: str = "") -> object:
    if attribute not in _ATTRIBUTES:
        raise errors.InvalidParameterValue(
            reason=f"Value ( {attribute} ) for parameter attribute is invalid. Unknown attribute."
        )
    interface = find(ctx, NetworkInterface, network_interface_id)
    associated = interface.association is not None
    values: dict[str, dict[str, Any]] = {
        "description": {"description": {"value": interface.description}},
        "groupSet": {"groups": interface.groups},
        "sourceDestCheck": {"source_dest_check": {"value": interface.source_dest_check}},
        "attachment": {"attachment": interface.attachment},
        "associatePublicIpAddress": {"associate_public_ip_address": associated},
    }
    return {"network_interface_id": network_interface_id, **values[attribute]}


@operation(on=on("network_interface_id"))
def reset_network_interface_attribute(ctx: Context, network_interface_id: str, source_dest_check: str = "") -> None:
    interface = find(ctx, NetworkInterface, network_interface_id)
    interface.source_dest_check = True
    ctx.put(interface)
    network_changed(ctx, interface.vpc_id)


# -- who else may attach it


@operation(on=on("network_interface_id"))
def create_network_interface_permission(
    ctx: Context, network_interface_id: str, permission: str, aws_account_id: str | None = None
) -> object:
    find(ctx, NetworkInterface, network_interface_id)
    if permission not in ("INSTANCE-ATTACH", "EIP-ASSOCIATE"):
        raise errors.InvalidParameterValue(reason=f"Value ({permission}) for parameter permission is invalid.")
    if not aws_account_id:
        raise errors.MissingParameter(name="AwsAccountId")
    made = NetworkInterfacePermission(
        owner_id=ctx.account, region=ctx.region, network_interface_permission_id=ctx.new_id("eni-perm"),
        network_interface_id=network_interface_id, permission=permission, aws_account_id=aws_account_id,
    )  # fmt: skip
    return {"interface_permission": ctx.put(made)}


_FILTERS: Filters = {
    "network-interface-permission.network-interface-permission-id": lambda one: one.network_interface_permission_id,
    "network-interface-permission.network-interface-id": lambda one: one.network_interface_id,
    "network-interface-permission.aws-account-id": lambda one: one.aws_account_id,
    "network-interface-permission.aws-service": lambda one: one.aws_service,
    "network-interface-permission.permission": lambda one: one.permission,
}


@operation(on="*", read=True)
def describe_network_interface_permissions(
    ctx: Context, network_interface_permission_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    found = listed(ctx, NetworkInterfacePermission, network_interface_permission_ids, filters, _FILTERS)
    return {"network_interface_permissions": found}


@operation(on="*")
def delete_network_interface_permission(
    ctx: Context, network_interface_permission_id: str, force: bool = False
) -> object:
    ctx.delete(find(ctx, NetworkInterfacePermission, network_interface_permission_id))
    return {"return_": True}
