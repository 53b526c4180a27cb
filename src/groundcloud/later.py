"""Writes that no answer waits for: gathered in memory, written together each second.

For counters and dates of last use only: what is gathered since the last second is lost when the process is killed.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from groundcloud.store import Transaction

Write = Callable[[Transaction, list[Any]], None]
"""Writes what was gathered for it; it may be run more than once, and reads anew what it adds to."""


class Later:
    """What waits to be written. The gateway's recorder writes it, in the transaction of its events."""

    def __init__(self) -> None:
        self._waiting: dict[Write, list[Any]] = defaultdict(list)

    def add(self, write: Write, item: Any) -> None:
        """Let `write` have the item, with all others that came for it, within a second or so."""
        self._waiting[write].append(item)

    def take(self) -> dict[Write, list[Any]]:
        """All that waits; it waits no more."""
        waiting, self._waiting = self._waiting, defaultdict(list)
        return waiting
