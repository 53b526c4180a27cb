"""What an account has chosen for all that it makes in a Region: metadata options and CPU credits of new instances, and
whether its images and snapshots may become public.

Source: "Configure the instance metadata options", "Block public access to your AMIs" and "Block public access for
Amazon EBS snapshots" in the user guides.
"""

from typing import Any

from msgspec import field
from msgspec.structs import asdict

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.store import Part, Record

NO_PREFERENCE = "no-preference"
UNBLOCKED, NEW, ALL = "unblocked", "block-new-sharing", "block-all-sharing"


class MetadataDefaults(Part):
    """None is no preference."""

    http_tokens: str | None = None
    http_put_response_hop_limit: int | None = None
    http_endpoint: str | None = None
    instance_metadata_tags: str | None = None


class AccountSettings(Record):
    table = "ec2.account_settings"
    key = ("owner_id", "region")
    watched = False

    owner_id: str
    region: str
    metadata: MetadataDefaults = field(default_factory=MetadataDefaults)
    credits: dict[str, str] = {}
    """By family of burstable types."""
    public_images: str = NEW
    """AWS blocks it for new accounts until they say otherwise."""
    public_snapshots: str = UNBLOCKED


def settings_of(ctx: Context) -> AccountSettings:
    """The caller's, as they are."""
    return ctx.get(AccountSettings) or AccountSettings(ctx.account, ctx.region)


def check_public(state: str, what: str) -> None:
    """Raises `OperationNotPermitted` where nothing new may be shared with everybody."""
    if state != UNBLOCKED:
        raise errors.OperationNotPermitted(
            reason=f"You can't publicly share this {what} because block public access for {what}s is enabled for this "
            "account."
        )


# -- metadata options

_CHOICES = {
    "http_tokens": ("optional", "required"),
    "http_endpoint": ("enabled", "disabled"),
    "instance_metadata_tags": ("enabled", "disabled"),
}


@operation(on="*", read=True)
def get_instance_metadata_defaults(ctx: Context) -> object:
    chosen = settings_of(ctx).metadata
    return {
        "account_level": {**{name: getattr(chosen, name) for name in chosen.__struct_fields__}, "managed_by": "account"}
    }


@operation(on="*")
def modify_instance_metadata_defaults(
    ctx: Context,
    http_tokens: str = "",
    http_put_response_hop_limit: int | None = None,
    http_endpoint: str = "",
    instance_metadata_tags: str = "",
) -> object:
    """What is not named stays; `no-preference`, or -1, takes a choice back."""
    settings = settings_of(ctx)
    hops = http_put_response_hop_limit
    if hops is not None and hops != -1 and not 1 <= hops <= 64:
        raise errors.InvalidParameterValue(
            reason=f"Value ({hops}) for parameter HttpPutResponseHopLimit is invalid. It is between 1 and 64, or -1 "
            "for no preference."
        )
    given = {
        "http_tokens": _choice("http_tokens", http_tokens),
        "http_endpoint": _choice("http_endpoint", http_endpoint),
        "instance_metadata_tags": _choice("instance_metadata_tags", instance_metadata_tags),
        "http_put_response_hop_limit": hops,
    }
    changed = {name: value for name, value in given.items() if value not in ("", None)}
    kept: dict[str, Any] = {**asdict(settings.metadata), **changed}
    settings.metadata = MetadataDefaults(
        **{name: None if value in (NO_PREFERENCE, -1) else value for name, value in kept.items()}
    )
    ctx.put(settings)
    return {"return_": True}


def _choice(name: str, value: str) -> str:
    if value and value not in (*_CHOICES[name], NO_PREFERENCE):
        raise errors.InvalidParameterValue(reason=f"Value ({value}) for parameter {name} is invalid.")
    return value


# -- public sharing


@operation(on="*", read=True)
def get_image_block_public_access_state(ctx: Context) -> object:
    return {"image_block_public_access_state": settings_of(ctx).public_images, "managed_by": "account"}


@operation(on="*")
def enable_image_block_public_access(ctx: Context, image_block_public_access_state: str) -> object:
    return _image_sharing(ctx, NEW)


@operation(on="*")
def disable_image_block_public_access(ctx: Context) -> object:
    return _image_sharing(ctx, UNBLOCKED)


def _image_sharing(ctx: Context, state: str) -> dict[str, str]:
    settings = settings_of(ctx)
    settings.public_images = state
    ctx.put(settings)
    return {"image_block_public_access_state": state}


@operation(on="*", read=True)
def get_snapshot_block_public_access_state(ctx: Context) -> object:
    return {"state": settings_of(ctx).public_snapshots, "managed_by": "account"}


@operation(on="*")
def enable_snapshot_block_public_access(ctx: Context, state: str) -> object:
    if state not in (NEW, ALL):
        raise errors.InvalidParameterValue(reason=f"Value ({state}) for parameter State is invalid.")
    return _snapshot_sharing(ctx, state)


@operation(on="*")
def disable_snapshot_block_public_access(ctx: Context) -> object:
    return _snapshot_sharing(ctx, UNBLOCKED)


def _snapshot_sharing(ctx: Context, state: str) -> dict[str, str]:
    settings = settings_of(ctx)
    settings.public_snapshots = state
    ctx.put(settings)
    return {"state": state}
