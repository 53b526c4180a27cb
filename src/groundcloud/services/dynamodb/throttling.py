"""Throttling on request: a table with the tag `groundcloud:throttling` = `on` is held to its capacity, as on AWS.

Without the tag nothing is throttled. Sources: "Troubleshooting throttling in Amazon DynamoDB" and "Burst capacity" in
the developer guide: what a table or a global index leaves unused within five minutes may be used at once. Partitions,
account quotas and the scaling of on-demand tables are not simulated.
"""

from collections.abc import Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from groundcloud.services.dynamodb import errors
from groundcloud.services.dynamodb.records import Index, Table
from groundcloud.store import Store

TAG, ON = "groundcloud:throttling", "on"
_BURST = 300.0
"""Seconds for which unused capacity is kept."""

_levels: "WeakKeyDictionary[Store, dict[tuple[str, int, str], tuple[float, float]]]" = WeakKeyDictionary()
"""Units that are left, and when that was so, by table, index (0: the table) and kind; each process has its own."""


class Meter(NamedTuple):
    """Counts what a call takes of a table's capacity. `now` is in seconds."""

    levels: dict[tuple[str, int, str], tuple[float, float]]
    table: Table
    now: float

    def admit(self, kind: str, index: Index | None = None) -> None:
        """`kind` is Read or Write. Raises `ProvisionedThroughputExceededException`, or `ThrottlingException` on an
        on-demand table with a maximum, where nothing is left."""
        rate = self._rate(kind, index)
        if rate and self._left(kind, index, rate) <= 0:
            raise self._exceeded(kind, index)

    def admit_write(self) -> None:
        """The same for a write, which waits for the indexes that follow it."""
        self.admit("Write")
        for index in self._global_indexes():
            self.admit("Write", index)

    def charge(self, kind: str, units: float, index: Index | None = None) -> None:
        """Take units. What a call has begun it may end: the rest of it is owed."""
        rate = self._rate(kind, index)
        if rate:
            self.levels[self._place(kind, index)] = (self._left(kind, index, rate) - units, self.now)

    def charge_write(self, units: float, of_indexes: dict[str, float]) -> None:
        """A write's units: those of local indexes are the table's."""
        own = {index.index_name: index for index in self._global_indexes()}
        self.charge("Write", units + sum(one for name, one in of_indexes.items() if name not in own))
        for name, index in own.items():
            if name in of_indexes:
                self.charge("Write", of_indexes[name], index)

    def _global_indexes(self) -> Iterator[Index]:
        return (index for index in self.table.secondary_indexes if not index.local)

    def _place(self, kind: str, index: Index | None) -> tuple[str, int, str]:
        return self.table.table_id, index.number if index is not None and not index.local else 0, kind

    def _rate(self, kind: str, index: Index | None) -> int:
        """Units in a second; 0 for no limit."""
        limited = self.table if index is None or index.local else index
        if self.table.billing_mode == "PROVISIONED":
            given = limited.provisioned_throughput
            return 0 if given is None else given.read_capacity_units if kind == "Read" else given.write_capacity_units
        most = limited.on_demand_throughput
        wanted = 0 if most is None else most.max_read_request_units if kind == "Read" else most.max_write_request_units
        return max(0, wanted)

    def _left(self, kind: str, index: Index | None, rate: int) -> float:
        known = self.levels.get(self._place(kind, index))
        if known is None:
            return float(rate)  # a table begins with one second's worth
        level, at = known
        return min(rate * _BURST, level + max(0.0, self.now - at) * rate)

    def _exceeded(self, kind: str, index: Index | None) -> errors.Throttled:
        table = self.table
        arn = f"arn:aws:dynamodb:{table.region}:{table.account}:table/{table.table_name}"
        what = "Table"
        error: type[errors.Throttled] = errors.TableThroughputExceeded
        if index is not None and not index.local:
            what, arn, error = "Index", f"{arn}/index/{index.index_name}", errors.IndexThroughputExceeded
        limit = "ProvisionedThroughputExceeded"
        if table.billing_mode != "PROVISIONED":
            limit, error = "MaxOnDemandThroughputExceeded", errors.OnDemandThroughputExceeded
        return error(throttling_reasons=[{"reason": f"{what}{kind}{limit}", "resource": arn}])


def meter_of(store: Store, table: Table, now: float) -> Meter | None:
    """None for a table that is not throttled."""
    if table.tags.get(TAG) != ON:
        return None
    return Meter(_levels.setdefault(store, {}), table, now)
