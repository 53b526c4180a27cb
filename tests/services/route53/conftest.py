"""Route 53 clients, a zone, and the controllers of names stepped by hand."""

import asyncio
from collections.abc import Callable
from typing import Any

import dns.message
import pytest
from botocore.exceptions import ClientError

from groundcloud.controllers import Loop
from groundcloud.services.route53.health_controller import Witness
from tests.cloud import TestCloud


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """Code and message of a call that is refused."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    found = error.value.response["Error"]
    return found["Code"], found["Message"]


def record(name: str, type_: str, *values: str, **more: Any) -> dict[str, Any]:
    """A record set with a TTL of 300 seconds, unless it is an alias."""
    made: dict[str, Any] = {"Name": name, "Type": type_, **more}
    if values:
        made |= {"TTL": more.get("TTL", 300), "ResourceRecords": [{"Value": value} for value in values]}
    return made


def alias(zone_id: str, name: str, evaluate: bool = False) -> dict[str, Any]:
    return {"AliasTarget": {"HostedZoneId": zone_id, "DNSName": name, "EvaluateTargetHealth": evaluate}}


class Zone:
    """A hosted zone and changes to it."""

    def __init__(self, route53: Any, name: str = "example.com", reference: str = "1", **options: Any) -> None:
        self._route53 = route53
        self.made = route53.create_hosted_zone(Name=name, CallerReference=reference, **options)
        self.id = self.made["HostedZone"]["Id"].removeprefix("/hostedzone/")

    def change(self, *sets: dict[str, Any], action: str = "CREATE") -> dict[str, Any]:
        changes = [{"Action": action, "ResourceRecordSet": each} for each in sets]
        return self.batch(*changes)

    def batch(self, *changes: dict[str, Any], comment: str = "") -> dict[str, Any]:
        batch = {"Changes": list(changes), **({"Comment": comment} if comment else {})}
        answer = self._route53.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch=batch)
        found: dict[str, Any] = answer["ChangeInfo"]
        return found

    def refused(self, *sets: dict[str, Any], action: str = "CREATE") -> tuple[str, str]:
        return _refusal(lambda: self.change(*sets, action=action))

    def listed(self, **options: Any) -> list[tuple[str, str]]:
        answer = self._route53.list_resource_record_sets(HostedZoneId=self.id, **options)
        return [(each["Name"], each["Type"]) for each in answer["ResourceRecordSets"]]


def _refusal(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call()
    found = error.value.response["Error"]
    return found["Code"], found["Message"]


class Names:
    """The DNS side of a cloud: controllers that are stepped, answers, checkers."""

    def __init__(self, cloud: TestCloud) -> None:
        self._cloud = cloud
        self._loop = Loop(cloud.store, cloud.loops.name_controllers(), now=cloud.clock, monotonic=self._seconds)
        self.rounds = cloud.cloud.rounds

    def _seconds(self) -> float:
        return self._cloud.clock().timestamp()

    def settle(self) -> None:
        self._loop.settle()

    def __call__(self, name: str, type_: str = "A", vpc: str | None = None) -> list[str] | None:
        """The answer's data after all changes have arrived; None when nobody knows the name."""
        self.settle()
        packet = dns.message.make_query(name, type_).to_wire()
        answering = self._cloud.cloud.dns.answering
        found = answering.answer(packet) if vpc is None else answering.answer_within(packet, vpc)
        if found is None or found[3] & 15 == 5:
            return None
        return sorted(item.to_text() for rrset in dns.message.from_wire(found).answer for item in rrset)

    def probe(self) -> None:
        """Let the checkers ask that are due, and write down what they saw."""

        async def work() -> None:
            await self.rounds.settle()
            await Witness(self._cloud.store, self.rounds, self._cloud.clock).write()

        self.settle()
        asyncio.run(work())


@pytest.fixture()
def route53(cloud: TestCloud) -> Any:
    return cloud.client("route53")


@pytest.fixture()
def zone(route53: Any) -> Zone:
    return Zone(route53)


@pytest.fixture()
def names(cloud: TestCloud) -> Names:
    return Names(cloud)
