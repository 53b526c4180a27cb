import pytest

from groundcloud.controllers import Loop
from groundcloud.services.ses.controller import Verifications


def status(ses, name: str) -> str:
    return ses.get_identity_verification_attributes(Identities=[name])["VerificationAttributes"][name][
        "VerificationStatus"
    ]


def test_an_address_is_verified_by_the_link_in_a_mail(cloud, ses, link, mailbox):
    ses.verify_email_identity(EmailAddress="ann@example.com")
    assert status(ses, "ann@example.com") == "Pending"
    code, _, page = cloud.request("GET", link(), {})
    assert (code, page) == (200, b"ann@example.com is verified: mail may be sent from it.\n")
    assert status(ses, "ann@example.com") == "Success"
    assert ses.list_identities(IdentityType="EmailAddress")["Identities"] == ["ann@example.com"]
    assert ses.list_verified_email_addresses()["VerifiedEmailAddresses"] == ["ann@example.com"]
    ses.delete_identity(Identity="ann@example.com")
    assert ses.list_identities()["Identities"] == []


@pytest.mark.parametrize("spoil", [lambda url: url + "x", lambda url: url[:-5], lambda url: url.split("?")[0]])
def test_a_link_that_was_changed_verifies_nothing(cloud, ses, link, spoil):
    ses.verify_email_identity(EmailAddress="ann@example.com")
    assert cloud.request("GET", spoil(link()), {})[0] == 400
    assert status(ses, "ann@example.com") == "Pending"


def test_a_link_is_good_for_a_day(cloud, ses, link):
    ses.verify_email_identity(EmailAddress="ann@example.com")
    url = link()
    cloud.clock.advance(hours=25)
    assert cloud.request("GET", url, {})[0] == 400
    assert status(ses, "ann@example.com") == "Pending"


def loop_of(cloud, records: dict[tuple[str, str], list[str]]) -> Loop:
    controller = Verifications(cloud.store, lambda name, type_: records.get((name, type_), []), cloud.clock)
    return Loop(cloud.store, [controller], now=cloud.clock, monotonic=lambda: cloud.clock().timestamp())


def test_a_domain_is_verified_by_a_record_in_its_zone(cloud, ses):
    token = ses.verify_domain_identity(Domain="example.com")["VerificationToken"]
    records: dict[tuple[str, str], list[str]] = {}
    loop = loop_of(cloud, records)
    loop.settle()
    assert status(ses, "example.com") == "Pending"
    records["_amazonses.example.com", "TXT"] = [token]
    cloud.clock.advance(seconds=10)
    loop.settle()
    assert status(ses, "example.com") == "Success"


def test_the_tokens_of_dkim_verify_a_domain(cloud, ses2):
    made = ses2.create_email_identity(EmailIdentity="example.com", Tags=[{"Key": "a", "Value": "b"}])
    tokens = made["DkimAttributes"]["Tokens"]
    assert len(tokens) == 3
    records = {(f"{token}._domainkey.example.com", "CNAME"): [f"{token}.dkim.amazonses.com."] for token in tokens}
    loop_of(cloud, records).settle()
    found = ses2.get_email_identity(EmailIdentity="example.com")
    assert found["VerifiedForSendingStatus"] is True
    assert found["DkimAttributes"]["Status"] == "SUCCESS"
    assert found["Tags"] == [{"Key": "a", "Value": "b"}]
    [listed] = ses2.list_email_identities()["EmailIdentities"]
    assert listed["IdentityName"] == "example.com"
    with pytest.raises(ses2.exceptions.AlreadyExistsException):
        ses2.create_email_identity(EmailIdentity="example.com")


def test_a_domain_without_records_fails_after_three_days(cloud, ses):
    ses.verify_domain_identity(Domain="example.com")
    loop = loop_of(cloud, {})
    loop.settle()
    cloud.clock.advance(hours=73)
    loop.settle()
    assert status(ses, "example.com") == "Failed"


def test_records_in_route_53_verify_a_domain(cloud, ses):
    """As a running cloud does it: by the tables of its own DNS server."""
    route53 = cloud.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="one")["HostedZone"]["Id"]
    token = ses.verify_domain_identity(Domain="example.com")["VerificationToken"]
    record = {
        "Name": "_amazonses.example.com", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": f'"{token}"'}]
    }  # fmt: skip
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )
    controllers = [each for each in cloud.loops.name_controllers() if each.name != "route53.health_checks"]
    loop = Loop(cloud.store, controllers, now=cloud.clock, monotonic=lambda: cloud.clock().timestamp())
    loop.settle()
    cloud.clock.advance(seconds=20)
    loop.settle()
    assert status(ses, "example.com") == "Success"


@pytest.mark.parametrize("name", ["no", "@example.com", "a b@example.com"])
def test_what_is_no_identity_is_refused(ses2, name: str):
    with pytest.raises(ses2.exceptions.BadRequestException):
        ses2.create_email_identity(EmailIdentity=name)
