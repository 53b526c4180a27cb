"""Brings what the network engine counts to where flow logs want it: CloudWatch Logs, as the role that the flow log
names, and S3, as the delivery service.

A VPC is asked once in each aggregation interval, the shortest of its flow logs' (it is a maximum). The counters are the
kernel's and bounded; nothing is kept here between two intervals, so that records that cannot be delivered are lost, and
the flow log says why.
"""

import gzip
import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from groundcloud.context import Context
from groundcloud.controllers import Act, Outcome
from groundcloud.engines.network.wanted import Flow, Unreachable
from groundcloud.engines.network.wanted import FlowLogs as Counters
from groundcloud.errors import AwsError
from groundcloud.services.ec2.network.changes import NetworkChange
from groundcloud.services.ec2.network.flow_records import Seen, chunks, header, takes, writer
from groundcloud.services.ec2.network.linking import FlowLog
from groundcloud.services.ec2.network.records import NetworkInterface, Subnet, Vpc
from groundcloud.services.ec2.regions import zones
from groundcloud.store import Key, Store, Transaction

SERVICE, FILE_SERVICE = "vpc-flow-logs.amazonaws.com", "delivery.logs.amazonaws.com"
_AT_ONCE = 1_000_000
"""Bytes in one call of PutLogEvents, which takes 1,048,576."""
_SHORTEST = 60
"""Seconds of the shortest aggregation interval."""
_ACCESS = "Access error"
"""Source: `DeliverLogsErrorMessage` of DescribeFlowLogs in the API reference, which has all three."""
_GONE, _UNKNOWN = "LogDestination undeliverable", "Unknown error"


class Window(NamedTuple):
    """What a VPC's flow logs are written from."""

    logs: Sequence[FlowLog]
    interfaces: Sequence[NetworkInterface]
    blocks: tuple[str, ...]
    zone_ids: dict[str, str]
    start: int = 0
    end: int = 0


class FlowLogDeliveries:
    """Implements `Controller`, by VPC: it is woken when a flow log of one comes or goes."""

    name = "ec2.flow_logs"
    kind = NetworkChange

    def __init__(self, store: Store, counters: Counters, clock: Callable[[], datetime], act: Act) -> None:
        self._store = store
        self._counters = counters
        self._clock = clock
        self._act = act
        self._begun: dict[str, int] = {}

    def reconcile(self, key: Key, wanted: NetworkChange | None) -> Outcome:
        vpc_id, now = str(key[2]), int(self._clock().timestamp())
        early = self._begun.get(vpc_id, 0) + _SHORTEST - now
        if early > 0:  # whatever has changed in the VPC, nothing is due yet
            return Outcome(again=early)
        with self._store.snapshot() as tx:
            window = _window(tx, key) if wanted is not None else None
        if window is None:
            self._begun.pop(vpc_id, None)
            return Outcome()
        length = min(log.max_aggregation_interval for log in window.logs)
        begun = self._begun.setdefault(vpc_id, now)
        if now < begun + length:
            return Outcome(again=begun + length - now)
        try:
            flows = self._counters.flows(vpc_id)
        except Unreachable:
            return Outcome(again=length)
        self._begun[vpc_id] = now
        window = window._replace(start=begun, end=now)
        changed = {}
        for log in window.logs:
            lines = dict(_lines(log, window, flows))
            failed = self._deliver(log, window, lines) if lines else log.deliver_logs_error_message
            if failed != log.deliver_logs_error_message:
                changed[log.flow_log_id] = failed
        return Outcome(partial(_note, key, changed) if changed else None, again=length)

    def _deliver(self, log: FlowLog, window: Window, lines: dict[str, list[str]]) -> str | None:
        """Why it could not be delivered; None when it could."""
        try:
            if log.log_destination_type == "s3":
                self._write_file(log, window, [line for each in lines.values() for line in each])
            else:
                self._write_events(log, window, lines)
        except AwsError as error:
            if "NotFound" in error.code or error.code == "NoSuchBucket":
                return _GONE
            return _ACCESS if "AccessDenied" in error.code or "Unauthorized" in error.code else _UNKNOWN
        return None

    def _write_events(self, log: FlowLog, window: Window, lines: dict[str, list[str]]) -> None:
        group = log.group

        async def put(ctx: Context, stream: str, found: Sequence[str]) -> None:
            events = [{"timestamp": window.start * 1000, "message": line} for line in found]
            await ctx.wait("logs", "put_log_events", log_group_name=group, log_stream_name=stream, log_events=events)

        async def work(ctx: Context) -> None:
            for interface, found in lines.items():
                stream = f"{interface}-{(log.traffic_type or 'ALL').lower()}"
                for chunk in chunks(found, _AT_ONCE):
                    try:
                        await put(ctx, stream, chunk)
                    except AwsError as error:
                        if error.code != "ResourceNotFoundException":
                            raise
                        await _make_stream(ctx, group, stream)
                        await put(ctx, stream, chunk)

        role = log.deliver_logs_permission_arn or ""
        source = f"arn:aws:ec2:{log.region}:{log.owner_id}:vpc-flow-log/{log.flow_log_id}"
        self._act(log.owner_id, log.region, "ec2", SERVICE, work, source, role)

    def _write_file(self, log: FlowLog, window: Window, lines: list[str]) -> None:
        bucket, key = _place(log, window)
        content = "\n".join([header(log.log_format), *lines]) + "\n"
        digest = hashlib.sha256(f"{key} {content}".encode()).hexdigest()[:8]

        async def work(ctx: Context) -> None:
            await ctx.wait(
                "s3", "put_object", bucket=bucket, key=f"{key}_{digest}.log.gz",
                body=gzip.compress(content.encode(), mtime=0), acl="bucket-owner-full-control",
                content_type="application/octet-stream",
            )  # fmt: skip

        self._act(log.owner_id, log.region, "ec2", FILE_SERVICE, work, f"arn:aws:logs:{log.region}:{log.owner_id}:*")


def _window(tx: Transaction, key: Key) -> Window | None:
    """None for a VPC of which nothing is logged."""
    owner, region, vpc_id = (str(part) for part in key)
    if not tx.exists(FlowLog, owner, region):
        return None
    vpc = tx.get(Vpc, owner, region, vpc_id)
    if vpc is None:
        return None
    interfaces = list(tx.scan(NetworkInterface, owner, region, vpc_id, index="by_vpc"))
    subnets = [each.subnet_id for each in tx.scan(Subnet, owner, region, vpc_id, index="by_vpc")]
    resources = [vpc_id, *subnets, *(each.network_interface_id for each in interfaces)]
    logs = [log for each in resources for log in tx.scan(FlowLog, owner, region, each, index="by_resource")]
    if not logs:
        return None
    blocks = tuple(each.cidr_block for each in vpc.cidr_block_association_set)
    return Window(logs, interfaces, blocks, {each.zone_name: each.zone_id for each in zones(owner, region)})


def _lines(log: FlowLog, window: Window, flows: Sequence[Flow]) -> Iterable[tuple[str, list[str]]]:
    """The records of a flow log, by interface. One that an instance has and that had no traffic has a record that says
    so."""
    write = writer(log.log_format)
    by_interface: dict[str, list[Flow]] = {}
    for flow in flows:
        if takes(log.traffic_type, flow):
            by_interface.setdefault(flow.interface, []).append(flow)
    for each in window.interfaces:
        found = by_interface.get(each.network_interface_id, [])
        if log.resource_id not in (each.vpc_id, each.subnet_id, each.network_interface_id):
            continue
        if not found and each.attachment is None:
            continue
        about = Seen(each, None, window.start, window.end, window.zone_ids.get(each.availability_zone, ""),
                     window.blocks)  # fmt: skip
        yield each.network_interface_id, [write(about._replace(flow=flow)) for flow in found] or [write(about)]


def _place(log: FlowLog, window: Window) -> tuple[str, str]:
    """Bucket and the key's beginning. Source: "Flow log files" in the VPC user guide."""
    bucket, _, prefix = (log.log_destination or "").removeprefix("arn:aws:s3:::").partition("/")
    prefix = f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""
    now = datetime.fromtimestamp(window.end, UTC)
    parts = [("aws-account-id", log.owner_id), ("aws-service", "vpcflowlogs"), ("aws-region", log.region),
             ("year", f"{now:%Y}"), ("month", f"{now:%m}"), ("day", f"{now:%d}")]  # fmt: skip
    if log.per_hour_partition:
        parts.append(("hour", f"{now:%H}"))
    folder = "/".join(f"{name}={value}" if log.hive_compatible_partitions else value for name, value in parts)
    name = f"{log.owner_id}_vpcflowlogs_{log.region}_{log.flow_log_id}_{now:%Y%m%dT%H%MZ}"
    return bucket, f"{prefix}AWSLogs/{folder}/{name}"


async def _make_stream(ctx: Context, group: str, stream: str) -> None:
    """The stream, and the group where it is not there either."""
    try:
        await ctx.wait("logs", "create_log_stream", log_group_name=group, log_stream_name=stream)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        await ctx.wait("logs", "create_log_group", log_group_name=group)
        await ctx.wait("logs", "create_log_stream", log_group_name=group, log_stream_name=stream)


def _note(key: Key, failed: dict[str, str | None], tx: Transaction) -> None:
    for flow_log_id, message in failed.items():
        log = tx.get(FlowLog, key[0], key[1], flow_log_id)
        if log is not None:
            log.deliver_logs_error_message = message
            log.deliver_logs_status = "FAILED" if message else "SUCCESS"
            tx.put(log)
