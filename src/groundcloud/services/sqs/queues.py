"""Queues: making, finding, listing, changing, purging and deleting them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.sqs import attributes as rules
from groundcloud.services.sqs import errors
from groundcloud.services.sqs.lookup import by_arn, find, messages, plane, queue, resource, url
from groundcloud.services.sqs.records import Deleted, Erasure, LastNumber, Queue
from groundcloud.services.sqs.tags import check_tags
from groundcloud.store import Transaction

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_A_MINUTE = timedelta(seconds=60)
_COUNTED = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_FACTS = ("QueueArn", "CreatedTimestamp", "LastModifiedTimestamp")


def _new(ctx: Context, queue_name: str) -> Resource:
    return Resource(ctx.arn(queue_name))


@operation(on=_new)
async def create_queue(
    ctx: Context, queue_name: str, attributes: Mapping[str, str] = {}, tags: Mapping[str, str] = {}
) -> dict[str, str]:
    _check_name(queue_name, attributes)
    kept = rules.checked(queue_name, queue_name.endswith(".fifo"), attributes)
    rules.check_together(kept)
    check_tags(tags)

    def work(tx: Transaction) -> None:
        existing = tx.get(Queue, ctx.account, ctx.region, queue_name)
        if existing is not None:
            _check_same(existing, kept)
            return
        gone = tx.get(Deleted, ctx.account, ctx.region, queue_name)
        if gone is not None and ctx.now() < gone.at + _A_MINUTE:
            raise errors.QueueDeletedRecently()
        now = ctx.now()
        made = Queue(ctx.account, ctx.region, queue_name, _next_number(tx), now, now, kept, dict(tags))
        _set_dead_letters(tx, made)
        tx.put(made)

    await plane(ctx).submit(work)
    return {"queue_url": url(ctx, ctx.account, queue_name)}


def _check_name(name: str, attributes: Mapping[str, str]) -> None:
    fifo = attributes.get("FifoQueue", "").lower() == "true"
    if not _NAME.fullmatch(name):
        raise errors.InvalidParameterValue(
            reason="Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
    if name.endswith(".fifo") and not fifo:
        raise errors.InvalidParameterValue(
            reason="Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
    if fifo and not name.endswith(".fifo"):
        raise errors.InvalidParameterValue(reason="The name of a FIFO queue can only include alphanumeric characters, "
            "hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.")  # fmt: skip


def _check_same(existing: Queue, given: Mapping[str, str]) -> None:
    """Making a queue again is no error, unless it is to be another one."""
    now = rules.effective(existing)
    for name, value in given.items():
        if now.get(name, "") != value:
            raise errors.QueueNameExists(attribute=name)


def _next_number(tx: Transaction) -> int:
    last = tx.get(LastNumber, "queue") or LastNumber("queue", 0)
    last.number += 1
    return tx.put(last).number


def _set_dead_letters(tx: Transaction, changed: Queue) -> None:
    """Follow the RedrivePolicy. Raises `InvalidParameterValue` for a queue that cannot take dead letters."""
    policy = changed.attributes.get("RedrivePolicy")
    changed.dead_letters, changed.most_receives = "", 0
    if not policy:
        return
    arn, count = rules.redrive_of(policy)
    start = f"Value {policy} for parameter RedrivePolicy is invalid. Reason: "
    place = by_arn(arn)
    if place is None:
        raise errors.InvalidParameterValue(reason=start + "Invalid value for deadLetterTargetArn.")
    target = tx.get(Queue, *place) if place[:2] == (changed.account, changed.region) else None
    if target is None:
        raise errors.InvalidParameterValue(reason=start + "Dead letter target does not exist.")
    if target.fifo != changed.fifo:
        raise errors.InvalidParameterValue(
            reason=start + "Dead letter target and source queues must be of the same type."
        )
    if not rules.allows_redrive(target, changed.arn):
        raise errors.InvalidParameterValue(
            reason=start + "Queue does not have permission to use the dead letter queue as redrive target."
        )
    changed.dead_letters, changed.most_receives = target.name, count


def _by_name(ctx: Context, queue_name: str, queue_owner_aws_account_id: str) -> Resource:
    return resource(ctx, queue_owner_aws_account_id or ctx.account, ctx.region, queue_name)


@operation(on=_by_name, read=True)
def get_queue_url(ctx: Context, queue_name: str, queue_owner_aws_account_id: str = "") -> dict[str, str]:
    owner = queue_owner_aws_account_id or ctx.account
    with plane(ctx).snapshot() as tx:
        if tx.get(Queue, owner, ctx.region, queue_name) is None:
            raise errors.QueueDoesNotExist()
    return {"queue_url": url(ctx, owner, queue_name)}


@operation(on="*", read=True, page_size=1000)
def list_queues(ctx: Context, queue_name_prefix: str = "") -> dict[str, Any]:
    def start(after: bytes) -> Iterator[tuple[bytes, str]]:
        with plane(ctx).snapshot() as tx:
            for position, found in tx.scan_from(Queue, ctx.account, ctx.region, after=after):
                if found.name.startswith(queue_name_prefix):
                    yield position, url(ctx, ctx.account, found.name)

    return {"queue_urls": Page(start)}


@operation(on=queue, read=True, page_size=1000)
def list_dead_letter_source_queues(ctx: Context, queue_url: str) -> dict[str, Any]:
    with plane(ctx).snapshot() as tx:
        target = find(ctx, tx, queue_url)

    def start(after: bytes) -> Iterator[tuple[bytes, str]]:
        with plane(ctx).snapshot() as tx:
            place = (target.account, target.region, target.name)
            for position, found in tx.scan_from(Queue, *place, index="by_dead_letters", after=after):
                yield position, url(ctx, found.account, found.name)

    return {"queue_urls": Page(start)}


@operation(on=queue, read=True)
def get_queue_attributes(ctx: Context, queue_url: str, attribute_names: Sequence[str] = ()) -> dict[str, Any]:
    known = rules.WRITTEN | {*_COUNTED, *_FACTS, "All"}
    for name in attribute_names:
        if name not in known:
            raise errors.InvalidAttributeName(name=name)
    with plane(ctx).snapshot() as tx:
        found = find(ctx, tx, queue_url)
        shown = {
            **rules.effective(found),
            "QueueArn": found.arn,
            "CreatedTimestamp": str(int(found.created.timestamp())),
            "LastModifiedTimestamp": str(int(found.modified.timestamp())),
        }
        wanted = {*shown, *_COUNTED} if "All" in attribute_names else set(attribute_names)
        if not wanted.isdisjoint(_COUNTED):
            counts = messages(tx, found, ctx.milliseconds).counts()
            shown.update(zip(_COUNTED, map(str, counts), strict=True))
    return {"attributes": {name: value for name, value in shown.items() if name in wanted} or None}


@operation(on=queue)
async def set_queue_attributes(ctx: Context, queue_url: str, attributes: Mapping[str, str]) -> None:
    def work(tx: Transaction) -> None:
        found = find(ctx, tx, queue_url)
        if attributes.get("FifoQueue", "").lower() not in ("", "true" if found.fifo else "false"):
            raise errors.InvalidAttributeName(name="FifoQueue")
        given = rules.checked(found.name, found.fifo, attributes)
        if given.get("KmsMasterKeyId"):
            found.attributes.pop("SqsManagedSseEnabled", None)
        if given.get("SqsManagedSseEnabled") == "true":
            found.attributes.pop("KmsMasterKeyId", None)
        found.attributes = {name: value for name, value in {**found.attributes, **given}.items() if value}
        rules.check_together(found.attributes)
        if "RedrivePolicy" in given:
            _set_dead_letters(tx, found)
        found.modified = ctx.now()
        tx.put(found)

    await plane(ctx).submit(work)


@operation(on=queue)
async def delete_queue(ctx: Context, queue_url: str) -> None:
    def work(tx: Transaction) -> None:
        found = find(ctx, tx, queue_url)
        tx.delete(found)
        tx.put(Erasure(found.number))
        tx.put(Deleted(found.account, found.region, found.name, ctx.now()))

    await plane(ctx).submit(work)


@operation(on=queue)
async def purge_queue(ctx: Context, queue_url: str) -> None:
    """The messages are gone at once: the queue goes on under another number, and the old rows are removed later."""

    def work(tx: Transaction) -> None:
        found = find(ctx, tx, queue_url)
        if found.purged is not None and ctx.now() < found.purged + _A_MINUTE:
            raise errors.PurgeQueueInProgress(name=found.name)
        tx.put(Erasure(found.number))
        found.number_before, found.number = found.number, _next_number(tx)
        found.purged = ctx.now()
        tx.put(found)

    await plane(ctx).submit(work)
