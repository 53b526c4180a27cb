"""Which attributes a Query or Scan shows (Select, projections), and whether an index has them."""

from typing import NamedTuple

from groundcloud.services.dynamodb.errors import invalid, invalid_value
from groundcloud.services.dynamodb.expressions.paths import Steps
from groundcloud.services.dynamodb.expressions.placeholders import Expressions
from groundcloud.services.dynamodb.requests import attributes_to_get
from groundcloud.services.dynamodb.schema import IndexShape


class Selection(NamedTuple):
    paths: tuple[Steps, ...] | None
    count_only: bool
    everything: bool
    """Whether ALL_ATTRIBUTES was asked for."""


def selection(
    select: str, names: list[str] | None, projection: str | None, expressions: Expressions, on_index: bool
) -> Selection:
    """Raises `ValidationException` for what does not go together."""
    some = names is not None or projection is not None
    what = "ProjectionExpression" if projection is not None else "AttributesToGet"
    if select == "SPECIFIC_ATTRIBUTES" and not some:
        raise invalid_value(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        )
    if select == "ALL_PROJECTED_ATTRIBUTES" and not on_index:
        raise invalid_value("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    if some and select not in ("", "SPECIFIC_ATTRIBUTES"):
        shown = "only the Count" if select == "COUNT" else select
        raise invalid_value(f"Cannot specify the {what} when choosing to get {shown}")
    paths = None
    if projection is not None:
        paths = expressions.projection(projection)
    elif names is not None:
        paths = attributes_to_get(names)
    return Selection(paths, select == "COUNT", select == "ALL_ATTRIBUTES")


def needs_table(index: IndexShape | None, chosen: Selection, filtered: tuple[Steps, ...]) -> bool:
    """Whether what is wanted is not all in the index. A global index has no way to the rest, a local one reads it."""
    if index is None or index.attributes is None:
        return False
    wanted = {str(steps[0]) for steps in (*(chosen.paths or ()), *filtered)}
    lacking = sorted(wanted - index.attributes)
    if index.index.local:
        return chosen.everything or bool(lacking)
    if chosen.everything:
        raise invalid_value(
            f"Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name} "
            "because its projection type is not ALL"
        )
    if lacking:
        raise invalid_value(f"Global secondary index {index.name} does not project [{', '.join(lacking)}]")
    return False


def check_consistent(index: IndexShape | None, consistent: bool) -> None:
    if consistent and index is not None and not index.index.local:
        raise invalid("Consistent reads are not supported on global secondary indexes")
