"""Tags of queues."""

from collections.abc import Mapping, Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.sqs import errors
from groundcloud.services.sqs.lookup import find, plane, queue
from groundcloud.store import Transaction

_MOST = 50


def check_tags(tags: Mapping[str, str]) -> None:
    """Raises `InvalidParameterValue`. Source: "Amazon SQS cost allocation tags" in the developer guide."""
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            raise errors.InvalidParameterValue(
                reason="Tag keys must be between 1 and 128 characters in length and must not begin with aws:, and tag "
                "values must be at most 256 characters in length."
            )
    if len(tags) > _MOST:
        raise errors.InvalidParameterValue(reason=f"Too many tags added for queue. Maximum number is {_MOST}.")


@operation(on=queue)
async def tag_queue(ctx: Context, queue_url: str, tags: Mapping[str, str]) -> None:
    check_tags(tags)

    def work(tx: Transaction) -> None:
        found = find(ctx, tx, queue_url)
        found.tags = {**found.tags, **tags}
        check_tags(found.tags)
        tx.put(found)

    await plane(ctx).submit(work)


@operation(on=queue)
async def untag_queue(ctx: Context, queue_url: str, tag_keys: Sequence[str]) -> None:
    def work(tx: Transaction) -> None:
        found = find(ctx, tx, queue_url)
        found.tags = {key: value for key, value in found.tags.items() if key not in tag_keys}
        tx.put(found)

    await plane(ctx).submit(work)


@operation(on=queue, read=True)
def list_queue_tags(ctx: Context, queue_url: str) -> dict[str, dict[str, str] | None]:
    with plane(ctx).snapshot() as tx:
        return {"tags": find(ctx, tx, queue_url).tags or None}
