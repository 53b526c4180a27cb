"""Takes notes of S3's calls for its server access logs. Whether a call's bucket is logged is asked later, for all calls
of a second at once: a call costs no look at the store, and that of a bucket which is not logged next to nothing."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from groundcloud.gateway.call import Call
from groundcloud.gateway.protocol import Answer
from groundcloud.later import Later
from groundcloud.store import Transaction

_QUIET = 1.0
"""Seconds for which a bucket that was not logged is taken not to be. Other workers may turn its log on."""
_MOST_QUIET = 10_000


class AccessLog:
    """What it needs of S3 is loaded with the first call of S3's."""

    def __init__(self, later: Later) -> None:
        self._later = later
        self._entries: Callable[[Call, Answer, str], Iterator[Any]] | None = None
        self._quiet: dict[str, float] = {}
        """Until when nothing is noted of a bucket."""

    def note(self, call: Call, answer: Answer) -> None:
        """Remember what a line will say of this call, if it was one of S3's on a bucket."""
        target = call.target
        if target is None or target.service != "s3":
            return
        bucket = call.arguments.get("bucket") or target.labels.get("Bucket")
        if not bucket:
            return
        if target.operation == "PutBucketLogging":
            self._quiet.pop(bucket, None)
        elif call.started < self._quiet.get(bucket, 0.0):
            return
        if self._entries is None:
            from groundcloud.fronts.access_log_entries import entries

            self._entries = entries
        for entry in self._entries(call, answer, bucket):
            self._later.add(self._write, entry)

    def _write(self, tx: Transaction, entries: Sequence[Any]) -> None:
        from groundcloud.services.s3.access_log import keep_lines

        if len(self._quiet) > _MOST_QUIET:
            self._quiet.clear()
        until = time.perf_counter() + _QUIET
        for bucket in keep_lines(tx, entries):
            self._quiet[bucket] = until
