"""Domains that change accounts, and what is said of names and prices. Source: the API reference."""

from typing import Any

import botocore.auth
import pytest

from tests.cloud import Keys, TestCloud
from tests.services.route53.conftest import Names, refused
from tests.services.route53domains.test_domains import register


@pytest.fixture()
def domains(cloud: TestCloud) -> Any:
    return cloud.client("route53domains")


@pytest.fixture()
def names(cloud: TestCloud) -> Names:
    return Names(cloud)


@pytest.fixture()
def other(cloud: TestCloud) -> tuple[str, Any]:
    """Another account, and its client."""
    account = cloud.cloud.create_account("other", "other@example.com")
    key = cloud.cloud.create_admin(account)
    return account, cloud.client("route53domains", Keys(key["access_key_id"], key["secret_access_key"]))


def listed(client: Any) -> list[str]:
    return [each["DomainName"] for each in client.list_domains()["Domains"]]


def test_a_domain_goes_to_who_has_the_password(domains: Any, other: tuple[str, Any], names: Names) -> None:
    account, theirs = other
    register(domains)
    before = names("example.com", "NS")
    offered = domains.transfer_domain_to_another_aws_account(DomainName="example.com", AccountId=account)
    names.settle()
    assert domains.get_operation_detail(OperationId=offered["OperationId"])["Status"] == "IN_PROGRESS"
    wrong = {"DomainName": "example.com", "Password": "wrong"}
    assert refused(theirs.accept_domain_transfer_from_another_aws_account, **wrong)[0] == "InvalidInput"
    theirs.accept_domain_transfer_from_another_aws_account(DomainName="example.com", Password=offered["Password"])
    names.settle()
    assert (listed(domains), listed(theirs)) == ([], ["example.com"])
    assert names("example.com", "NS") == before
    assert domains.get_operation_detail(OperationId=offered["OperationId"])["Status"] == "SUCCESSFUL"
    again = {"DomainName": "example.com", "Password": offered["Password"]}
    assert refused(theirs.accept_domain_transfer_from_another_aws_account, **again)[0] == "InvalidInput"


def test_a_transfer_may_be_cancelled_or_rejected(domains: Any, other: tuple[str, Any]) -> None:
    account, theirs = other
    register(domains)
    wanted = {"DomainName": "example.com", "AccountId": account}
    domains.transfer_domain_to_another_aws_account(**wanted)
    assert refused(domains.transfer_domain_to_another_aws_account, **wanted)[0] == "DuplicateRequest"
    assert refused(theirs.cancel_domain_transfer_to_another_aws_account, DomainName="example.com")[0] == "InvalidInput"
    domains.cancel_domain_transfer_to_another_aws_account(DomainName="example.com")
    offered = domains.transfer_domain_to_another_aws_account(**wanted)
    rejected = theirs.reject_domain_transfer_from_another_aws_account(DomainName="example.com")
    assert rejected["OperationId"] == offered["OperationId"]
    assert domains.get_operation_detail(OperationId=offered["OperationId"])["Status"] == "FAILED"
    assert listed(domains) == ["example.com"]


def test_an_offer_lasts_three_days(
    cloud: TestCloud, domains: Any, other: tuple[str, Any], names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(  # botocore signs by the cloud's clock
        botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: cloud.clock().replace(tzinfo=None)
    )
    account, theirs = other
    register(domains)
    offered = domains.transfer_domain_to_another_aws_account(DomainName="example.com", AccountId=account)
    names.settle()
    cloud.clock.advance(days=3, seconds=1)
    names.settle()
    assert domains.get_operation_detail(OperationId=offered["OperationId"])["Status"] == "FAILED"
    late = {"DomainName": "example.com", "Password": offered["Password"]}
    assert refused(theirs.accept_domain_transfer_from_another_aws_account, **late)[0] == "InvalidInput"


def test_suggestions_say_whether_a_name_is_free(domains: Any) -> None:
    register(domains, "example.net")
    found = domains.get_domain_suggestions(DomainName="example.com", SuggestionCount=50, OnlyAvailable=False)
    shown = {each["DomainName"]: each["Availability"] for each in found["SuggestionsList"]}
    assert len(shown) == 50
    assert (shown["example.net"], shown["example.org"]) == ("UNAVAILABLE", "AVAILABLE")
    free = domains.get_domain_suggestions(DomainName="example.com", SuggestionCount=3, OnlyAvailable=True)
    assert "example.net" not in [each["DomainName"] for each in free["SuggestionsList"]]
    assert len(free["SuggestionsList"]) == 3


def test_nothing_costs_anything(domains: Any) -> None:
    [price] = domains.list_prices(Tld="com")["Prices"]
    assert price["RegistrationPrice"] == {"Price": 0.0, "Currency": "USD"}
    assert domains.view_billing()["BillingRecords"] == []


def test_only_domains_of_this_cloud_can_be_transferred(domains: Any, other: tuple[str, Any]) -> None:
    register(domains)

    def said(client: Any, name: str) -> str:
        found: str = client.check_domain_transferability(DomainName=name)["Transferability"]["Transferable"]
        return found

    assert said(domains, "example.com") == "DOMAIN_IN_OWN_ACCOUNT"
    assert said(other[1], "example.com") == "DOMAIN_IN_ANOTHER_ACCOUNT"
    assert said(domains, "example.org") == "UNTRANSFERABLE"
