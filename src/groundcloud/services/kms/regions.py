"""Multi-Region keys: the same key, by id and material, in several Regions; each with its own policy, tags and state."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.kms import errors
from groundcloud.services.kms.access import key
from groundcloud.services.kms.key_policies import checked_policy, default_policy
from groundcloud.services.kms.lookup import own
from groundcloud.services.kms.metadata import in_region, metadata
from groundcloud.services.kms.records import Key, RegionSet, Tag
from groundcloud.services.kms.tags import merged_tags
from groundcloud.services.kms.use import check_manageable


def _primary(ctx: Context, key_id: str) -> tuple[Key, RegionSet]:
    found = own(ctx, key_id)
    regions = ctx.get(RegionSet, found.key_id)
    if regions is None or regions.primary != found.region:
        raise errors.UnsupportedOperation(reason=f"{found.arn} is not a multi-region primary key.")
    check_manageable(found)
    return found, regions


@operation(on=key, conditions={"kms:ReplicaRegion": "replica_region"})
def replicate_key(
    ctx: Context,
    key_id: str,
    replica_region: str,
    policy: str = "",
    bypass_policy_lockout_safety_check: bool = False,
    description: str = "",
    tags: Sequence[Tag] = (),
) -> object:
    """It takes `kms:CreateKey` in the other Region besides (API reference, ReplicateKey)."""
    primary, regions = _primary(ctx, key_id)
    if replica_region == primary.region or replica_region in regions.replicas:
        raise errors.ReplicaExists(key_id=primary.key_id, region=replica_region)
    ctx.authorize("kms:CreateKey", Resource("*"))
    arn = in_region(primary, replica_region)
    document = policy or default_policy(primary.account)
    checked_policy(ctx, document, arn, bypass_policy_lockout_safety_check)
    replica = Key(
        account=primary.account, region=replica_region, key_id=primary.key_id, arn=arn, creation_date=ctx.now(),
        key_spec=primary.key_spec, key_usage=primary.key_usage, policy=document, origin=primary.origin,
        description=description, multi_region=True, tags=merged_tags((), tags),
        key_state="PendingImport" if primary.origin == "EXTERNAL" else "Enabled",
    )  # fmt: skip
    ctx.put(replica)
    regions.replicas.append(replica_region)
    ctx.put(regions)
    return {
        "replica_key_metadata": metadata(ctx, replica),
        "replica_policy": document,
        "replica_tags": replica.tags,
    }


@operation(on=key, conditions={"kms:PrimaryRegion": "primary_region"})
def update_primary_region(ctx: Context, key_id: str, primary_region: str) -> None:
    found, regions = _primary(ctx, key_id)
    if primary_region == regions.primary:
        return
    if primary_region not in regions.replicas:
        raise errors.NotFound(arn=in_region(found, primary_region))
    other = ctx.tx.get(Key, found.account, primary_region, found.key_id)
    if other is None:
        raise errors.NotFound(arn=in_region(found, primary_region))
    check_manageable(other, "Disabled")
    regions.replicas = [regions.primary if region == primary_region else region for region in regions.replicas]
    regions.primary = primary_region
    ctx.put(regions)
