"""An answer that many calls get, one after the other: protocols keep with it what they have made of it."""

from typing import Any


class Lasting(dict[str, Any]):
    """A result that nobody changes. `headers` is what a protocol has written of its members, once it has."""

    __slots__ = ("headers",)

    headers: list[tuple[str, str]] | None

    def __init__(self, members: dict[str, Any]) -> None:
        super().__init__(members)
        self.headers = None
