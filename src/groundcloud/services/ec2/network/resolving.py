"""The names of addresses, and the addresses of AWS's own names, as the resolvers of VPCs and the DNS server give them.

A public name leads to the private address inside its own VPC, and to the public one everywhere else. Source: "DNS
attributes for your VPC" in the VPC user guide.
"""

import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address

from groundcloud.engines.dns.message import ResourceRecord
from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.wire import A
from groundcloud.engines.dns.zones import Extra, Provider
from groundcloud.engines.network.wanted import SERVICE_ADDRESSES
from groundcloud.services.ec2.network.records import PublicAddress, interface_at, interface_behind
from groundcloud.store import Store, Transaction

_TTL = 60
_ADDRESS = r"(\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})"
_REGION = r"([a-z]{2,4}(?:-[a-z]+)+-\d)"
_PRIVATE = re.compile(rf"ip-{_ADDRESS}\.(?:ec2\.internal|{_REGION}\.compute\.internal)\.")
_PUBLIC = re.compile(rf"ec2-{_ADDRESS}\.(?:compute-1|{_REGION}\.compute)\.amazonaws\.com\.")
_S3 = re.compile(rf"(?:[a-z0-9.-]+\.)?s3(?:[.-](?:dualstack\.)?{_REGION})?\.amazonaws\.com\.")
_DYNAMODB = re.compile(rf"dynamodb\.{_REGION}\.amazonaws\.com\.")


class InstanceNames:
    """The host names of private and public addresses: a provider of the DNS engine."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, name: str, type_: int, vpc: str | None) -> Extra | None:
        if name.startswith("ip-") and vpc is not None and (found := _PRIVATE.fullmatch(name)):
            return self._private(name, type_, vpc, _dotted(found[1]))
        if name.startswith("ec2-") and (found := _PUBLIC.fullmatch(name)):
            return self._public(name, type_, vpc, _dotted(found[1]))
        return None

    def _private(self, name: str, type_: int, vpc: str, address: str) -> Extra | None:
        with self._store.snapshot() as tx:
            if interface_at(tx, vpc, address) is None:
                return None
        return _records(name, type_, [address])

    def _public(self, name: str, type_: int, vpc: str | None, address: str) -> Extra | None:
        with self._store.snapshot() as tx:
            taken = tx.get(PublicAddress, address)
            if taken is None:
                return None
            if vpc is not None and (private := _private_of(tx, taken, vpc)):
                return _records(name, type_, [private])
        return _records(name, type_, [address])


def _private_of(tx: Transaction, taken: PublicAddress, vpc: str) -> str:
    """The private address of an interface of this VPC that a public one stands for; empty if it is elsewhere."""
    interface = interface_behind(tx, taken.address)
    if interface is None or interface.vpc_id != vpc:
        return ""
    for each in interface.private_ip_addresses:
        if each.association is not None and each.association.public_ip == taken.address:
            return each.private_ip_address
    return ""


def service_names(known: Provider, host: str, host_address: str) -> Callable[[str, int, str | None], Extra | None]:
    """A provider for VPCs: what `known` says is a name of AWS's leads to the gateway's addresses inside VPCs. For the
    place called `host` in a VPC's stead it leads to `host_address`."""

    def provide(name: str, type_: int, vpc: str | None) -> Extra | None:
        if vpc is None or known(name, type_, vpc) is None:
            return None
        if vpc == host:
            return _records(name, type_, [host_address])
        service = "s3" if _S3.fullmatch(name) else "dynamodb" if _DYNAMODB.fullmatch(name) else ""
        return _records(name, type_, [SERVICE_ADDRESSES[service]])

    return provide


def _dotted(text: str) -> str:
    return text.replace("-", ".")


def _records(name: str, type_: int, addresses: Sequence[str]) -> Extra:
    owner = to_wire(name)
    return [ResourceRecord(owner, A, _TTL, IPv4Address(each).packed) for each in addresses] if type_ == A else []
