"""The operations of Route 53."""

from groundcloud.operation import Service
from groundcloud.services.route53 import delegation_sets, health_checks, record_sets, vpcs, zones

service = Service("route53", zones, record_sets, delegation_sets, vpcs, health_checks, arn_prefix="arn:aws:route53:::")
