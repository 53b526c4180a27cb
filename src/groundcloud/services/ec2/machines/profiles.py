"""The instance profile of an instance: at its launch, and associated, replaced and taken away later."""

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.machines.parts import ProfileSpecification
from groundcloud.services.ec2.machines.records import Profile


def profile_for(ctx: Context, wanted: ProfileSpecification) -> Profile:
    """The profile that is named, once the caller may pass its role to EC2.

    Raises `InvalidParameterValue` as EC2 does for one that is not there, `UnauthorizedOperation`.
    """
    name = wanted.arn.rpartition("/")[2] if wanted.arn else wanted.name
    found = ctx.world.identities.instance_profile(ctx.tx, ctx.account, name)
    if found is None or (wanted.arn and found.arn != wanted.arn):
        parameter, value = ("iamInstanceProfile.arn", wanted.arn) if wanted.arn else ("iamInstanceProfile.name", name)
        raise errors.InvalidParameterValue(
            reason=f"Value ({value}) for parameter {parameter} is invalid. Invalid IAM Instance Profile "
            f"{'ARN' if wanted.arn else 'name'}"
        )
    if not found.role_arn:
        raise errors.InvalidParameterValue(
            reason=f"Value ({name}) for parameter iamInstanceProfile.name is invalid. The profile has no role."
        )
    ctx.authorize(
        "iam:PassRole", Resource(found.role_arn, ctx.account, facts={"iam:passedtoservice": "ec2.amazonaws.com"})
    )
    return Profile(found.arn, found.id, ctx.new_id("iip-assoc"), ctx.now())
