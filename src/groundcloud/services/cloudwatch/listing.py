"""ListMetrics."""

from collections.abc import Iterator, Sequence

from groundcloud.context import Context
from groundcloud.metrics import PLANE, Metric
from groundcloud.metrics.records import Activity
from groundcloud.operation import operation
from groundcloud.services.cloudwatch import tokens
from groundcloud.services.cloudwatch.errors import InvalidParameterValue
from groundcloud.store import Part, Transaction

_PAGE = 500
_SHOWN = 14 * 86400
_RECENT = 3 * 3600


class DimensionFilter(Part):
    name: str
    value: str | None = None


@operation(on="*", read=True)
def list_metrics(
    ctx: Context,
    namespace: str = "",
    metric_name: str = "",
    dimensions: Sequence[DimensionFilter] = (),
    recently_active: str = "",
    next_token: str = "",
    include_linked_accounts: bool = False,
    owning_account: str = "",
) -> dict[str, object]:
    """Metrics that got data in the last two weeks. No other account is linked to any."""
    if recently_active not in ("", "PT3H"):
        raise InvalidParameterValue(reason=f"The value {recently_active} for parameter RecentlyActive is invalid.")
    if owning_account and owning_account != ctx.account:
        return {"metrics": []}
    since = int(ctx.now().timestamp()) - (_RECENT if recently_active else _SHOWN)
    after = tokens.opened(ctx, "ListMetrics", next_token)
    found: list[dict[str, object]] = []
    last = b""
    with ctx.world.plane(PLANE).snapshot() as tx:
        for position, metric in _all(ctx, tx, namespace, metric_name, after):
            if (metric_name and metric.metric_name != metric_name) or not _fits(metric, dimensions):
                continue
            activity = tx.get(Activity, metric.number)
            if activity is None or activity.at < since:
                continue
            if len(found) == _PAGE:
                return {"metrics": found, "next_token": tokens.sealed(ctx, "ListMetrics", last)}
            found.append(shown(metric))
            last = position
    return {"metrics": found, "owning_accounts": [ctx.account] * len(found) if include_linked_accounts else None}


def _all(ctx: Context, tx: Transaction, namespace: str, name: str, after: bytes) -> Iterator[tuple[bytes, Metric]]:
    """In order of namespaces, names and dimensions, as far as the names say where to look."""
    prefix = (namespace, name) if namespace and name else (namespace,) if namespace else ()
    return tx.scan_from(Metric, ctx.account, ctx.region, *prefix, after=after)


def _fits(metric: Metric, wanted: Sequence[DimensionFilter]) -> bool:
    known = dict(metric.dimensions)
    return all(each.name in known and each.value in (None, known[each.name]) for each in wanted)


def shown(metric: Metric) -> dict[str, object]:
    return {
        "namespace": metric.namespace,
        "metric_name": metric.metric_name,
        "dimensions": [{"name": name, "value": value} for name, value in metric.dimensions],
    }
