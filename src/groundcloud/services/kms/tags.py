"""Tags of keys."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.kms import errors
from groundcloud.services.kms.access import key
from groundcloud.services.kms.lookup import own
from groundcloud.services.kms.records import Tag
from groundcloud.services.kms.use import check_manageable

_ALLOWED = ("Disabled", "PendingImport", "Unavailable")


def merged_tags(old: Sequence[Tag], new: Sequence[Tag]) -> list[Tag]:
    """Tags of a key after some were set, at most fifty. Raises `TagException`, `LimitExceededException`."""
    if any(tag.tag_key.lower().startswith("aws:") for tag in new):
        raise errors.TagFlaw(reason="Tag keys must not begin with aws:")
    if len({tag.tag_key for tag in new}) < len(new):
        raise errors.TagFlaw(reason="Duplicate tag keys")
    tags = {tag.tag_key: tag for tag in (*old, *new)}
    if len(tags) > 50:
        raise errors.LimitExceeded(reason="A KMS key can have at most 50 tags.")
    return list(tags.values())


@operation(on=key)
def tag_resource(ctx: Context, key_id: str, tags: Sequence[Tag]) -> None:
    found = own(ctx, key_id)
    check_manageable(found, *_ALLOWED)
    found.tags = merged_tags(found.tags, tags)
    ctx.put(found)


@operation(on=key)
def untag_resource(ctx: Context, key_id: str, tag_keys: Sequence[str]) -> None:
    found = own(ctx, key_id)
    check_manageable(found, *_ALLOWED)
    found.tags = [tag for tag in found.tags if tag.tag_key not in tag_keys]
    ctx.put(found)


@operation(on=key, read=True, page_size=50)
def list_resource_tags(ctx: Context, key_id: str) -> dict[str, Page]:
    return {"tags": page_of(own(ctx, key_id).tags, key=lambda tag: tag.tag_key)}
