"""What a machine wrote to its console. It has no screen."""

import base64

from groundcloud.context import Context
from groundcloud.engines.machines.wanted import Machines
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import find, on
from groundcloud.services.ec2.machines.records import Instance


@operation(on=on("instance_id"))
async def get_console_output(ctx: Context, instance_id: str, latest: bool = False) -> object:
    """The last 64 KiB, always as they are now; AWS shows older output unless `Latest` is asked for."""
    with ctx.snapshot() as reading:
        find(reading, Instance, instance_id)
    machines: Machines | None = ctx.world.engines.get("machines")
    written = await ctx.compute(machines.console, instance_id) if machines is not None else b""
    return {
        "instance_id": instance_id,
        "timestamp": ctx.now(),
        "output": base64.b64encode(written).decode() if written else None,
    }


@operation(on=on("instance_id"), read=True, harmless=("WakeUp",))
def get_console_screenshot(ctx: Context, instance_id: str) -> object:
    find(ctx, Instance, instance_id)
    raise errors.UnsupportedOperation(
        reason=f"The instance '{instance_id}' has no screen. GetConsoleOutput shows what it wrote to its console."
    )


@operation(on=on("instance_id"), read=True)
def get_password_data(ctx: Context, instance_id: str) -> object:
    """Only Windows has a password, so it is empty here, as AWS's is for every other system."""
    find(ctx, Instance, instance_id)
    return {"instance_id": instance_id, "timestamp": ctx.now(), "password_data": ""}
