"""Which questions were asked of zones whose owners want to know. Answers wait for nothing: a question is put aside as
it came, and read when the log is written."""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from groundcloud.engines.dns.names import to_text
from groundcloud.engines.dns.wire import RCODES, TYPE_NAMES, Malformed, parse
from groundcloud.engines.dns.zones import Table

PLACE = "LOC1"
"""What stands where AWS names the edge location: there is one server."""
_MOST = 100_000
"""Questions that wait to be written; when more come, the oldest are lost."""


class Asked(NamedTuple):
    """A line of a zone's log, and when it was."""

    milliseconds: int
    line: str


class _Kept(NamedTuple):
    at: datetime
    packet: bytes
    rcode: int
    address: str
    tcp: bool


class QueryLog:
    """Keeps questions while some zone is logged."""

    def __init__(self, table: Table, clock: Callable[[], datetime]) -> None:
        self.zones: set[str] = set()
        """The ids of the zones that are logged."""
        self._table = table
        self._clock = clock
        self._kept: deque[_Kept] = deque(maxlen=_MOST)

    def note(self, packet: bytes, made: bytes, address: str, tcp: bool) -> None:
        """A question from outside, and its answer."""
        if self.zones and len(made) > 3:
            self._kept.append(_Kept(self._clock(), packet, made[3] & 15, address, tcp))

    def take(self) -> dict[str, list[Asked]]:
        """What was asked since the last time, by the ids of logged zones, oldest first.

        Form of the lines: "Values that appear in DNS query logs" in the Route 53 developer guide.
        """
        found: dict[str, list[Asked]] = {}
        for _ in range(len(self._kept)):
            kept = self._kept.popleft()
            try:
                query = parse(kept.packet)
            except Malformed:
                continue
            zone = self._table.zone_for(query.name, None)
            if zone is None or zone.id not in self.zones:
                continue
            at = kept.at
            line = (
                f"1.0 {at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z {zone.id} {to_text(query.name).rstrip('.')} "
                f"{TYPE_NAMES.get(query.type, f'TYPE{query.type}')} {RCODES.get(kept.rcode, f'RCODE{kept.rcode}')} "
                f"{'TCP' if kept.tcp else 'UDP'} {PLACE} {kept.address} {query.subnet or '-'}"
            )
            found.setdefault(zone.id, []).append(Asked(int(at.timestamp() * 1000), line))
        return found
