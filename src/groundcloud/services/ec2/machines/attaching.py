"""Network interfaces that go to instances and leave them. An instance that does not run has them at once; of one that
runs, the controller in `interface_controller.py` plugs them in and pulls them out."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import find, on
from groundcloud.services.ec2.machines.records import RUNNING, STOPPED, Instance
from groundcloud.services.ec2.machines.views import interfaces_of
from groundcloud.services.ec2.network import faults, interfaces
from groundcloud.services.ec2.network.interface_calls import editable
from groundcloud.services.ec2.network.records import NetworkInterface


@operation(on=on("network_interface_id", "instance_id"))
def attach_network_interface(
    ctx: Context, network_interface_id: str, instance_id: str, device_index: int, network_card_index: int = 0
) -> object:
    interface = editable(ctx, network_interface_id)
    instance = find(ctx, Instance, instance_id)
    _in_a_state_for_it(instance)
    if interface.availability_zone != instance.availability_zone:
        raise errors.InvalidParameterCombination(
            reason="You may not attach a network interface to an instance if they are not in the same availability zone"
        )
    if interface.vpc_id != instance.vpc_id:
        raise errors.InvalidParameterCombination(
            reason="You may not attach a network interface to an instance if they are not in the same VPC"
        )
    known = {each.attachment.device_index: each for each in interfaces_of(ctx, instance) if each.attachment is not None}
    if device_index in known:
        raise errors.InvalidParameterValue(
            reason=f"Instance '{instance_id}' already has an interface attached at device index '{device_index}'."
        )
    interfaces.attach(ctx, interface, instance_id, device_index, network_card_index=network_card_index)
    attachment = interface.attachment
    assert attachment is not None
    if instance.state == RUNNING:
        attachment.status = "attaching"
        ctx.put(interface)
    known[device_index] = interface
    instance.interfaces = [known[index].network_interface_id for index in sorted(known)]
    ctx.put(instance)
    return {"attachment_id": attachment.attachment_id, "network_card_index": network_card_index}


def _in_a_state_for_it(instance: Instance) -> None:
    if instance.state not in (RUNNING, STOPPED):
        raise errors.IncorrectInstanceState(
            reason=f"Instance '{instance.instance_id}' is not 'running' or 'stopped', but '{instance.state_name}'."
        )


def _by_attachment(ctx: Context, attachment_id: str) -> NetworkInterface | None:
    return next(ctx.scan(NetworkInterface, attachment_id, index="by_attachment"), None)


def _detached(ctx: Context, attachment_id: str) -> list[Resource]:
    found = _by_attachment(ctx, attachment_id)
    if found is None or found.attachment is None:
        return [Resource(ctx.arn("network-interface/*"))]
    named = on("interface", "instance")
    return named(ctx, interface=found.network_interface_id, instance=found.attachment.instance_id)


@operation(on=_detached, harmless=["Force"])
def detach_network_interface(ctx: Context, attachment_id: str) -> None:
    found = _by_attachment(ctx, attachment_id)
    if found is None or found.attachment is None:
        raise faults.AttachmentNotFound(id=attachment_id)
    if found.attachment.device_index == 0:
        raise errors.OperationNotPermitted(
            reason="The network interface at device index 0 and networkCard index 0 cannot be detached."
        )
    instance = find(ctx, Instance, found.attachment.instance_id or "")
    _in_a_state_for_it(instance)
    if instance.state == RUNNING:
        found.attachment.status = "detaching"
        ctx.put(found)
    else:
        take_away(ctx, found, instance)


def take_away(ctx: Context, interface: NetworkInterface, instance: Instance | None) -> None:
    """An instance has an interface no longer."""
    if instance is not None and interface.network_interface_id in instance.interfaces:
        instance.interfaces.remove(interface.network_interface_id)
        ctx.put(instance)
    interfaces.detach(ctx, interface)
