"""Public parameters: what AWS publishes below `/aws/service/`. Each provider has one subtree.

The Regions are botocore's own list of endpoints.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from groundcloud.context import Context
from groundcloud.models import regions
from groundcloud.public_images import PUBLIC_IMAGES, image_id
from groundcloud.services.ssm import errors

Provider = Callable[[Context], Mapping[str, str]]
"""Gives the parameters of a subtree, by their full names."""


@cache
def _regions() -> dict[str, str]:
    found: dict[str, str] = {}
    for region, description in regions().items():
        base = f"/aws/service/global-infrastructure/regions/{region}"
        found[base] = region
        found[f"{base}/longName"] = description
        found[f"{base}/domain"] = "amazonaws.com"
        found[f"{base}/partition"] = "aws"
    return found


def _images(path: str) -> Provider:
    """The latest images below a path."""

    def provide(ctx: Context) -> Mapping[str, str]:
        return {
            name: image_id(public, ctx.region)
            for public in PUBLIC_IMAGES
            for name in public.parameters
            if name.startswith(f"{path}/")
        }

    return provide


_IMAGES = ("/aws/service/ami-amazon-linux-latest", "/aws/service/canonical", "/aws/service/debian")

PROVIDERS: dict[str, Provider] = {
    "/aws/service/global-infrastructure/regions": lambda ctx: _regions(),
    **{path: _images(path) for path in _IMAGES},
}
"""By the path above what they provide."""


def all_below(ctx: Context, path: str) -> dict[str, str]:
    """The public parameters below a path, at any depth."""
    prefix = path.rstrip("/") + "/"
    return {
        name: value
        for subtree, provider in PROVIDERS.items()
        if f"{subtree}/".startswith(prefix) or prefix.startswith(f"{subtree}/")
        for name, value in provider(ctx).items()
        if name.startswith(prefix)
    }


def shown(ctx: Context, name: str) -> dict[str, Any]:
    """Raises `ParameterNotFound`."""
    value = all_below(ctx, name.rpartition("/")[0]).get(name)
    if value is None:
        raise errors.NoSuchParameter()
    return entry(ctx, name, value)


def entry(ctx: Context, name: str, value: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "String",
        "value": value,
        "version": 1,
        "last_modified_date": ctx.now(),
        "arn": f"arn:aws:ssm:{ctx.region}::parameter{name}",
        "data_type": "text",
    }
