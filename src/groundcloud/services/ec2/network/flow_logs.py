"""Flow logs: what traffic of a VPC, a subnet or an interface is to be noted, and where. `flow_delivery.py` does it."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tagged, TagSpecification, find_all, made, on
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.endpoints import unsuccessful
from groundcloud.services.ec2.network.flow_bucket import let_deliver
from groundcloud.services.ec2.network.flow_records import DEFAULT, unknown
from groundcloud.services.ec2.network.linking import FlowLog
from groundcloud.services.ec2.network.records import InVpc, NetworkInterface, Subnet, Vpc
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once
from groundcloud.store import Part

_KINDS: dict[str, type[Tagged]] = {"VPC": Vpc, "Subnet": Subnet, "NetworkInterface": NetworkInterface}
_TRAFFIC = ("ACCEPT", "REJECT", "ALL")
_DESTINATIONS = ("cloud-watch-logs", "s3")


class DestinationOptions(Part):
    """How files in S3 are named and written."""

    file_format: str = "plain-text"
    hive_compatible_partitions: bool = False
    per_hour_partition: bool = False


def _creating(
    ctx: Context,
    resource_ids: Sequence[str],
    deliver_logs_permission_arn: str,
    tag_specifications: Sequence[TagSpecification],
) -> list[Resource]:
    """The resources, the flow log, and the role that is handed on."""
    logged = on("resource_ids")(ctx, resource_ids=resource_ids)
    making = made(ctx, "vpc-flow-log", "CreateFlowLogs", tag_specifications, {"ec2:region": ctx.region})
    passing = []
    if deliver_logs_permission_arn:
        facts = {"iam:passedtoservice": "vpc-flow-logs.amazonaws.com"}
        passing = [Resource(deliver_logs_permission_arn, action="iam:PassRole", facts=facts)]
    return [*logged, *making, *passing]


@operation(on=_creating)
def create_flow_logs(
    ctx: Context,
    resource_ids: Sequence[str],
    resource_type: str,
    traffic_type: str = "",
    log_group_name: str = "",
    log_destination_type: str = "cloud-watch-logs",
    log_destination: str = "",
    deliver_logs_permission_arn: str = "",
    log_format: str = "",
    max_aggregation_interval: int = 600,
    tag_specifications: Sequence[TagSpecification] = (),
    client_token: str = "",
    destination_options: DestinationOptions | None = None,
) -> object:
    once = Once(
        ctx, "CreateFlowLogs", client_token, resource_ids, resource_type, traffic_type, log_group_name,
        log_destination_type, log_destination, log_format, max_aggregation_interval, tag_specifications,
        destination_options,
    )  # fmt: skip
    if once.made:
        return {"flow_log_ids": list(once.made), "unsuccessful": [], "client_token": client_token}
    kind = _KINDS.get(resource_type)
    if kind is None:
        raise errors.InvalidParameterValue(reason=f"Value ({resource_type}) for parameter ResourceType is invalid.")
    _check(traffic_type, log_destination_type, max_aggregation_interval)
    _check_destination(log_destination_type, log_group_name, log_destination, deliver_logs_permission_arn)
    if strange := unknown(log_format or DEFAULT):
        raise errors.InvalidParameter(reason=f"Unknown fields provided: {', '.join(strange)}")
    options = _options(log_destination_type, destination_options)
    template = FlowLog(
        owner_id=ctx.account, region=ctx.region, flow_log_id="", resource_id="", creation_time=ctx.now(),
        log_format=log_format or DEFAULT, traffic_type=traffic_type, log_destination_type=log_destination_type,
        log_destination=log_destination or None, log_group_name=log_group_name or None,
        deliver_logs_permission_arn=deliver_logs_permission_arn or None,
        max_aggregation_interval=max_aggregation_interval, tags=tags_for(tag_specifications, "vpc-flow-log"),
        hive_compatible_partitions=options.hive_compatible_partitions, per_hour_partition=options.per_hour_partition,
    )  # fmt: skip
    if log_destination_type == "s3":
        let_deliver(ctx, log_destination, hive=options.hive_compatible_partitions)
    ids, failed = _make(ctx, kind, resource_ids, template)
    once.remember(*ids)
    return {"flow_log_ids": ids, "unsuccessful": failed, "client_token": client_token or None}


def _options(destination_type: str, options: DestinationOptions | None) -> DestinationOptions:
    if options is None:
        return DestinationOptions()
    if destination_type != "s3":
        raise errors.InvalidParameterCombination(
            reason="DestinationOptions can only be specified for the destination type s3"
        )
    if options.file_format != "plain-text":
        raise errors.UnsupportedOperation(reason="Flow logs of this cloud are files of plain text.")
    return options


def _make(
    ctx: Context, kind: type[Tagged], resource_ids: Sequence[str], template: FlowLog
) -> tuple[list[str], list[dict[str, Any]]]:
    """One for each resource; what cannot be logged is told and keeps no other."""
    ids, failed = [], []
    for resource_id in dict.fromkeys(resource_ids):
        if ctx.get(kind, resource_id) is None:
            failed.append(unsuccessful(resource_id, kind.absent(named=f" '{resource_id}' does")))
        elif any(_same(template, known) for known in ctx.scan(FlowLog, resource_id, index="by_resource")):
            failed.append(unsuccessful(resource_id, faults.FlowLogExists()))
        else:
            new = replace(template, flow_log_id=ctx.new_id("fl"), resource_id=resource_id)
            ids.append(ctx.put(new).flow_log_id)
            _tell(ctx, resource_id)
    return ids, failed


def _same(new: FlowLog, known: FlowLog) -> bool:
    fields = ("traffic_type", "log_destination_type", "log_destination", "log_group_name", "log_format")
    return all(getattr(new, name) == getattr(known, name) for name in fields)


def _check(traffic_type: str, log_destination_type: str, interval: int) -> None:
    if not traffic_type:
        raise errors.MissingParameter(name="TrafficType")
    if traffic_type not in _TRAFFIC:
        raise errors.InvalidParameterValue(reason=f"Value ({traffic_type}) for parameter TrafficType is invalid.")
    if log_destination_type not in _DESTINATIONS:
        raise errors.InvalidParameterValue(
            reason=f"Value ({log_destination_type}) for parameter LogDestinationType is invalid."
        )
    if interval not in (60, 600):
        raise errors.InvalidParameterValue(
            reason=f"Value ({interval}) for parameter MaxAggregationInterval is invalid. It must be 60 or 600."
        )


def _check_destination(kind: str, group: str, destination: str, role: str) -> None:
    if kind == "s3":
        if not destination.startswith("arn:aws:s3:::"):
            raise errors.InvalidParameterValue(reason="LogDestination must be the ARN of a bucket.")
        if group or role:
            raise errors.InvalidParameterCombination(
                reason="LogGroupName and DeliverLogsPermissionArn cannot be specified for the destination type s3"
            )
        return
    if not role:
        raise errors.MissingParameter(name="DeliverLogsPermissionArn")
    if bool(group) == bool(destination):
        raise errors.InvalidParameterCombination(
            reason="Exactly one of LogGroupName and LogDestination must be specified"
        )


_FILTERS: Filters = {
    "deliver-log-status": lambda log: log.deliver_logs_status,
    "log-destination-type": lambda log: log.log_destination_type,
    "flow-log-id": lambda log: log.flow_log_id,
    "log-group-name": lambda log: log.log_group_name,
    "resource-id": lambda log: log.resource_id,
    "traffic-type": lambda log: log.traffic_type,
}


@operation(on="*", read=True)
def describe_flow_logs(ctx: Context, filter: Sequence[Filter] = (), flow_log_ids: Sequence[str] = ()) -> object:
    indexes = {"resource-id": "by_resource"}
    return {"flow_logs": listed(ctx, FlowLog, flow_log_ids, filter, _FILTERS, indexes=indexes)}


@operation(on=on("flow_log_ids"))
def delete_flow_logs(ctx: Context, flow_log_ids: Sequence[str]) -> object:
    for log in find_all(ctx, FlowLog, flow_log_ids):
        ctx.delete(log)
        _tell(ctx, log.resource_id)
    return {"unsuccessful": []}


def _tell(ctx: Context, resource_id: str) -> None:
    """Have the engine told of the VPC whose traffic is logged, or is no longer."""
    for kind in _KINDS.values():
        found = ctx.get(kind, resource_id) if resource_id.startswith(f"{kind.prefix}-") else None
        if isinstance(found, (Vpc, InVpc)):
            network_changed(ctx, found.vpc_id)
