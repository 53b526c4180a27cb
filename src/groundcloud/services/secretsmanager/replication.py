"""Replicas in other Regions: copies that follow their primary, each under a key of its own Region."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.secretsmanager import errors, values
from groundcloud.services.secretsmanager.lookup import changeable, secret, usable
from groundcloud.services.secretsmanager.records import ReplicaRegion, Secret, SecretValue


@operation(
    on=secret,
    conditions={
        "secretsmanager:AddReplicaRegions": lambda ctx, add_replica_regions: [
            each.region for each in add_replica_regions
        ]
    },
)
def replicate_secret_to_regions(
    ctx: Context,
    secret_id: str,
    add_replica_regions: Sequence[ReplicaRegion],
    force_overwrite_replica_secret: bool = False,
) -> object:
    found = changeable(ctx, secret_id)
    add_replicas(ctx, found, add_replica_regions, force_overwrite_replica_secret)
    return {"arn": found.arn, "replication_status": status(found)}


def add_replicas(ctx: Context, found: Secret, regions: Sequence[ReplicaRegion], overwrite: bool) -> None:
    """Make replicas of a secret. Raises `InvalidParameterException`, `ResourceExistsException`."""
    known = {replica.region for replica in found.replicas}
    for wanted in regions:
        if wanted.region == found.region or wanted.region in known:
            raise errors.InvalidParameter(reason=f"Invalid replica region {wanted.region}.")
        there = ctx.in_region(wanted.region)
        other = there.tx.get(Secret, found.account, wanted.region, found.name)
        if other is not None:
            if not overwrite:
                raise errors.SecretExists(name=found.name)
            values.forget_all(there, other)
        found.replicas.append(wanted)
    if regions:
        found.primary_region = found.region
        ctx.put(found)
        propagate(ctx, found)


def propagate(ctx: Context, primary: Secret) -> None:
    """Bring all replicas of a secret to its state."""
    for replica in primary.replicas:
        _copy(ctx, primary, replica)


def _copy(ctx: Context, primary: Secret, replica: ReplicaRegion) -> None:
    there = ctx.in_region(replica.region)
    copy = Secret(
        account=primary.account, region=replica.region, name=primary.name,
        arn=primary.arn.replace(f":{primary.region}:", f":{replica.region}:", 1),
        created_date=primary.created_date, last_changed_date=primary.last_changed_date, description=primary.description,
        kms_key_id=replica.kms_key_id, tags=primary.tags, versions=primary.versions, primary_region=primary.region,
    )  # fmt: skip
    before = there.tx.get(Secret, copy.account, copy.region, copy.name)
    copy.policy = before.policy if before is not None else None
    for version in before.versions if before is not None else ():
        if copy.version_of(version.version_id) is None:
            values.forget(there, copy, version.version_id)
    for version in copy.versions:
        if there.tx.get(SecretValue, copy.account, copy.region, copy.name, version.version_id) is None:
            value = values.read(ctx, primary, version.version_id)
            if value is not None:
                values.write(there, copy, version.version_id, value, copy.kms_key_id)
    there.put(copy)


def status(found: Secret) -> list[dict[str, Any]] | None:
    """Replicas are written in the transaction of their primary, so they are always in sync."""
    return [
        {
            "region": replica.region,
            "kms_key_id": replica.kms_key_id or values.DEFAULT_KEY,
            "status": "InSync",
            "status_message": "Replication succeeded",
        }
        for replica in found.replicas
    ] or None


@operation(on=secret)
def remove_regions_from_replication(ctx: Context, secret_id: str, remove_replica_regions: Sequence[str]) -> object:
    found = changeable(ctx, secret_id)
    known = {replica.region for replica in found.replicas}
    if unknown := set(remove_replica_regions) - known:
        raise errors.InvalidParameter(reason=f"The secret has no replica in {', '.join(sorted(unknown))}.")
    for region in remove_replica_regions:
        drop(ctx, found, region)
    found.replicas = [replica for replica in found.replicas if replica.region not in remove_replica_regions]
    found.primary_region = found.region if found.replicas else None
    ctx.put(found)
    return {"arn": found.arn, "replication_status": status(found)}


def drop(ctx: Context, primary: Secret, region: str) -> None:
    there = ctx.in_region(region)
    copy = there.tx.get(Secret, primary.account, region, primary.name)
    if copy is not None:
        values.forget_all(there, copy)
        there.delete(copy)


@operation(on=secret)
def stop_replication_to_replica(ctx: Context, secret_id: str) -> object:
    """The replica becomes a secret of its own."""
    found = usable(ctx, secret_id)
    if not found.is_replica or found.primary_region is None:
        raise errors.InvalidRequest(reason="The secret is not a replica.")
    primary = ctx.tx.get(Secret, found.account, found.primary_region, found.name)
    if primary is not None:
        primary.replicas = [replica for replica in primary.replicas if replica.region != found.region]
        primary.primary_region = primary.region if primary.replicas else None
        ctx.put(primary)
    found.primary_region = None
    ctx.put(found)
    return {"arn": found.arn}
