"""What zones answer: names, wildcards, chains, delegations, negative answers, views of VPCs, EDNS, truncation."""

import dns.flags
import pytest

from groundcloud.engines.dns.message import ResourceRecord
from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.wire import TYPES, A
from groundcloud.engines.dns.zones import Alias, RecordSet
from tests.engines.dns.zonefiles import Asked, records, zone

EXAMPLE = {
    "www": {"A": "192.0.2.1", "AAAA": "2001:db8::1"},
    "alias": {"CNAME": "www.example.com"},
    "far": {"CNAME": "host.example.net"},
    "away": {"CNAME": "host.example.org"},
    "round": {"CNAME": "round.example.com"},
    "*.wild": {"TXT": '"any"'},
    "own.wild": {"TXT": '"own"'},
    "deep.inner": {"A": "192.0.2.2"},
    "sub": {"NS": "ns.sub.example.com", "DS": "1 13 2 " + "ab" * 32},
    "ns.sub": {"A": "192.0.2.53"},
}


@pytest.fixture()
def ask() -> Asked:
    return Asked(zone("example.com", EXAMPLE), zone("example.net", {"host": {"A": "192.0.2.9"}}))


def test_a_record_is_answered_with_its_ttl_and_authority(ask: Asked) -> None:
    answer = ask("www.example.com")
    assert answer.answer[0].to_text() == "www.example.com. 300 IN A 192.0.2.1"
    assert answer.flags & dns.flags.AA
    assert not answer.flags & dns.flags.RA


def test_the_question_is_repeated_as_it_was_written(ask: Asked) -> None:
    assert str(ask("wWw.Example.COM").question[0].name) == "wWw.Example.COM."
    assert ask.values("wWw.Example.COM") == ["192.0.2.1"]


def test_a_cname_is_followed_within_the_cloud(ask: Asked) -> None:
    assert ask.values("alias.example.com") == ["192.0.2.1"]
    assert ask.values("far.example.com") == ["192.0.2.9"]
    assert [rrset.rdtype for rrset in ask("away.example.com").answer] == [TYPES["CNAME"]]


def test_a_cname_that_goes_in_circles_ends(ask: Asked) -> None:
    assert ask.code("round.example.com") == "NOERROR"
    assert ask.values("round.example.com", "CNAME") == ["round.example.com."]


def test_a_wildcard_answers_for_names_that_do_not_exist(ask: Asked) -> None:
    """RFC 4592: also several labels deep, but not beside a name that exists."""
    assert ask.values("a.wild.example.com", "TXT") == ['"any"']
    assert ask.values("b.a.wild.example.com", "TXT") == ['"any"']
    assert ask.values("own.wild.example.com", "TXT") == ['"own"']
    assert ask.code("below.own.wild.example.com", "TXT") == "NXDOMAIN"


def test_a_name_that_is_only_above_others_exists_without_records(ask: Asked) -> None:
    assert ask.code("inner.example.com") == "NOERROR"
    assert not ask("inner.example.com").answer
    assert ask.code("other.example.com") == "NXDOMAIN"


@pytest.mark.parametrize(("name", "type_"), [("www.example.com", "MX"), ("nothing.example.com", "A")])
def test_a_negative_answer_says_for_how_long(ask: Asked, name: str, type_: str) -> None:
    """RFC 2308: the lesser of the SOA record's TTL and its last field."""
    (soa,) = ask(name, type_).authority
    assert (soa.ttl, soa.rdtype) == (900, TYPES["SOA"])


def test_a_delegation_is_referred_to_with_glue(ask: Asked) -> None:
    answer = ask("host.sub.example.com")
    assert not answer.flags & dns.flags.AA
    assert not answer.answer
    assert answer.authority[0].to_text() == "sub.example.com. 300 IN NS ns.sub.example.com."
    assert answer.additional[0].to_text() == "ns.sub.example.com. 300 IN A 192.0.2.53"


def test_ds_records_are_the_parents_to_answer(ask: Asked) -> None:
    assert len(ask.values("sub.example.com", "DS")) == 1
    ask.dns.table.add(zone("sub.example.com", {}))
    assert len(ask.values("sub.example.com", "DS")) == 1


def test_any_is_answered_with_one_record(ask: Asked) -> None:
    """RFC 8482, section 4.2."""
    assert ask("www.example.com", "ANY").answer[0].to_text() == 'www.example.com. 3789 IN HINFO "RFC8482" ""'


def test_a_name_of_nobody_is_refused_outside_and_left_to_others_in_a_vpc(ask: Asked) -> None:
    assert ask.code("example.org") == "REFUSED"
    assert ask("example.org", vpc="vpc-1") is None


def test_the_closest_zone_answers(ask: Asked) -> None:
    ask.dns.table.add(zone("www.example.com", {"@": {"A": "192.0.2.77"}}))
    assert ask.values("www.example.com") == ["192.0.2.77"]


def test_a_private_zone_is_seen_by_its_vpcs_only_and_hides_the_public_one(ask: Asked) -> None:
    ask.dns.table.add(zone("example.com", {"in": {"A": "10.0.0.1"}}, "Zprivate", vpcs=["vpc-1"]))
    assert ask.values("in.example.com", vpc="vpc-1") == ["10.0.0.1"]
    assert ask.code("www.example.com", vpc="vpc-1") == "NXDOMAIN"
    assert ask.values("www.example.com", vpc="vpc-2") == ["192.0.2.1"]
    assert ask.code("in.example.com") == "NXDOMAIN"
    ask.dns.table.remove("Zprivate")
    assert ask.values("www.example.com", vpc="vpc-1") == ["192.0.2.1"]


def test_a_provider_answers_for_names_of_its_own(ask: Asked) -> None:
    def provider(name: str, type_: int, vpc: str | None) -> list[ResourceRecord] | None:
        if name != "db.example.com.":
            return None
        return [ResourceRecord(to_wire(name), A, 5, b"\x0a\0\0\x05")] if type_ == A else []

    ask.dns.add_provider(provider)
    assert ask.values("db.example.com") == ["10.0.0.5"]
    assert ask("db.example.com", "MX").answer == []
    assert ask.values("www.example.com") == ["192.0.2.1"]


def test_an_alias_answers_with_its_targets_records_under_its_own_name(ask: Asked) -> None:
    target = Alias(to_wire("www.example.com"), "Zexample.com", evaluate=False)
    ask.dns.table.add(zone("example.org", {"@": {"A": RecordSet(alias=target)}}))
    assert ask("example.org").answer[0].to_text() == "example.org. 300 IN A 192.0.2.1"


def test_an_alias_tells_nothing_of_a_private_zone(ask: Asked) -> None:
    ask.dns.table.add(zone("secret.test", {"db": {"A": "10.0.0.1"}}, "Zsecret", vpcs=["vpc-1"]))
    target = Alias(to_wire("db.secret.test"), "Zsecret", evaluate=False)
    ask.dns.table.add(zone("example.org", {"db": {"A": RecordSet(alias=target)}}))
    assert ask.values("db.example.org") == []
    assert ask.values("db.example.org", vpc="vpc-1") == ["10.0.0.1"]


def test_an_alias_of_itself_ends(ask: Asked) -> None:
    target = Alias(to_wire("a.example.org"), "Zexample.org", evaluate=True)
    ask.dns.table.add(zone("example.org", {"a": {"A": RecordSet(alias=target)}}))
    assert ask.code("a.example.org") == "NOERROR"


def test_what_does_not_fit_is_truncated_and_whole_over_tcp(ask: Asked) -> None:
    values = [f'"{number:03}{"x" * 200}"' for number in range(20)]
    ask.dns.table.add(zone("example.org", {"@": {"TXT": records("TXT", *values)}}))
    small = ask("example.org", "TXT", use_edns=False)
    large = ask("example.org", "TXT", payload=4096)
    assert small.flags & dns.flags.TC
    assert len(small.to_wire()) <= 512
    assert len(large.to_wire()) <= 1232
    whole = ask("example.org", "TXT", tcp=True)
    assert not whole.flags & dns.flags.TC
    assert len(whole.answer[0]) == 20


def test_edns_is_answered_only_to_those_who_have_it(ask: Asked) -> None:
    assert ask("www.example.com", use_edns=0).edns == 0
    assert ask("www.example.com", use_edns=False).edns == -1
    assert ask.code("www.example.com", use_edns=1) == "BADVERS"


def test_other_classes_and_operations_are_refused(ask: Asked) -> None:
    assert ask.code("www.example.com", rdclass="CH") == "REFUSED"
    update = b"\0\1\x28\0" + b"\0" * 8
    assert ask.dns.answering.answer(update)[3] & 15 == 4


def test_an_answer_is_remembered_until_the_data_change(ask: Asked) -> None:
    assert ask.values("www.example.com") == ["192.0.2.1"]
    ask.dns.table.put("Zexample.com", {to_wire("www.example.com"): {A: [records("A", "192.0.2.2")]}}, 1)
    assert ask.values("www.example.com") == ["192.0.2.2"]
    ask.dns.table.put("Zexample.com", {to_wire("www.example.com"): {}}, 2)
    assert ask.code("www.example.com") == "NXDOMAIN"


def test_the_serial_number_grows_for_secondaries_only(ask: Asked) -> None:
    ask.dns.table.put("Zexample.com", {}, 3)
    assert ask.values("example.com", "SOA")[0].split()[2] == "1"
    ask.dns.table.transferable = True
    ask.dns.table.forget()
    assert ask.values("example.com", "SOA")[0].split()[2] == "4"
