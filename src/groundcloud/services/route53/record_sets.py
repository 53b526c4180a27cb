"""Record sets: changed in batches that happen whole or not at all, and listed in AWS's order.

A batch is carried out change by change in the call's transaction; what is wrong is gathered, and raising undoes it all.
"""

from collections.abc import Iterator
from typing import Any

from groundcloud.context import Context
from groundcloud.engines.dns.names import BadName
from groundcloud.operation import operation
from groundcloud.services.route53 import errors
from groundcloud.services.route53.health_records import HealthCheck
from groundcloud.services.route53.record_checks import check_request, clashes, flaws, normalize, place
from groundcloud.services.route53.records import (
    Change,
    ChangeBatch,
    CidrCollection,
    HostedZone,
    RecordSet,
    ResourceRecordSet,
)
from groundcloud.services.route53.shared import begin_change, first_page, limit, list_order
from groundcloud.store.keys import pack

_LISTED = 300


def _names(ctx: Context, change_batch: ChangeBatch) -> list[str]:
    """As policies see them: lower case, without the final dot (Developer Guide, "Using IAM policy conditions")."""
    return sorted({each.resource_record_set.name.lower().rstrip(".") for each in change_batch.changes})


def _types(ctx: Context, change_batch: ChangeBatch) -> list[str]:
    return sorted({each.resource_record_set.type for each in change_batch.changes})


def _actions(ctx: Context, change_batch: ChangeBatch) -> list[str]:
    return sorted({each.action for each in change_batch.changes})


@operation(
    on="hostedzone/{hosted_zone_id}",
    conditions={
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": _names,
        "route53:ChangeResourceRecordSetsRecordTypes": _types,
        "route53:ChangeResourceRecordSetsActions": _actions,
    },
)
def change_resource_record_sets(ctx: Context, hosted_zone_id: str, change_batch: ChangeBatch) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    check_request(change_batch.changes)
    for change in change_batch.changes:
        normalize(change.resource_record_set)
    batch = Batch(ctx, zone)
    batch.check_once(change_batch.changes)
    for change in change_batch.changes:
        batch.leave_instances_alone(change.resource_record_set)
        batch.carry_out(change)
    batch.finish()
    zone.changes += 1
    ctx.put(zone)
    return {"change_info": begin_change(ctx, zone, sorted(batch.names), change_batch.comment)}


class Batch:
    """One batch of changes to one zone."""

    def __init__(self, ctx: Context, zone: HostedZone) -> None:
        self._ctx = ctx
        self._zone = zone
        self._flaws: list[str] = []
        self._aliases: list[ResourceRecordSet] = []
        self.names: set[str] = set()
        """The names that changed, in the order of lists."""

    def check_once(self, changes: list[Change]) -> None:
        """A set may be deleted and then made again; any other second change of it is refused."""
        seen: dict[tuple[str, str, str], str] = {}
        for change in changes:
            shown = change.resource_record_set
            key = (shown.name, shown.type, shown.set_identifier or "")
            before = seen.get(key)
            if before is not None and not (before == "DELETE" and change.action in ("CREATE", "UPSERT")):
                self._flaws.append(
                    f"The request contains an invalid set of changes for a resource record set "
                    f"'{shown.type} {shown.name}'"
                )
            seen[key] = change.action
        self._raise()

    def leave_instances_alone(self, shown: ResourceRecordSet) -> None:
        """What a traffic policy instance has made is changed by that instance only."""
        key = (self._zone.id, list_order(shown.name), shown.type, shown.set_identifier or "")
        known = self._ctx.get(RecordSet, *key)
        if known is not None and known.shown.traffic_policy_instance_id is not None:
            self._flaws.append(
                f"The resource record set {place(shown)} is managed by the traffic policy instance "
                f"{known.shown.traffic_policy_instance_id}"
            )
            self._raise()

    def carry_out(self, change: Change) -> None:
        shown = change.resource_record_set
        found = self._flaws
        before = len(found)
        if change.action != "DELETE":
            found += flaws(self._zone, shown)
        if len(found) > before:
            return
        order = list_order(shown.name)
        key = (self._zone.id, order, shown.type, shown.set_identifier or "")
        known = self._ctx.get(RecordSet, *key)
        if change.action == "DELETE":
            self._delete(shown, known)
        elif known is not None and change.action == "CREATE":
            found.append(f"Tried to create resource record set {place(shown)} but it already exists")
        else:
            self._put(shown, known, order)
        self.names.add(order)

    def _delete(self, shown: ResourceRecordSet, known: RecordSet | None) -> None:
        if known is None:
            self._flaws.append(f"Tried to delete resource record set {place(shown)} but it was not found")
        elif _comparable(known.shown) != _comparable(shown):
            self._flaws.append(
                f"Tried to delete resource record set {place(shown)} but the values provided do not match the "
                "current values"
            )
        else:
            self._ctx.delete(known)
            self._zone.resource_record_set_count -= 1

    def _put(self, shown: ResourceRecordSet, known: RecordSet | None, order: str) -> None:
        others = [
            each.shown
            for each in self._ctx.scan(RecordSet, self._zone.id, order)
            if (each.type, each.set_identifier) != (shown.type, shown.set_identifier or "")
        ]
        self._flaws += clashes(shown, others, self._zone)
        self._check_references(shown)
        if shown.alias_target is not None:
            self._aliases.append(shown)
        if known is None:
            self._zone.resource_record_set_count += 1
        zone = self._zone
        self._ctx.put(RecordSet(zone.account, zone.id, order, shown.type, shown.set_identifier or "", shown))

    def _check_references(self, shown: ResourceRecordSet) -> None:
        if shown.health_check_id and self._ctx.get(HealthCheck, shown.health_check_id) is None:
            raise errors.NoSuchHealthCheck(id=shown.health_check_id)
        config = shown.cidr_routing_config
        if config is not None:
            collection = self._ctx.get(CidrCollection, config.collection_id)
            if collection is None:
                self._flaws.append(f"The CIDR collection with id {config.collection_id} does not exist.")
            elif config.location_name != "*" and config.location_name not in collection.locations:
                self._flaws.append(f"The CIDR location {config.location_name} does not exist in the collection.")

    def finish(self) -> None:
        """What can be said when all changes are done. Raises `InvalidChangeBatch`."""
        for shown in self._aliases:
            self._check_alias(shown)
        zone = self._zone
        for type_, words in (
            ("SOA", "A HostedZone must contain exactly one SOA record."),
            ("NS", "A HostedZone must contain at least one NS record for the zone itself."),
        ):
            if zone.order in self.names and not self._ctx.exists(RecordSet, zone.id, zone.order, type_):
                self._flaws.append(words)
        self._raise()

    def _check_alias(self, shown: ResourceRecordSet) -> None:
        target = shown.alias_target
        assert target is not None
        home = self._ctx.get(HostedZone, target.hosted_zone_id)
        if home is None:
            return
        begin = f"Tried to create an alias that targets {target.dns_name}, type {shown.type} in zone {home.id}, but "
        if target.dns_name != home.name and not target.dns_name.endswith(f".{home.name}"):
            self._flaws.append(begin + "the alias target name does not lie within the target zone")
        elif not self._ctx.exists(RecordSet, home.id, list_order(target.dns_name), shown.type):
            self._flaws.append(begin + "that target was not found")

    def _raise(self) -> None:
        if self._flaws:
            raise errors.InvalidChangeBatch(reasons=", ".join(self._flaws))


def _comparable(shown: ResourceRecordSet) -> dict[str, Any]:
    """What has to be the same for a deletion; the order of values is nothing."""
    found = {field: getattr(shown, field) for field in shown.__struct_fields__}
    found["resource_records"] = sorted(each.value for each in shown.resource_records or ())
    found["multi_value_answer"] = shown.multi_value_answer or None
    return found


@operation(on="hostedzone/{hosted_zone_id}", read=True)
def list_resource_record_sets(
    ctx: Context,
    hosted_zone_id: str,
    start_record_name: str | None = None,
    start_record_type: str | None = None,
    start_record_identifier: str | None = None,
    max_items: str | None = None,
) -> object:
    """Sorted by the labels of the names from the last to the first, then by type and set identifier."""
    zone = ctx.find(HostedZone, hosted_zone_id)
    count = limit(max_items, _LISTED)
    after = _start(start_record_name, start_record_type, start_record_identifier)
    found: Iterator[RecordSet] = ctx.tx.scan(RecordSet, zone.account, zone.id, after=after)
    page, further = first_page(found, count)
    return {
        "resource_record_sets": [each.shown for each in page],
        "is_truncated": further is not None,
        "next_record_name": further.shown.name if further is not None else None,
        "next_record_type": further.type if further is not None else None,
        "next_record_identifier": (further.set_identifier or None) if further is not None else None,
        "max_items": str(count),
    }


def _start(name: str | None, type_: str | None, identifier: str | None) -> bytes:
    """Where a list begins: at this name, type and identifier, or behind them. Raises `InvalidInput`."""
    if type_ is not None and name is None:
        raise errors.InvalidInput(reason="The record type can't be specified without a record name.")
    if identifier is not None and type_ is None:
        raise errors.InvalidInput(reason="The record identifier can't be specified without a record type.")
    if name is None:
        return b""
    try:
        order = list_order(name)
    except BadName as error:
        raise errors.InvalidInput(reason=f"{name} is not a valid domain name") from error
    if type_ is None:
        return pack((order,))
    return pack((order, type_)) if identifier is None else pack((order, type_, identifier))[:-1]
