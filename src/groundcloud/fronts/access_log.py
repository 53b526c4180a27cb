"""Takes notes of S3's calls for its server access logs. Whether a call's bucket is logged is asked later, for all calls
of a second at once: a call costs a note, and no look at the store."""

from collections.abc import Callable, Iterator
from typing import Any

from groundcloud.gateway.call import Call
from groundcloud.gateway.protocol import Answer
from groundcloud.later import Later, Write


class AccessLog:
    """What it needs of S3 is loaded with the first call of S3's."""

    def __init__(self, later: Later) -> None:
        self._later = later
        self._entries: Callable[[Call, Answer, str], Iterator[Any]] | None = None
        self._keep: Write | None = None

    def note(self, call: Call, answer: Answer) -> None:
        """Remember what a line will say of this call, if it was one of S3's on a bucket."""
        target = call.target
        if target is None or target.service != "s3":
            return
        bucket = call.arguments.get("bucket") or target.labels.get("Bucket")
        if not bucket:
            return
        if self._entries is None or self._keep is None:
            from groundcloud.fronts.access_log_entries import entries
            from groundcloud.services.s3.access_log import keep_lines

            self._entries, self._keep = entries, keep_lines
        for entry in self._entries(call, answer, bucket):
            self._later.add(self._keep, entry)
