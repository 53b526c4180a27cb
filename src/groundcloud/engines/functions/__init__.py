"""Invokes functions with events: the interface. No part of this cloud fulfils it yet, so nothing is invoked."""

from typing import Protocol


class NotInvoked(Exception):
    """The function did not take the event. `permanent`: trying again is of no use."""

    def __init__(self, reason: str, permanent: bool = False) -> None:
        self.permanent = permanent
        super().__init__(reason)


class Functions(Protocol):
    """Whoever runs functions."""

    async def invoke(self, function_arn: str, event: bytes, service: str, source_arn: str) -> None:
        """Hand an event (JSON) to a function, which runs it later; the function's policy decides whether the service
        may do so for that source. Raises `NotInvoked`."""
        ...
