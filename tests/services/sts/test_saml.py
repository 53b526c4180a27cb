import base64
import copy
import hashlib

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from lxml import etree

from tests.cloud import Keys, TestCloud
from tests.services.sts.conftest import People, allow
from tests.services.sts.providers import AWS, SIGN_IN, SamlIdp, encoded

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"


class Federation:
    """A role that trusts a SAML provider, and calls of people that it vouches for."""

    def __init__(self, cloud: TestCloud, people: People) -> None:
        self.cloud = cloud
        self.people = people
        self.idp = SamlIdp()
        iam = cloud.client("iam")
        made = iam.create_saml_provider(SAMLMetadataDocument=self.idp.metadata(), Name="MySAMLIdP")
        self.provider = made["SAMLProviderArn"]
        self.role = self.make_role("federated")
        self.sts = cloud.client("sts", config=Config(signature_version=UNSIGNED))

    def make_role(self, name: str, *statements, actions=("sts:AssumeRoleWithSAML",), condition=None, **fields) -> str:
        trust = {"Effect": "Allow", "Principal": {"Federated": self.provider}, "Action": list(actions)}
        if condition is None:
            condition = {"StringEquals": {"SAML:aud": SIGN_IN}}
        return self.people.role(name, {**trust, "Condition": condition}, *statements, **fields)

    def attributes(self, role: str = "", **more: list[str]) -> dict[str, list[str]]:
        return {
            f"{AWS}Role": [f"{role or self.role},{self.provider}"],
            f"{AWS}RoleSessionName": ["alice@example.com"],
            **{f"{AWS}{name}": values for name, values in more.items()},
        }

    def response(self, attributes=None, **options) -> etree._Element:
        return self.idp.response(self.cloud.clock(), attributes or self.attributes(), **options)

    def assume(self, response: etree._Element | None = None, role: str = "", **options):
        assertion = encoded(self.response() if response is None else response)
        return self.sts.assume_role_with_saml(
            RoleArn=role or self.role, PrincipalArn=self.provider, SAMLAssertion=assertion, **options
        )

    def refused(self, code: str, response: etree._Element | None = None, **options) -> str:
        with pytest.raises(ClientError) as refused:
            self.assume(response, **options)
        assert refused.value.response["Error"]["Code"] == code
        return refused.value.response["Error"]["Message"]


@pytest.fixture()
def federation(cloud: TestCloud, people: People) -> Federation:
    return Federation(cloud, people)


@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_who_holds_a_response_gets_a_session(federation: Federation, sign: str):
    """STS API reference, AssumeRoleWithSAML: the members of the answer and how NameQualifier is made."""
    made = federation.assume(federation.response(sign=sign))
    cloud = federation.cloud
    assert made["Subject"] == "alice"
    assert made["SubjectType"] == "persistent"
    assert made["Issuer"] == federation.idp.entity_id
    assert made["Audience"] == SIGN_IN
    digest = hashlib.sha1(f"{federation.idp.entity_id}{cloud.account}/MySAMLIdP".encode()).digest()
    assert made["NameQualifier"] == base64.b64encode(digest).decode()
    arn = f"arn:aws:sts::{cloud.account}:assumed-role/federated/alice@example.com"
    assert made["AssumedRoleUser"]["Arn"] == arn
    assert cloud.client("sts", Keys.of(made["Credentials"])).get_caller_identity()["Arn"] == arn


def test_a_session_keeps_the_provider_and_the_subject(federation: Federation):
    """IAM guide, "Available keys for SAML-based AWS STS federation": those available after the role is assumed."""
    mine = {"StringEquals": {"saml:sub": "alice", "aws:FederatedProvider": federation.provider}}
    role = federation.make_role("mine", allow("iam:GetUser", Condition=mine))
    made = federation.assume(federation.response(federation.attributes(role)), role)
    assert federation.cloud.client("iam", Keys.of(made["Credentials"])).get_user(UserName="admin")


def test_the_trust_policy_decides_by_what_the_response_says(federation: Federation):
    staff = federation.make_role("staff", condition={
        "StringEquals": {"SAML:aud": SIGN_IN, "saml:iss": federation.idp.entity_id},
        "ForAnyValue:StringEquals": {"saml:edupersonaffiliation": ["staff"]},
    })  # fmt: skip
    affiliation = {"urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["member", "staff"]}
    assert federation.assume(federation.response({**federation.attributes(staff), **affiliation}), staff)
    message = federation.refused("AccessDenied", federation.response(federation.attributes(staff)), role=staff)
    assert message == "Not authorized to perform sts:AssumeRoleWithSAML"


def test_a_role_that_the_response_does_not_offer_is_denied(federation: Federation):
    other = federation.make_role("other")
    message = federation.refused("AccessDenied", role=other)
    assert message == "Not authorized to perform sts:AssumeRoleWithSAML"
    swapped = {**federation.attributes(), f"{AWS}Role": [f"{federation.provider}, {federation.role}"]}
    assert federation.assume(federation.response(swapped))


def test_a_response_is_good_for_minutes(federation: Federation):
    response = federation.response()
    federation.cloud.clock.advance(minutes=5)
    message = federation.refused("ExpiredTokenException", response)
    assert message == "Token must be redeemed within 5 minutes of issuance"


@pytest.mark.parametrize(
    "facts",
    [
        {"audience": "https://other.example.com"},
        {"recipient": "https://signin.aws.amazon.com.example.com/saml"},
        {"issuer": "https://other.example.com"},
        {"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"},
        {"key": "stranger"},
        {"sign": "nothing"},
    ],
    ids=str,
)
def test_a_response_of_another_or_for_another_is_refused(federation: Federation, facts: dict[str, str]):
    federation.refused("InvalidIdentityToken", federation.response(**facts))


def test_what_is_changed_after_signing_is_refused(federation: Federation):
    for sign in ("assertion", "response"):
        response = federation.response(sign=sign)
        response.find(f".//{SAML}NameID").text = "root"
        assert federation.refused("InvalidIdentityToken", response) == "Response signature invalid"


def test_a_second_assertion_beside_the_signed_one_is_refused(federation: Federation):
    """Signature wrapping: the signed assertion stays somewhere and a forged one takes its place."""
    for place in ("before", "after", "inside", "extension"):
        response = federation.response()
        signed = response.find(f"{SAML}Assertion")
        forged = copy.deepcopy(signed)
        forged.remove(forged.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
        forged.find(f".//{SAML}NameID").text = "root"
        forged.set("ID", "_forged")
        if place == "before":
            response.insert(0, forged)
        elif place == "after":
            response.append(forged)
        elif place == "inside":
            response.replace(signed, forged)
            forged.append(signed)
        else:
            response.replace(signed, forged)
            extension = etree.SubElement(response, "{urn:oasis:names:tc:SAML:2.0:protocol}Extensions")
            extension.append(signed)
        federation.refused("InvalidIdentityToken", response)


def test_a_signature_of_another_element_does_not_vouch_for_the_assertion(federation: Federation):
    """Wrapping inside the signature: the forged assertion carries the signature, whose Object holds the signed one."""
    response = federation.response()
    signed = response.find(f"{SAML}Assertion")
    forged = copy.deepcopy(signed)
    forged.find(f".//{SAML}NameID").text = "root"
    holder = etree.SubElement(forged.find("{http://www.w3.org/2000/09/xmldsig#}Signature"), "Object")
    forged.set("ID", "_forged")
    inner = copy.deepcopy(signed)
    inner.tag = "Hidden"
    holder.append(inner)
    response.replace(signed, forged)
    federation.refused("InvalidIdentityToken", response)


def test_comments_do_not_cut_a_subject_short(federation: Federation):
    """CERT VU#475445: a comment inside NameID must not end it."""
    text = etree.tostring(federation.response()).replace(b">alice<", b">ali<!-- -->ce<")
    made = federation.sts.assume_role_with_saml(
        RoleArn=federation.role, PrincipalArn=federation.provider, SAMLAssertion=base64.b64encode(text).decode()
    )
    assert made["Subject"] == "alice"


def test_entities_and_document_types_are_refused(federation: Federation):
    text = b'<!DOCTYPE a [<!ENTITY x "alice">]>' + etree.tostring(federation.response())
    with pytest.raises(federation.sts.exceptions.InvalidIdentityTokenException):
        federation.sts.assume_role_with_saml(
            RoleArn=federation.role, PrincipalArn=federation.provider, SAMLAssertion=base64.b64encode(text).decode()
        )


@pytest.mark.parametrize("assertion", ["!!!!", "bm90IHhtbA==", "PGEvPg=="])
def test_what_is_no_response_is_refused(federation: Federation, assertion: str):
    with pytest.raises(federation.sts.exceptions.InvalidIdentityTokenException):
        federation.sts.assume_role_with_saml(
            RoleArn=federation.role, PrincipalArn=federation.provider, SAMLAssertion=assertion
        )


def test_a_provider_that_is_not_there_is_said_so(federation: Federation):
    federation.cloud.client("iam").delete_saml_provider(SAMLProviderArn=federation.provider)
    assert federation.refused("InvalidIdentityToken") == "Specified provider doesn't exist"


def test_the_name_of_the_session_comes_from_the_response(federation: Federation):
    """IAM guide, "Troubleshoot SAML federation with IAM"."""
    nameless = federation.attributes(RoleSessionName=[])
    assert federation.refused("InvalidIdentityToken", federation.response(nameless)) == (
        "RoleSessionName is required in AuthnResponse"
    )
    spaced = federation.attributes(RoleSessionName=["alice smith"])
    assert federation.refused("InvalidIdentityToken", federation.response(spaced)) == (
        "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
    )


def test_a_session_ends_with_that_of_the_provider(federation: Federation):
    """STS API reference, AssumeRoleWithSAML, DurationSeconds: or until SessionNotOnOrAfter, whichever is shorter."""
    from datetime import timedelta

    until = federation.cloud.clock() + timedelta(minutes=20)
    made = federation.assume(federation.response(session_until=until.strftime("%Y-%m-%dT%H:%M:%SZ")))
    assert made["Credentials"]["Expiration"] == until
    federation.refused("ValidationError", DurationSeconds=7200)


def test_tags_and_a_source_identity_come_from_the_response(federation: Federation):
    """IAM guide, "Pass session tags using AssumeRoleWithSAML"."""
    attributes = {"PrincipalTag:Project": ["moon"], "SourceIdentity": ["alice"]}
    plain = federation.response(federation.attributes(**attributes))
    assert federation.refused("AccessDenied", plain) == "Not authorized to perform sts:TagSession"
    mine = {"StringEquals": {"aws:PrincipalTag/project": "moon", "aws:SourceIdentity": "alice"}}
    role = federation.make_role(
        "tagged", allow("iam:GetUser", Condition=mine),
        actions=("sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"), condition={},
    )  # fmt: skip
    made = federation.assume(federation.response(federation.attributes(role, **attributes)), role)
    assert made["SourceIdentity"] == "alice"
    assert federation.cloud.client("iam", Keys.of(made["Credentials"])).get_user(UserName="admin")
    twice = federation.attributes(role, **{"PrincipalTag:Project": ["moon", "mars"]})
    federation.refused("IDPRejectedClaim", federation.response(twice), role=role)
