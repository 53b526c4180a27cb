"""Batches of changes to record sets: whole or not at all, refused in AWS's words, listed in AWS's order.

The words are from public threads: kubernetes-sigs/external-dns 1517, 3141 and 4345, hashicorp/terraform 9732 and 16389,
aws/aws-sdk-go-v2 518, clouddrove/terraform-aws-ses 25, meltwater/terraform-aws-asg-dns-handler 38.
"""

import json
from typing import Any

import pytest

from groundcloud.services.route53.records import ChangeInfo
from tests.cloud import Keys, TestCloud
from tests.services.route53.conftest import Names, Zone, alias, record, refused

WWW = record("www.example.com", "A", "192.0.2.1")


@pytest.mark.parametrize(
    ("type_", "value", "answered"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:DB8::1", "2001:db8::1"),
        ("CAA", '0 issue "ca.example.net"', '0 issue "ca.example.net"'),
        ("CNAME", "www.example.net", "www.example.net."),
        ("DS", "1 13 2 " + "ab" * 32, "1 13 2 " + "ab" * 32),
        ("HTTPS", '1 . alpn="h2"', '1 . alpn="h2"'),
        ("MX", "10 mail.example.com", "10 mail.example.com."),
        ("NAPTR", '1 2 "u" "sip+E2U" "!^.*$!sip:a@example.com!" .', '1 2 "u" "sip+E2U" "!^.*$!sip:a@example.com!" .'),
        ("NS", "ns.example.net", "ns.example.net."),
        ("PTR", "www.example.com.", "www.example.com."),
        ("SPF", '"v=spf1 -all"', '"v=spf1 -all"'),
        ("SRV", "1 2 5060 sip.example.com", "1 2 5060 sip.example.com."),
        ("SSHFP", "1 1 " + "ab" * 20, "1 1 " + "ab" * 20),
        ("SVCB", "1 svc.example.com.", "1 svc.example.com."),
        ("TLSA", "3 0 1 " + "ab" * 32, "3 0 1 " + "ab" * 32),
        ("TXT", '"a\\"b" "\\344"', '"a\\"b" "\\228"'),
    ],
)
def test_a_record_of_each_type_is_answered(zone: Zone, names: Names, type_: str, value: str, answered: str) -> None:
    zone.change(record("x.example.com", type_, value))
    if type_ == "NS":
        return  # a delegation: another test asks for it
    assert names("x.example.com", type_) == [answered]


def test_a_change_is_pending_until_the_server_answers_by_it(route53: Any, zone: Zone, names: Names) -> None:
    change = zone.batch({"Action": "CREATE", "ResourceRecordSet": WWW}, comment="first")
    assert (change["Status"], change["Comment"], change["Id"][:9]) == ("PENDING", "first", "/change/C")
    assert route53.get_change(Id=change["Id"])["ChangeInfo"]["Status"] == "PENDING"
    assert names("www.example.com") == ["192.0.2.1"]
    assert route53.get_change(Id=change["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    assert refused(route53.get_change, Id="C1")[0] == "NoSuchChange"


def test_a_change_is_forgotten_after_a_week(cloud: TestCloud, zone: Zone, names: Names) -> None:
    def kept() -> int:
        with cloud.store.snapshot() as tx:
            return len(list(tx.scan(ChangeInfo)))

    zone.change(WWW)
    names.settle()
    assert kept() == 2
    cloud.clock.advance(days=8)
    names.settle()
    assert kept() == 0


def test_upsert_replaces_and_delete_removes(zone: Zone, names: Names) -> None:
    zone.change(WWW, action="UPSERT")
    zone.change(record("www.example.com", "A", "192.0.2.2", "192.0.2.3"), action="UPSERT")
    assert names("www.example.com") == ["192.0.2.2", "192.0.2.3"]
    zone.change(record("WWW.example.com.", "A", "192.0.2.3", "192.0.2.2"), action="DELETE")
    assert names("www.example.com") == []


def test_a_batch_happens_whole_or_not_at_all(zone: Zone, names: Names) -> None:
    zone.change(WWW)
    code, message = zone.refused(record("new.example.com", "A", "192.0.2.9"), WWW)
    assert code == "InvalidChangeBatch"
    assert message == (
        "[Tried to create resource record set [name='www.example.com.', type='A'] but it already exists]"
    )
    assert names("new.example.com") == []
    assert len(zone.listed()) == 3


def test_all_that_is_wrong_is_said_at_once(zone: Zone) -> None:
    code, message = zone.refused(record("www.example.org", "A", "192.0.2.1"), record("x.example.com", "A", "192.0.2"))
    assert (code, message) == (
        "InvalidChangeBatch",
        "[RRSet with DNS name www.example.org. is not permitted in zone example.com., Invalid Resource Record: 'FATAL "
        "problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '192.0.2'']",
    )


@pytest.mark.parametrize(
    ("type_", "value", "problem"),
    [
        ("AAAA", "192.0.2.1", "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"),
        ("TXT", "no quotes", "InvalidCharacterString (Value should be enclosed in quotation marks)"),
        ("TXT", f'"{"x" * 256}"', "CharacterStringTooLong (Value is too long)"),
        ("MX", "mail.example.com", "MXRRDATAIncorrectNumberOfFields (MX record doesn't have 2 fields)"),
        ("SRV", "1 2 mail.example.com", "SRVRRDATAIncorrectNumberOfFields (SRV record doesn't have 4 fields)"),
        ("MX", "70000 mail.example.com", "RRDATANotInRange (Value is not a number from 0 to 65535)"),
        ("CAA", "issue", "CAARRDATAInvalid (Value is not valid for type CAA)"),
        ("CNAME", "not a name", "DomainNameInvalid (Value is not a valid domain name)"),
    ],
)
def test_a_value_that_its_type_cannot_have_is_refused(zone: Zone, type_: str, value: str, problem: str) -> None:
    code, message = zone.refused(record("x.example.com", type_, value))
    assert (code, message) == (
        "InvalidChangeBatch", f"[Invalid Resource Record: 'FATAL problem: {problem} encountered with '{value}'']",
    )  # fmt: skip


def test_a_value_may_come_once(zone: Zone) -> None:
    message = zone.refused(record("x.example.com", "A", "192.0.2.1", "192.0.2.1"))[1]
    assert message == "[Duplicate Resource Record: '192.0.2.1']"


def test_a_cname_stands_alone_and_never_at_the_apex(zone: Zone) -> None:
    zone.change(WWW, record("alias.example.com", "CNAME", "www.example.com"))
    assert zone.refused(record("example.com", "CNAME", "www.example.com"))[1] == (
        "[RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.]"
    )
    assert zone.refused(record("alias.example.com", "A", "192.0.2.1"))[1] == (
        "[RRSet of type A with DNS name alias.example.com. is not permitted because a conflicting RRSet of type CNAME "
        "with the same DNS name already exists in zone example.com.]"
    )
    assert zone.refused(record("www.example.com", "CNAME", "example.net"))[1] == (
        "[RRSet of type CNAME with DNS name www.example.com. is not permitted as it conflicts with other records with "
        "the same DNS name in zone example.com.]"
    )


def test_a_cname_takes_the_place_of_a_record_within_a_batch(zone: Zone, names: Names) -> None:
    zone.change(WWW, record("web.example.com", "A", "192.0.2.7"))
    cname = record("www.example.com", "CNAME", "web.example.com")
    zone.batch({"Action": "DELETE", "ResourceRecordSet": WWW}, {"Action": "CREATE", "ResourceRecordSet": cname})
    assert names("www.example.com") == ["192.0.2.7", "web.example.com."]


def test_one_record_set_is_changed_once_in_a_batch(zone: Zone) -> None:
    code, message = zone.refused(WWW, WWW, action="UPSERT")
    assert (code, message) == (
        "InvalidChangeBatch",
        "[The request contains an invalid set of changes for a resource record set 'A www.example.com.']",
    )


def test_a_deletion_names_what_is_there(zone: Zone) -> None:
    begin = "[Tried to delete resource record set [name='www.example.com.', type='A'] but "
    assert zone.refused(WWW, action="DELETE")[1] == f"{begin}it was not found]"
    zone.change(WWW)
    other = record("www.example.com", "A", "192.0.2.2")
    assert zone.refused(other, action="DELETE")[1] == f"{begin}the values provided do not match the current values]"


def test_a_zone_keeps_its_soa_and_ns_records(route53: Any, zone: Zone) -> None:
    ns, soa = route53.list_resource_record_sets(HostedZoneId=zone.id)["ResourceRecordSets"]
    assert zone.refused(soa, action="DELETE")[1] == "[A HostedZone must contain exactly one SOA record.]"
    assert zone.refused(ns, action="DELETE")[1] == (
        "[A HostedZone must contain at least one NS record for the zone itself.]"
    )
    soa["ResourceRecords"][0]["Value"] = soa["ResourceRecords"][0]["Value"].replace(" 86400", " 60")
    zone.change(soa, action="UPSERT")


WHERE = "in Change with [Action=CREATE, Name=x.example.com, Type=A, SetIdentifier=null]"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {},
            "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but "
            f"found none {WHERE}",
        ),
        (
            {"TTL": 5, "ResourceRecords": [{"Value": "192.0.2.1"}], **alias("Z1", "a.example.com")},
            "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but "
            f"found more than one {WHERE}",
        ),
        (
            {"TTL": 5, "ResourceRecords": [{"Value": "192.0.2.1"}], "Weight": 1},
            f"Missing field 'SetIdentifier' {WHERE}",
        ),
    ],
)
def test_the_form_of_a_change_is_checked_first(zone: Zone, given: dict[str, Any], words: str) -> None:
    found = zone.refused({"Name": "x.example.com", "Type": "A", **given})
    assert found == ("InvalidInput", f"Invalid request: {words}")


def test_policies_of_one_name_are_not_mixed(zone: Zone) -> None:
    weighted = record("www.example.com", "A", "192.0.2.1", SetIdentifier="a", Weight=1)
    zone.change(weighted)
    begin = "[RRSet with DNS name www.example.com., type A"
    assert zone.refused(WWW)[1] == f"{begin} cannot be created as other RRSets exist with the same name and type.]"
    latency = record("www.example.com", "A", "192.0.2.1", SetIdentifier="b", Region="us-east-1")
    assert zone.refused(latency)[1] == (
        f"{begin}, SetIdentifier b cannot be created as a non-latency set exists with the same name and type.]"
    )
    slower = record("www.example.com", "A", "192.0.2.2", SetIdentifier="b", Weight=1, TTL=5)
    assert zone.refused(slower)[1] == (
        "[RRSet with DNS name www.example.com. and type A, SetIdentifier b cannot be created as weighted sets must "
        "contain the same TTL.]"
    )
    zone.change(record("www.example.com", "A", "192.0.2.2", SetIdentifier="b", Weight=0))
    assert [each for each in zone.listed() if each[0].startswith("www")] == [("www.example.com.", "A")] * 2


def test_an_alias_needs_its_target_in_the_zone(zone: Zone, names: Names) -> None:
    missing = record("example.com", "A", **alias(zone.id, "www.example.com"))
    begin = f"[Tried to create an alias that targets www.example.com., type A in zone {zone.id}, but "
    assert zone.refused(missing)[1] == f"{begin}that target was not found]"
    outside = record("example.com", "A", **alias(zone.id, "www.example.net"))
    assert zone.refused(outside)[1].endswith("but the alias target name does not lie within the target zone]")
    zone.change(missing, WWW)
    assert names("example.com") == ["192.0.2.1"]


def test_names_are_listed_by_their_labels_from_the_last(zone: Zone) -> None:
    zone.change(
        *[record(f"{name}.example.com", "A", "192.0.2.1") for name in ("b", "a.b", "*", "a")],
        record("b.example.com", "TXT", '"x"'),
    )  # fmt: skip
    assert zone.listed() == [
        ("example.com.", "NS"),
        ("example.com.", "SOA"),
        ("\\052.example.com.", "A"),
        ("a.example.com.", "A"),
        ("b.example.com.", "A"),
        ("b.example.com.", "TXT"),
        ("a.b.example.com.", "A"),
    ]
    assert zone.listed(StartRecordName="b.example.com", MaxItems="2") == [
        ("b.example.com.", "A"),
        ("b.example.com.", "TXT"),
    ]
    assert zone.listed(StartRecordName="b.example.com", StartRecordType="TXT", MaxItems="1") == [
        ("b.example.com.", "TXT")
    ]


def test_a_list_goes_on_at_the_record_that_it_names(route53: Any, zone: Zone) -> None:
    for number in range(5):
        zone.change(record("www.example.com", "A", "192.0.2.1", SetIdentifier=f"s{number}", Weight=1))
    first = route53.list_resource_record_sets(HostedZoneId=zone.id, MaxItems="4")
    assert (first["IsTruncated"], first["MaxItems"]) == (True, "4")
    assert (first["NextRecordName"], first["NextRecordType"], first["NextRecordIdentifier"]) == (
        "www.example.com.", "A", "s2",
    )  # fmt: skip
    pages = route53.get_paginator("list_resource_record_sets").paginate(
        HostedZoneId=zone.id, PaginationConfig={"PageSize": 2}
    )
    assert len([each for page in pages for each in page["ResourceRecordSets"]]) == 7
    wrong = refused(route53.list_resource_record_sets, HostedZoneId=zone.id, StartRecordType="A")
    assert wrong[0] == "InvalidInput"


def test_a_policy_may_allow_only_some_records(cloud: TestCloud, zone: Zone) -> None:
    """What certbot needs: TXT records of one name (Developer Guide, "Using IAM policy conditions")."""
    iam = cloud.client("iam")
    iam.create_user(UserName="certbot")
    statement = {
        "Effect": "Allow",
        "Action": "route53:ChangeResourceRecordSets",
        "Resource": f"arn:aws:route53:::hostedzone/{zone.id}",
        "Condition": {
            "ForAllValues:StringEquals": {
                "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.example.com"],
                "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
            }
        },
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="certbot", PolicyName="p", PolicyDocument=document)
    keys = Keys.of(iam.create_access_key(UserName="certbot")["AccessKey"])
    theirs = cloud.client("route53", keys)
    allowed, other = record("_acme-challenge.Example.com.", "TXT", '"x"'), record("www.example.com", "TXT", '"x"')
    for each, permitted in ((allowed, True), (other, False)):
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": each}]}
        if permitted:
            theirs.change_resource_record_sets(HostedZoneId=zone.id, ChangeBatch=batch)
        else:
            found = refused(theirs.change_resource_record_sets, HostedZoneId=zone.id, ChangeBatch=batch)
            assert found[0] == "AccessDenied"


def test_a_dns_answer_is_tested_by_api(route53: Any, zone: Zone) -> None:
    zone.change(WWW)
    found = route53.test_dns_answer(HostedZoneId=zone.id, RecordName="www.example.com", RecordType="A")
    assert (found["RecordData"], found["ResponseCode"], found["Protocol"]) == (["192.0.2.1"], "NOERROR", "UDP")
    missing = route53.test_dns_answer(HostedZoneId=zone.id, RecordName="no.example.com", RecordType="A")
    assert missing["ResponseCode"] == "NXDOMAIN"


def test_a_tested_answer_is_that_of_the_subnet(route53: Any, zone: Zone) -> None:
    collection = route53.create_cidr_collection(Name="places", CallerReference="1")["Collection"]
    route53.change_cidr_collection(
        Id=collection["Id"],
        CollectionVersion=1,
        Changes=[{"LocationName": "office", "Action": "PUT", "CidrList": ["198.51.100.0/24"]}],
    )
    office = {"CidrRoutingConfig": {"CollectionId": collection["Id"], "LocationName": "office"}}
    rest = {"CidrRoutingConfig": {"CollectionId": collection["Id"], "LocationName": "*"}}
    zone.change(
        record("www.example.com", "A", "192.0.2.1", SetIdentifier="office", **office),
        record("www.example.com", "A", "192.0.2.2", SetIdentifier="rest", **rest),
    )
    asked: dict[str, Any] = {"HostedZoneId": zone.id, "RecordName": "www.example.com", "RecordType": "A"}
    assert route53.test_dns_answer(**asked)["RecordData"] == ["192.0.2.2"]
    found = route53.test_dns_answer(**asked, EDNS0ClientSubnetIP="198.51.100.0", EDNS0ClientSubnetMask="24")
    assert found["RecordData"] == ["192.0.2.1"]


def test_cidr_collections(route53: Any, zone: Zone) -> None:
    made = route53.create_cidr_collection(Name="places", CallerReference="1")["Collection"]
    again = refused(route53.create_cidr_collection, Name="places", CallerReference="2")
    assert again[0] == "CidrCollectionAlreadyExistsException"

    def change(action: str, location: str, *blocks: str, **more: Any) -> Any:
        changes = [{"LocationName": location, "Action": action, "CidrList": list(blocks)}]
        return {"Id": made["Id"], "Changes": changes, **more}

    route53.change_cidr_collection(**change("PUT", "a", "192.0.2.0/24", "2001:db8::/48"))
    route53.change_cidr_collection(**change("PUT", "b", "198.51.100.0/24"))
    used = refused(route53.change_cidr_collection, **change("PUT", "b", "192.0.2.0/24"))
    assert used[0] == "CidrBlockInUseException"
    assert refused(route53.change_cidr_collection, **change("PUT", "b", "192.0.2.0/25"))[0] == "InvalidInput"
    old = refused(route53.change_cidr_collection, **change("PUT", "b", "203.0.113.0/24", CollectionVersion=1))
    assert old[0] == "CidrCollectionVersionMismatchException"
    assert [each["LocationName"] for each in route53.list_cidr_locations(CollectionId=made["Id"])["CidrLocations"]] == [
        "a", "b",
    ]  # fmt: skip
    blocks = route53.list_cidr_blocks(CollectionId=made["Id"], LocationName="a")["CidrBlocks"]
    assert [each["CidrBlock"] for each in blocks] == ["192.0.2.0/24", "2001:db8::/48"]
    assert route53.list_cidr_collections()["CidrCollections"][0]["Version"] == 3
    config = {"CidrRoutingConfig": {"CollectionId": made["Id"], "LocationName": "a"}}
    zone.change(record("www.example.com", "A", "192.0.2.1", SetIdentifier="a", **config))
    kept = refused(route53.change_cidr_collection, **change("DELETE_IF_EXISTS", "a", "192.0.2.0/24", "2001:db8::/48"))
    assert kept[0] == "CidrCollectionInUseException"
    assert refused(route53.delete_cidr_collection, Id=made["Id"])[0] == "CidrCollectionInUseException"


def test_query_logging_is_refused_as_there_are_no_logs(route53: Any, zone: Zone) -> None:
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:dns"
    found = refused(route53.create_query_logging_config, HostedZoneId=zone.id, CloudWatchLogsLogGroupArn=arn)
    assert found[0] == "NotImplemented"
    assert route53.list_query_logging_configs()["QueryLoggingConfigs"] == []


def test_places_are_listed_continents_first(route53: Any) -> None:
    first = route53.list_geo_locations(MaxItems="9")
    shown = [each.get("ContinentCode") or each["CountryCode"] for each in first["GeoLocationDetailsList"]]
    assert shown == ["AF", "AN", "AS", "EU", "NA", "OC", "SA", "*", "AD"]
    assert (first["IsTruncated"], first["NextCountryCode"]) == (True, "AE")
    states = route53.list_geo_locations(StartCountryCode="US", MaxItems="3")["GeoLocationDetailsList"]
    assert [each.get("SubdivisionName") for each in states] == [None, "Alaska", "Alabama"]


def test_a_place_has_a_name_or_is_not_supported(route53: Any, zone: Zone) -> None:
    found = route53.get_geo_location(CountryCode="KR")["GeoLocationDetails"]
    assert found == {"CountryCode": "KR", "CountryName": "South Korea"}
    assert refused(route53.get_geo_location, CountryCode="XX")[0] == "NoSuchGeoLocation"
    nowhere = record("www.example.com", "A", "192.0.2.1", SetIdentifier="x", GeoLocation={"CountryCode": "XX"})
    assert zone.refused(nowhere)[0] == "InvalidChangeBatch"


def test_a_record_for_the_clouds_own_country_is_answered(zone: Zone, names: Names) -> None:
    zone.change(
        record("www.example.com", "A", "192.0.2.1", SetIdentifier="us", GeoLocation={"CountryCode": "US"}),
        record("www.example.com", "A", "192.0.2.2", SetIdentifier="rest", GeoLocation={"CountryCode": "*"}),
        record(
            "near.example.com", "A", "192.0.2.3", SetIdentifier="a", GeoProximityLocation={"AWSRegion": "us-east-2"}
        ),
        record(
            "near.example.com", "A", "192.0.2.4", SetIdentifier="b",
            GeoProximityLocation={"Coordinates": {"Latitude": "48.86", "Longitude": "2.35"}, "Bias": 10},
        ),
    )  # fmt: skip
    assert names("www.example.com") == ["192.0.2.1"]
    assert names("near.example.com") == ["192.0.2.3"]
