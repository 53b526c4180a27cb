"""Replication configurations. What falls under one is noted by `replication_outbox.py`, and carried out by
`replication_controller.py`."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import find_bucket, of_bucket
from groundcloud.services.s3.records import Bucket
from groundcloud.services.s3.rules.replication import ReplicationConfiguration, check_replication
from groundcloud.services.s3.settings import drop, keep, kept


@operation(on=of_bucket, action="s3:PutReplicationConfiguration", harmless=("Token",))
def put_bucket_replication(ctx: Context, bucket: str, replication_configuration: ReplicationConfiguration) -> None:
    found = find_bucket(ctx, bucket)
    given = replication_configuration
    check_replication(given, found.versioning)
    for rule in given.rules:
        _check_destination(ctx, bucket, rule.destination.bucket_name)
        if not rule.id:
            rule.id = ctx.random(24).hex()
    passed = {"iam:passedtoservice": "s3.amazonaws.com", "iam:associatedresourcearn": f"arn:aws:s3:::{bucket}"}
    ctx.authorize("iam:PassRole", Resource(given.role, account=given.role.split(":")[4], facts=passed))
    keep(ctx, bucket, "replication", given)
    found.replicated = True
    ctx.put(found)


def _check_destination(ctx: Context, source: str, name: str) -> None:
    target = ctx.tx.get(Bucket, name)
    if target is None:
        raise errors.InvalidRequest(reason="Destination bucket must exist.")
    if name == source:
        raise errors.InvalidRequest(reason="Destination bucket cannot be the same as the source bucket.")
    if not target.versioned:
        raise errors.InvalidRequest(reason="Destination bucket must have versioning enabled.")


@operation(on=of_bucket, read=True, action="s3:GetReplicationConfiguration")
def get_bucket_replication(ctx: Context, bucket: str) -> dict[str, Any]:
    return {"replication_configuration": kept(ctx, bucket, "replication", errors.NoSuchReplicationConfiguration)}


@operation(on=of_bucket, action="s3:PutReplicationConfiguration")
def delete_bucket_replication(ctx: Context, bucket: str) -> None:
    drop(ctx, bucket, "replication")
    found = find_bucket(ctx, bucket)
    found.replicated = False
    ctx.put(found)
