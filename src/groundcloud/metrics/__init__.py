"""Metrics: what is measured, as every part of the cloud writes it down, in a store of its own.

`publish` is for whoever measures: PutMetricData, and controllers that know what a machine, a queue or a health check
does. What is worked out of it, and what an alarm makes of it, is CloudWatch's (`services/cloudwatch`).
"""

from groundcloud.metrics.points import Point
from groundcloud.metrics.publishing import Datum, publish
from groundcloud.metrics.records import Arrival, Dimensions, Metric, Watched

PLANE = "cloudwatch"
"""The store that has them: `world.plane(PLANE)`."""

__all__ = ["PLANE", "Arrival", "Datum", "Dimensions", "Metric", "Point", "Watched", "publish"]
