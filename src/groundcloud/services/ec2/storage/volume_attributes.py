"""What is asked of volumes besides: attributes, and input and output after a fault, which is never held back here."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import find, on
from groundcloud.services.ec2.machines.attributes import Flag
from groundcloud.services.ec2.storage.records import Volume


@operation(on=on("volume_id"), read=True)
def describe_volume_attribute(ctx: Context, attribute: str, volume_id: str) -> object:
    volume = find(ctx, Volume, volume_id)
    if attribute == "autoEnableIO":
        return {"volume_id": volume_id, "auto_enable_io": {"value": volume.auto_enable_io}}
    if attribute == "productCodes":
        return {"volume_id": volume_id, "product_codes": []}
    raise errors.InvalidParameterValue(reason=f"Value ({attribute}) for parameter attribute is invalid.")


@operation(on=on("volume_id"))
def modify_volume_attribute(ctx: Context, volume_id: str, auto_enable_io: Flag | None = None) -> None:
    volume = find(ctx, Volume, volume_id)
    if auto_enable_io is None:
        raise errors.MissingParameter(name="AutoEnableIO")
    volume.auto_enable_io = bool(auto_enable_io.value)
    ctx.put(volume)


@operation(on=on("volume_id"))
def enable_volume_io(ctx: Context, volume_id: str) -> None:
    """It is enabled already: nothing here holds it back."""
    find(ctx, Volume, volume_id)
