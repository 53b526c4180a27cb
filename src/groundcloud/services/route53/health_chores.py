"""What both writers of health do: the loop that writes now and then, and the checks behind ids."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import NoReturn

from groundcloud.services.route53.health_records import HealthCheck
from groundcloud.store import StoreUnavailable, Transaction

log = logging.getLogger(__name__)


async def repeat(seconds: float, write: Callable[[], Awaitable[None]], complaint: str) -> NoReturn:
    """Write every so many seconds, until it is cancelled; a store that is away is complained of."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await write()
        except StoreUnavailable as error:
            log.error("%s: %s", complaint, error)


def checks(tx: Transaction, ids: Iterable[str]) -> Iterator[HealthCheck]:
    """The health checks of any account that are still there."""
    for id_ in ids:
        yield from tx.scan(HealthCheck, id_, index="by_id")
