"""Lists of secrets, filtered and sorted."""

from collections.abc import Callable, Sequence
from datetime import datetime

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.secretsmanager.records import Filter, Secret
from groundcloud.services.secretsmanager.secrets import described, stages


def matching(ctx: Context, filters: Sequence[Filter], deleted: bool = False) -> list[Secret]:
    """This Region's secrets that fulfil all filters."""
    return [
        found
        for found in ctx.scan(Secret)
        if (deleted or found.deleted_date is None) and all(_fulfils(found, each) for each in filters)
    ]


def _fulfils(found: Secret, wanted: Filter) -> bool:
    """Whether a secret has one of the values; with a leading exclamation mark, whether it has it not (User Guide, "Find
    secrets")."""
    test = _TESTS[wanted.key]
    return any(not test(found, value[1:]) if value.startswith("!") else test(found, value) for value in wanted.values)


def _everywhere(found: Secret, value: str) -> bool:
    """The words of the value, whatever their capitals, in any attribute."""
    tags = [text for tag in found.tags for text in (tag.key, tag.value)]
    texts = [found.name, found.description or "", found.primary_region or "", found.owning_service or "", *tags]
    whole = " ".join(texts).lower()
    return any(word in whole for word in value.lower().split())


_TESTS: dict[str, Callable[[Secret, str], bool]] = {
    "name": lambda found, value: found.name.startswith(value),
    "description": lambda found, value: any(
        word.startswith(value.lower()) for word in _tails((found.description or "").lower())
    ),
    "tag-key": lambda found, value: any(tag.key.startswith(value) for tag in found.tags),
    "tag-value": lambda found, value: any(tag.value.startswith(value) for tag in found.tags),
    "primary-region": lambda found, value: (found.primary_region or "").startswith(value),
    "owning-service": lambda found, value: (found.owning_service or "").startswith(value),
    "all": _everywhere,
}


def _tails(text: str) -> list[str]:
    """The text from each of its words on."""
    words = text.split()
    return [" ".join(words[start:]) for start in range(len(words))]


@operation(on="*", read=True, page_size=100)
def list_secrets(
    ctx: Context,
    include_planned_deletion: bool = False,
    filters: Sequence[Filter] = (),
    sort_order: str = "desc",
    sort_by: str = "created-date",
) -> dict[str, Page]:
    listed = [
        {**described(ctx, found), "secret_versions_to_stages": stages(found)}
        for found in matching(ctx, filters, include_planned_deletion)
    ]
    member = sort_by.replace("-", "_")

    def place(item: dict[str, object]) -> str:
        value = item.get(member)
        first = f"{value:%Y-%m-%dT%H:%M:%S}" if isinstance(value, datetime) else ""
        text = f"{first}/{item['name']}"
        return text if sort_order == "asc" else _reversed(text)

    return {"secret_list": page_of(listed, key=place)}


def _reversed(text: str) -> str:
    """A text that sorts the other way round."""
    return "".join(f"{255 - byte:02x}" for byte in text.encode()) + "g"
