"""Signed zones: keys of KMS, and answers that a validator takes."""

from typing import Any

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest

from tests.cloud import TestCloud
from tests.services.route53.conftest import Names, Zone, record, refused


@pytest.fixture()
def kms(cloud: TestCloud) -> Any:
    return cloud.client("kms")


def key_of(kms: Any, **options: Any) -> str:
    given = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", **options}
    arn: str = kms.create_key(**given)["KeyMetadata"]["Arn"]
    return arn


def create(route53: Any, zone: Zone, arn: str, name: str = "first", status: str = "ACTIVE") -> Any:
    answer = route53.create_key_signing_key(
        CallerReference=name, HostedZoneId=zone.id, KeyManagementServiceArn=arn, Name=name, Status=status
    )
    return answer["KeySigningKey"]


class Validator:
    """Asks with DO, and validates each set by the zone's keys, for which the DS record of one vouches."""

    def __init__(self, cloud: TestCloud, names: Names, ds: str) -> None:
        self._cloud = cloud
        self._names = names
        apex = dns.name.from_text("example.com.")
        answer = self._ask("example.com", "DNSKEY")
        self._keys = {apex: answer.find_rrset(answer.answer, apex, 1, dns.rdatatype.DNSKEY)}
        assert ds.lower() in [dns.dnssec.make_ds(apex, key, "SHA256").to_text() for key in self._keys[apex]]
        self.check(answer.answer)

    def _ask(self, name: str, type_: str) -> Any:
        self._names.settle()
        query = dns.message.make_query(name, type_, want_dnssec=True)
        return dns.message.from_wire(self._cloud.cloud.dns.answering.answer(query.to_wire(), tcp=True))

    def check(self, section: list[dns.rrset.RRset]) -> list[str]:
        """The types of the sets, each with a good signature."""
        found = []
        now = self._cloud.clock().timestamp()
        for rrset in section:
            if rrset.rdtype == dns.rdatatype.RRSIG:
                continue
            signature = next(
                each
                for each in section
                if each.rdtype == dns.rdatatype.RRSIG and (each.name, each.covers) == (rrset.name, rrset.rdtype)
            )
            dns.dnssec.validate(rrset, signature, self._keys, now=now)
            found.append(dns.rdatatype.to_text(rrset.rdtype))
        return found

    def __call__(self, name: str, type_: str = "A") -> tuple[list[str], list[str]]:
        """The types in the answer and in its authority section, all validated."""
        answer = self._ask(name, type_)
        return self.check(answer.answer), self.check(answer.authority)


def test_a_signed_zone_is_validated_from_its_ds_record_on(
    cloud: TestCloud, route53: Any, kms: Any, zone: Zone, names: Names
) -> None:
    zone.change(
        record("www.example.com", "A", "192.0.2.1", "192.0.2.2"),
        record("alias.example.com", "CNAME", "www.example.com"),
        record("*.wild.example.com", "TXT", '"x"'),
    )
    key = create(route53, zone, key_of(kms))
    change = route53.enable_hosted_zone_dnssec(HostedZoneId=zone.id)["ChangeInfo"]
    names.settle()
    assert route53.get_change(Id=change["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    valid = Validator(cloud, names, key["DSRecord"])
    assert valid("www.example.com") == (["A"], [])
    assert valid("alias.example.com") == (["CNAME", "A"], [])
    assert valid("any.wild.example.com", "TXT") == (["TXT"], [])
    assert valid("example.com", "SOA") == (["SOA"], [])
    assert valid("www.example.com", "MX") == ([], ["SOA", "NSEC"])
    assert valid("nothing.example.com") == ([], ["SOA", "NSEC"])
    assert valid("alias.example.com", "MX") == (["CNAME"], ["SOA", "NSEC"])


def test_an_nsec_record_says_which_types_there_are(
    cloud: TestCloud, route53: Any, kms: Any, zone: Zone, names: Names
) -> None:
    """RFC 9824: a name that does not exist is denied under itself."""
    zone.change(record("www.example.com", "A", "192.0.2.1"))
    create(route53, zone, key_of(kms))
    route53.enable_hosted_zone_dnssec(HostedZoneId=zone.id)
    names.settle()
    for name, shown in (("www", "A RRSIG NSEC"), ("no", "RRSIG NSEC TYPE128")):
        query = dns.message.make_query(f"{name}.example.com", "MX", want_dnssec=True)
        answer = dns.message.from_wire(cloud.cloud.dns.answering.answer(query.to_wire()))
        nsec = answer.find_rrset(answer.authority, dns.name.from_text(f"{name}.example.com"), 1, dns.rdatatype.NSEC)
        assert answer.rcode() == 0
        assert nsec[0].to_text().replace("NXNAME", "TYPE128") == f"\\000.{name}.example.com. {shown}"


def test_delegations_are_signed_as_far_as_they_are_the_zones(
    cloud: TestCloud, route53: Any, kms: Any, zone: Zone, names: Names
) -> None:
    zone.change(
        record("plain.example.com", "NS", "ns.example.net"),
        record("safe.example.com", "NS", "ns.example.net"),
        record("safe.example.com", "DS", "1 13 2 " + "ab" * 32),
    )
    key = create(route53, zone, key_of(kms))
    route53.enable_hosted_zone_dnssec(HostedZoneId=zone.id)
    names.settle()
    valid = Validator(cloud, names, key["DSRecord"])
    for name, proof in (("plain", "NSEC"), ("safe", "DS")):
        query = dns.message.make_query(f"www.{name}.example.com", "A", want_dnssec=True)
        authority = dns.message.from_wire(cloud.cloud.dns.answering.answer(query.to_wire())).authority
        assert authority[0].rdtype == dns.rdatatype.NS
        assert valid.check(authority[1:]) == [proof]


def test_who_does_not_ask_for_signatures_gets_none(route53: Any, kms: Any, zone: Zone, names: Names) -> None:
    zone.change(record("www.example.com", "A", "192.0.2.1"))
    create(route53, zone, key_of(kms))
    route53.enable_hosted_zone_dnssec(HostedZoneId=zone.id)
    assert names("www.example.com") == ["192.0.2.1"]
    assert len(names("example.com", "DNSKEY") or ()) == 2
    route53.disable_hosted_zone_dnssec(HostedZoneId=zone.id)
    assert names("example.com", "DNSKEY") == []


def test_signatures_are_made_anew_before_they_end(
    cloud: TestCloud, route53: Any, kms: Any, zone: Zone, names: Names
) -> None:
    zone.change(record("www.example.com", "A", "192.0.2.1"))
    key = create(route53, zone, key_of(kms))
    route53.enable_hosted_zone_dnssec(HostedZoneId=zone.id)
    for _ in range(5):
        names.settle()
        assert Validator(cloud, names, key["DSRecord"])("www.example.com") == (["A"], [])
        cloud.clock.advance(days=4)


def test_keys_are_rolled_over_one_after_another(
    cloud: TestCloud, route53: Any, kms: Any, zone: Zone, names: Names
) -> None:
    old = create(route53, zone, key_of(kms), "old")
    route53.enable_hosted_zone_dnssec(HostedZoneId=zone.id)
    new = create(route53, zone, key_of(kms), "new")
    assert len(names("example.com", "DNSKEY") or ()) == 3
    third = {"CallerReference": "3", "Name": "third", "Status": "ACTIVE", "HostedZoneId": zone.id}
    more = refused(route53.create_key_signing_key, KeyManagementServiceArn=key_of(kms), **third)
    assert more[0] == "TooManyKeySigningKeys"
    assert refused(route53.delete_key_signing_key, HostedZoneId=zone.id, Name="old")[0] == "InvalidKeySigningKeyStatus"
    route53.deactivate_key_signing_key(HostedZoneId=zone.id, Name="old")
    last = refused(route53.deactivate_key_signing_key, HostedZoneId=zone.id, Name="new")
    assert last[0] == "KeySigningKeyInUse"
    route53.delete_key_signing_key(HostedZoneId=zone.id, Name="old")
    assert Validator(cloud, names, new["DSRecord"])("example.com", "NS") == (["NS"], [])
    assert old["KeyTag"] != new["KeyTag"]


def test_keys_and_signing_are_described(route53: Any, kms: Any, zone: Zone) -> None:
    assert route53.get_dnssec(HostedZoneId=zone.id)["Status"] == {"ServeSignature": "NOT_SIGNING"}
    missing = refused(route53.enable_hosted_zone_dnssec, HostedZoneId=zone.id)
    assert missing[0] == "KeySigningKeyWithActiveStatusNotFound"
    arn = key_of(kms)
    made = create(route53, zone, arn, status="INACTIVE")
    route53.activate_key_signing_key(HostedZoneId=zone.id, Name="first")
    route53.enable_hosted_zone_dnssec(HostedZoneId=zone.id)
    found = route53.get_dnssec(HostedZoneId=zone.id)
    (key,) = found["KeySigningKeys"]
    assert (found["Status"]["ServeSignature"], key["Status"], key["KmsArn"]) == ("SIGNING", "ACTIVE", arn)
    assert (key["Flag"], key["SigningAlgorithmType"], key["DigestAlgorithmType"]) == (257, 13, 2)
    assert key["DSRecord"] == f"{made['KeyTag']} 13 2 {made['DigestValue']}"
    assert refused(route53.delete_hosted_zone, Id=zone.id)[0] == "InvalidInput"


@pytest.mark.parametrize(
    "options", [{"KeySpec": "ECC_NIST_P384"}, {"KeyUsage": "KEY_AGREEMENT"}], ids=["curve", "usage"]
)
def test_only_keys_of_the_right_kind_sign(route53: Any, kms: Any, zone: Zone, options: dict[str, str]) -> None:
    given = {"CallerReference": "1", "Name": "first", "Status": "ACTIVE", "HostedZoneId": zone.id}
    arn = key_of(kms, **options)
    assert refused(route53.create_key_signing_key, KeyManagementServiceArn=arn, **given)[0] == "InvalidKMSArn"


def test_a_key_is_named_by_its_arn(route53: Any, zone: Zone) -> None:
    given = {"CallerReference": "1", "Name": "first", "Status": "ACTIVE", "HostedZoneId": zone.id}
    assert refused(route53.create_key_signing_key, KeyManagementServiceArn="alias/x", **given)[0] == "InvalidKMSArn"
