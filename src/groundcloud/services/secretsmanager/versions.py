"""Versions of secrets: reading values, putting new ones, and moving the staging labels."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.resource import Resource
from groundcloud.services.secretsmanager import errors, values
from groundcloud.services.secretsmanager.listing import matching
from groundcloud.services.secretsmanager.lookup import changeable, existing, secret, usable
from groundcloud.services.secretsmanager.records import CURRENT, Filter, LastAccess, Secret, Version
from groundcloud.services.secretsmanager.replication import propagate
from groundcloud.services.secretsmanager.secrets import new_token
from groundcloud.store import Transaction


@operation(
    on=secret,
    read=True,
    conditions={"secretsmanager:VersionId": "version_id", "secretsmanager:VersionStage": "version_stage"},
)
def get_secret_value(ctx: Context, secret_id: str, version_id: str = "", version_stage: str = "") -> object:
    return _value(ctx, usable(ctx, secret_id), version_id, version_stage)


def _value(ctx: Context, found: Secret, version_id: str = "", stage: str = "") -> dict[str, Any]:
    version = _chosen(found, version_id, stage)
    value = values.read(ctx, found, version.version_id)
    if value is None:
        raise errors.NoSuchVersion(version_id=version.version_id)
    ctx.later(write_accesses, (found.account, found.region, found.name, ctx.now()))
    return {
        "arn": found.arn,
        "name": found.name,
        "version_id": version.version_id,
        "version_stages": version.stages or None,
        "created_date": version.created_date,
        **values.shown(value),
    }


def _chosen(found: Secret, version_id: str, stage: str) -> Version:
    """The version that a call means: by its id, by a label, by both, and the current one by neither."""
    if version_id:
        version = found.version_of(version_id)
        if version is None:
            raise errors.NoSuchVersion(version_id=version_id)
        if stage and stage not in version.stages:
            raise errors.InvalidRequest(
                reason="You provided a VersionStage that is not associated to the provided VersionId."
            )
        return version
    version = found.staged(stage or CURRENT)
    if version is None:
        raise errors.NoSuchStage(stage=stage or CURRENT)
    return version


def write_accesses(tx: Transaction, items: list[Any]) -> None:
    """Note on which day secrets were last read: AWS tells no more."""
    last = {(account, region, name): time for account, region, name, time in items}
    for place, time in last.items():
        tx.put(LastAccess(*place, time.replace(hour=0, minute=0, second=0)))


def _batch(ctx: Context, secret_id_list: Sequence[str]) -> list[Resource]:
    """Besides BatchGetSecretValue itself each secret takes GetSecretValue, which is asked for one by one."""
    return [Resource("*")]


@operation(on=_batch, read=True)
def batch_get_secret_value(
    ctx: Context,
    secret_id_list: Sequence[str] = (),
    filters: Sequence[Filter] = (),
    max_results: int = 20,
    next_token: str = "",
) -> object:
    if bool(secret_id_list) == bool(filters):
        raise errors.InvalidParameter(reason="Either 'SecretIdList' or 'Filters' must be provided, but not both.")
    if filters:
        position = bytes.fromhex(next_token) if _is_hex(next_token) else None
        if position is None:
            raise errors.InvalidNextToken()
        chosen, after = page_of(matching(ctx, filters), key=lambda each: each.name).cut(position, max_results)
        found, failed = _batch_of(ctx, [each.arn for each in chosen])
        return {"secret_values": found, "errors": failed, "next_token": after.hex() or None}
    found, failed = _batch_of(ctx, secret_id_list)
    return {"secret_values": found, "errors": failed}


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdef" for character in text) and len(text) % 2 == 0


def _batch_of(ctx: Context, secret_ids: Sequence[str]) -> tuple[list[Any], list[Any]]:
    found, failed = [], []
    for secret_id in secret_ids:
        try:
            ctx.authorize("secretsmanager:GetSecretValue", secret(ctx, secret_id))
            found.append(_value(ctx, usable(ctx, secret_id)))
        except AwsError as error:
            failed.append({"secret_id": secret_id, "error_code": error.code, "message": error.message})
    return found, failed


@operation(on=secret)
def put_secret_value(
    ctx: Context,
    secret_id: str,
    client_request_token: str = "",
    secret_binary: bytes | None = None,
    secret_string: str | None = None,
    version_stages: Sequence[str] = (),
) -> object:
    value = values.given(secret_string, secret_binary)
    if value is None:
        raise errors.InvalidRequest(reason="You must provide either SecretString or SecretBinary.")
    found = changeable(ctx, secret_id)
    version_id = client_request_token or new_token(ctx)
    version = found.version_of(version_id)
    if version is None:
        wanted = list(version_stages) or [CURRENT]
        if not found.versions and CURRENT not in wanted:
            wanted.append(CURRENT)
        values.add_version(ctx, found, version_id, value, wanted)
    elif not _again(ctx, found, version, value, version_stages):
        raise errors.TokenInUse(token=version_id, arn=found.arn)
    ctx.put(found)
    propagate(ctx, found)
    kept = found.version_of(version_id)
    return {
        "arn": found.arn,
        "name": found.name,
        "version_id": version_id,
        "version_stages": kept.stages if kept is not None else None,
    }


def _again(ctx: Context, found: Secret, version: Version, value: values.Plain, version_stages: Sequence[str]) -> bool:
    """Whether a repeated request is the same one; a version that was prepared without a value takes its first."""
    before = values.read(ctx, found, version.version_id)
    if before is None:
        version.kms_key_id = values.write(ctx, found, version.version_id, value, found.kms_key_id)
        for stage in version_stages or (CURRENT,):
            values.move(found, stage, version.version_id)
        return True
    return values.same(before, value)


@operation(on=secret, conditions={"secretsmanager:VersionStage": "version_stage"})
def update_secret_version_stage(
    ctx: Context,
    secret_id: str,
    version_stage: str,
    remove_from_version_id: str = "",
    move_to_version_id: str = "",
) -> object:
    found = changeable(ctx, secret_id)
    holder = found.staged(version_stage)
    for version_id in (remove_from_version_id, move_to_version_id):
        if version_id and found.version_of(version_id) is None:
            raise errors.NoSuchVersion(version_id=version_id)
    if remove_from_version_id and (holder is None or holder.version_id != remove_from_version_id):
        raise errors.InvalidParameter(
            reason=f"The staging label {version_stage} isn't currently attached to version {remove_from_version_id}."
        )
    if holder is not None and not remove_from_version_id and holder.version_id != move_to_version_id:
        raise errors.InvalidParameter(
            reason=f"The parameter RemoveFromVersionId can't be empty. Staging label {version_stage} is currently "
            f"attached to version {holder.version_id}, so you must explicitly reference that version in "
            "RemoveFromVersionId."
        )
    if version_stage == CURRENT and not move_to_version_id:
        raise errors.InvalidParameter(
            reason=f"You can only move staging label {CURRENT} to a different secret version."
        )
    values.move(found, version_stage, move_to_version_id or None)
    found.last_changed_date = ctx.now()
    ctx.put(found)
    propagate(ctx, found)
    return {"arn": found.arn, "name": found.name}


@operation(on=secret, read=True)
def list_secret_version_ids(
    ctx: Context, secret_id: str, max_results: int = 100, next_token: str = "", include_deprecated: bool = False
) -> object:
    found = existing(ctx, secret_id)
    versions = [version for version in found.versions if version.stages or include_deprecated]
    listed = [
        {
            "version_id": version.version_id,
            "version_stages": version.stages or None,
            "created_date": version.created_date,
            "kms_key_ids": [found.kms_key_id or "DefaultEncryptionKey"],
        }
        for version in versions
    ]
    if not _is_hex(next_token):
        raise errors.InvalidNextToken()
    page: Page = page_of(listed, key=lambda item: str(item["version_id"]))
    items, after = page.cut(bytes.fromhex(next_token), max_results)
    return {"arn": found.arn, "name": found.name, "versions": items, "next_token": after.hex() or None}
