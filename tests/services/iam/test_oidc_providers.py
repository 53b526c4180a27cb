import pytest
from botocore.exceptions import ClientError

from tests.cloud import TestCloud

URL = "https://oidc.example.com/pool"


def make(iam, url: str = URL, **options) -> str:
    return iam.create_open_id_connect_provider(Url=url, **options)["OpenIDConnectProviderArn"]


def test_a_provider_is_found_with_its_clients_and_thumbprints(iam, cloud: TestCloud):
    arn = make(iam, ClientIDList=["one"], ThumbprintList=["A" * 40])
    assert arn == f"arn:aws:iam::{cloud.account}:oidc-provider/oidc.example.com/pool"
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["Url"] == "oidc.example.com/pool"
    assert found["ClientIDList"] == ["one"]
    assert found["ThumbprintList"] == ["a" * 40]
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": arn}]
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        make(iam)


@pytest.mark.parametrize(
    "url", ["http://oidc.example.com", "oidc.example.com", f"{URL}?a=b", "https://a@b.example.com"]
)
def test_a_url_must_be_that_of_an_issuer(iam, url: str):
    with pytest.raises(ClientError, match="Invalid Open ID Connect Provider URL"):
        make(iam, url)


def test_clients_are_added_once_and_removed(iam):
    """IAM API reference: both operations are idempotent."""
    arn = make(iam)
    for name in ("one", "two", "one"):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=name)
    for _ in range(2):
        iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == ["one"]


def test_thumbprints_are_five_hashes_at_most(iam):
    arn = make(iam)
    update = iam.update_open_id_connect_provider_thumbprint
    update(OpenIDConnectProviderArn=arn, ThumbprintList=["a" * 40] * 5)
    for wrong in (["a" * 40] * 6, ["z" * 40]):
        with pytest.raises(iam.exceptions.InvalidInputException):
            update(OpenIDConnectProviderArn=arn, ThumbprintList=wrong)


def test_a_provider_is_tagged_and_deleted(iam):
    arn = make(iam, Tags=[{"Key": "a", "Value": "1"}])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["a"])
    tags = iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"]
    assert tags == [{"Key": "b", "Value": "2"}]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
