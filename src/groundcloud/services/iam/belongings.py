"""What belongs to a user and lives in records of its own: it goes along when the user is renamed, and most of it keeps
the user from being deleted."""

from typing import Any, NamedTuple

import msgspec

from groundcloud.context import Context
from groundcloud.services.iam import errors
from groundcloud.services.iam.provider_records import SigningCertificate, SshPublicKey, VirtualMfaDevice
from groundcloud.services.iam.records import AccessKey, AccessKeySecret, LoginProfile, LoginProfileSecret
from groundcloud.store import Record


class Belonging(NamedTuple):
    """Records with a field `user_name`, which is first in their key after the account, or in the index `by`."""

    kind: type[Record]
    leftover: str = ""
    """What DeleteUser asks to do first; nothing where another belonging says it."""
    by: str = ""


BELONGINGS: list[Belonging] = [
    Belonging(AccessKey, "delete access keys"),
    Belonging(AccessKeySecret, by="by_user"),
    Belonging(LoginProfile, "delete login profile"),
    Belonging(LoginProfileSecret),
    Belonging(VirtualMfaDevice, "delete MFA device", by="by_user"),
    Belonging(SigningCertificate, "delete signing certificates"),
    Belonging(SshPublicKey, "delete SSH public keys"),
]


def check_without_belongings(ctx: Context, user_name: str) -> None:
    """Raises `StillNeeded` (DeleteConflict) for the first that is left."""
    for belonging in BELONGINGS:
        if belonging.leftover and ctx.exists(belonging.kind, user_name, index=belonging.by):
            raise errors.StillNeeded(first=belonging.leftover)


def move_belongings(ctx: Context, user_name: str, new_user_name: str) -> None:
    """Give everything of a user its new name."""
    for belonging in BELONGINGS:
        records: list[Any] = list(ctx.scan(belonging.kind, user_name, index=belonging.by))
        for record in records:
            ctx.delete(record)
            ctx.put(msgspec.structs.replace(record, user_name=new_user_name))
