"""Traffic policies applied to names: the record sets of an instance are made, changed and deleted with it.

An instance is Applied once the servers have its records. With AWS those of the rules below the first one are not shown;
here they are, under names that begin with an underscore, and all of them name the instance.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from groundcloud.context import Context
from groundcloud.engines.dns.names import BadName
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.route53 import errors
from groundcloud.services.route53.record_sets import Batch
from groundcloud.services.route53.records import INSYNC, Change, ChangeInfo, HostedZone, RecordSet
from groundcloud.services.route53.shared import begin_change, first_page, limit, list_order, new_uuid, normal_name
from groundcloud.services.route53.traffic_documents import Site, parse, record_sets
from groundcloud.services.route53.traffic_records import TrafficPolicy, TrafficPolicyInstance, TrafficPolicyName

_LISTED = 100
_LONGEST_TTL = 2_147_483_647
_URL = "https://route53.amazonaws.com/2013-04-01"


def _both(ctx: Context, hosted_zone_id: str, traffic_policy_id: str) -> list[Resource]:
    return [Resource(ctx.arn(f"hostedzone/{hosted_zone_id}")), Resource(ctx.arn(f"trafficpolicy/{traffic_policy_id}"))]


@operation(on=_both)
def create_traffic_policy_instance(
    ctx: Context, hosted_zone_id: str, name: str, ttl: int, traffic_policy_id: str, traffic_policy_version: int
) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id.removeprefix("/hostedzone/"))
    policy = ctx.find(TrafficPolicy, traffic_policy_id, traffic_policy_version)
    _check_ttl(ttl)
    name = normal_name(name)
    order = list_order(name)
    if ctx.exists(TrafficPolicyInstance, zone.id, order, policy.type, index="by_place"):
        raise errors.TrafficPolicyInstanceAlreadyExists()
    made = TrafficPolicyInstance(
        ctx.account, new_uuid(ctx), zone.id, name, order, ttl, policy.id, policy.number, policy.type, change_id=""
    )
    _apply(ctx, zone, made, policy)
    return {
        "traffic_policy_instance": _shown(ctx, ctx.put(made)),
        "location": f"{_URL}/trafficpolicyinstance/{made.id}",
    }


def _check_ttl(ttl: int) -> None:
    if not 0 <= ttl <= _LONGEST_TTL:
        raise errors.InvalidInput(reason=f"The TTL {ttl} is not from 0 to {_LONGEST_TTL}.")


def _apply(ctx: Context, zone: HostedZone, instance: TrafficPolicyInstance, policy: TrafficPolicy | None) -> None:
    """The record sets of the instance as the policy says, or none, in the place of those that it has. Raises
    `InvalidInput` where the zone does not take them."""
    found = [ctx.get(RecordSet, zone.id, *place) for place in instance.sets]
    changes = [Change("DELETE", each.shown) for each in found if each is not None]
    if policy is not None:
        site = Site(instance.name, zone.id, zone.name, instance.ttl, instance.id)
        wanted = record_sets(parse(policy.document), site)
        for shown in wanted:
            shown.traffic_policy_instance_id = instance.id
        changes += [Change("CREATE", shown) for shown in wanted]
    batch = Batch(ctx, zone)
    try:
        batch.check_once(changes)
        for change in changes:
            batch.carry_out(change)
        batch.finish()
    except (errors.InvalidChangeBatch, BadName) as error:
        raise errors.InvalidInput(reason=f"The traffic policy cannot be applied: {error}") from error
    zone.changes += 1
    ctx.put(zone)
    instance.change_id = begin_change(ctx, zone, sorted(batch.names))["id"].removeprefix("/change/")
    made = [change.resource_record_set for change in changes if change.action == "CREATE"]
    instance.sets = [(list_order(each.name), each.type, each.set_identifier or "") for each in made]


def _shown(ctx: Context, found: TrafficPolicyInstance) -> dict[str, Any]:
    change = ctx.get(ChangeInfo, found.change_id)
    applied = change is None or change.status == INSYNC
    return {
        "id": found.id,
        "hosted_zone_id": found.hosted_zone_id,
        "name": found.name,
        "ttl": found.ttl,
        "state": "Applied" if applied else "Creating",
        "message": "",
        "traffic_policy_id": found.traffic_policy_id,
        "traffic_policy_version": found.traffic_policy_version,
        "traffic_policy_type": found.traffic_policy_type,
    }


@operation(on="trafficpolicyinstance/{id}", read=True)
def get_traffic_policy_instance(ctx: Context, id: str) -> object:
    return {"traffic_policy_instance": _shown(ctx, ctx.find(TrafficPolicyInstance, id))}


@operation(on="trafficpolicyinstance/{id}")
def update_traffic_policy_instance(
    ctx: Context, id: str, ttl: int, traffic_policy_id: str, traffic_policy_version: int
) -> object:
    found = ctx.find(TrafficPolicyInstance, id)
    policy = ctx.find(TrafficPolicy, traffic_policy_id, traffic_policy_version)
    _check_ttl(ttl)
    if policy.type != found.traffic_policy_type:
        raise errors.ConflictingTypes()
    found.ttl, found.traffic_policy_id, found.traffic_policy_version = ttl, policy.id, policy.number
    _apply(ctx, ctx.find(HostedZone, found.hosted_zone_id), found, policy)
    return {"traffic_policy_instance": _shown(ctx, ctx.put(found))}


@operation(on="trafficpolicyinstance/{id}")
def delete_traffic_policy_instance(ctx: Context, id: str) -> None:
    found = ctx.find(TrafficPolicyInstance, id)
    _apply(ctx, ctx.find(HostedZone, found.hosted_zone_id), found, None)
    ctx.delete(found)


# -- lists


@operation(on="*", read=True)
def get_traffic_policy_instance_count(ctx: Context) -> object:
    return {"traffic_policy_instance_count": sum(1 for _ in ctx.scan(TrafficPolicyInstance))}


def _page(
    ctx: Context, found: Iterable[TrafficPolicyInstance], begin: tuple[str | None, ...], max_items: str | None
) -> dict[str, Any]:
    """Up to so many, from the place that the markers name on: its zone, name and type."""
    count = limit(max_items, _LISTED)
    zone, name, type_ = begin
    start = (zone or "", list_order(name) if name else "", type_ or "")

    def further() -> Iterator[TrafficPolicyInstance]:
        for each in sorted(found, key=_place):
            if _place(each) >= start:
                yield each

    page, following = first_page(further(), count)
    return {
        "traffic_policy_instances": [_shown(ctx, each) for each in page],
        "hosted_zone_id_marker": following.hosted_zone_id if following is not None else None,
        "traffic_policy_instance_name_marker": following.name if following is not None else None,
        "traffic_policy_instance_type_marker": following.traffic_policy_type if following is not None else None,
        "is_truncated": following is not None,
        "max_items": str(count),
    }


def _place(each: TrafficPolicyInstance) -> tuple[str, str, str]:
    return each.hosted_zone_id, each.order, each.traffic_policy_type


@operation(on="*", read=True)
def list_traffic_policy_instances(
    ctx: Context,
    hosted_zone_id_marker: str | None = None,
    traffic_policy_instance_name_marker: str | None = None,
    traffic_policy_instance_type_marker: str | None = None,
    max_items: str | None = None,
) -> object:
    begin = (hosted_zone_id_marker, traffic_policy_instance_name_marker, traffic_policy_instance_type_marker)
    return _page(ctx, ctx.scan(TrafficPolicyInstance), begin, max_items)


@operation(on="hostedzone/{hosted_zone_id}", read=True)
def list_traffic_policy_instances_by_hosted_zone(
    ctx: Context,
    hosted_zone_id: str,
    traffic_policy_instance_name_marker: str | None = None,
    traffic_policy_instance_type_marker: str | None = None,
    max_items: str | None = None,
) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    begin = (zone.id, traffic_policy_instance_name_marker, traffic_policy_instance_type_marker)
    return _page(ctx, ctx.scan(TrafficPolicyInstance, zone.id, index="by_place"), begin, max_items)


@operation(on="trafficpolicy/{traffic_policy_id}", read=True)
def list_traffic_policy_instances_by_policy(
    ctx: Context,
    traffic_policy_id: str,
    traffic_policy_version: int,
    hosted_zone_id_marker: str | None = None,
    traffic_policy_instance_name_marker: str | None = None,
    traffic_policy_instance_type_marker: str | None = None,
    max_items: str | None = None,
) -> object:
    ctx.find(TrafficPolicyName, traffic_policy_id)
    begin = (hosted_zone_id_marker, traffic_policy_instance_name_marker, traffic_policy_instance_type_marker)
    found = ctx.scan(TrafficPolicyInstance, traffic_policy_id, traffic_policy_version, index="by_policy")
    return _page(ctx, found, begin, max_items)
