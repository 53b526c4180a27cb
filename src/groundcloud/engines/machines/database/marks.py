"""When the archive of logs is brought up to now: soon after something was written, and now and then in any case."""

import time
from collections.abc import Callable

_BUSY, _IDLE = 30.0, 240.0
"""Seconds between two marks where something is written, and where nothing is: what can be restored is to be less than
five minutes old."""
_LOOK = 5.0
"""Seconds between two looks at how far the log is."""


class Marks:
    """A mark is a moment up to which everything is to be in the archive."""

    def __init__(self) -> None:
        self.last = 0.0
        """The last one that is reached (Unix time); 0 before the first."""
        self.position = ""
        """How far the log was behind the one that was set last."""
        self.pending = False
        """Whether that one is still to be reached."""
        self._set = self._looked = -1e9

    def due(self, position: Callable[[], str]) -> bool:
        """Whether it is time for one; `position` says how far the log is."""
        now = time.monotonic()
        if self.pending or now - self._set < _BUSY or now - self._looked < _LOOK:
            return False
        self._looked = now
        return now - self._set >= _IDLE or position() != self.position

    def set(self, position: str) -> None:
        """A mark was made, behind which the log is at a position."""
        self._set = time.monotonic()
        self.position = position
        self.pending = True

    def reached(self, at: float) -> None:
        """Everything up to a mark's time is in the archive."""
        self.last = at
        self.pending = False
