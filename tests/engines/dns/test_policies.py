"""Routing policies, and what health does to them (Developer Guide, "How Amazon Route 53 chooses records")."""

from collections import Counter
from random import Random
from typing import Any

import dns.message
import pytest

from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.zones import Alias, Location, RecordSet
from tests.engines.dns.zonefiles import Asked, records, zone


def asked(*sets: RecordSet, **options: Any) -> Asked:
    made = Asked(zone("example.com", {"www": {"A": list(sets)}}), **options)
    made.dns.authority.chooser.random = Random(5)
    return made


def one(number: int, **fields: Any) -> RecordSet:
    return records("A", f"192.0.2.{number}", health_check=f"h{number}", **fields)


def sick(ask: Asked, *numbers: int) -> None:
    for number in range(1, 12):
        ask.dns.table.set_health(f"h{number}", number not in numbers)


def drawn(ask: Asked, times: int = 300) -> Counter[str]:
    return Counter(ask.values("www.example.com")[0] for _ in range(times))


def test_weights_share_the_answers() -> None:
    ask = asked(one(1, weight=3), one(2, weight=1), one(3, weight=0))
    found = drawn(ask, 800)
    assert 0.65 < found["192.0.2.1"] / 800 < 0.85
    assert found["192.0.2.3"] == 0


def test_a_draw_that_is_remembered_follows_health_and_data_at_once() -> None:
    ask = asked(one(1, weight=1), one(2, weight=1), one(3, weight=1))
    assert len(drawn(ask)) == 3
    sick(ask, 2)
    assert set(drawn(ask)) == {"192.0.2.1", "192.0.2.3"}
    sick(ask, 1, 2)
    assert set(drawn(ask)) == {"192.0.2.3"}
    ask.dns.table.put("Zexample.com", {to_wire("www.example.com"): {1: [one(7, weight=1), one(8, weight=2)]}}, 1)
    sick(ask)
    assert set(drawn(ask)) == {"192.0.2.7", "192.0.2.8"}


def test_whoever_asks_in_whatever_form_a_draw_answers_the_question() -> None:
    ask = asked(one(1, weight=1), one(2, weight=1))
    for edns in (False, True):
        for name in ("www.example.com", "WWW.example.com"):
            for id_ in (1, 2, 3):
                query = dns.message.make_query(name, "A", use_edns=edns, id=id_)
                answer = dns.message.from_wire(ask.dns.answering.answer(query.to_wire()))
                assert (answer.id, answer.edns >= 0) == (id_, edns)
                assert query.question[0].to_text() == answer.question[0].to_text()
                assert len(answer.answer[0]) == 1


def test_weight_zero_counts_when_nobody_else_is_healthy() -> None:
    ask = asked(one(1, weight=3), one(2, weight=0))
    sick(ask, 1)
    assert set(drawn(ask)) == {"192.0.2.2"}
    sick(ask, 1, 2)
    assert set(drawn(ask)) == {"192.0.2.1"}


def test_all_weights_zero_share_evenly() -> None:
    assert set(drawn(asked(one(1, weight=0), one(2, weight=0)))) == {"192.0.2.1", "192.0.2.2"}


def test_failover_goes_to_the_secondary_and_back() -> None:
    ask = asked(one(1, failover="PRIMARY"), one(2, failover="SECONDARY"))
    seen = []
    for broken in ((), (1,), (1, 2), (2,)):
        sick(ask, *broken)
        seen.append(ask.values("www.example.com"))
    assert seen == [["192.0.2.1"], ["192.0.2.2"], ["192.0.2.1"], ["192.0.2.1"]]


def test_multivalue_gives_up_to_eight_healthy_ones() -> None:
    ask = asked(*[one(number, multivalue=True) for number in range(1, 11)])
    assert len(ask.values("www.example.com")) == 8
    sick(ask, *range(1, 9))
    assert ask.values("www.example.com") == ["192.0.2.10", "192.0.2.9"]
    sick(ask, *range(1, 11))
    assert len(ask.values("www.example.com")) == 8


def test_the_nearest_region_answers_and_the_next_when_it_is_sick() -> None:
    sets = [one(1, region="us-east-1"), one(2, region="eu-central-1"), one(3, region="ap-northeast-2")]
    ask = asked(*sets, region="eu-west-1", locations=("198.51.100.0/24 ap-northeast-1",))
    assert ask.values("www.example.com") == ["192.0.2.2"]
    assert ask.values("www.example.com", address="198.51.100.7") == ["192.0.2.3"]
    assert ask.values("www.example.com", subnet="198.51.100.0/24") == ["192.0.2.3"]
    sick(ask, 2)
    assert ask.values("www.example.com") == ["192.0.2.1"]
    sick(ask, 1, 2, 3)
    assert ask.values("www.example.com") == ["192.0.2.2"]


PLACES = (
    "198.51.100.0/26 EU DE",
    "198.51.100.64/26 NA US TX",
    "198.51.100.128/26 NA US",
    "198.51.100.192/26 AF",
)


@pytest.mark.parametrize(
    ("address", "number"),
    [("198.51.100.1", 2), ("198.51.100.65", 4), ("198.51.100.129", 3), ("198.51.100.193", 5), ("203.0.113.1", 1)],
)
def test_the_smallest_place_that_holds_the_asker_answers(address: str, number: int) -> None:
    ask = asked(
        one(1, location=Location("EU")),
        one(2, location=Location("", "DE")),
        one(3, location=Location("", "US")),
        one(4, location=Location("", "US", "TX")),
        one(5, location=Location("", "*")),
        region="eu-west-1",
        locations=PLACES,
    )
    assert ask.values("www.example.com", address=address) == [f"192.0.2.{number}"]


def test_a_sick_place_is_answered_for_by_the_larger_one() -> None:
    ask = asked(
        one(1, location=Location("", "DE")), one(2, location=Location("EU")), one(3, location=Location("", "*")),
        locations=PLACES,
    )  # fmt: skip
    found = []
    for broken in ((1,), (1, 2), (1, 2, 3)):
        sick(ask, *broken)
        found += ask.values("www.example.com", address="198.51.100.1")
    assert found == ["192.0.2.2", "192.0.2.3", "192.0.2.1"]


def test_nobody_answers_a_place_that_no_record_is_for() -> None:
    ask = asked(one(1, location=Location("", "DE")), locations=PLACES)
    answer = ask("www.example.com", address="198.51.100.193")
    assert (answer.rcode(), answer.answer, len(answer.authority)) == (0, [], 1)


def test_a_bias_draws_more_of_the_earth_to_a_record() -> None:
    """London is nearer to Ireland than to Frankfurt, until Frankfurt's bias draws it in."""
    place = ("198.51.100.0/24 eu-west-2",)
    ireland, frankfurt = (53.3, -6.3), (50.1, 8.7)
    plain = asked(one(1, near=(*ireland, 0)), one(2, near=(*frankfurt, 0)), locations=place)
    assert plain.values("www.example.com", address="198.51.100.1") == ["192.0.2.1"]
    drawn_in = asked(one(1, near=(*ireland, 0)), one(2, near=(*frankfurt, 60)), locations=place)
    assert drawn_in.values("www.example.com", address="198.51.100.1") == ["192.0.2.2"]


def test_the_longest_network_that_holds_the_asker_answers() -> None:
    ask = asked(one(1, networks=("c", "office")), one(2, networks=("c", "desk")), one(3, networks=("c", "*")))
    ask.dns.table.set_networks("c", {"office": ["198.51.100.0/24"], "desk": ["198.51.100.0/28"]})
    found = [ask.values("www.example.com", address=a)[0] for a in ("198.51.100.3", "198.51.100.77", "192.0.2.1")]
    assert found == ["192.0.2.2", "192.0.2.1", "192.0.2.3"]
    answer = ask("www.example.com", subnet="198.51.100.0/28", address="192.0.2.1")
    assert answer.answer[0][0].to_text() == "192.0.2.2"
    assert answer.options[0].scopelen == 28


def test_an_alias_is_as_healthy_as_its_target_where_that_is_evaluated() -> None:
    target = Alias(to_wire("www.example.com"), "Zexample.com", evaluate=True)
    ask = asked(one(1, weight=1), one(2, weight=1))
    names = {"top": {"A": [RecordSet(alias=target, failover="PRIMARY"), one(9, failover="SECONDARY")]}}
    ask.dns.table.add(zone("example.net", names))
    sick(ask, 1)
    assert ask.values("top.example.net") == ["192.0.2.2"]
    sick(ask, 1, 2)
    assert ask.values("top.example.net") == ["192.0.2.9"]
