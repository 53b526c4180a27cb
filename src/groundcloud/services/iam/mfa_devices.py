"""Virtual multi-factor devices: made with a seed, enabled for a user by two codes that follow one another."""

import base64
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from groundcloud import totp
from groundcloud.accounts import root_arn
from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.resource import Resource
from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam.common import caller_or, to_make, user
from groundcloud.services.iam.federation import SEED_PURPOSE
from groundcloud.services.iam.provider_common import check_quota, described, tags_set, without_tags
from groundcloud.services.iam.provider_records import MfaSeed, VirtualMfaDevice
from groundcloud.services.iam.records import Tag, User

MOST_DEVICES = 8
_ENABLE_WINDOW = 10
_RESYNC_WINDOW = 720
"""Steps by which a device's clock may be off: five minutes when it is enabled, six hours to synchronize it."""

_ISSUER = "Amazon Web Services"


def _new_device(ctx: Context, virtual_mfa_device_name: str, path: str, tags: Sequence[Tag]) -> list[Resource]:
    return to_make(ctx.arn(f"mfa{path}{virtual_mfa_device_name}"), tags, "iam:TagMFADevice")


def _device(ctx: Context, serial_number: str) -> Resource:
    return described(ctx.get(VirtualMfaDevice, serial_number), serial_number)


def _found(ctx: Context, serial_number: str) -> VirtualMfaDevice:
    device = ctx.get(VirtualMfaDevice, serial_number)
    if device is None:
        raise errors.NoSuchDevice(serial_number=serial_number)
    return device


def _of_user(ctx: Context, serial_number: str, user_name: str) -> VirtualMfaDevice:
    device = ctx.get(VirtualMfaDevice, serial_number)
    if device is None or device.user_name != user_name:
        raise errors.NoDeviceOfUser(serial_number=serial_number, user_name=user_name)
    return device


def _seed(ctx: Context, device: VirtualMfaDevice) -> bytes:
    record = ctx.get(MfaSeed, device.serial_number)
    assert record is not None
    return ctx.open(record.sealed, SEED_PURPOSE)


@operation(on=_new_device)
def create_virtual_mfa_device(
    ctx: Context, virtual_mfa_device_name: str, path: str = "/", tags: Sequence[Tag] = ()
) -> object:
    serial = ctx.arn(f"mfa{path}{virtual_mfa_device_name}")
    if ctx.get(VirtualMfaDevice, serial) is not None:
        raise errors.AlreadyExists(reason="MFADevice entity at the same path and name already exists.")
    device = ctx.put(VirtualMfaDevice(account=ctx.account, serial_number=serial, tags=tags_set((), tags)))
    seed = ctx.random(totp.SEED_LENGTH)
    sealed = ctx.seal(seed, SEED_PURPOSE)
    ctx.put(MfaSeed(account=ctx.account, serial_number=serial, sealed=sealed))
    text = base64.b32encode(seed).decode()
    return {
        "virtual_mfa_device": {
            "serial_number": serial,
            "base32_string_seed": text.encode(),
            "qr_code_png": _qr_code(virtual_mfa_device_name, ctx.account, text),
            "tags": device.tags or None,
        }
    }


def _qr_code(name: str, account: str, seed: str) -> bytes:
    """The picture that authenticator programs read: an otpauth URI (the de facto "Key URI Format")."""
    import segno  # only whoever makes a device waits for it to load

    label = quote(f"{_ISSUER}:{name}@{account}", safe=":@")
    picture = io.BytesIO()
    segno.make(f"otpauth://totp/{label}?secret={seed}&issuer={quote(_ISSUER)}", micro=False).save(
        picture, kind="png", scale=4
    )
    return picture.getvalue()


@operation(on=user)
def enable_mfa_device(
    ctx: Context, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    ctx.find(User, user_name)
    device = _found(ctx, serial_number)
    if device.user_name is not None:
        raise errors.AlreadyExists(reason="MFA device is already in use.")
    check_quota(len(list(ctx.scan(VirtualMfaDevice, user_name, index="by_user"))), MOST_DEVICES, "MFADevicesPerUser")
    device.user_name = user_name
    device.enable_date = ctx.now()
    _synchronize(ctx, device, authentication_code1, authentication_code2, _ENABLE_WINDOW)


@operation(on=user)
def resync_mfa_device(
    ctx: Context, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    ctx.find(User, user_name)
    device = _of_user(ctx, serial_number, user_name)
    _synchronize(ctx, device, authentication_code1, authentication_code2, _RESYNC_WINDOW)


def _synchronize(ctx: Context, device: VirtualMfaDevice, first: str, second: str, window: int) -> None:
    """Take two codes that follow one another, learn from them by how much the device's clock is off, and keep it."""
    now = ctx.now()
    step = totp.consecutive_step(_seed(ctx, device), first, second, now, window)
    if step is None or step <= device.last_step:
        raise errors.InvalidAuthenticationCode()
    device.drift = step - totp.counter(now)
    device.last_step = step
    ctx.put(device)


@operation(on=user)
def deactivate_mfa_device(ctx: Context, serial_number: str, user_name: str = "") -> None:
    device = _of_user(ctx, serial_number, caller_or(ctx, user_name))
    device.user_name = None
    device.enable_date = None
    ctx.put(device)


@operation(on=_device)
def delete_virtual_mfa_device(ctx: Context, serial_number: str) -> None:
    device = _found(ctx, serial_number)
    if device.user_name is not None:
        raise errors.DeleteConflict(reason="MFA VirtualDevice in use. Must deactivate first.")
    if (seed := ctx.get(MfaSeed, serial_number)) is not None:
        ctx.delete(seed)
    ctx.delete(device)


@operation(on="*", read=True)
def list_virtual_mfa_devices(ctx: Context, assignment_status: str = "Any") -> dict[str, Page]:
    """Without tags, as AWS documents ("To view all of the information about a virtual MFA device, see...")."""

    def wanted(device: VirtualMfaDevice) -> bool:
        return assignment_status == "Any" or (device.user_name is not None) is (assignment_status == "Assigned")

    return {"virtual_mfa_devices": ctx.page(VirtualMfaDevice, where=wanted, each=lambda device: _shown(ctx, device))}


def _shown(ctx: Context, device: VirtualMfaDevice) -> dict[str, Any]:
    shown: dict[str, Any] = {"serial_number": device.serial_number, "enable_date": device.enable_date}
    if device.user_name:
        owner = ctx.find(User, device.user_name)
        members = ("path", "user_name", "user_id", "arn", "create_date", "password_last_used")
        shown["user"] = {name: getattr(owner, name) for name in members}
    elif device.user_name is not None:
        shown["user"] = {"user_id": ctx.account, "arn": root_arn(ctx.account)}
    return shown


@operation(on=user, read=True)
def list_mfa_devices(ctx: Context, user_name: str = "") -> dict[str, Page]:
    name = caller_or(ctx, user_name)
    if name:
        ctx.find(User, name)
    return {"mfa_devices": ctx.page(VirtualMfaDevice, name, index="by_user")}


@operation(on=user, read=True)
def get_mfa_device(ctx: Context, serial_number: str, user_name: str = "") -> dict[str, str | datetime | None]:
    name = caller_or(ctx, user_name)
    device = _of_user(ctx, serial_number, name)
    return {"user_name": name or None, "serial_number": serial_number, "enable_date": device.enable_date}


@operation(on=_device)
def tag_mfa_device(ctx: Context, serial_number: str, tags: Sequence[Tag]) -> None:
    device = _found(ctx, serial_number)
    device.tags = tags_set(device.tags, tags)
    ctx.put(device)


@operation(on=_device)
def untag_mfa_device(ctx: Context, serial_number: str, tag_keys: Sequence[str]) -> None:
    device = _found(ctx, serial_number)
    device.tags = without_tags(device.tags, tag_keys)
    ctx.put(device)


@operation(on=_device, read=True)
def list_mfa_device_tags(ctx: Context, serial_number: str) -> dict[str, Page]:
    return {"tags": page_of(_found(ctx, serial_number).tags, key=lambda tag: tag.key)}
