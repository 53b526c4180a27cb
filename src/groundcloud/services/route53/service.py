"""The operations of Route 53."""

from groundcloud.operation import Service
from groundcloud.services.route53 import (
    answers,
    cidr_collections,
    delegation_sets,
    dnssec,
    geo_locations,
    health_checks,
    query_logging,
    record_sets,
    tagging,
    traffic_instances,
    traffic_policies,
    vpcs,
    zones,
)

service = Service(
    "route53",
    zones,
    record_sets,
    delegation_sets,
    vpcs,
    health_checks,
    tagging,
    cidr_collections,
    answers,
    query_logging,
    dnssec,
    geo_locations,
    traffic_policies,
    traffic_instances,
    arn_prefix="arn:aws:route53:::",
)
