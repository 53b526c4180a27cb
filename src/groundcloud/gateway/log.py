"""One structured line for each call, as JSON, gathered for a moment and written together."""

import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import IO, Any

import msgspec

_encode = msgspec.json.Encoder().encode
_MOST_WAITING = 65_536


@lru_cache(maxsize=8)
def _seconds(number: int) -> str:
    return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def seconds(time: datetime) -> str:
    """`2030-01-02T03:04:05` in UTC. Thousands of calls share a second: its text is made once."""
    return _seconds(int(time.timestamp()))


class CallLog:
    """Writes lines to a file; `flush` is called now and then by whoever runs the server."""

    def __init__(self, file: IO[bytes] | None = None) -> None:
        self._file = file if file is not None else sys.stdout.buffer
        self._waiting = bytearray()

    def write(self, time: datetime, fields: dict[str, Any]) -> None:
        fields["time"] = f"{seconds(time)}.{time.microsecond // 1000:03}Z"
        self._waiting += _encode(fields)
        self._waiting += b"\n"
        if len(self._waiting) > _MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, bytearray()
            self._file.write(waiting)
            self._file.flush()
