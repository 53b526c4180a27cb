"""Keys: made, described, listed, enabled and disabled, and deleted after a waiting period."""

from collections.abc import Sequence
from datetime import timedelta

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.kms import asymmetric, errors
from groundcloud.services.kms.access import check_tokens, key, key_resource
from groundcloud.services.kms.key_policies import checked_policy, default_policy
from groundcloud.services.kms.lookup import locate, own, reference
from groundcloud.services.kms.making import put_key, secret
from groundcloud.services.kms.managed import key_of_service
from groundcloud.services.kms.metadata import metadata
from groundcloud.services.kms.records import Key, RegionSet, Tag
from groundcloud.services.kms.specs import ENCRYPT, SPECS
from groundcloud.services.kms.tags import merged_tags
from groundcloud.services.kms.use import check_manageable


def _bypass(ctx: Context, bypass_policy_lockout_safety_check: bool) -> str:
    return "true" if bypass_policy_lockout_safety_check else "false"


def _spec(ctx: Context, key_spec: str, customer_master_key_spec: str) -> str:
    return key_spec or customer_master_key_spec or "SYMMETRIC_DEFAULT"


def _new(ctx: Context, tags: Sequence[Tag]) -> list[Resource]:
    """To make a key with tags takes the permission to tag keys, too (API reference, CreateKey)."""
    return [Resource("*"), *([Resource("*", action="kms:TagResource")] if tags else ())]


@operation(
    on=_new,
    conditions={
        "kms:BypassPolicyLockoutSafetyCheck": _bypass,
        "kms:KeySpec": _spec,
        "kms:CustomerMasterKeySpec": _spec,
        "kms:KeyUsage": lambda ctx, key_usage: key_usage or ENCRYPT,
        "kms:CustomerMasterKeyUsage": lambda ctx, key_usage: key_usage or ENCRYPT,
        "kms:KeyOrigin": "origin",
        "kms:MultiRegion": "multi_region",
    },
)
async def create_key(
    ctx: Context,
    policy: str = "",
    description: str = "",
    key_usage: str = "",
    customer_master_key_spec: str = "",
    key_spec: str = "",
    origin: str = "AWS_KMS",
    bypass_policy_lockout_safety_check: bool = False,
    tags: Sequence[Tag] = (),
    multi_region: bool = False,
) -> object:
    spec_name = _checked_spec(key_spec, customer_master_key_spec)
    usage = _checked_usage(spec_name, key_usage)
    if origin not in ("AWS_KMS", "EXTERNAL"):
        raise errors.UnsupportedOperation(reason=f"Groundcloud has no key stores for keys of origin {origin} yet.")
    document = policy or default_policy(ctx.account)
    arn = ctx.arn("key/*")
    checked_policy(ctx, document, arn, bypass_policy_lockout_safety_check)
    spec = SPECS[spec_name]
    pair = None
    if origin == "AWS_KMS" and not spec.symmetric:
        pair = await _pair(ctx, spec_name)

    def work(ctx: Context) -> object:
        material = pair or secret(ctx, spec.size)
        made = Key(
            account=ctx.account, region=ctx.region, key_id="", arn="", creation_date=ctx.now(), key_spec=spec_name,
            key_usage=usage, policy=document, origin=origin, description=description, multi_region=multi_region,
            key_state="PendingImport" if origin == "EXTERNAL" else "Enabled", tags=merged_tags((), tags),
        )  # fmt: skip
        put_key(ctx, made, None if origin == "EXTERNAL" else material)
        if multi_region:
            ctx.put(RegionSet(account=ctx.account, key_id=made.key_id, primary=ctx.region))
        return {"key_metadata": metadata(ctx, made)}

    return await ctx.submit(work)


async def _pair(ctx: Context, spec: str) -> asymmetric.Pair:
    try:
        return await ctx.compute(asymmetric.generate, spec)
    except asymmetric.Unfit as error:
        raise errors.UnsupportedOperation(reason=str(error)) from error


def _checked_spec(key_spec: str, customer_master_key_spec: str) -> str:
    if key_spec and customer_master_key_spec:
        raise errors.ValidationException(
            reason="You cannot specify KeySpec and CustomerMasterKeySpec in the same request. "
            "CustomerMasterKeySpec is deprecated."
        )
    name = key_spec or customer_master_key_spec or "SYMMETRIC_DEFAULT"
    if name not in SPECS:
        raise errors.UnsupportedOperation(reason=f"Groundcloud has no keys of KeySpec {name}.")
    return name


def _checked_usage(spec_name: str, key_usage: str) -> str:
    """Every key but a symmetric encryption key says what it is for (API reference, CreateKey)."""
    if not key_usage and spec_name != "SYMMETRIC_DEFAULT":
        raise errors.ValidationException(
            reason="You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
        )
    usage = key_usage or ENCRYPT
    if usage not in SPECS[spec_name].algorithms:
        raise errors.ValidationException(reason=f"KeyUsage {usage} is not compatible with KeySpec {spec_name}")
    return usage


def _described(ctx: Context, key_id: str, grant_tokens: Sequence[str]) -> Resource:
    check_tokens(ctx, grant_tokens)
    return key_resource(ctx, key_id, operation="DescribeKey")


@operation(on=_described, read=True)
async def describe_key(ctx: Context, key_id: str, grant_tokens: Sequence[str] = ()) -> object:
    """Asking for a predefined alias that has no key makes the AWS managed key (API reference, DescribeKey)."""
    with ctx.snapshot() as view:
        meant = reference(view, key_id)
        if not meant.alias or key_of_service(view, meant) is None:
            return {"key_metadata": metadata(view, locate(view, key_id))}

    def work(ctx: Context) -> object:
        made = key_of_service(ctx, meant) or locate(ctx, key_id)
        return {"key_metadata": metadata(ctx, made)}

    return await ctx.submit(work)


@operation(on="*", read=True, page_size=100)
def list_keys(ctx: Context) -> dict[str, Page]:
    return {"keys": ctx.page(Key, each=lambda found: {"key_id": found.key_id, "key_arn": found.arn})}


@operation(on=key)
def update_key_description(ctx: Context, key_id: str, description: str) -> None:
    found = own(ctx, key_id)
    check_manageable(found, "Disabled", "PendingImport", "Unavailable")
    found.description = description
    ctx.put(found)


@operation(on=key)
def enable_key(ctx: Context, key_id: str) -> None:
    found = own(ctx, key_id)
    check_manageable(found, "Disabled")
    found.key_state = "Enabled"
    ctx.put(found)


@operation(on=key)
def disable_key(ctx: Context, key_id: str) -> None:
    found = own(ctx, key_id)
    check_manageable(found, "Disabled")
    found.key_state = "Disabled"
    ctx.put(found)


@operation(on=key, conditions={"kms:ScheduleKeyDeletionPendingWindowInDays": "pending_window_in_days"})
def schedule_key_deletion(ctx: Context, key_id: str, pending_window_in_days: int = 30) -> object:
    found = own(ctx, key_id)
    check_manageable(found, "Disabled", "PendingImport", "Unavailable")
    if not 7 <= pending_window_in_days <= 30:
        raise errors.ValidationException(
            reason=f"1 validation error detected: Value '{pending_window_in_days}' at 'pendingWindowInDays' failed to "
            "satisfy constraint: Member must have value between 7 and 30"
        )
    found.pending_window_in_days = pending_window_in_days
    if found.multi_region and _replicas(ctx, found):
        found.key_state = "PendingReplicaDeletion"
    else:
        found.key_state = "PendingDeletion"
        found.deletion_date = ctx.now() + timedelta(days=pending_window_in_days)
    ctx.put(found)
    return {
        "key_id": found.arn,
        "deletion_date": found.deletion_date,
        "key_state": found.key_state,
        "pending_window_in_days": pending_window_in_days,
    }


def _replicas(ctx: Context, primary: Key) -> list[str]:
    regions = ctx.get(RegionSet, primary.key_id)
    return regions.replicas if regions is not None and regions.primary == primary.region else []


@operation(on=key)
def cancel_key_deletion(ctx: Context, key_id: str) -> object:
    """The key is disabled then, as AWS leaves it."""
    found = own(ctx, key_id)
    if found.key_state not in ("PendingDeletion", "PendingReplicaDeletion"):
        raise errors.InvalidState(arn=found.arn, state="not pending deletion")
    found.key_state = "Disabled"
    found.deletion_date = None
    found.pending_window_in_days = 0
    ctx.put(found)
    return {"key_id": found.arn}
