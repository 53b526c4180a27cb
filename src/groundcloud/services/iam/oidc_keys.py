"""Keeps the keys of OpenID Connect providers fresh: the controller that fetches them, outside all transactions.

A provider that has no keys yet, or whose keys are old, or whose token showed an unknown key, is asked. What it answers
is stored; STS reads it there. A provider that cannot be reached keeps the keys that it had.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from groundcloud.engines.oidc import FetchedKeys, KeyFetcher, Unreachable
from groundcloud.services.iam.federation import WELL_KNOWN
from groundcloud.services.iam.provider_records import OidcKeys, OidcProvider
from groundcloud.store import Store, StoreUnavailable, Transaction

log = logging.getLogger(__name__)

_FRESH = timedelta(hours=24)
_BETWEEN = timedelta(seconds=10)
"""Between two questions to the same provider: tokens with made-up keys must not become a flood."""


class OidcKeyRefresher:
    """Fetches what is wanted, and from time to time everything. `wanted` is the set that operations put issuers in."""

    def __init__(self, store: Store, fetcher: KeyFetcher, wanted: set[str], clock: Callable[[], datetime]) -> None:
        self._store = store
        self._fetcher = fetcher
        self._wanted = wanted
        self._clock = clock
        self._asked: dict[str, datetime] = {}
        self._missed: set[str] = set()
        self.errors: dict[str, str] = {}
        """By issuer: why its keys could not be fetched last time."""

    async def run(self, interval: float = 0.5) -> None:
        """Refresh what is wanted, and hourly what is old, until cancelled."""
        while True:
            try:
                with self._store.snapshot() as tx:
                    self._wanted.update(self._old(tx))
                for _ in range(int(3600 / interval)):
                    await self.refresh()
                    await asyncio.sleep(interval)
            except StoreUnavailable as error:
                log.error("keys of identity providers are not kept: %s", error)
                await asyncio.sleep(interval)

    async def refresh(self) -> None:
        """Ask every provider that is wanted now."""
        now = self._clock()
        due = [issuer for issuer in list(self._wanted) if self._asked.get(issuer, now - _BETWEEN) <= now - _BETWEEN]
        for issuer in due:
            self._wanted.discard(issuer)
            self._asked[issuer] = now
        await asyncio.gather(*(self._refresh(issuer) for issuer in due))

    async def _refresh(self, issuer: str) -> None:
        with self._store.snapshot() as tx:
            providers = list(tx.scan(OidcProvider, issuer, index="by_issuer"))
        if not providers and issuer not in WELL_KNOWN:
            self._once_more(issuer)
            return
        pinned = frozenset(each for provider in providers for each in provider.thumbprint_list)
        try:
            found = await self._fetcher.fetch(WELL_KNOWN.get(issuer, f"https://{issuer}"), pinned)
        except Unreachable as error:
            self.errors[issuer] = str(error)
            log.warning("the keys of an identity provider could not be fetched: %s: %s", issuer, error)
            return
        self.errors.pop(issuer, None)
        await self._store.submit(lambda tx: self._keep(tx, issuer, found))

    def _once_more(self, issuer: str) -> None:
        """The call that makes a provider says so before its commit: look a second time, and then no more."""
        if issuer in self._missed:
            self._missed.discard(issuer)
        else:
            self._missed.add(issuer)
            self._wanted.add(issuer)

    def _keep(self, tx: Transaction, issuer: str, found: FetchedKeys) -> None:
        """Store the keys, and pin the server's authority for providers that pin nothing, as AWS does."""
        tx.put(OidcKeys(issuer=issuer, fetched=self._clock(), keys=found.keys, anchors=found.anchors))
        for provider in list(tx.scan(OidcProvider, issuer, index="by_issuer")):
            if not provider.thumbprint_list and found.anchors:
                provider.thumbprint_list = [host[-1] for host in found.anchors]
                tx.put(provider)

    def _old(self, tx: Transaction) -> Iterator[str]:
        for issuer in {provider.issuer for provider in tx.scan(OidcProvider)}:
            known = tx.get(OidcKeys, issuer)
            if known is None or known.fetched < self._clock() - _FRESH:
                yield issuer
