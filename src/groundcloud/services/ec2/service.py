"""The operations of EC2."""

from groundcloud.operation import FirstUse, Service
from groundcloud.services.ec2 import errors, regions, tags
from groundcloud.services.ec2.filters import check_max_results
from groundcloud.services.ec2.network import (
    acls,
    addresses,
    cidr_blocks,
    dhcp,
    group_rule_calls,
    group_rules,
    groups,
    interface_attributes,
    interface_calls,
    internet_gateways,
    making,
    nat_gateways,
    route_tables,
    routes,
    subnets,
    vpcs,
)

service = Service(
    "ec2",
    regions,
    tags,
    vpcs,
    subnets,
    groups,
    group_rules,
    group_rule_calls,
    interface_calls,
    interface_attributes,
    addresses,
    route_tables,
    routes,
    internet_gateways,
    nat_gateways,
    acls,
    dhcp,
    cidr_blocks,
    page_size=1000,
    invalid_token=errors.InvalidNextToken,
    shared={"max_results": check_max_results},
    dry_run=errors.DryRunOperation,
    first_use=FirstUse(making.has_been_used, making.make_at_first_use),
)
