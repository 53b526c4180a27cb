"""Instances started, stopped, rebooted and terminated. The controller carries it out."""

from collections.abc import Callable, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import find_all, on
from groundcloud.services.ec2.machines.launch import check_machines
from groundcloud.services.ec2.machines.records import (
    PENDING,
    RUNNING,
    SHUTTING_DOWN,
    STATE_NAMES,
    STOPPED,
    STOPPING,
    TERMINATED,
    Instance,
    StateReason,
)
from groundcloud.services.ec2.machines.views import interfaces_of
from groundcloud.services.ec2.network.interfaces import wake
from groundcloud.services.ec2.storage.encryption import grants_of_instance


def _moment(ctx: Context) -> str:
    return ctx.now().strftime("%Y-%m-%d %H:%M:%S GMT")


def _state(code: int) -> dict[str, Any]:
    return {"code": code, "name": STATE_NAMES[code]}


def _changed(ctx: Context, instance_ids: Sequence[str], change: Callable[[Instance], None]) -> list[dict[str, Any]]:
    """Change each instance, all or none; their states before and after."""
    if not instance_ids:
        raise errors.MissingParameter(name="InstanceId")
    answers = []
    for instance in find_all(ctx, Instance, instance_ids):
        before = instance.state
        change(instance)
        ctx.put(instance)
        answers.append(
            {
                "current_state": _state(instance.state),
                "instance_id": instance.instance_id,
                "previous_state": _state(before),
            }
        )
    return answers


@operation(on=on("instance_ids"), harmless=("AdditionalInfo",))
def start_instances(ctx: Context, instance_ids: Sequence[str]) -> object:
    check_machines(ctx)

    def start(instance: Instance) -> None:
        if instance.state in (PENDING, RUNNING):
            return
        if instance.state != STOPPED:
            raise errors.IncorrectInstanceState(
                reason=f"The instance '{instance.instance_id}' is not in a state from which it can be started."
            )
        instance.state, instance.state_reason, instance.state_transition_reason = PENDING, None, ""
        instance.launch_time = ctx.now()
        instance.reachability, instance.impaired_since = "initializing", None
        instance.booted = instance.boots = instance.boots + 1
        grants_of_instance(ctx, [each.volume_id for each in instance.block_devices], instance.instance_id)
        for interface in interfaces_of(ctx, instance):
            wake(ctx, interface)

    return {"starting_instances": _changed(ctx, instance_ids, start)}


@operation(on=on("instance_ids"))
def stop_instances(
    ctx: Context, instance_ids: Sequence[str], force: bool = False, skip_os_shutdown: bool = False
) -> object:
    def stop(instance: Instance) -> None:
        if instance.state in (STOPPING, STOPPED):
            instance.forced = instance.forced or force
            return
        if instance.state not in (PENDING, RUNNING):
            raise errors.IncorrectInstanceState(
                reason=f"The instance '{instance.instance_id}' is not in a state from which it can be stopped."
            )
        if instance.disable_api_stop:
            raise errors.OperationNotPermitted(
                reason=f"The instance '{instance.instance_id}' may not be stopped. Modify its 'disableApiStop' "
                "instance attribute and try again."
            )
        instance.state = STOPPING
        instance.forced = force or skip_os_shutdown
        instance.state_reason = StateReason(
            "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"
        )
        instance.state_transition_reason = f"User initiated ({_moment(ctx)})"

    return {"stopping_instances": _changed(ctx, instance_ids, stop)}


@operation(on=on("instance_ids"))
def reboot_instances(ctx: Context, instance_ids: Sequence[str]) -> None:
    def reboot(instance: Instance) -> None:
        if instance.state not in (PENDING, RUNNING):
            raise errors.IncorrectInstanceState(
                reason=f"The instance '{instance.instance_id}' is not in a state from which it can be rebooted."
            )
        instance.boots += 1

    _changed(ctx, instance_ids, reboot)


@operation(on=on("instance_ids"))
def terminate_instances(
    ctx: Context, instance_ids: Sequence[str], force: bool = False, skip_os_shutdown: bool = False
) -> object:
    for instance in find_all(ctx, Instance, instance_ids):
        if instance.disable_api_termination and instance.state != TERMINATED:
            raise errors.OperationNotPermitted(
                reason=f"The instance '{instance.instance_id}' may not be terminated. Modify its "
                "'disableApiTermination' instance attribute and try again."
            )

    def terminate(instance: Instance) -> None:
        if instance.state in (SHUTTING_DOWN, TERMINATED):
            return
        instance.state = SHUTTING_DOWN
        instance.forced = force or skip_os_shutdown
        instance.state_reason = StateReason(
            "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"
        )
        instance.state_transition_reason = f"User initiated ({_moment(ctx)})"

    return {"terminating_instances": _changed(ctx, instance_ids, terminate)}
