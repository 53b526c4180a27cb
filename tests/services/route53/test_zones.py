"""Hosted zones, their name servers, their VPCs, and how they are listed."""

from typing import Any

import pytest

from tests.cloud import Keys, TestCloud
from tests.services.route53.conftest import Names, Zone, record, refused


def other_account(cloud: TestCloud) -> Keys:
    number = cloud.cloud.create_account("other", "other@example.com")
    key = cloud.cloud.create_admin(number)
    return Keys(key["access_key_id"], key["secret_access_key"])


class Vpcs:
    """Two VPCs, in two regions."""

    def __init__(self, cloud: TestCloud, keys: Keys | None = None) -> None:
        self.own = self._made(cloud, "us-east-1", None)
        self.other = self._made(cloud, "eu-west-1", keys)

    def _made(self, cloud: TestCloud, region: str, keys: Keys | None) -> dict[str, str]:
        ec2 = cloud.client("ec2", keys, region_name=region)
        return {"VPCRegion": region, "VPCId": ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]}


@pytest.fixture()
def vpcs(cloud: TestCloud) -> Vpcs:
    return Vpcs(cloud)


def test_a_zone_begins_with_four_name_servers_and_an_soa_record(route53: Any, zone: Zone) -> None:
    servers = zone.made["DelegationSet"]["NameServers"]
    assert [server.partition(".awsdns-")[2][3:] for server in servers] == ["com", "net", "org", "co.uk"]
    assert zone.made["HostedZone"]["Name"] == "example.com."
    assert zone.made["HostedZone"]["ResourceRecordSetCount"] == 2
    assert zone.made["Location"].endswith(f"/2013-04-01/hostedzone/{zone.id}")
    assert zone.made["ResponseMetadata"]["HTTPStatusCode"] == 201
    ns, soa = route53.list_resource_record_sets(HostedZoneId=zone.id)["ResourceRecordSets"]
    assert (ns["TTL"], [each["Value"] for each in ns["ResourceRecords"]]) == (172800, [f"{each}." for each in servers])
    assert soa["TTL"] == 900
    assert soa["ResourceRecords"][0]["Value"].endswith(" awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400")


def test_a_new_zone_is_in_sync_once_it_answers(route53: Any, zone: Zone, names: Names) -> None:
    change = zone.made["ChangeInfo"]
    assert change["Status"] == "PENDING"
    assert len(names("example.com", "NS") or ()) == 4
    assert route53.get_change(Id=change["Id"])["ChangeInfo"]["Status"] == "INSYNC"


def test_the_same_caller_reference_makes_no_second_zone(route53: Any, zone: Zone) -> None:
    found = refused(route53.create_hosted_zone, Name="example.net", CallerReference="1")
    assert found[0] == "HostedZoneAlreadyExists"


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".com", ".", "ü.com"])
def test_what_is_no_domain_name_is_refused(route53: Any, name: str) -> None:
    assert refused(route53.create_hosted_zone, Name=name, CallerReference="1")[0] == "InvalidDomainName"


def test_only_an_empty_zone_is_deleted_and_answers_no_more(route53: Any, zone: Zone, names: Names) -> None:
    www = record("www.example.com", "A", "192.0.2.1")
    zone.change(www)
    assert refused(route53.delete_hosted_zone, Id=zone.id)[0] == "HostedZoneNotEmpty"
    zone.change(www, action="DELETE")
    route53.delete_hosted_zone(Id=zone.id)
    assert names("example.com", "SOA") is None
    assert refused(route53.get_hosted_zone, Id=zone.id) == (
        "NoSuchHostedZone", f"No hosted zone found with ID: {zone.id}",
    )  # fmt: skip


def test_zones_are_listed_page_by_page_by_their_ids(route53: Any) -> None:
    made = sorted(f"/hostedzone/{Zone(route53, 'example.com', str(number)).id}" for number in range(5))
    first = route53.list_hosted_zones(MaxItems="2")
    assert ([each["Id"] for each in first["HostedZones"]], first["IsTruncated"]) == (made[:2], True)
    assert first["NextMarker"] == made[2].removeprefix("/hostedzone/")
    pages = route53.get_paginator("list_hosted_zones").paginate(PaginationConfig={"PageSize": 2})
    assert [each["Id"] for page in pages for each in page["HostedZones"]] == made


def test_zones_are_listed_by_the_labels_of_their_names_from_the_last(route53: Any) -> None:
    for number, name in enumerate(["b.com", "a.org", "z.a.com", "a.com"]):
        Zone(route53, name, str(number))
    answer = route53.list_hosted_zones_by_name()
    assert [each["Name"] for each in answer["HostedZones"]] == ["a.com.", "z.a.com.", "b.com.", "a.org."]
    answer = route53.list_hosted_zones_by_name(DNSName="b.com", MaxItems="1")
    assert [each["Name"] for each in answer["HostedZones"]] == ["b.com."]
    assert (answer["DNSName"], answer["NextDNSName"], answer["IsTruncated"]) == ("b.com", "a.org.", True)


def test_a_comment_is_changed(route53: Any, zone: Zone) -> None:
    assert route53.update_hosted_zone_comment(Id=zone.id, Comment="mine")["HostedZone"]["Config"]["Comment"] == "mine"
    assert "Comment" not in route53.update_hosted_zone_comment(Id=zone.id)["HostedZone"]["Config"]


def test_limits_and_counts(route53: Any, zone: Zone) -> None:
    found = route53.get_hosted_zone_limit(HostedZoneId=zone.id, Type="MAX_RRSETS_BY_ZONE")
    assert (found["Limit"]["Value"], found["Count"]) == (10000, 2)
    assert route53.get_hosted_zone_count()["HostedZoneCount"] == 1
    assert route53.get_account_limit(Type="MAX_HOSTED_ZONES_BY_OWNER")["Count"] == 1
    assert refused(route53.get_hosted_zone_limit, HostedZoneId=zone.id, Type="MAX_VPCS_ASSOCIATED_BY_ZONE")[0] == (
        "HostedZoneNotPrivate"
    )


# -- delegation sets


def test_zones_share_a_reusable_delegation_set(route53: Any) -> None:
    made = route53.create_reusable_delegation_set(CallerReference="1")["DelegationSet"]
    zones = [Zone(route53, "example.com", str(number), DelegationSetId=made["Id"]) for number in range(2)]
    assert all(each.made["DelegationSet"]["NameServers"] == made["NameServers"] for each in zones)
    assert len(route53.list_hosted_zones(DelegationSetId=made["Id"])["HostedZones"]) == 2
    found = route53.get_reusable_delegation_set_limit(
        DelegationSetId=made["Id"], Type="MAX_ZONES_BY_REUSABLE_DELEGATION_SET"
    )
    assert found["Count"] == 2
    assert refused(route53.delete_reusable_delegation_set, Id=made["Id"])[0] == "DelegationSetInUse"
    for each in zones:
        route53.delete_hosted_zone(Id=each.id)
    route53.delete_reusable_delegation_set(Id=made["Id"])
    assert refused(route53.get_reusable_delegation_set, Id=made["Id"])[0] == "NoSuchDelegationSet"


def test_a_zones_name_servers_become_reusable(route53: Any, zone: Zone) -> None:
    made = route53.create_reusable_delegation_set(CallerReference="1", HostedZoneId=zone.id)["DelegationSet"]
    assert made["NameServers"] == zone.made["DelegationSet"]["NameServers"]
    assert [each["Id"] for each in route53.list_reusable_delegation_sets()["DelegationSets"]] == [made["Id"]]
    again = refused(route53.create_reusable_delegation_set, CallerReference="2", HostedZoneId=zone.id)
    assert again[0] == "DelegationSetAlreadyReusable"


# -- private zones


def test_a_private_zone_answers_in_its_vpcs_only(route53: Any, names: Names, vpcs: Vpcs) -> None:
    zone = Zone(route53, VPC=vpcs.own)
    assert zone.made["HostedZone"]["Config"]["PrivateZone"] is True
    assert zone.made["VPC"] == vpcs.own
    zone.change(record("db.example.com", "A", "10.0.0.5"))
    assert names("db.example.com", vpc=vpcs.own["VPCId"]) == ["10.0.0.5"]
    assert names("db.example.com") is None
    assert names("db.example.com", vpc=vpcs.other["VPCId"]) is None
    route53.associate_vpc_with_hosted_zone(HostedZoneId=zone.id, VPC=vpcs.other)
    assert names("db.example.com", vpc=vpcs.other["VPCId"]) == ["10.0.0.5"]
    route53.disassociate_vpc_from_hosted_zone(HostedZoneId=zone.id, VPC=vpcs.own)
    assert names("db.example.com", vpc=vpcs.own["VPCId"]) is None
    last = refused(route53.disassociate_vpc_from_hosted_zone, HostedZoneId=zone.id, VPC=vpcs.other)
    assert last[0] == "LastVPCAssociation"
    assert route53.get_hosted_zone(Id=zone.id)["VPCs"] == [vpcs.other]
    assert "DelegationSet" not in route53.get_hosted_zone(Id=zone.id)


def test_a_vpc_sees_one_zone_of_a_name(route53: Any, vpcs: Vpcs) -> None:
    Zone(route53, VPC=vpcs.own)
    found = refused(route53.create_hosted_zone, Name="example.com", CallerReference="2", VPC=vpcs.own)
    assert found[0] == "ConflictingDomainExists"


def test_a_vpc_has_to_exist(route53: Any, vpcs: Vpcs) -> None:
    for region, id_ in (("us-east-1", "vpc-0123456789abcdef0"), ("eu-west-1", vpcs.own["VPCId"]), ("us-east-1", "x")):
        found = refused(
            route53.create_hosted_zone, Name="example.com", CallerReference="1",
            VPC={"VPCRegion": region, "VPCId": id_},
        )  # fmt: skip
        assert found[0] == "InvalidVPCId"


def test_a_public_zone_takes_no_vpc(route53: Any, zone: Zone, vpcs: Vpcs) -> None:
    found = refused(route53.associate_vpc_with_hosted_zone, HostedZoneId=zone.id, VPC=vpcs.own)
    assert found[0] == "PublicZoneVPCAssociation"


def test_a_vpc_of_another_account_needs_an_authorization(cloud: TestCloud, route53: Any) -> None:
    keys = other_account(cloud)
    vpcs = Vpcs(cloud, keys)
    zone = Zone(route53, VPC=vpcs.own)
    theirs = cloud.client("route53", keys)
    asked = {"HostedZoneId": zone.id, "VPC": vpcs.other}
    assert refused(theirs.associate_vpc_with_hosted_zone, **asked)[0] == "NotAuthorizedException"
    route53.create_vpc_association_authorization(HostedZoneId=zone.id, VPC=vpcs.other)
    assert route53.list_vpc_association_authorizations(HostedZoneId=zone.id)["VPCs"] == [vpcs.other]
    theirs.associate_vpc_with_hosted_zone(HostedZoneId=zone.id, VPC=vpcs.other)
    (seen,) = theirs.list_hosted_zones_by_vpc(VPCId=vpcs.other["VPCId"], VPCRegion="eu-west-1")["HostedZoneSummaries"]
    assert (seen["HostedZoneId"], seen["Owner"]["OwningAccount"]) == (zone.id, cloud.account)
    route53.delete_vpc_association_authorization(HostedZoneId=zone.id, VPC=vpcs.other)
    gone = refused(route53.delete_vpc_association_authorization, HostedZoneId=zone.id, VPC=vpcs.other)
    assert gone[0] == "VPCAssociationAuthorizationNotFound"


def test_zones_of_a_vpc_are_listed_page_by_page(route53: Any, vpcs: Vpcs) -> None:
    for number in range(3):
        Zone(route53, f"example{number}.com", str(number), VPC=vpcs.own)
    first = route53.list_hosted_zones_by_vpc(VPCId=vpcs.own["VPCId"], VPCRegion="us-east-1", MaxItems="2")
    second = route53.list_hosted_zones_by_vpc(
        VPCId=vpcs.own["VPCId"], VPCRegion="us-east-1", MaxItems="2", NextToken=first["NextToken"]
    )
    found = {each["Name"] for each in (*first["HostedZoneSummaries"], *second["HostedZoneSummaries"])}
    assert found == {"example0.com.", "example1.com.", "example2.com."}


def test_zones_belong_to_their_account(cloud: TestCloud, route53: Any, zone: Zone) -> None:
    theirs = cloud.client("route53", other_account(cloud))
    assert refused(theirs.get_hosted_zone, Id=zone.id)[0] == "NoSuchHostedZone"
    assert theirs.list_hosted_zones()["HostedZones"] == []


# -- tags


def test_tags_of_zones_and_health_checks(route53: Any, zone: Zone) -> None:
    check = route53.create_health_check(
        CallerReference="1", HealthCheckConfig={"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 80}
    )["HealthCheck"]["Id"]
    for kind, id_ in (("hostedzone", zone.id), ("healthcheck", check)):
        tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
        route53.change_tags_for_resource(ResourceType=kind, ResourceId=id_, AddTags=tags)
        route53.change_tags_for_resource(ResourceType=kind, ResourceId=id_, RemoveTagKeys=["a"])
        found = route53.list_tags_for_resource(ResourceType=kind, ResourceId=id_)["ResourceTagSet"]
        assert found == {"ResourceType": kind, "ResourceId": id_, "Tags": [{"Key": "b", "Value": "2"}]}
    (found,) = route53.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[zone.id])["ResourceTagSets"]
    assert found["ResourceId"] == zone.id
    assert (
        refused(route53.list_tags_for_resource, ResourceType="healthcheck", ResourceId="none")[0] == "NoSuchHealthCheck"
    )
