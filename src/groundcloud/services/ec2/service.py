"""The operations of EC2."""

from groundcloud.operation import FirstUse, Service
from groundcloud.services.ec2 import errors, regions, tags
from groundcloud.services.ec2.filters import check_max_results
from groundcloud.services.ec2.machines import (
    attributes,
    changing,
    console,
    describing,
    images,
    key_pairs,
    launching,
    profiles,
    type_calls,
)
from groundcloud.services.ec2.network import groups, interface_calls, making, subnets, vpcs

service = Service(
    "ec2",
    regions,
    tags,
    vpcs,
    subnets,
    groups,
    interface_calls,
    attributes,
    changing,
    console,
    describing,
    images,
    key_pairs,
    launching,
    profiles,
    type_calls,
    page_size=1000,
    invalid_token=errors.InvalidNextToken,
    shared={"max_results": check_max_results},
    dry_run=errors.DryRunOperation,
    first_use=FirstUse(making.has_been_used, making.make_at_first_use),
)
