"""Whether an image may be launched, deregistered, and used by those it was shared with: DisableImage and its like.

Source: "Disable an Amazon EC2 AMI" and "Protect an Amazon EC2 AMI from deregistration" in the EC2 user guide.
"""

from datetime import timedelta

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import find, on
from groundcloud.services.ec2.machines.records import Image
from groundcloud.services.ec2.machines.views import image_of

_COOLDOWN = timedelta(hours=24)
"""How long an image stays protected after its protection has ended, where that was chosen."""


def check_protection(ctx: Context, image: Image) -> None:
    """Raises `OperationNotPermitted` for an image that must not be deregistered."""
    cooling = image.protected_until is not None and ctx.now() < image.protected_until
    if image.deregistration_protection != "disabled" or cooling:
        raise errors.OperationNotPermitted(reason=f"Image {image.image_id} is protected from deregistration.")


@operation(on=on("image_id"))
def disable_image(ctx: Context, image_id: str) -> object:
    """It cannot be launched any more, and nobody else sees it; what was launched of it goes on."""
    image = find(ctx, Image, image_id)
    if image.state not in ("available", "disabled"):
        raise errors.ImageUnavailable(id=image_id)
    image.state, image.launch_accounts = "disabled", []
    ctx.put(image)
    return {"return_": True}


@operation(on=on("image_id"))
def enable_image(ctx: Context, image_id: str) -> object:
    """Whom it was shared with before it was disabled is forgotten."""
    image = find(ctx, Image, image_id)
    if image.state == "disabled":
        image.state = "available"
        ctx.put(image)
    return {"return_": True}


@operation(on=on("image_id"))
def enable_image_deregistration_protection(ctx: Context, image_id: str, with_cooldown: bool = False) -> object:
    image = find(ctx, Image, image_id)
    image.deregistration_protection = "enabled-with-cooldown" if with_cooldown else "enabled-without-cooldown"
    image.protected_until = None
    ctx.put(image)
    return {"return_": image.deregistration_protection}


@operation(on=on("image_id"))
def disable_image_deregistration_protection(ctx: Context, image_id: str) -> object:
    image = find(ctx, Image, image_id)
    if image.deregistration_protection == "enabled-with-cooldown":
        image.protected_until = ctx.now() + _COOLDOWN
    image.deregistration_protection = "disabled"
    ctx.put(image)
    return {"return_": image.deregistration_protection}


@operation(on=on("image_id"))
def cancel_image_launch_permission(ctx: Context, image_id: str) -> object:
    """The caller gives up what another account has given to it."""
    image = image_of(ctx, image_id)
    if image is None or ctx.account not in image.launch_accounts:
        raise errors.NoSuchImage(named=f" id '[{image_id}]' does")
    image.launch_accounts.remove(ctx.account)
    ctx.put(image)
    return {"return_": True}
