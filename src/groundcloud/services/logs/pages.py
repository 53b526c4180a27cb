"""List answers over Logs' own store, which the core cuts."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from groundcloud.context import Context
from groundcloud.paging import Page
from groundcloud.services.logs.names import plane
from groundcloud.store import Element, Record
from groundcloud.store.keys import pack

R = TypeVar("R", bound=Record)


def page(
    ctx: Context,
    kind: type[R],
    *prefix: Element,
    begins: str = "",
    name: Callable[[R], str] = lambda record: "",
    where: Callable[[R], bool] = lambda record: True,
    each: Callable[[R], Any] = lambda record: record,
    index: str = "",
    reverse: bool = False,
) -> Page:
    """Records under a prefix of their key, lazily. Of those whose `name` is the next element of the key and must begin
    with `begins`, only these are read."""

    def start(after: bytes) -> Iterator[tuple[bytes, Any]]:
        if begins and not after:
            beginning = pack((begins,))[:-1]  # before every name that begins so, behind those that come earlier
            after = beginning + b"\xff" if reverse else beginning
        with plane(ctx).snapshot() as tx:
            found = tx.scan_from(kind, *prefix, index=index, after=after, reverse=reverse)
            for position, record in found:
                if begins and not name(record).startswith(begins):
                    return
                if where(record):
                    yield position, each(record)

    return Page(start)
