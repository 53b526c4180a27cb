"""Domains: registered within the cloud with a hosted zone, renewed, listed, and known to the DNS server."""

from typing import Any

import pytest

from tests.cloud import Keys, TestCloud
from tests.services.route53.conftest import Names, Zone, record, refused

CONTACT = {
    "FirstName": "Jane",
    "LastName": "Doe",
    "ContactType": "PERSON",
    "AddressLine1": "1 Main Street",
    "City": "Anytown",
    "CountryCode": "US",
    "ZipCode": "12345",
    "PhoneNumber": "+1.5555550100",
    "Email": "jane@example.com",
}
CONTACTS = {"AdminContact": CONTACT, "RegistrantContact": CONTACT, "TechContact": CONTACT}


@pytest.fixture()
def domains(cloud: TestCloud) -> Any:
    return cloud.client("route53domains")


@pytest.fixture()
def route53(cloud: TestCloud) -> Any:
    return cloud.client("route53")


@pytest.fixture()
def names(cloud: TestCloud) -> Names:
    return Names(cloud)


def register(domains: Any, name: str = "example.com", years: int = 1, **more: Any) -> str:
    answer = domains.register_domain(DomainName=name, DurationInYears=years, **CONTACTS, **more)
    id_: str = answer["OperationId"]
    return id_


def test_a_domain_is_registered_with_a_zone_that_answers(domains: Any, route53: Any, names: Names) -> None:
    assert domains.check_domain_availability(DomainName="example.com")["Availability"] == "AVAILABLE"
    operation = register(domains)
    assert domains.get_operation_detail(OperationId=operation)["Status"] == "IN_PROGRESS"
    servers = [f"{each['Name']}." for each in domains.get_domain_detail(DomainName="example.com")["Nameservers"]]
    assert names("example.com", "NS") == sorted(servers)
    done = domains.get_operation_detail(OperationId=operation)
    assert (done["Status"], done["Type"], done["DomainName"]) == ("SUCCESSFUL", "REGISTER_DOMAIN", "example.com")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    assert (zone["Name"], zone["Config"]["Comment"]) == ("example.com.", "HostedZone created by Route53 Registrar")
    assert domains.check_domain_availability(DomainName="Example.com.")["Availability"] == "UNAVAILABLE"


def test_a_domain_is_registered_once_by_whatever_account(cloud: TestCloud, domains: Any) -> None:
    register(domains)
    key = cloud.cloud.create_admin(cloud.cloud.create_account("other", "other@example.com"))
    theirs = cloud.client("route53domains", Keys(key["access_key_id"], key["secret_access_key"]))
    found = refused(theirs.register_domain, DomainName="example.com", DurationInYears=1, **CONTACTS)
    assert found == ("InvalidInput", "Domain example.com is not available for registration")
    assert refused(theirs.get_domain_detail, DomainName="example.com")[0] == "InvalidInput"


@pytest.mark.parametrize(
    ("name", "code"), [("nodots", "InvalidInput"), ("a_b.com", "InvalidInput"), ("x.local", "UnsupportedTLD")]
)
def test_what_nobody_can_register_is_refused(domains: Any, name: str, code: str) -> None:
    assert refused(domains.check_domain_availability, DomainName=name)[0] == code


def test_the_name_servers_of_a_domain_say_which_of_its_zones_answers(domains: Any, route53: Any, names: Names) -> None:
    older = Zone(route53, "example.com")
    older.change(record("www.example.com", "A", "192.0.2.1"))
    register(domains)
    assert names("www.example.com") == []  # the zone that came with the domain is empty
    servers = [{"Name": each} for each in older.made["DelegationSet"]["NameServers"]]
    domains.update_domain_nameservers(DomainName="example.com", Nameservers=servers)
    assert names("www.example.com") == ["192.0.2.1"]


def test_a_domain_is_renewed_by_who_knows_when_it_expires(domains: Any) -> None:
    register(domains, years=2)
    expiry = domains.get_domain_detail(DomainName="example.com")["ExpirationDate"]
    wrong = refused(domains.renew_domain, DomainName="example.com", CurrentExpiryYear=expiry.year - 1)
    assert wrong[0] == "InvalidInput"
    domains.renew_domain(DomainName="example.com", DurationInYears=3, CurrentExpiryYear=expiry.year)
    later = domains.get_domain_detail(DomainName="example.com")["ExpirationDate"]
    assert later.year == expiry.year + 3
    long = refused(domains.renew_domain, DomainName="example.com", DurationInYears=9, CurrentExpiryYear=later.year)
    assert long[0] == "InvalidInput"


def test_time_renews_a_domain_or_ends_it(cloud: TestCloud, domains: Any, names: Names) -> None:
    register(domains, "kept.example")
    register(domains, "left.example", AutoRenew=False)
    names.settle()
    cloud.clock.advance(days=366)
    names.settle()
    with cloud.store.snapshot() as tx:
        from groundcloud.services.route53domains.records import Domain

        assert [each.name for each in tx.scan(Domain)] == ["kept.example"]


def test_domains_are_listed_filtered_and_sorted(domains: Any) -> None:
    for years, name in enumerate(("b.example", "a.example", "ab.example"), 1):
        register(domains, name, years)

    def listed(**options: Any) -> list[str]:
        return [each["DomainName"] for each in domains.list_domains(**options)["Domains"]]

    assert listed() == ["a.example", "ab.example", "b.example"]
    assert listed(SortCondition={"Name": "Expiry", "SortOrder": "DESC"}) == ["ab.example", "a.example", "b.example"]
    begins = [{"Name": "DomainName", "Operator": "BEGINS_WITH", "Values": ["a"]}]
    assert listed(FilterConditions=begins) == ["a.example", "ab.example"]
    pages = domains.get_paginator("list_domains").paginate(PaginationConfig={"PageSize": 2})
    assert [each["DomainName"] for page in pages for each in page["Domains"]] == [
        "a.example",
        "ab.example",
        "b.example",
    ]


def test_operations_are_listed(cloud: TestCloud, domains: Any, names: Names) -> None:
    register(domains)
    names.settle()
    cloud.clock.advance(seconds=1)
    domains.disable_domain_transfer_lock(DomainName="example.com")
    assert [each["Type"] for each in domains.list_operations()["Operations"]] == ["REGISTER_DOMAIN", "DOMAIN_LOCK"]
    (waiting,) = domains.list_operations(Status=["IN_PROGRESS"])["Operations"]
    assert waiting["Type"] == "DOMAIN_LOCK"
    assert refused(domains.get_operation_detail, OperationId="none")[0] == "InvalidInput"


def test_settings_of_a_domain(domains: Any) -> None:
    register(domains)
    domains.disable_domain_auto_renew(DomainName="example.com")
    domains.disable_domain_transfer_lock(DomainName="example.com")
    domains.update_domain_contact(DomainName="example.com", TechContact={**CONTACT, "City": "Othertown"})
    domains.update_domain_contact_privacy(DomainName="example.com", TechPrivacy=False)
    found = domains.get_domain_detail(DomainName="example.com")
    assert (found["AutoRenew"], found["TechPrivacy"], found["AdminPrivacy"]) == (False, False, True)
    assert (found["TechContact"]["City"], found["AdminContact"]["City"]) == ("Othertown", "Anytown")
    assert found["StatusList"] == ["ok"]
    domains.enable_domain_auto_renew(DomainName="example.com")
    domains.enable_domain_transfer_lock(DomainName="example.com")
    assert domains.get_domain_detail(DomainName="example.com")["StatusList"] == ["clientTransferProhibited"]
    domains.update_tags_for_domain(DomainName="example.com", TagsToUpdate=[{"Key": "a", "Value": "1"}])
    assert domains.list_tags_for_domain(DomainName="example.com")["TagList"] == [{"Key": "a", "Value": "1"}]
    domains.delete_tags_for_domain(DomainName="example.com", TagsToDelete=["a"])
    assert domains.list_tags_for_domain(DomainName="example.com")["TagList"] == []


def test_a_domain_that_was_given_up_can_be_registered_again(domains: Any) -> None:
    register(domains)
    domains.delete_domain(DomainName="example.com")
    assert domains.list_domains()["Domains"] == []
    assert domains.check_domain_availability(DomainName="example.com")["Availability"] == "AVAILABLE"
