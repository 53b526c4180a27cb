"""Secrets: made, described, changed, deleted after a recovery window, and tagged."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.secretsmanager import errors, values
from groundcloud.services.secretsmanager.lookup import changeable, existing, locate, new, secret, usable
from groundcloud.services.secretsmanager.records import CURRENT, LastAccess, ReplicaRegion, Secret, Tag
from groundcloud.services.secretsmanager.replication import add_replicas, propagate, status

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def new_token(ctx: Context) -> str:
    digits = ctx.random(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


@operation(
    on=new,
    conditions={
        "secretsmanager:Name": "name",
        "secretsmanager:Description": "description",
        "secretsmanager:KmsKeyId": "kms_key_id",
        "secretsmanager:AddReplicaRegions": lambda ctx, add_replica_regions: [
            each.region for each in add_replica_regions
        ],
        "secretsmanager:ForceOverwriteReplicaSecret": "force_overwrite_replica_secret",
    },
)
def create_secret(
    ctx: Context,
    name: str,
    client_request_token: str = "",
    description: str | None = None,
    kms_key_id: str | None = None,
    secret_binary: bytes | None = None,
    secret_string: str | None = None,
    tags: Sequence[Tag] = (),
    add_replica_regions: Sequence[ReplicaRegion] = (),
    force_overwrite_replica_secret: bool = False,
) -> object:
    if not _NAME.fullmatch(name):
        raise errors.ValidationException(
            reason="Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: "
            "-/_+=.@!"
        )
    value = values.given(secret_string, secret_binary)
    if (known := ctx.get(Secret, name)) is not None:
        return _created_before(ctx, known, client_request_token, value)
    now = ctx.now()
    arn = ctx.arn(f"secret:{name}-{ctx.random_text(_ALPHABET, 6)}")
    made = Secret(
        account=ctx.account, region=ctx.region, name=name, arn=arn, created_date=now, last_changed_date=now,
        description=description, kms_key_id=kms_key_id, tags=merged_tags((), tags),
    )  # fmt: skip
    version_id = client_request_token or new_token(ctx)
    if value is not None:
        values.add_version(ctx, made, version_id, value, [CURRENT])
    ctx.put(made)
    add_replicas(ctx, made, add_replica_regions, force_overwrite_replica_secret)
    return {
        "arn": arn,
        "name": name,
        "version_id": version_id if value is not None else None,
        "replication_status": status(made),
    }


def _created_before(ctx: Context, known: Secret, token: str, value: values.Plain | None) -> object:
    """The same request again is answered as the first time; any other is refused."""
    if known.deleted_date is not None:
        raise errors.NameScheduledForDeletion()
    if token and value is not None and known.version_of(token) is not None:
        if values.same(values.read(ctx, known, token), value):
            return {"arn": known.arn, "name": known.name, "version_id": token}
        raise errors.TokenInUse(token=token, arn=known.arn)
    raise errors.SecretExists(name=known.name)


def described(ctx: Context, found: Secret) -> dict[str, Any]:
    """A secret as DescribeSecret and ListSecrets show it, without what only one of them has."""
    access = ctx.tx.get(LastAccess, found.account, found.region, found.name)
    return {
        "arn": found.arn,
        "name": found.name,
        "description": found.description or None,
        "kms_key_id": found.kms_key_id,
        "rotation_enabled": found.rotation_enabled or None,
        "rotation_lambda_arn": found.rotation_lambda_arn,
        "rotation_rules": found.rotation_rules,
        "last_rotated_date": found.last_rotated_date,
        "last_changed_date": found.last_changed_date,
        "last_accessed_date": access.date if access is not None else None,
        "deleted_date": found.deleted_date,
        "next_rotation_date": found.next_rotation_date,
        "tags": found.tags or None,
        "owning_service": found.owning_service,
        "created_date": found.created_date,
        "primary_region": found.primary_region,
    }


def stages(found: Secret) -> dict[str, list[str]] | None:
    return {version.version_id: version.stages for version in found.versions if version.stages} or None


@operation(on=secret, read=True)
def describe_secret(ctx: Context, secret_id: str) -> object:
    found = existing(ctx, secret_id)
    return {**described(ctx, found), "version_ids_to_stages": stages(found), "replication_status": status(found)}


@operation(
    on=secret,
    conditions={"secretsmanager:Description": "description", "secretsmanager:KmsKeyId": "kms_key_id"},
)
def update_secret(
    ctx: Context,
    secret_id: str,
    client_request_token: str = "",
    description: str | None = None,
    kms_key_id: str | None = None,
    secret_binary: bytes | None = None,
    secret_string: str | None = None,
) -> object:
    found = changeable(ctx, secret_id)
    value = values.given(secret_string, secret_binary)
    if description is not None:
        found.description = description
    if kms_key_id is not None and kms_key_id != found.kms_key_id:
        found.kms_key_id = kms_key_id or None
        _encrypt_again(ctx, found)
    version_id = None
    if value is not None:
        version_id = client_request_token or new_token(ctx)
        if found.version_of(version_id) is not None:
            if not values.same(values.read(ctx, found, version_id), value):
                raise errors.TokenInUse(token=version_id, arn=found.arn)
        else:
            values.add_version(ctx, found, version_id, value, [CURRENT])
    found.last_changed_date = ctx.now()
    ctx.put(found)
    propagate(ctx, found)
    return {"arn": found.arn, "name": found.name, "version_id": version_id}


def _encrypt_again(ctx: Context, found: Secret) -> None:
    """Versions with labels move to another key (API reference, UpdateSecret, "KmsKeyId")."""
    for version in found.versions:
        value = values.read(ctx, found, version.version_id) if version.stages else None
        if value is not None:
            version.kms_key_id = values.write(ctx, found, version.version_id, value, found.kms_key_id)


@operation(
    on=secret,
    conditions={
        "secretsmanager:RecoveryWindowInDays": "recovery_window_in_days",
        "secretsmanager:ForceDeleteWithoutRecovery": "force_delete_without_recovery",
    },
)
def delete_secret(
    ctx: Context,
    secret_id: str,
    recovery_window_in_days: int | None = None,
    force_delete_without_recovery: bool = False,
) -> object:
    if force_delete_without_recovery and recovery_window_in_days is not None:
        raise errors.InvalidParameter(
            reason="You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    if recovery_window_in_days is not None and not 7 <= recovery_window_in_days <= 30:
        raise errors.InvalidParameter(
            reason="The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
        )
    found = locate(ctx, secret_id)
    if found is None and force_delete_without_recovery:  # AWS does not say that it was not there
        name = secret_id.rpartition(":secret:")[2]
        return {"arn": ctx.arn(f"secret:{name}"), "name": name, "deletion_date": ctx.now()}
    if found is None:
        raise errors.NoSuchSecret()
    _delete(ctx, found, recovery_window_in_days, force_delete_without_recovery)
    return {"arn": found.arn, "name": found.name, "deletion_date": found.deletion_date}


def _delete(ctx: Context, found: Secret, days: int | None, force: bool) -> None:
    """Begin the recovery window, or end it at once."""
    if found.deleted_date is not None and not force:
        raise errors.MarkedForDeletion()
    if found.replicas:
        raise errors.InvalidRequest(
            reason="You can't delete secret "
            f"{found.name} that still has replica regions [{', '.join(each.region for each in found.replicas)}]"
        )
    if found.is_replica:
        raise errors.InvalidRequest(reason="You can't delete a replica secret. Remove it from replication instead.")
    found.deletion_date = ctx.now()
    if force:
        values.forget_all(ctx, found)
        ctx.delete(found)
        return
    found.deleted_date = ctx.now()
    found.deletion_date += timedelta(days=days if days is not None else 30)
    ctx.put(found)


@operation(on=secret)
def restore_secret(ctx: Context, secret_id: str) -> object:
    found = existing(ctx, secret_id)
    found.deleted_date = found.deletion_date = None
    ctx.put(found)
    return {"arn": found.arn, "name": found.name}


def merged_tags(old: Sequence[Tag], new_ones: Sequence[Tag]) -> list[Tag]:
    """Tags of a secret after some were set, at most fifty."""
    if any(tag.key.lower().startswith("aws:") for tag in new_ones):
        raise errors.InvalidParameter(reason="Tag keys must not begin with aws:")
    tags = {tag.key: tag for tag in (*old, *new_ones)}
    if len(tags) > 50:
        raise errors.InvalidParameter(reason="A secret can have at most 50 tags.")
    return list(tags.values())


@operation(on=secret)
def tag_resource(ctx: Context, secret_id: str, tags: Sequence[Tag]) -> None:
    found = usable(ctx, secret_id)
    found.tags = merged_tags(found.tags, tags)
    ctx.put(found)
    propagate(ctx, found)


@operation(on=secret)
def untag_resource(ctx: Context, secret_id: str, tag_keys: Sequence[str]) -> None:
    found = usable(ctx, secret_id)
    found.tags = [tag for tag in found.tags if tag.key not in tag_keys]
    ctx.put(found)
    propagate(ctx, found)
