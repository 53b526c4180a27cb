import re

import pytest

from groundcloud.services.organizations.records import Handshake


@pytest.fixture()
def guest(company):
    """An account that is in no organization yet."""
    return company.cloud.cloud.create_account("guest", "guest@example.com")


def invite(company, guest: str) -> str:
    sent = company.api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": guest}, Notes="Come in")
    return sent["Handshake"]["Id"]


def state(company, handshake: str) -> str:
    return company.api.describe_handshake(HandshakeId=handshake)["Handshake"]["State"]


def test_an_invitation_tells_who_invites_whom(company, guest):
    sent = company.api.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": guest}, Notes="Come in")
    shown = sent["Handshake"]
    organization = company.api.describe_organization()["Organization"]["Id"]
    assert re.fullmatch(r"h-[a-z0-9]{32}", shown["Id"])
    assert shown["Arn"] == (
        f"arn:aws:organizations::{company.cloud.account}:handshake/{organization}/invite/{shown['Id']}"
    )
    assert (shown["State"], shown["Action"]) == ("OPEN", "INVITE")
    assert (shown["ExpirationTimestamp"] - shown["RequestedTimestamp"]).days == 15
    kinds = {each["Type"]: each["Value"] for each in shown["Resources"]}
    assert kinds == {"ORGANIZATION": organization, "ACCOUNT": guest, "NOTES": "Come in"}
    assert company.api.list_handshakes_for_organization()["Handshakes"] == [shown]


def test_who_accepts_is_a_member(company, guest):
    handshake = invite(company, guest)
    api = company.client(guest, "organizations")
    assert [each["Id"] for each in api.list_handshakes_for_account()["Handshakes"]] == [handshake]
    assert api.accept_handshake(HandshakeId=handshake)["Handshake"]["State"] == "ACCEPTED"
    account = company.api.describe_account(AccountId=guest)["Account"]
    assert account["JoinedMethod"] == "INVITED"
    assert company.api.list_parents(ChildId=guest)["Parents"] == [{"Id": company.root, "Type": "ROOT"}]
    with pytest.raises(api.exceptions.HandshakeAlreadyInStateException):
        api.accept_handshake(HandshakeId=handshake)


def test_an_account_is_invited_by_its_email(company, guest):
    target = {"Type": "EMAIL", "Id": "Guest@example.com"}
    company.api.invite_account_to_organization(Target=target)
    api = company.client(guest, "organizations")
    (found,) = api.list_handshakes_for_account()["Handshakes"]
    api.accept_handshake(HandshakeId=found["Id"])
    assert company.api.describe_account(AccountId=guest)


def test_an_invitation_is_declined_or_cancelled_and_then_over(company, guest):
    api = company.client(guest, "organizations")
    declined = invite(company, guest)
    assert api.decline_handshake(HandshakeId=declined)["Handshake"]["State"] == "DECLINED"
    with pytest.raises(company.api.exceptions.InvalidHandshakeTransitionException):
        company.api.cancel_handshake(HandshakeId=declined)
    cancelled = invite(company, guest)
    company.api.cancel_handshake(HandshakeId=cancelled)
    with pytest.raises(api.exceptions.InvalidHandshakeTransitionException):
        api.accept_handshake(HandshakeId=cancelled)


def test_only_the_recipient_answers_and_only_the_sender_cancels(company, guest):
    handshake = invite(company, guest)
    with pytest.raises(company.api.exceptions.AccessDeniedException):
        company.api.accept_handshake(HandshakeId=handshake)
    with pytest.raises(company.api.exceptions.AccessDeniedException):
        company.client(guest, "organizations").cancel_handshake(HandshakeId=handshake)
    stranger = company.cloud.cloud.create_account("stranger", "stranger@example.com")
    api = company.client(stranger, "organizations")
    with pytest.raises(api.exceptions.HandshakeNotFoundException):
        api.accept_handshake(HandshakeId=handshake)
    with pytest.raises(api.exceptions.HandshakeNotFoundException):
        api.describe_handshake(HandshakeId=handshake)


def test_an_account_is_invited_once_and_not_when_it_is_in(company, guest):
    invite(company, guest)
    with pytest.raises(company.api.exceptions.DuplicateHandshakeException):
        invite(company, guest)
    member = company.make_account("dev")
    with pytest.raises(company.api.exceptions.HandshakeConstraintViolationException) as refused:
        invite(company, member)
    assert refused.value.response["Reason"] == "ALREADY_IN_AN_ORGANIZATION"


def test_an_account_that_is_in_elsewhere_cannot_accept(company, guest):
    handshake = invite(company, guest)
    api = company.client(guest, "organizations")
    api.create_organization()
    with pytest.raises(api.exceptions.HandshakeConstraintViolationException):
        api.accept_handshake(HandshakeId=handshake)
    assert state(company, handshake) == "OPEN"


def test_an_invitation_expires_and_is_forgotten_in_the_end(company, guest):
    handshake = invite(company, guest)

    def stored() -> str:
        with company.cloud.store.snapshot() as tx:
            found = tx.get(Handshake, handshake)
        return found.state if found is not None else "gone"

    company.loop.settle()
    company.cloud.clock.advance(days=14)
    company.loop.settle()
    assert stored() == "OPEN"
    company.cloud.clock.advance(days=1)
    company.loop.settle()
    assert stored() == "EXPIRED"
    company.cloud.clock.advance(days=30)
    company.loop.settle()
    assert stored() == "gone"
