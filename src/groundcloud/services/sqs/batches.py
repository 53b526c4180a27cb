"""What all batches of SQS have in common: up to ten entries, and an answer for each."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from groundcloud.errors import AwsError
from groundcloud.services.sqs import errors

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
MOST = 10


class Entry(Protocol):
    id: str


E = TypeVar("E", bound=Entry)


def check_entries(entries: Sequence[Entry], kind: str) -> None:
    """Raises what AWS answers to a batch that is none."""
    if not entries:
        raise errors.EmptyBatchRequest(entry=kind)
    if len(entries) > MOST:
        raise errors.TooManyEntries(count=len(entries))
    seen: set[str] = set()
    for entry in entries:
        if not _ID.fullmatch(entry.id):
            raise errors.InvalidBatchEntryId()
        if entry.id in seen:
            raise errors.BatchEntryIdsNotDistinct(id=entry.id)
        seen.add(entry.id)


def failed(id: str, error: AwsError) -> dict[str, Any]:
    """The answer for an entry that was refused."""
    return {"id": id, "sender_fault": error.status < 500, "code": error.code, "message": error.message}


def each(entries: Sequence[E], work: Callable[[E], dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The answers of a batch: every entry succeeds or fails by itself."""
    answer: dict[str, list[dict[str, Any]]] = {"successful": [], "failed": []}
    for entry in entries:
        try:
            answer["successful"].append({"id": entry.id, **work(entry)})
        except AwsError as error:
            answer["failed"].append(failed(entry.id, error))
    return answer
