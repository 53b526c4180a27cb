"""Who is healthy: what several checkers saw, put together as Route 53 documents it. No clocks and no sockets here.

Source: Developer Guide, "How Amazon Route 53 determines whether a health check is healthy".
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import NamedTuple

ENDPOINTS = ("HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP")
CALCULATED, ALARM = "CALCULATED", "CLOUDWATCH_METRIC"
_HEALTHY_SHARE = 0.18
"""More than this share of the checkers has to find the endpoint healthy."""


class Check(NamedTuple):
    """One health check, as it is set."""

    id: str
    type: str
    address: str = ""
    port: int = 80
    host: str = ""
    path: str = "/"
    search: str = ""
    interval: int = 30
    threshold: int = 3
    inverted: bool = False
    disabled: bool = False
    sni: bool = True
    regions: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    needed: int = 0
    """How many children have to be healthy."""
    alarm: tuple[str, str, str] = ("", "", "")
    """Account, region and name of an alarm."""
    insufficient: str = "LastKnownStatus"

    @property
    def asks(self) -> bool:
        """Whether it has checkers that ask an endpoint."""
        return self.type in ENDPOINTS and not self.disabled


class Seen(NamedTuple):
    """What a checker saw of an endpoint."""

    healthy: bool
    text: str
    address: str = ""
    """From where it asked."""
    seconds: float = 0.0


class Checker:
    """One of the checkers of a health check: it changes its mind after so many same results in a row."""

    __slots__ = ("failure", "failure_at", "healthy", "last", "last_at", "region", "row")

    def __init__(self, region: str, healthy: bool) -> None:
        self.region = region
        self.healthy = healthy
        self.row = 0
        self.last: Seen | None = None
        self.last_at: datetime | None = None
        self.failure: Seen | None = None
        self.failure_at: datetime | None = None

    def report(self, seen: Seen, threshold: int, at: datetime) -> None:
        self.last, self.last_at = seen, at
        if not seen.healthy:
            self.failure, self.failure_at = seen, at
        self.row = self.row + 1 if seen.healthy != self.healthy else 0
        if self.row >= threshold:
            self.healthy, self.row = seen.healthy, 0


class Health:
    """One health check with its checkers and what came of them."""

    __slots__ = ("check", "checkers", "endpoint", "healthy")

    def __init__(self, check: Check, endpoint: bool) -> None:
        self.check = check
        self.checkers = [Checker(region, endpoint) for region in check.regions] if check.asks else []
        self.endpoint = endpoint
        """Before inversion."""
        self.healthy = endpoint != check.inverted


Alarms = Callable[[str, str, str], str | None]
"""The state of an alarm (account, region, name): OK, ALARM or INSUFFICIENT_DATA; None when there is none."""
Told = Callable[[str, bool], None]


class Board:
    """All health checks of the cloud. `told` hears of each that turns."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self.alarms: Alarms = lambda account, region, name: None
        self.all: dict[str, Health] = {}
        self._parents: dict[str, set[str]] = {}

    def put(self, check: Check, known: bool | None = None) -> None:
        """A health check, new or changed. `known`: whether it was healthy when that was last written down."""
        before = self.all.get(check.id)
        if before is not None:
            self._forget_parents(before.check)
            known = before.healthy
        endpoint = True if known is None else known != check.inverted
        found = self.all[check.id] = Health(check, endpoint)
        if before is not None and before.check.regions == check.regions and before.checkers and found.checkers:
            found.checkers = before.checkers
        for child in check.children:
            self._parents.setdefault(child, set()).add(check.id)
        self._told(check.id, found.healthy)
        self._settle(check.id)

    def remove(self, id_: str) -> None:
        found = self.all.pop(id_, None)
        if found is not None:
            self._forget_parents(found.check)
            self._told(id_, True)

    def _forget_parents(self, check: Check) -> None:
        for child in check.children:
            self._parents.get(child, set()).discard(check.id)

    def report(self, id_: str, number: int, seen: Seen, at: datetime) -> None:
        """What a checker saw."""
        found = self.all.get(id_)
        if found is None or number >= len(found.checkers):
            return
        found.checkers[number].report(seen, found.check.threshold, at)
        self._settle(id_)

    def look_at_alarms(self) -> None:
        """Ask again for the alarms that checks follow."""
        for id_, found in list(self.all.items()):
            if found.check.type == ALARM:
                self._settle(id_)

    def _settle(self, id_: str) -> None:
        """Work out the status, and those that depend on it."""
        found = self.all[id_]
        found.endpoint = self._endpoint(found)
        healthy = found.endpoint != found.check.inverted
        if healthy == found.healthy:
            return
        found.healthy = healthy
        self._told(id_, healthy)
        for parent in self._parents.get(id_, ()):
            if parent in self.all:
                self._settle(parent)

    def _endpoint(self, found: Health) -> bool:
        check = found.check
        if check.disabled:
            return True
        if check.type == CALCULATED:
            well = sum(1 for child in check.children if child not in self.all or self.all[child].healthy)
            return well >= check.needed
        if check.type == ALARM:
            state = self.alarms(*check.alarm)
            if state in ("OK", "ALARM"):
                return state == "OK"
            return {"Healthy": True, "Unhealthy": False}.get(check.insufficient, found.endpoint)
        well = sum(1 for checker in found.checkers if checker.healthy)
        return well > len(found.checkers) * _HEALTHY_SHARE


_OURS = tuple(map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32")))
"""Addresses that are nobody's on the internet, and the public ones of this cloud's machines by default."""


def may_be_asked(text: str) -> bool:
    """Whether checkers ask this address. As with AWS no private and no multicast ones, so that nobody looks into a
    network by health checks; this machine's own are allowed, for its endpoints may be there."""
    address = ip_address(text)
    if address.is_loopback or any(address in network for network in _OURS):
        return True
    return not (address.is_private or address.is_multicast or address.is_link_local or address.is_unspecified)


def regions_or_all(regions: Iterable[str] | None) -> tuple[str, ...]:
    """The regions that check: those named, or all of AWS's eight."""
    return tuple(regions or ()) or (
        "us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
        "sa-east-1",
    )  # fmt: skip
