"""Mail that accounts send by SES, on its way to the mail engine: signed, kept from who wants none, and reported of.

Addresses at simulator.amazonses.com are nobody's: they bounce or complain as "Using the mailbox simulator" in SES's
developer guide says.
"""

import asyncio
import re
from typing import NamedTuple

from groundcloud.context import World
from groundcloud.engines.mail import Envelope, Mail, NotSent
from groundcloud.outbox import Letter, Parcel, Posted
from groundcloud.publishing.publisher import Finish
from groundcloud.services.ses import events
from groundcloud.services.ses.dkim import signed
from groundcloud.services.ses.events import Event, Metrics, count, senders, tell
from groundcloud.services.ses.records import (
    DKIM_PURPOSE,
    ConfigurationSet,
    DkimKey,
    SuppressedAddress,
    SuppressionSettings,
    Tally,
)
from groundcloud.store import Transaction

_SIMULATOR = re.compile(r"([a-z]+)(\+[^@]*)?@simulator\.amazonses\.com", re.IGNORECASE)
_QUARTER = 900
_UNKNOWN = "smtp; 550 5.1.1 user unknown"
_LISTED = "Amazon SES did not send the message to this address because it is on the suppression list for your account."


class _Way(NamedTuple):
    """How a letter goes: to whom it really does, and what is known of the others."""

    to: tuple[str, ...]
    bounces: list[str]
    complaints: list[str]
    taken: list[str]
    suppressed: list[str]
    domain: str = ""
    key: DkimKey | None = None
    reasons: frozenset[str] = frozenset()


class _Origin(NamedTuple):
    """Fulfils `outbox.Origin`."""

    tx: Transaction
    world: World

    def random(self, length: int) -> bytes:
        return self.world.entropy(length)

    @property
    def milliseconds(self) -> int:
        return int(self.world.clock().timestamp() * 1000)


class SentMail:
    """Hands an account's letters to the engine."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def deliver(self, letter: Letter, posted: Posted, mail: Mail, last: bool) -> Finish | None:
        """What writes down what became of it. Raises `NotSent` where it is worth another attempt."""
        with self._world.store.snapshot() as tx:
            way = _way(tx, letter, posted)
        found: list[Event] = []
        taken, bounces = list(way.taken), {_UNKNOWN: way.bounces}
        if way.to:
            try:
                await mail.send(Envelope(letter.sender, way.to, await self._message(letter, way)))
                taken += way.to
            except NotSent as error:
                if not error.permanent and not last:
                    raise
                bounces[f"smtp; {error}"] = list(way.to)
        at, feedback = int(self._world.clock().timestamp() * 1000), self._feedback_id
        if taken or way.complaints:
            found.append(events.delivered(at, posted, [*taken, *way.complaints]))
        for reason, addresses in bounces.items():
            if addresses:
                found.append(events.bounced(at, feedback(), addresses, "General", reason, "5.1.1"))
        if way.suppressed:
            kind = "OnAccountSuppressionList"
            found.append(events.bounced(at, feedback(), way.suppressed, kind, _LISTED, "5.1.1"))
        if way.complaints:
            found.append(events.complained(at, feedback(), way.complaints))
        return self._finish(letter, posted, way, found)

    async def _message(self, letter: Letter, way: _Way) -> bytes:
        key = way.key
        if key is None:
            return letter.message
        private = self._world.sealer.open(key.sealed, DKIM_PURPOSE)
        at = int(self._world.clock().timestamp())
        return await asyncio.to_thread(signed, letter.message, way.domain, key.selector, private, at)

    def _feedback_id(self) -> str:
        return f"0100{int(self._world.clock().timestamp() * 1000):012x}-{self._world.entropy(12).hex()}-000000"

    def _finish(self, letter: Letter, posted: Posted, way: _Way, found: list[Event]) -> Finish:
        metrics: Metrics | None = self._world.engines.get("metrics")
        with self._world.store.snapshot() as tx:
            count(tx, metrics, int(self._world.clock().timestamp() * 1000), letter, found)

        def finish(tx: Transaction, parcel: Parcel) -> None:
            origin = _Origin(tx, self._world)
            tell(origin, letter, found)
            for event in found:
                _remember(origin, posted, way, event)

        return finish


def _way(tx: Transaction, letter: Letter, posted: Posted) -> _Way:
    reasons = _reasons(tx, posted)
    way = _Way((), [], [], [], [], reasons=reasons)
    to: list[str] = []
    for address in letter.recipients:
        simulated = _SIMULATOR.fullmatch(address)
        known = tx.get(SuppressedAddress, posted.account, posted.region, address.lower())
        if simulated is not None:
            lists = {"bounce": way.bounces, "complaint": way.complaints, "suppressionlist": way.suppressed}
            lists.get(simulated[1].lower(), way.taken).append(address)
        elif known is not None and known.reason in reasons:
            way.suppressed.append(address)
        else:
            to.append(address)
    domain, key = _key(tx, posted)
    return way._replace(to=tuple(to), domain=domain, key=key)


def _reasons(tx: Transaction, posted: Posted) -> frozenset[str]:
    place = (posted.account, posted.region)
    own = tx.get(ConfigurationSet, *place, posted.configuration_set)
    if own is not None and own.suppressed_reasons is not None:
        return frozenset(own.suppressed_reasons)
    return frozenset((tx.get(SuppressionSettings, *place) or SuppressionSettings(*place)).reasons)


def _key(tx: Transaction, posted: Posted) -> tuple[str, DkimKey | None]:
    """The closest domain that signs, and its key."""
    for identity in senders(tx, posted.account, posted.region, posted.source):
        if identity.domain and identity.dkim_enabled and identity.dkim_verified:
            key = tx.get(DkimKey, posted.account, posted.region, identity.identity)
            if key is not None:
                return identity.identity, key
    return "", None


def _remember(origin: _Origin, posted: Posted, way: _Way, event: Event) -> None:
    """Bounces and complaints in the statistics, and their addresses in the list of those who get no more."""
    if event.type not in ("BOUNCE", "COMPLAINT") or event.detail.get("bounceSubType") == "OnAccountSuppressionList":
        return
    tx, place = origin.tx, (posted.account, posted.region)
    bounce = event.type == "BOUNCE"
    addresses = event.detail["bouncedRecipients" if bounce else "complainedRecipients"]
    at = origin.milliseconds // 1000
    at -= at % _QUARTER
    tally = tx.get(Tally, *place, at) or Tally(*place, at)
    tally.bounces += len(addresses) if bounce else 0
    tally.complaints += 0 if bounce else len(addresses)
    tx.put(tally)
    if event.type not in way.reasons:
        return
    for each in addresses:
        address = each["emailAddress"]
        if not _SIMULATOR.fullmatch(address):  # the simulator's addresses come on nobody's list
            now, feedback_id = origin.world.clock(), event.detail["feedbackId"]
            tx.put(
                SuppressedAddress(*place, address.lower(), event.type, now, posted.message_id, feedback_id)
            )  # fmt: skip
