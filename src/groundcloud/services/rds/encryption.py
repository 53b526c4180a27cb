"""Storage that is encrypted under a key of KMS: an instance's machines and snapshots share one data key.

The caller makes the data key and lets RDS open it (a grant) as long as the instance is there. Source: "Encrypting
Amazon RDS resources" in the RDS user guide.
"""

from collections.abc import Callable, Mapping

from groundcloud import data_keys
from groundcloud.context import Context
from groundcloud.data_keys import DataKey
from groundcloud.engines.machines.wanted import MachineFailed, Seal
from groundcloud.errors import AwsError
from groundcloud.services.rds import errors
from groundcloud.services.rds.records import DBInstance, DBSnapshot

MANAGED_KEY = "alias/aws/rds"


class KeyNotUsable(MachineFailed):
    """A data key cannot be opened: its KMS key is disabled or gone."""


def service_of(region: str) -> str:
    return f"rds.{region}.amazonaws.com"


def chosen_key(encrypted: bool, kms_key_id: str) -> str:
    """The KMS key of a new instance; empty for one that is not encrypted. Raises `InvalidParameterCombination`."""
    if kms_key_id and not encrypted:
        raise errors.InvalidParameterCombination(
            reason="The parameter KmsKeyId can be specified only with StorageEncrypted."
        )
    return (kms_key_id or MANAGED_KEY) if encrypted else ""


def seal(ctx: Context, instance: DBInstance, kms_key_id: str) -> None:
    """Give a new instance a data key under a KMS key; nothing, where none is named. Raises `KMSKeyNotAccessible`."""
    if kms_key_id:
        _keep(ctx, instance, lambda context: data_keys.new_data_key(ctx, kms_key_id, context))
        instance.managed_key = kms_key_id == MANAGED_KEY


def inherit(ctx: Context, instance: DBInstance, source: DBInstance | DBSnapshot) -> None:
    """Give an instance that begins with the bytes of another the same data key, if that has one: what is made of
    something encrypted is encrypted. Raises `KMSKeyNotAccessible`."""
    key = source.data_key
    if key is not None and source.account != ctx.account:
        raise errors.KMSKeyNotAccessible(reason="A shared snapshot that is encrypted must be copied before a restore.")
    if key is not None:
        _keep(ctx, instance, lambda context: data_keys.rewrapped(ctx, key, key.key_arn, context))
        instance.managed_key = source.managed_key


def _keep(ctx: Context, instance: DBInstance, made: Callable[[Mapping[str, str]], DataKey]) -> None:
    try:
        instance.data_key = made({"aws:rds:db-id": instance.dbi_resource_id})
        instance.grants = [data_keys.granted(ctx, instance.data_key, service_of(ctx.region))]
    except AwsError as error:
        raise errors.KMSKeyNotAccessible(reason=_reason(error)) from error
    instance.storage_encrypted, instance.kms_key_id = True, instance.data_key.key_arn


def seal_copy(ctx: Context, copy: DBSnapshot, source: DBSnapshot, kms_key_id: str) -> None:
    """Have a copy of a snapshot encrypted anew, under another key. Raises `KMSKeyNotAccessible`."""
    context = {"aws:rds:snapshot-id": copy.engine_snapshot}
    try:
        copy.data_key = data_keys.new_data_key(ctx, kms_key_id, context)
        key_arn = copy.data_key.key_arn
        if source.data_key is not None:
            copy.source_key = data_keys.rewrapped(ctx, source.data_key, key_arn, context)
        copy.grants = [data_keys.granted(ctx, copy.data_key, service_of(ctx.region))]
    except AwsError as error:
        raise errors.KMSKeyNotAccessible(reason=_reason(error)) from error
    copy.encrypted, copy.kms_key_id, copy.copy_of = True, key_arn, source.engine_snapshot
    copy.managed_key = kms_key_id == MANAGED_KEY


def _reason(error: AwsError) -> str:
    return f"The specified KMS key cannot be used: {error.message}"


# -- for controllers


def opened(ctx: Context, region: str, key: DataKey | None, source: DataKey | None = None) -> Seal | None:
    """A data key as RDS itself opens it; None where there is none. Raises `KeyNotUsable`."""
    if key is None:
        return None
    caller = ctx.as_service(service_of(region))
    try:
        before = data_keys.opened(caller, source) if source is not None else b""
        return Seal(data_keys.opened(caller, key), before)
    except AwsError as error:
        raise KeyNotUsable(f"The KMS key of the storage cannot be used: {error.message}") from error


def retire(ctx: Context, made: DBInstance | DBSnapshot) -> None:
    """RDS opens the data key no more."""
    if made.data_key is not None and made.grants:
        data_keys.retire(ctx, made.data_key, service_of(made.region), made.grants)
        made.grants = []
