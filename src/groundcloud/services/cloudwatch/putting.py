"""PutMetricData."""

import math
from collections.abc import Sequence
from datetime import timedelta

from groundcloud.context import Context
from groundcloud.metrics import PLANE, Datum, Point, points, publish
from groundcloud.operation import operation
from groundcloud.services.cloudwatch.errors import (
    InvalidParameterCombination,
    InvalidParameterValue,
    MissingParameter,
)
from groundcloud.services.cloudwatch.parts import MetricDatum, pairs

_LARGEST = 2.0**360
_MOST_DATA, _MOST_VALUES, _MOST_DIMENSIONS = 1000, 150, 30
_PAST, _FUTURE = timedelta(weeks=2), timedelta(hours=2)


@operation(on="*", conditions={"cloudwatch:namespace": "namespace"}, harmless=("StrictEntityValidation",))
async def put_metric_data(ctx: Context, namespace: str, metric_data: Sequence[MetricDatum] = ()) -> None:
    if not metric_data:
        raise MissingParameter(reason="The parameter MetricData is required.")
    if len(metric_data) > _MOST_DATA:
        raise InvalidParameterValue(reason=f"The collection MetricData must not have a size greater than {_MOST_DATA}.")
    data = [_datum(ctx, namespace, each, f"MetricData.member.{number}") for number, each in enumerate(metric_data, 1)]
    account, region, now = ctx.account, ctx.region, ctx.now()
    await ctx.world.plane(PLANE).submit(lambda tx: publish(tx, account, region, data, now))


def _datum(ctx: Context, namespace: str, given: MetricDatum, where: str) -> Datum:
    if len(given.dimensions) > _MOST_DIMENSIONS:
        raise InvalidParameterValue(
            reason=f"The collection {where}.Dimensions must not have a size greater than {_MOST_DIMENSIONS}."
        )
    at, now = given.timestamp, ctx.now()
    if at is not None and not now - _PAST <= at <= now + _FUTURE:
        raise InvalidParameterValue(
            reason=f"The parameter {where}.Timestamp must specify a time no more than two weeks in the past and no "
            "more than two hours in the future."
        )
    if given.storage_resolution not in (1, 60):
        raise InvalidParameterValue(reason=f"The parameter {where}.StorageResolution must be equal to 1 or 60.")
    return Datum(
        namespace, given.metric_name, _point(given, where), pairs(given.dimensions), given.unit, at,
        given.storage_resolution,
    )  # fmt: skip


def _point(given: MetricDatum, where: str) -> Point:
    """The samples, in whichever of the three forms they came."""
    if given.value is not None and (given.values is not None or given.statistic_values is not None):
        other = "Values" if given.values is not None else "StatisticValues"
        raise InvalidParameterCombination(
            reason=f"The parameters {where}.Value and {where}.{other} are mutually exclusive and you have specified "
            "both."
        )
    if given.statistic_values is not None:
        found = given.statistic_values
        _check(where, "StatisticValues", found.sample_count, found.sum, found.minimum, found.maximum)
        if found.sample_count < 0 or found.minimum > found.maximum:
            raise InvalidParameterValue(
                reason=f"The parameter {where}.StatisticValues has a Minimum greater than its Maximum, or a negative "
                "SampleCount."
            )
        return points.of_set(found.sample_count, found.sum, found.minimum, found.maximum)
    if given.values:
        counts = given.counts if given.counts is not None else [1.0] * len(given.values)
        if len(counts) != len(given.values):
            raise InvalidParameterValue(
                reason=f"The parameters {where}.Values and {where}.Counts must be of the same size."
            )
        if len(given.values) > _MOST_VALUES:
            raise InvalidParameterValue(
                reason=f"The collection {where}.Values must not have a size greater than {_MOST_VALUES}."
            )
        _check(where, "Values", *given.values)
        _check(where, "Counts", *counts)
        return points.of_values(given.values, counts)
    if given.value is None:
        raise MissingParameter(
            reason=f"The parameter {where}.Value is required. At least one of Value, Values and StatisticValues must "
            "be specified."
        )
    _check(where, "Value", given.value)
    return points.of_values([given.value], [1.0])


def _check(where: str, name: str, *values: float) -> None:
    for value in values:
        if math.isnan(value):
            raise InvalidParameterValue(reason=f"The value NaN for parameter {where}.{name} is invalid.")
        if abs(value) > _LARGEST:
            raise InvalidParameterValue(
                reason=f"The value {value} for parameter {where}.{name} is out of the range of -2^360 to 2^360."
            )
