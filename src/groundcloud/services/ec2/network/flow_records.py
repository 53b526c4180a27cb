"""Flow log records: their fields, and flows as lines of text. Pure.

Source: "Flow log records" in the VPC user guide. The counters of the network engine have no times and no TCP flags: a
record begins and ends with its aggregation interval, and what is not known is `-`, as AWS writes what it cannot say.
"""

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from groundcloud.engines.network.wanted import Flow
from groundcloud.services.ec2.network.records import NetworkInterface

DEFAULT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} "
    "${bytes} ${start} ${end} ${action} ${log-status}"
)
"""What a line holds unless the flow log says otherwise."""

_NAME = re.compile(r"\$\{([^}]*)\}")
_NONE = "-"


class Seen(NamedTuple):
    """What a record is about: a flow of an interface, or that there was none."""

    interface: NetworkInterface
    flow: Flow | None
    start: int
    """Unix time, as `end`."""
    end: int
    zone_id: str = ""
    blocks: tuple[str, ...] = ()
    """The VPC's ranges."""

    @property
    def outward(self) -> bool:
        """Whether the machine sent it."""
        own = {each.private_ip_address for each in self.interface.private_ip_addresses}
        own |= {each.ipv6_address for each in self.interface.ipv6_addresses}
        return self.flow is not None and self.flow.source in own


class Field(NamedTuple):
    version: int
    """Of the record format that brought it."""
    text: Callable[[Seen], str]


def _of_flow(text: Callable[[Flow], object]) -> Callable[[Seen], str]:
    return lambda seen: _NONE if seen.flow is None else str(text(seen.flow))


def _unknown(seen: Seen) -> str:
    return _NONE


def _instance(seen: Seen) -> str:
    attachment = seen.interface.attachment
    return (attachment.instance_id if attachment is not None else None) or _NONE


def _direction(seen: Seen) -> str:
    return _NONE if seen.flow is None else "egress" if seen.outward else "ingress"


def _path(seen: Seen) -> str:
    """1 is within the VPC; the other ways out are not told apart."""
    if seen.flow is None or not seen.outward:
        return _NONE
    there = ip_address(seen.flow.destination)
    within = any(there in ip_network(block) for block in seen.blocks if (":" in block) == (there.version == 6))
    return "1" if within else _NONE


FIELDS: dict[str, Field] = {
    "version": Field(2, lambda seen: ""),
    "account-id": Field(2, lambda seen: seen.interface.owner_id),
    "interface-id": Field(2, lambda seen: seen.interface.network_interface_id),
    "srcaddr": Field(2, _of_flow(lambda flow: flow.source)),
    "dstaddr": Field(2, _of_flow(lambda flow: flow.destination)),
    "srcport": Field(2, _of_flow(lambda flow: flow.source_port)),
    "dstport": Field(2, _of_flow(lambda flow: flow.destination_port)),
    "protocol": Field(2, _of_flow(lambda flow: flow.protocol)),
    "packets": Field(2, _of_flow(lambda flow: flow.packets)),
    "bytes": Field(2, _of_flow(lambda flow: flow.size)),
    "start": Field(2, lambda seen: str(seen.start)),
    "end": Field(2, lambda seen: str(seen.end)),
    "action": Field(2, _of_flow(lambda flow: "ACCEPT" if flow.accepted else "REJECT")),
    "log-status": Field(2, lambda seen: "NODATA" if seen.flow is None else "OK"),
    "vpc-id": Field(3, lambda seen: seen.interface.vpc_id),
    "subnet-id": Field(3, lambda seen: seen.interface.subnet_id),
    "instance-id": Field(3, _instance),
    "tcp-flags": Field(3, _of_flow(lambda flow: _NONE if flow.protocol == 6 else 0)),
    "type": Field(3, _of_flow(lambda flow: "IPv6" if ":" in flow.source else "IPv4")),
    "pkt-srcaddr": Field(3, _of_flow(lambda flow: flow.source)),
    "pkt-dstaddr": Field(3, _of_flow(lambda flow: flow.destination)),
    "region": Field(4, lambda seen: seen.interface.region),
    "az-id": Field(4, lambda seen: seen.zone_id or _NONE),
    "sublocation-type": Field(4, _unknown),
    "sublocation-id": Field(4, _unknown),
    "pkt-src-aws-service": Field(5, _unknown),
    "pkt-dst-aws-service": Field(5, _unknown),
    "flow-direction": Field(5, _direction),
    "traffic-path": Field(5, _path),
    **{
        f"ecs-{name}": Field(7, _unknown)
        for name in ("cluster-arn", "cluster-name", "container-instance-arn", "container-instance-id", "container-id",
                     "second-container-id", "service-name", "task-definition-arn", "task-arn", "task-id")
    },
    "reject-reason": Field(8, _unknown),
}  # fmt: skip


def names(log_format: str) -> list[str]:
    """The fields that a format names, in order."""
    return _NAME.findall(log_format)


def unknown(log_format: str) -> list[str]:
    """What a format names that is no field, or everything of one that names none."""
    found = names(log_format)
    rest = _NAME.sub("", log_format).split()
    return [*(each for each in found if each not in FIELDS), *rest] or ([] if found else [log_format])


def writer(log_format: str) -> Callable[[Seen], str]:
    """What turns flows into lines of a format."""
    fields = names(log_format)
    version = str(max(FIELDS[name].version for name in fields))
    texts = [(lambda seen: version) if name == "version" else FIELDS[name].text for name in fields]
    return lambda seen: " ".join([text(seen) for text in texts])


def takes(traffic_type: str | None, flow: Flow) -> bool:
    return traffic_type in (None, "ALL") or flow.accepted == (traffic_type == "ACCEPT")


def header(log_format: str) -> str:
    """The first line of a file."""
    return " ".join(names(log_format))


def chunks(lines: Sequence[str], most: int) -> list[Sequence[str]]:
    """Lines in pieces of so many bytes at most, as PutLogEvents counts them (26 for each besides its text)."""
    found: list[Sequence[str]] = []
    start = size = 0
    for index, line in enumerate(lines):
        size += len(line) + 26
        if size > most or index - start >= 10_000:
            found.append(lines[start:index])
            start, size = index, len(line) + 26
    return [*found, lines[start:]] if lines else []
