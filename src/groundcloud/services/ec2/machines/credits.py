"""CPU credits of burstable instances: what was chosen. No account of them is kept, so `standard` slows nobody down."""

from collections.abc import Iterator, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.account_settings import settings_of
from groundcloud.services.ec2.common import find, find_all, on
from groundcloud.services.ec2.filters import Filter, Filters, matcher
from groundcloud.services.ec2.machines.instance_types import instance_types
from groundcloud.services.ec2.machines.records import TERMINATED, Instance
from groundcloud.store import Part

_CHOICES = ("standard", "unlimited")


class CreditChange(Part):
    instance_id: str
    cpu_credits: str = ""


def _burstable(instance: Instance) -> bool:
    return instance_types()[instance.instance_type].burstable


def _credits(instance: Instance) -> str:
    """As chosen, or as the family has them."""
    return instance.credits or usual_credits(instance.instance_type.partition(".")[0])


def usual_credits(family: str) -> str:
    """T2 begins with standard ones, later families with unlimited ones.

    Source: "Key concepts for burstable performance instances" in the EC2 user guide.
    """
    return "standard" if family == "t2" else "unlimited"


_FILTERS: Filters = {"instance-id": lambda instance: instance.instance_id}


@operation(on="*", read=True)
def describe_instance_credit_specifications(
    ctx: Context, filters: Sequence[Filter] = (), instance_ids: Sequence[str] = ()
) -> object:
    """Without ids only those instances that have unlimited credits are told, as AWS does it."""
    passes = matcher(filters, _FILTERS)

    def found() -> Iterator[dict[str, Any]]:
        for each in find_all(ctx, Instance, instance_ids) if instance_ids else ctx.scan(Instance):
            if each.state == TERMINATED or not passes(each):
                continue
            if not _burstable(each):
                if instance_ids:
                    raise _not_burstable(each)
            elif instance_ids or _credits(each) == "unlimited":
                yield {"instance_id": each.instance_id, "cpu_credits": _credits(each)}

    return {"instance_credit_specifications": page_of(found(), lambda each: str(each["instance_id"]))}


def _not_burstable(instance: Instance) -> errors.InvalidInstanceCreditSpecification:
    return errors.InvalidInstanceCreditSpecification(
        reason=f"The instance '{instance.instance_id}' of the type {instance.instance_type} is not burstable."
    )


def _of(ctx: Context, instance_credit_specifications: Sequence[CreditChange]) -> list[Resource]:
    named = on("instances")
    return named(ctx, instances=[each.instance_id for each in instance_credit_specifications])


@operation(on=_of)
def modify_instance_credit_specification(
    ctx: Context, instance_credit_specifications: Sequence[CreditChange], client_token: str = ""
) -> object:
    changed, failed = [], []
    for each in instance_credit_specifications:
        try:
            changed.append({"instance_id": _change(ctx, each).instance_id})
        except AwsError as error:
            told = {"code": error.code, "message": error.message}
            failed.append({"instance_id": each.instance_id, "error": told})
    return {
        "successful_instance_credit_specifications": changed,
        "unsuccessful_instance_credit_specifications": failed,
    }


def _check_choice(credits: str) -> None:
    if credits not in _CHOICES:
        raise errors.InvalidParameterValue(
            reason=f"Value ({credits}) for parameter CpuCredits is invalid. It is standard or unlimited."
        )


def _change(ctx: Context, wanted: CreditChange) -> Instance:
    instance = find(ctx, Instance, wanted.instance_id)
    _check_choice(wanted.cpu_credits)
    if not _burstable(instance):
        raise _not_burstable(instance)
    instance.credits = wanted.cpu_credits
    return ctx.put(instance)


_FAMILIES = ("t2", "t3", "t3a", "t4g")


@operation(on="*", read=True)
def get_default_credit_specification(ctx: Context, instance_family: str) -> object:
    """What new instances of a family get that ask for nothing."""
    _check_family(instance_family)
    usual = settings_of(ctx).credits.get(instance_family) or usual_credits(instance_family)
    return {"instance_family_credit_specification": {"instance_family": instance_family, "cpu_credits": usual}}


@operation(on="*")
def modify_default_credit_specification(ctx: Context, instance_family: str, cpu_credits: str) -> object:
    _check_family(instance_family)
    _check_choice(cpu_credits)
    settings = settings_of(ctx)
    settings.credits = {**settings.credits, instance_family: cpu_credits}
    ctx.put(settings)
    return {"instance_family_credit_specification": {"instance_family": instance_family, "cpu_credits": cpu_credits}}


def _check_family(family: str) -> None:
    if family not in _FAMILIES:
        raise errors.InvalidParameterValue(reason=f"Value ({family}) for parameter InstanceFamily is invalid.")
