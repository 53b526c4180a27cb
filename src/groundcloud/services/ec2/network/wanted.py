"""A VPC's records as what the network engine is told: a pure function, whole each time.

A prefix list becomes its ranges, a group of another VPC the addresses of its members. IPv6 leads nowhere outside, so a
route through an egress-only internet gateway is a black hole.
"""

from collections.abc import Iterable, Iterator

from groundcloud.engines.network import wanted as engine
from groundcloud.services.ec2.network.linking import FlowLog, NatGateway, VpcEndpoint, VpcPeeringConnection
from groundcloud.services.ec2.network.peers import peerings
from groundcloud.services.ec2.network.prefix_list_reads import read_list
from groundcloud.services.ec2.network.records import (
    NetworkInterface,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Vpc,
    vpc_of,
)
from groundcloud.services.ec2.network.routing import AclEntry, NetworkAcl, Route, RouteTable
from groundcloud.store import Transaction

_DATABASES = "amazon-rds"
"""Who asked for the interfaces of databases."""

_AMONG_DATABASES = "sg-groundcloud-rds"
"""A group that no record has: through it the machines of databases reach one another (replication), whatever the
customer's groups let through, as AWS's do on a network of their own."""

_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}


def wanted_network(tx: Transaction, vpc: Vpc) -> engine.Network:
    """What the engine has to make of a VPC."""
    place = vpc.owner_id, vpc.region
    inside = (*place, vpc.vpc_id)
    tables = {table.route_table_id: table for table in tx.scan(RouteTable, *inside, index="by_vpc")}
    subnets = list(tx.scan(Subnet, *inside, index="by_vpc"))
    table_of = _tables_of_subnets(tables.values(), subnets)
    acls = list(tx.scan(NetworkAcl, *inside, index="by_vpc"))
    acl_of = {each.subnet_id: acl.network_acl_id for acl in acls for each in acl.associations}
    groups = list(tx.scan(SecurityGroup, *inside, index="by_name"))
    rules = {group.group_id: list(_rules(tx, group)) for group in groups}
    peers = list(peerings(tx, *inside))
    # what is used by one of AWS's own services is that service's (a NAT gateway is told as such), but for databases
    found = tx.scan(NetworkInterface, *inside, index="by_vpc")
    interfaces = [each for each in found if not each.used_by or each.requester_id == _DATABASES]
    return engine.Network(
        id=vpc.vpc_id,
        blocks=tuple(vpc.blocks()),
        subnets=tuple(_subnet(tx, each, table_of[each.subnet_id], acl_of[each.subnet_id]) for each in subnets),
        acls=tuple(_acl(acl) for acl in acls),
        groups=(*(_group(tx, group, rules[group.group_id]) for group in groups), *_databases(interfaces)),
        interfaces=tuple(_interface(each) for each in interfaces),
        nat_gateways=tuple(_nat(each) for each in tx.scan(NatGateway, *inside, index="by_vpc") if _runs(each)),
        peerings=tuple(_peering(tx, each, vpc.vpc_id) for each in peers),
        endpoints=tuple(
            _endpoint(each, table_of) for each in tx.scan(VpcEndpoint, *inside, index="by_vpc")
        ),
        group_members=_members_elsewhere(tx, rules.values()),
        logged=_logged(tx, vpc, interfaces),
    )  # fmt: skip


def _logged(tx: Transaction, vpc: Vpc, interfaces: Iterable[NetworkInterface]) -> tuple[str, ...]:
    """The interfaces whose traffic a flow log asks for: its own, its subnet's or its VPC's."""
    asked = {log.resource_id for log in tx.scan(FlowLog, vpc.owner_id, vpc.region)}
    return tuple(
        each.network_interface_id
        for each in interfaces
        if not asked.isdisjoint((vpc.vpc_id, each.subnet_id, each.network_interface_id))
    )


def _tables_of_subnets(tables: Iterable[RouteTable], subnets: Iterable[Subnet]) -> dict[str, RouteTable]:
    """The route table that counts for each subnet: its own, or the main one."""
    own = {each.subnet_id: table for table in tables for each in table.associations if each.subnet_id}
    main = next(table for table in tables if any(each.main for each in table.associations))
    return {subnet.subnet_id: own.get(subnet.subnet_id, main) for subnet in subnets}


def _subnet(tx: Transaction, subnet: Subnet, table: RouteTable, acl: str) -> engine.Subnet:
    blocks6 = subnet.ipv6_cidr_block_association_set
    return engine.Subnet(
        id=subnet.subnet_id,
        block=subnet.cidr_block,
        block6=blocks6[0].ipv6_cidr_block if blocks6 else "",
        routes=tuple(found for route in table.routes for found in _routes(tx, table, route)),
        acl=acl,
    )


def _routes(tx: Transaction, table: RouteTable, route: Route) -> Iterator[engine.Route]:
    """A route, or as many as its prefix list has ranges. What leads to an endpoint is told as the endpoint."""
    if (route.gateway_id or "").startswith("vpce-"):
        return
    kind, target = _target(route)
    if route.destination_prefix_list_id:
        found = read_list(tx, table.owner_id, table.region, route.destination_prefix_list_id)
        for entry in found.entries if found is not None else ():
            yield engine.Route(entry.cidr, kind, target)
    else:
        yield engine.Route(route.destination_cidr_block or route.destination_ipv6_cidr_block or "", kind, target)


def _target(route: Route) -> tuple[str, str]:
    if route.state != "active" or route.egress_only_internet_gateway_id:
        return "blackhole", ""
    if route.gateway_id == "local":
        return "local", ""
    if route.gateway_id:
        return "internet", ""
    for kind, target in (
        ("nat", route.nat_gateway_id),
        ("peering", route.vpc_peering_connection_id),
        ("interface", route.network_interface_id),
    ):
        if target:
            return kind, target
    return "blackhole", ""


def _acl(acl: NetworkAcl) -> engine.Acl:
    ordered = sorted(acl.entries, key=lambda entry: entry.rule_number)
    return engine.Acl(
        id=acl.network_acl_id,
        inbound=tuple(_acl_entry(entry) for entry in ordered if not entry.egress),
        outbound=tuple(_acl_entry(entry) for entry in ordered if entry.egress),
    )


def _acl_entry(entry: AclEntry) -> engine.AclEntry:
    ports, icmp = entry.port_range, entry.icmp_type_code
    return engine.AclEntry(
        allow=entry.rule_action == "allow",
        protocol=int(entry.protocol),
        block=entry.cidr_block or entry.ipv6_cidr_block or "",
        from_port=ports.from_ if ports is not None else None,
        to_port=ports.to if ports is not None else None,
        icmp_type=icmp.type if icmp is not None else None,
        icmp_code=icmp.code if icmp is not None else None,
    )


def _databases(interfaces: Iterable[NetworkInterface]) -> Iterator[engine.Group]:
    if any(each.requester_id == _DATABASES for each in interfaces):
        each_other = (engine.GroupRule(-1, group=_AMONG_DATABASES),)
        yield engine.Group(_AMONG_DATABASES, each_other, each_other)


def _rules(tx: Transaction, group: SecurityGroup) -> Iterator[SecurityGroupRule]:
    return tx.scan(SecurityGroupRule, group.owner_id, group.region, group.group_id, index="by_group")


def _group(tx: Transaction, group: SecurityGroup, rules: Iterable[SecurityGroupRule]) -> engine.Group:
    inbound: list[engine.GroupRule] = []
    outbound: list[engine.GroupRule] = []
    for rule in rules:
        (outbound if rule.is_egress else inbound).extend(_group_rule(tx, rule))
    return engine.Group(group.group_id, tuple(inbound), tuple(outbound))


def _group_rule(tx: Transaction, rule: SecurityGroupRule) -> Iterator[engine.GroupRule]:
    """A rule; a prefix list of both families would be two."""
    protocol = _PROTOCOLS.get(rule.ip_protocol)
    number = int(rule.ip_protocol) if protocol is None else protocol
    low, high = (rule.from_port, rule.to_port) if protocol is not None else (None, None)
    if rule.referenced_group_id:
        yield engine.GroupRule(number, low, high, group=rule.referenced_group_id)
        return
    blocks = [block for block in (rule.cidr_ipv4, rule.cidr_ipv6) if block]
    if rule.prefix_list_id:
        found = read_list(tx, rule.owner_id, rule.region, rule.prefix_list_id)
        blocks = [entry.cidr for entry in found.entries] if found is not None else []
    if blocks:
        yield engine.GroupRule(number, low, high, blocks=tuple(blocks))


def _interface(interface: NetworkInterface) -> engine.Interface:
    groups = tuple(group.group_id for group in interface.groups)
    if interface.requester_id == _DATABASES:
        groups += (_AMONG_DATABASES,)
    return engine.Interface(
        id=interface.network_interface_id,
        mac=interface.mac_address,
        subnet=interface.subnet_id,
        addresses=tuple(
            engine.Address(each.private_ip_address, each.association.public_ip if each.association else "")
            for each in interface.private_ip_addresses
        ),
        groups=groups,
        addresses6=tuple(each.ipv6_address for each in interface.ipv6_addresses),
        source_dest_check=interface.source_dest_check,
    )


def _runs(nat: NatGateway) -> bool:
    return nat.state in ("pending", "available")


def _nat(nat: NatGateway) -> engine.NatGateway:
    first = nat.nat_gateway_addresses[0]
    return engine.NatGateway(nat.nat_gateway_id, nat.subnet_id, first.private_ip, first.public_ip or "")


def _peering(tx: Transaction, peering: VpcPeeringConnection, vpc_id: str) -> engine.Peering:
    other = peering.other(vpc_id)
    found = vpc_of(tx, other.vpc_id)
    blocks = tuple(found.blocks()) if found is not None else ()
    return engine.Peering(peering.vpc_peering_connection_id, other.vpc_id, blocks)


def _endpoint(endpoint: VpcEndpoint, table_of: dict[str, RouteTable]) -> engine.Endpoint:
    subnets = (name for name, table in table_of.items() if table.route_table_id in endpoint.route_table_ids)
    return engine.Endpoint(endpoint.vpc_endpoint_id, endpoint.service_name.rpartition(".")[2], tuple(sorted(subnets)))


def _members_elsewhere(tx: Transaction, rules: Iterable[Iterable[SecurityGroupRule]]) -> dict[str, tuple[str, ...]]:
    """The addresses of the members of groups in peered VPCs."""
    found: dict[str, tuple[str, ...]] = {}
    for group in rules:
        for rule in group:
            source = rule.referenced_group_id
            if source and rule.referenced_peering and source not in found and _reachable(tx, rule):
                members = tx.scan(NetworkInterface, rule.referenced_owner or "", rule.region, source, index="by_group")
                found[source] = tuple(
                    sorted(each.private_ip_address for member in members for each in member.private_ip_addresses)
                )
    return found


def _reachable(tx: Transaction, rule: SecurityGroupRule) -> bool:
    peering = tx.get(VpcPeeringConnection, rule.owner_id, rule.region, rule.referenced_peering or "")
    return peering is not None and peering.status.code == "active"
