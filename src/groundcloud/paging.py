"""Lists that the core cuts into pages: an operation returns one, and says nothing of tokens and limits."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

Positions = Iterator[tuple[bytes, Any]]


class Page:
    """A list answer that is not cut yet: `start(after)` gives positions and items, lazily, after a position.

    A position is a key of what is listed, never a count: what is added or removed between two pages moves nothing.
    """

    __slots__ = ("start",)

    def __init__(self, start: Callable[[bytes], Positions]) -> None:
        self.start = start

    def __iter__(self) -> Iterator[Any]:
        return (item for _, item in self.start(b""))

    def cut(self, after: bytes, limit: int) -> tuple[list[Any], bytes]:
        """Up to `limit` items after a position, and the position to go on from; empty when there is no more."""
        found = list(islice(self.start(after), limit + 1))
        items = [item for _, item in found[:limit]]
        return items, found[limit - 1][0] if len(found) > limit else b""


def page_of(items: Iterable[Any], key: Callable[[Any], str]) -> Page:
    """A page of what is at hand, in the order of a key that is each item's own."""

    def start(after: bytes) -> Positions:
        keyed = sorted(((key(item).encode(), item) for item in items), key=lambda pair: pair[0])
        return (pair for pair in keyed if pair[0] > after)

    return Page(start)


def chain(*pages: Page) -> Page:
    """One page after another."""

    def start(after: bytes) -> Positions:
        first = after[0] if after else 0
        for number in range(first, len(pages)):
            begin = after[1:] if after and number == first else b""
            for position, item in pages[number].start(begin):
                yield bytes((number,)) + position, item

    return Page(start)
