"""The operations of Route 53 Domains."""

from groundcloud.operation import Service
from groundcloud.services.route53domains import domains, operations, prices, settings, transfers

service = Service("route53domains", domains, settings, operations, transfers, prices)
