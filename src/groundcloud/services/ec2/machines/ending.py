"""What happens to an instance's records when its machine is gone: at a stop, and at its end."""

from groundcloud.context import Context
from groundcloud.services.ec2.machines.metadata import RoleCredentials
from groundcloud.services.ec2.machines.records import STOPPED, TERMINATED, Instance, UserData
from groundcloud.services.ec2.machines.views import interfaces_of
from groundcloud.services.ec2.network.interfaces import delete_interface, detach, lay_down
from groundcloud.services.ec2.storage.encryption import retire_of_instance
from groundcloud.services.ec2.storage.records import Volume


def stop(ctx: Context, instance: Instance) -> None:
    """It keeps its volumes and interfaces, and gives back the public address that was not its own."""
    instance.state = STOPPED
    instance.forced = False
    instance.reachability, instance.impaired_since = "initializing", None
    for interface in interfaces_of(ctx, instance):
        lay_down(ctx, interface)
    retire_of_instance(ctx, [each.volume_id for each in instance.block_devices])
    ctx.put(instance)


def end(ctx: Context, instance: Instance) -> None:
    """Its volumes and interfaces go with it where they were to; others are free again."""
    instance.state = TERMINATED
    instance.terminated = ctx.now()
    for interface in interfaces_of(ctx, instance):
        deleted = interface.attachment is not None and interface.attachment.delete_on_termination
        detach(ctx, interface)
        if deleted:
            delete_interface(ctx, interface)
    retire_of_instance(ctx, [each.volume_id for each in instance.block_devices])
    for volume in list(ctx.scan(Volume, instance.instance_id, index="by_instance")):
        goes = any(
            each.delete_on_termination for each in volume.attachments if each.instance_id == instance.instance_id
        )
        volume.attachments = [each for each in volume.attachments if each.instance_id != instance.instance_id]
        volume.state = "deleting" if goes else "available"
        ctx.put(volume)
    for kind in (UserData, RoleCredentials):
        kept = ctx.get(kind, instance.instance_id)
        if kept is not None:
            ctx.delete(kept)
    instance.block_devices, instance.interfaces = [], []
    ctx.put(instance)
