"""The public images as records that are not stored."""

from functools import cache

from groundcloud.public_images import PUBLIC_IMAGES, image_id
from groundcloud.services.ec2.machines.records import Image, ImageDevice


@cache
def public_images(region: str) -> dict[str, Image]:
    """The public images of a region by their ids, as records that are not stored."""
    found = {}
    for public in PUBLIC_IMAGES:
        ami = image_id(public, region)
        found[ami] = Image(
            owner_id=public.owner,
            region=region,
            image_id=ami,
            name=public.name,
            creation_date=public.created,
            state="available",
            description=public.description,
            engine_image=public.engine_image,
            root_device_name=public.root_device_name,
            devices=[ImageDevice(public.root_device_name, "snap-" + ami.removeprefix("ami-").zfill(17))],
            launch_accounts=["all"],
            product_codes=list(public.product_codes),
        )
    return found
