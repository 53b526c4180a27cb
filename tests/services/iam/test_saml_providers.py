from datetime import UTC, datetime, timedelta

import pytest

from tests.cloud import TestCloud
from tests.services.sts.providers import SamlIdp


def make(iam, name: str = "idp", **attributes: str) -> str:
    document = SamlIdp().metadata(**attributes)
    return iam.create_saml_provider(SAMLMetadataDocument=document, Name=name)["SAMLProviderArn"]


def test_a_provider_is_found_with_its_metadata(iam, cloud: TestCloud):
    arn = make(iam)
    assert arn == f"arn:aws:iam::{cloud.account}:saml-provider/idp"
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert found["SAMLMetadataDocument"] == SamlIdp().metadata()
    assert found["CreateDate"] == cloud.clock()
    assert found["ValidUntil"] > cloud.clock() + timedelta(days=36000)
    listed = iam.list_saml_providers()["SAMLProviderList"]
    assert [each["Arn"] for each in listed] == [arn]
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        make(iam)


def test_metadata_that_end_say_so(iam):
    arn = make(iam, validUntil="2049-01-01T00:00:00Z")
    assert iam.get_saml_provider(SAMLProviderArn=arn)["ValidUntil"] == datetime(2049, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-20],
        lambda text: text.replace("IDPSSODescriptor", "SPSSODescriptor"),
        lambda text: text.replace('use="signing"', 'use="encryption"'),
        lambda text: text.replace("<X509Certificate>MII", "<X509Certificate>AAA"),
        lambda text: '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + text,
    ],
    ids=["cut", "no provider", "no key", "no certificate", "document type"],
)
def test_metadata_that_nobody_can_be_recognized_by_are_refused(iam, spoil):
    with pytest.raises(iam.exceptions.InvalidInputException, match="Could not parse metadata"):
        iam.create_saml_provider(SAMLMetadataDocument=spoil(SamlIdp().metadata()), Name="idp")


def test_new_metadata_replace_the_old(iam):
    arn = make(iam)
    other = SamlIdp("other.example.com").metadata()
    iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=other)
    assert iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] == other


def test_a_provider_is_tagged_and_deleted(iam):
    arn = make(iam)
    iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=["A"])
    assert iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    iam.delete_saml_provider(SAMLProviderArn=arn)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_saml_provider(SAMLProviderArn=arn)
