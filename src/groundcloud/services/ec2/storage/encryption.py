"""Which volumes and snapshots are encrypted, under which key, and who may open them.

A volume's data key is made when the volume is, for the caller; while the volume is attached to an instance that runs, a
grant lets that instance's host open it. Sources: "Amazon EBS encryption" in the EBS user guide and "How Amazon EBS uses
AWS KMS" in the KMS developer guide.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress

from msgspec.structs import replace

from groundcloud import data_keys
from groundcloud.context import Context
from groundcloud.engines.machines.wanted import Seal
from groundcloud.errors import AwsError
from groundcloud.identity import Principal
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.storage.records import EbsDefaults, Snapshot, Volume

log = logging.getLogger(__name__)

MANAGED_KEY = "alias/aws/ebs"
_HOST = "aws:ec2-infrastructure"
"""The role as which EC2's hosts open data keys, in a session for each instance."""


class KeyNotUsable(Exception):
    """A data key cannot be opened: its KMS key is disabled or gone, or nobody may use it."""


# -- what is asked for


def chosen_key(ctx: Context, encrypted: bool | None, kms_key_id: str | None, source: Snapshot | None) -> str | None:
    """The KMS key of a new volume or snapshot; None for one that is not encrypted. Raises EC2's errors.

    Source: "Encryption outcomes" in the EBS user guide: what is made of something encrypted is encrypted, under the
    same key where it is the account's own; encryption by default cannot be declined.
    """
    defaults = ctx.get(EbsDefaults)
    of_encrypted = source is not None and source.encrypted
    if encrypted is False and of_encrypted:
        raise errors.InvalidParameter(reason="Encrypted flag cannot be false since the snapshot is encrypted.")
    if not (encrypted or of_encrypted or (defaults is not None and defaults.encrypted)):
        if kms_key_id:
            raise errors.InvalidParameterDependency(
                reason="The parameter KmsKeyId requires the parameter Encrypted to be set."
            )
        return None
    if kms_key_id:
        return kms_key_id
    if source is not None and source.encrypted and source.owner_id == ctx.account:
        return source.kms_key_id
    return default_key(defaults)


def default_key(defaults: EbsDefaults | None) -> str:
    return defaults.kms_key_id if defaults is not None and defaults.kms_key_id else MANAGED_KEY


def is_managed(ctx: Context, key_arn: str | None) -> bool:
    """Whether a key is the one that AWS manages for EBS, which no other account can use."""
    defaults = ctx.get(EbsDefaults)
    return defaults is not None and defaults.managed_key == key_arn


def seal(ctx: Context, made: Volume | Snapshot, kms_key_id: str, source: Snapshot | None = None) -> None:
    """Give a new volume or snapshot its data key. What KMS refuses does not refuse the call: it is found out when the
    key is used, and then nothing comes of the volume. Source: CreateVolume in the API reference, `KmsKeyId`."""
    made.encrypted, made.kms_key_id = True, kms_key_id
    context = {"aws:ebs:id": made.id}
    before = source.data_key if source is not None else None
    try:
        if before is not None and kms_key_id == before.key_arn:
            made.data_key = data_keys.rewrapped(ctx, before, kms_key_id, context)
            return
        made.data_key = data_keys.new_data_key(ctx, kms_key_id, context)
        made.kms_key_id = made.data_key.key_arn
        if kms_key_id == MANAGED_KEY and not is_managed(ctx, made.kms_key_id):
            ctx.put(replace(_defaults(ctx), managed_key=made.kms_key_id))
        if before is not None:
            same = made.data_key.key_arn == before.key_arn
            again = data_keys.rewrapped(ctx, before, made.data_key.key_arn, context)
            made.data_key, made.source_key = (again, None) if same else (made.data_key, again)
    except AwsError as error:
        made.data_key, made.flaw = None, f"{error.code}: {error.message}"


# -- who may open a data key


def service_of(region: str) -> str:
    return f"ec2.{region}.amazonaws.com"


def grant_to_service(ctx: Context, made: Volume | Snapshot) -> None:
    """Let EC2 open the data key once, to write what the volume or snapshot begins with."""
    _grant(ctx, made, "")


def grant_to_instance(ctx: Context, volume: Volume, instance_id: str) -> None:
    """Let the host of an instance open a volume's data key until `retire`."""
    _grant(ctx, volume, _host(ctx.account, instance_id).arn)


def _grant(ctx: Context, made: Volume | Snapshot, principal: str) -> None:
    if made.data_key is None:
        return
    try:
        made.grants = [*made.grants, data_keys.granted(ctx, made.data_key, service_of(ctx.region), principal)]
    except AwsError as error:  # whoever then opens the key without a grant is told
        log.info("no grant for %s: %s", made.id, error.code)


def retire(ctx: Context, made: Volume | Snapshot) -> None:
    """Nobody opens the data key any more; for one that is attached or made again, there are new grants."""
    if made.data_key is not None and made.grants:
        data_keys.retire(ctx, made.data_key, service_of(ctx.region), made.grants)
        made.grants = []


def _host(account: str, instance_id: str) -> Principal:
    return Principal(
        type="AssumedRole", account=account, arn=f"arn:aws:sts::{account}:assumed-role/{_HOST}/{instance_id}",
        name=_HOST, entity_arn=f"arn:aws:iam::{account}:role/{_HOST}", user_id=f"{account}:{_HOST}:{instance_id}",
    )  # fmt: skip


# -- for controllers


def opened(ctx: Context, made: Volume | Snapshot, instance_id: str = "") -> Seal | None:
    """The keys of an encrypted volume or snapshot, as the host of an instance, else as EC2 itself; None for one that is
    not encrypted. Raises `KeyNotUsable`."""
    if not made.encrypted:
        return None
    if made.data_key is None:
        raise KeyNotUsable(made.flaw)
    if instance_id:
        caller = ctx.as_principal(_host(made.owner, instance_id))
    else:
        caller = ctx.as_service(service_of(made.place))
    try:
        source = data_keys.opened(caller, made.source_key) if made.source_key is not None else b""
        return Seal(data_keys.opened(caller, made.data_key), source)
    except AwsError as error:
        raise KeyNotUsable(f"{error.code}: {error.message}") from error


# -- encryption by default


def _defaults(ctx: Context) -> EbsDefaults:
    return ctx.get(EbsDefaults) or EbsDefaults(owner_id=ctx.account, region=ctx.region)


@operation(on="*", read=True)
def get_ebs_encryption_by_default(ctx: Context) -> object:
    encrypted = _defaults(ctx).encrypted
    return {"ebs_encryption_by_default": encrypted, "sse_type": "sse-kms" if encrypted else "none"}


def _set_by_default(ctx: Context, encrypted: bool) -> object:
    defaults = _defaults(ctx)
    defaults.encrypted = encrypted
    ctx.put(defaults)
    return {"ebs_encryption_by_default": encrypted}


@operation(on="*")
def enable_ebs_encryption_by_default(ctx: Context) -> object:
    return _set_by_default(ctx, True)


@operation(on="*")
def disable_ebs_encryption_by_default(ctx: Context) -> object:
    return _set_by_default(ctx, False)


@operation(on="*", read=True)
def get_ebs_default_kms_key_id(ctx: Context) -> object:
    return {"kms_key_id": default_key(ctx.get(EbsDefaults))}


@operation(on="*")
def modify_ebs_default_kms_key_id(ctx: Context, kms_key_id: str) -> object:
    """A key that cannot be used is found out when it is; of one that can, the ARN is kept."""
    defaults = _defaults(ctx)
    defaults.kms_key_id = kms_key_id
    with suppress(AwsError):
        defaults.kms_key_id = data_keys.new_data_key(ctx, kms_key_id, {}).key_arn
    ctx.put(defaults)
    return {"kms_key_id": defaults.kms_key_id}


@operation(on="*")
def reset_ebs_default_kms_key_id(ctx: Context) -> object:
    defaults = _defaults(ctx)
    defaults.kms_key_id = None
    ctx.put(defaults)
    return {"kms_key_id": default_key(defaults)}


def grants_of_instance(ctx: Context, volume_ids: Sequence[str], instance_id: str) -> None:
    """An instance starts: its host may open its volumes' keys, if whoever starts it may let it."""
    for volume_id in volume_ids:
        volume = ctx.get(Volume, volume_id)
        if volume is not None and volume.encrypted:
            grant_to_instance(ctx, volume, instance_id)
            ctx.put(volume)


def retire_of_instance(ctx: Context, volume_ids: Sequence[str]) -> None:
    """An instance has ended, and its host opens nothing more."""
    for volume_id in volume_ids:
        volume = ctx.get(Volume, volume_id)
        if volume is not None and volume.grants:
            retire(ctx, volume)
            ctx.put(volume)
