"""The instance profile of an instance: at its launch, and associated, replaced and taken away later."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import find, on
from groundcloud.services.ec2.filters import Filter, Filters, matcher
from groundcloud.services.ec2.machines.parts import ProfileSpecification
from groundcloud.services.ec2.machines.records import SHUTTING_DOWN, TERMINATED, Instance, Profile


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


def _view(instance: Instance, state: str = "associated") -> dict[str, Any]:
    assert instance.profile is not None
    return {
        "association_id": instance.profile.association_id,
        "instance_id": instance.instance_id,
        "iam_instance_profile": {"arn": instance.profile.arn, "id": instance.profile.id},
        "state": state,
        "timestamp": instance.profile.timestamp,
    }


def _associated(ctx: Context, association_id: str) -> Instance:
    found = next(ctx.scan(Instance, association_id, index="by_profile"), None)
    if found is None:
        raise errors.AssociationNotFound(id=association_id)
    return found


@operation(on=on("instance_id"))
def associate_iam_instance_profile(
    ctx: Context, iam_instance_profile: ProfileSpecification, instance_id: str
) -> object:
    """What runs in the instance sees the role at once."""
    instance = find(ctx, Instance, instance_id)
    if instance.state in (SHUTTING_DOWN, TERMINATED):
        raise errors.IncorrectInstanceState(
            reason=f"The instance '{instance_id}' is not in the 'running' or 'stopped' states."
        )
    if instance.profile is not None:
        raise errors.IncorrectState(reason=f"There is an existing association for instance {instance_id}")
    instance.profile = profile_for(ctx, iam_instance_profile)
    ctx.put(instance)
    return {"iam_instance_profile_association": _view(instance, "associating")}


@operation(on="*")
def disassociate_iam_instance_profile(ctx: Context, association_id: str) -> object:
    instance = _associated(ctx, association_id)
    answer = _view(instance, "disassociating")
    instance.profile = None
    ctx.put(instance)
    return {"iam_instance_profile_association": answer}


@operation(on="*")
def replace_iam_instance_profile_association(
    ctx: Context, iam_instance_profile: ProfileSpecification, association_id: str
) -> object:
    instance = _associated(ctx, association_id)
    instance.profile = profile_for(ctx, iam_instance_profile)
    ctx.put(instance)
    return {"iam_instance_profile_association": _view(instance, "associating")}


_FILTERS: Filters = {
    "instance-id": lambda instance: instance.instance_id,
    "state": lambda instance: "associated",
}


@operation(on="*", read=True)
def describe_iam_instance_profile_associations(
    ctx: Context, association_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> dict[str, Page]:
    passes = matcher(filters, _FILTERS)
    if association_ids:
        chosen = [_associated(ctx, each) for each in association_ids]
        found = page_of([_view(each) for each in chosen if passes(each)], lambda each: str(each["association_id"]))
    else:
        found = ctx.page(Instance, index="by_profile", where=passes, each=_view)
    return {"iam_instance_profile_associations": found}
