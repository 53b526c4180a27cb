"""Which queue a call means, and how policies see it."""

import re
from urllib.parse import urlsplit

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.sqs import errors
from groundcloud.services.sqs.fifo import Fifo
from groundcloud.services.sqs.records import Queue
from groundcloud.services.sqs.standard import Standard
from groundcloud.store import Store, Transaction

PLANE = "sqs"
_ARN = re.compile(r"arn:aws[a-z-]*:sqs:([a-z0-9-]+):(\d{12}):([\w.-]{1,80})")


def plane(ctx: Context) -> Store:
    """SQS's own store."""
    return ctx.world.plane(PLANE)


def named(ctx: Context, queue_url: str) -> tuple[str, str]:
    """Account and name of the queue that a URL, or a bare name, means. Raises `InvalidAddress`."""
    path = urlsplit(queue_url).path if "://" in queue_url else queue_url
    parts = path.strip("/").split("/")
    if len(parts) == 1 and parts[0] and "://" not in queue_url:
        return ctx.account, parts[0]
    if len(parts) < 2 or not re.fullmatch(r"\d{12}", parts[-2]):
        raise errors.InvalidAddress(address=queue_url)
    return parts[-2], parts[-1]


def by_arn(arn: str) -> tuple[str, str, str] | None:
    """Account, region and name in a queue's ARN."""
    found = _ARN.fullmatch(arn)
    return (found[2], found[1], found[3]) if found is not None else None


def url(ctx: Context, account: str, name: str) -> str:
    """Where the caller reaches a queue: at the address at which it came."""
    return f"{ctx.facts.endpoint or f'https://sqs.{ctx.region}.amazonaws.com'}/{account}/{name}"


def find(ctx: Context, tx: Transaction, queue_url: str) -> Queue:
    """Raises `QueueDoesNotExist`."""
    account, name = named(ctx, queue_url)
    found = tx.get(Queue, account, ctx.region, name)
    if found is None:
        raise errors.QueueDoesNotExist()
    return found


def messages(tx: Transaction, queue: Queue, now: int) -> Standard | Fifo:
    """The messages of a queue."""
    return Fifo(tx, queue, now) if queue.fifo else Standard(tx, queue, now)


# -- what operations declare


def resource(ctx: Context, account: str, region: str, name: str) -> Resource:
    owner = "" if account == ctx.account else account
    with plane(ctx).snapshot() as tx:
        found = tx.get(Queue, account, region, name)
    if found is None:
        return Resource(f"arn:aws:sqs:{region}:{account}:{name}", owner)
    return Resource(found.arn, owner, tags=found.tags, policy=found.policy or None)


def queue(ctx: Context, queue_url: str) -> Resource:
    """The queue of a call, as policies see it."""
    account, name = named(ctx, queue_url)
    return resource(ctx, account, ctx.region, name)
