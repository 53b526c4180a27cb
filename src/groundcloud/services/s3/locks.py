"""Object Lock: a bucket's default, retention and legal hold of versions."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors, replication_outbox, versioning
from groundcloud.services.s3.access import find_bucket, in_bucket, of_bucket
from groundcloud.services.s3.deleting import retention_of
from groundcloud.services.s3.reading import of_existing
from groundcloud.services.s3.rules import object_lock
from groundcloud.services.s3.rules.object_lock import LegalHold, ObjectLockConfiguration, Retention


@operation(on=of_bucket, action="s3:PutBucketObjectLockConfiguration", harmless=("Token",))
def put_object_lock_configuration(
    ctx: Context, bucket: str, object_lock_configuration: ObjectLockConfiguration | None = None
) -> None:
    found = find_bucket(ctx, bucket)
    if object_lock_configuration is None:
        raise errors.MissingRequestBody()
    object_lock.check_configuration(object_lock_configuration, found.versioning)
    found.object_lock = object_lock_configuration
    ctx.put(found)


@operation(on=of_bucket, read=True, action="s3:GetBucketObjectLockConfiguration")
def get_object_lock_configuration(ctx: Context, bucket: str) -> dict[str, Any]:
    found = find_bucket(ctx, bucket)
    if found.object_lock is None:
        raise errors.NoSuchObjectLockConfiguration(bucket_name=bucket)
    return {"object_lock_configuration": found.object_lock}


def _permission(action: str) -> Any:
    def resource(ctx: Context, bucket: str, key: str, version_id: str | None) -> Resource:
        return of_existing(ctx, bucket, key, version_id, action)._replace(action=action)

    return resource


@operation(on=_permission("s3:PutObjectRetention"), data_event=True)
def put_object_retention(
    ctx: Context,
    bucket: str,
    key: str,
    retention: Retention | None = None,
    version_id: str | None = None,
    bypass_governance_retention: bool = False,
) -> None:
    found = find_bucket(ctx, bucket)
    content = versioning.find_shown(ctx, bucket, key, version_id)
    given = retention or object_lock.NO_RETENTION
    if bypass_governance_retention:
        ctx.authorize("s3:BypassGovernanceRetention", in_bucket(ctx, found, key))
    object_lock.check_retention(
        retention_of(content),
        given,
        bypass=bypass_governance_retention,
        locked=found.object_lock is not None,
        now=ctx.now(),
    )
    content.lock_mode, content.lock_until = given.mode or "", given.retain_until_date
    replication_outbox.note(ctx, found, content, change=True)
    ctx.put(content)


@operation(on=_permission("s3:GetObjectRetention"), read=True, data_event=True)
def get_object_retention(ctx: Context, bucket: str, key: str, version_id: str | None = None) -> dict[str, Any]:
    object_lock.check_bucket(find_bucket(ctx, bucket).object_lock is not None)
    content = versioning.find_shown(ctx, bucket, key, version_id)
    if not content.lock_mode:
        raise errors.NoSuchObjectLock()
    return {"retention": retention_of(content)}


@operation(on=_permission("s3:PutObjectLegalHold"), data_event=True)
def put_object_legal_hold(
    ctx: Context, bucket: str, key: str, legal_hold: LegalHold | None = None, version_id: str | None = None
) -> None:
    found = find_bucket(ctx, bucket)
    given = legal_hold or LegalHold()
    object_lock.check_legal_hold(given, locked=found.object_lock is not None)
    content = versioning.find_shown(ctx, bucket, key, version_id)
    content.legal_hold = given.status == "ON"
    replication_outbox.note(ctx, found, content, change=True)
    ctx.put(content)


@operation(on=_permission("s3:GetObjectLegalHold"), read=True, data_event=True)
def get_object_legal_hold(ctx: Context, bucket: str, key: str, version_id: str | None = None) -> dict[str, Any]:
    object_lock.check_bucket(find_bucket(ctx, bucket).object_lock is not None)
    content = versioning.find_shown(ctx, bucket, key, version_id)
    if content.legal_hold is None:
        raise errors.NoSuchObjectLock()
    return {"legal_hold": {"status": "ON" if content.legal_hold else "OFF"}}
