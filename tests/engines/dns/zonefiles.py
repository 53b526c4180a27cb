"""Zones for tests, and questions about them as a client asks: dnspython writes the queries and reads the answers."""

from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.rcode

from groundcloud.engines.dns.engine import Dns
from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.rdata import to_data
from groundcloud.engines.dns.wire import TYPES
from groundcloud.engines.dns.zones import RecordSet, Zone

_SOA = "ns-1.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"


def records(type_: str, *values: str, ttl: int = 300, **more: Any) -> RecordSet:
    return RecordSet(ttl, tuple(to_data(type_, value) for value in values), **more)


def zone(apex: str, names: dict[str, dict[str, Any]], id_: str = "", **options: Any) -> Zone:
    """`names`: by name and type, one record set, a list of them, or the values of one."""
    made = Zone(id_ or f"Z{apex}", to_wire(apex), **options)
    made.put(made.apex, {TYPES["SOA"]: [records("SOA", _SOA, ttl=900)], TYPES["NS"]: [records("NS", "ns.test.")]})
    for name, node in names.items():
        whole = to_wire(apex if name == "@" else f"{name}.{apex}")
        found = dict(made.nodes.get(whole, {}))
        for type_, sets in node.items():
            values = [records(type_, sets)] if isinstance(sets, str) else sets
            found[TYPES[type_]] = [values] if isinstance(values, RecordSet) else values
        made.put(whole, found)
    return made


class Asked:
    """A DNS engine with some zones, and its answers."""

    def __init__(self, *zones: Zone, region: str = "us-east-1", locations: tuple[str, ...] = ()) -> None:
        self.dns = Dns(region, locations)
        for each in zones:
            self.dns.table.add(each)

    def __call__(
        self,
        name: str,
        type_: str = "A",
        *,
        vpc: str | None = None,
        address: str = "",
        subnet: str = "",
        **options: Any,
    ) -> Any:
        """The answer as dnspython reads it; None when the name is nobody's in a VPC."""
        edns = [dns.edns.ECSOption.from_text(subnet)] if subnet else None
        tcp = options.pop("tcp", False)
        query = dns.message.make_query(name, type_, options=edns, **options)
        packet = query.to_wire()
        if vpc is None:
            found: bytes | None = self.dns.answering.answer(packet, address, tcp)
        else:
            found = self.dns.answering.answer_within(packet, vpc, address, tcp)
        return None if found is None else dns.message.from_wire(found, ignore_trailing=False)

    def values(self, name: str, type_: str = "A", **options: Any) -> list[str]:
        """The data of the answer's records of this type, sorted."""
        answer = self(name, type_, **options).answer
        return sorted(item.to_text() for rrset in answer if rrset.rdtype == TYPES[type_] for item in rrset)

    def code(self, name: str, type_: str = "A", **options: Any) -> str:
        return str(dns.rcode.to_text(self(name, type_, **options).rcode()))
