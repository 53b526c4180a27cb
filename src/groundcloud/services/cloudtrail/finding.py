"""Which trail a call means: by its name, by its ARN, or as the shadow that a trail has elsewhere."""

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.cloudtrail import errors
from groundcloud.services.cloudtrail.records import Trail


def parts(ctx: Context, name: str) -> tuple[str, str, str]:
    """Account, region and name of a trail that is given by name or ARN. Raises `CloudTrailARNInvalidException`."""
    if not name.startswith("arn:"):
        return ctx.account, ctx.region, name
    split = name.split(":", 5)
    if len(split) != 6 or split[2] != "cloudtrail" or not split[5].startswith("trail/"):
        raise errors.InvalidArn(arn=name)
    return split[4], split[3], split[5][6:]


def resource(ctx: Context, name: str) -> Resource:
    """A trail as policies see it."""
    account, region, own = parts(ctx, name)
    found = ctx.tx.get(Trail, account, region, own)
    return Resource(
        f"arn:aws:cloudtrail:{region}:{account}:trail/{own}",
        account="" if account == ctx.account else account,
        tags={tag.key: tag.value for tag in found.tags} if found is not None else None,
    )


def on_name(ctx: Context, name: str) -> Resource:
    return resource(ctx, name)


def on_trail_name(ctx: Context, trail_name: str) -> Resource:
    return resource(ctx, trail_name)


def on_resource_id(ctx: Context, resource_id: str) -> Resource:
    return resource(ctx, resource_id)


def find(ctx: Context, name: str) -> Trail:
    """A trail by its name or ARN; one of another region is found if it is a multi-region trail, as a shadow.

    Raises `TrailNotFoundException`.
    """
    account, region, own = parts(ctx, name)
    found = ctx.tx.get(Trail, account, region, own)
    if found is None and region == ctx.region:
        found = next((trail for trail in shadows(ctx) if trail.name == own), None)
    if found is None:
        raise errors.TrailNotFound(name=name, account=ctx.account)
    return found


def shadows(ctx: Context) -> list[Trail]:
    """Multi-region trails of other home regions, and those of the account's organization."""
    found = [
        trail for trail in ctx.tx.scan(Trail, ctx.account) if trail.is_multi_region_trail and trail.region != ctx.region
    ]
    organization = ctx.world.identities.organization(ctx.tx, ctx.account)
    if organization:
        found += [
            trail
            for trail in ctx.tx.scan(Trail, organization, index="by_organization")
            if trail.account != ctx.account and (trail.is_multi_region_trail or trail.region == ctx.region)
        ]
    return found


def own(ctx: Context, name: str) -> Trail:
    """A trail that may be changed here. Raises `InvalidHomeRegionException`."""
    found = find(ctx, name)
    if found.account != ctx.account:
        raise errors.NotOfThisAccount(name=found.name)
    if found.region != ctx.region:
        raise errors.InvalidHomeRegion(name=found.name, region=found.region)
    return found
