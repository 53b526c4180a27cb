"""Anomaly detectors: metrics whose expected values somebody wants to know.

What is expected is worked out when it is asked for (`math/anomaly.py`), so a detector is a wish that is kept, and its
state says whether there is anything to learn from. Detectors of expressions and settings of models are not there.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.metrics import PLANE
from groundcloud.metrics.records import Activity, dimension_key
from groundcloud.operation import operation
from groundcloud.services.cloudwatch import tokens
from groundcloud.services.cloudwatch.errors import (
    AnomalyDetectorNotFound,
    InvalidParameterCombination,
    InvalidParameterValue,
    MissingParameter,
)
from groundcloud.services.cloudwatch.parts import Dimension, pairs
from groundcloud.services.cloudwatch.reading import find
from groundcloud.services.cloudwatch.records import AnomalyDetector
from groundcloud.services.cloudwatch.statistics import UnknownStatistic, statistic
from groundcloud.store import Part

_PAGE = 100


class SingleMetricAnomalyDetector(Part):
    account_id: str | None = None
    namespace: str | None = None
    metric_name: str | None = None
    dimensions: list[Dimension] = []
    stat: str | None = None


def _wanted(
    ctx: Context,
    single: SingleMetricAnomalyDetector | None,
    namespace: str,
    metric_name: str,
    dimensions: Sequence[Dimension],
    stat: str,
) -> AnomalyDetector:
    """The detector that a request means, by its new members or its old ones. Raises what is wrong with them."""
    if single is not None and (namespace or metric_name or dimensions or stat):
        raise InvalidParameterCombination(reason="SingleMetricAnomalyDetector cannot be used with Namespace, MetricName"
            ", Dimensions and Stat.")  # fmt: skip
    if single is None:
        single = SingleMetricAnomalyDetector(None, namespace, metric_name, list(dimensions), stat)
    if single.account_id not in (None, ctx.account):
        raise InvalidParameterValue(reason="No other account is linked to this one.")
    for name in ("namespace", "metric_name", "stat"):
        if not getattr(single, name):
            shown = "".join(word.title() for word in name.split("_"))
            raise MissingParameter(reason=f"The parameter {shown} is required.")
    try:
        statistic(single.stat or "")
    except UnknownStatistic as error:
        raise InvalidParameterValue(reason=f"The value {single.stat} for parameter Stat is not supported.") from error
    key = dimension_key(pairs(single.dimensions))
    place = (single.namespace or "", single.metric_name or "", key, single.stat or "")
    return AnomalyDetector(ctx.account, ctx.region, *place, ctx.new_uuid(), single.dimensions)


def _known(ctx: Context, wanted: AnomalyDetector) -> AnomalyDetector | None:
    return ctx.get(AnomalyDetector, wanted.namespace, wanted.metric_name, wanted.packed, wanted.stat)


@operation(on="*")
def put_anomaly_detector(
    ctx: Context,
    namespace: str = "",
    metric_name: str = "",
    dimensions: Sequence[Dimension] = (),
    stat: str = "",
    single_metric_anomaly_detector: SingleMetricAnomalyDetector | None = None,
) -> dict[str, str]:
    wanted = _wanted(ctx, single_metric_anomaly_detector, namespace, metric_name, dimensions, stat)
    return {"anomaly_detector_id": (_known(ctx, wanted) or ctx.put(wanted)).detector_id}


@operation(on="*")
def delete_anomaly_detector(
    ctx: Context,
    anomaly_detector_id: str = "",
    namespace: str = "",
    metric_name: str = "",
    dimensions: Sequence[Dimension] = (),
    stat: str = "",
    single_metric_anomaly_detector: SingleMetricAnomalyDetector | None = None,
) -> None:
    if anomaly_detector_id:
        found = next((each for each in ctx.scan(AnomalyDetector) if each.detector_id == anomaly_detector_id), None)
    else:
        wanted = _wanted(ctx, single_metric_anomaly_detector, namespace, metric_name, dimensions, stat)
        found = _known(ctx, wanted)
    if found is None:
        raise AnomalyDetectorNotFound()
    ctx.delete(found)


@operation(on="*", read=True)
def describe_anomaly_detectors(
    ctx: Context,
    anomaly_detector_ids: Sequence[str] = (),
    namespace: str = "",
    metric_name: str = "",
    dimensions: Sequence[Dimension] = (),
    anomaly_detector_types: Sequence[str] = (),
    next_token: str = "",
    max_results: int = _PAGE,
) -> dict[str, Any]:
    key = dimension_key(pairs(dimensions))

    def fits(found: AnomalyDetector) -> bool:
        return (
            namespace in ("", found.namespace)
            and metric_name in ("", found.metric_name)
            and (not dimensions or found.packed == key)
            and (not anomaly_detector_ids or found.detector_id in anomaly_detector_ids)
        )

    def all_() -> Iterator[AnomalyDetector]:
        if not anomaly_detector_types or "SINGLE_METRIC" in anomaly_detector_types:
            yield from filter(fits, ctx.scan(AnomalyDetector))

    after = tokens.opened(ctx, "DescribeAnomalyDetectors", next_token).decode()
    found = [each for each in all_() if each.place > after]
    page = found[:max_results]
    last = tokens.sealed(ctx, "DescribeAnomalyDetectors", page[-1].place.encode()) if len(page) < len(found) else None
    return {"anomaly_detectors": [_shown(ctx, each) for each in page], "next_token": last}


def _shown(ctx: Context, found: AnomalyDetector) -> dict[str, Any]:
    single = {
        "namespace": found.namespace, "metric_name": found.metric_name, "dimensions": found.dimensions,
        "stat": found.stat,
    }  # fmt: skip
    return {
        "anomaly_detector_id": found.detector_id,
        **single,
        "single_metric_anomaly_detector": single,
        "state_value": "TRAINED" if _has_data(ctx, found) else "TRAINED_INSUFFICIENT_DATA",
    }


def _has_data(ctx: Context, found: AnomalyDetector) -> bool:
    with ctx.world.plane(PLANE).snapshot() as tx:
        place = (found.account, found.region, found.namespace, found.metric_name)
        metric = find(tx, *place, pairs(found.dimensions))
        return metric is not None and tx.get(Activity, metric.number) is not None
