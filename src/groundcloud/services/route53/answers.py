"""TestDNSAnswer: what a zone answers to a question, policies and health included."""
# ruff: noqa: PT028 - the operation is called so, and is no test

from ipaddress import ip_address, ip_network

from groundcloud.context import Context
from groundcloud.engines.dns.engine import Dns
from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.places import Asker
from groundcloud.engines.dns.rdata import data_to_text
from groundcloud.engines.dns.wire import RCODES, REFUSED, TYPES, is_below
from groundcloud.operation import operation
from groundcloud.services.route53 import errors
from groundcloud.services.route53.health_records import HealthState
from groundcloud.services.route53.records import CidrCollection, HostedZone
from groundcloud.services.route53.shared import normal_name
from groundcloud.services.route53.zone_data import zone_of


@operation(on="hostedzone/{hosted_zone_id}", read=True)
def test_dns_answer(
    ctx: Context,
    hosted_zone_id: str,
    record_name: str,
    record_type: str,
    resolver_ip: str | None = None,
    edns0_client_subnet_ip: str | None = None,
    edns0_client_subnet_mask: str | None = None,
) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    if zone.config.private_zone:
        raise errors.InvalidInput(reason="TestDNSAnswer supports public hosted zones only.")
    name = normal_name(record_name)
    asker = _asker(resolver_ip, edns0_client_subnet_ip, edns0_client_subnet_mask)
    code, data = REFUSED, []
    if is_below(to_wire(name), to_wire(zone.name)):
        dns = _dns(ctx, zone)
        reply = dns.authority.within(dns.table.zones[zone.id], to_wire(name), TYPES[record_type], asker)
        code = reply.rcode
        data = [data_to_text(each.type, each.data) for each in reply.answers]
    return {
        "nameserver": zone.name_servers[0],
        "record_name": name,
        "record_type": record_type,
        "record_data": data,
        "response_code": RCODES[code],
        "protocol": "UDP",
    }


def _dns(ctx: Context, zone: HostedZone) -> Dns:
    """This process's tables where it keeps them, or else the zone read for this one question."""
    running: Dns = ctx.world.engines["dns"]
    if running.live and zone.id in running.table.zones:
        return running
    made = Dns(ctx.region)
    made.table.providers = running.table.providers
    made.places = made.authority.places = running.places
    made.authority.chooser.places = running.places
    for each in ctx.scan(HostedZone):
        made.table.add(zone_of(ctx.tx, each))
    for state in ctx.scan(HealthState):
        made.table.set_health(state.id, state.healthy)
    for collection in ctx.scan(CidrCollection):
        made.table.set_networks(collection.id, collection.locations)
    return made


def _asker(resolver: str | None, subnet: str | None, mask: str | None) -> Asker:
    """Raises `InvalidInput`."""
    try:
        if mask is not None and subnet is None:
            raise ValueError(mask)
        address = "" if resolver is None else str(ip_address(resolver))
        if subnet is None:
            return Asker(address)
        usual = 24 if ip_address(subnet).version == 4 else 64
        return Asker(address, subnet=ip_network((subnet, int(mask or usual)), strict=False))
    except ValueError as error:
        raise errors.InvalidInput(reason="The address of the resolver or the subnet is not valid.") from error
