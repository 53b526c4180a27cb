"""The naming rules of the S3 User Guide, with its own examples."""

import pytest

from groundcloud.services.s3.rules import errors
from groundcloud.services.s3.rules.bucket_names import check_addressed, check_new, is_valid, is_virtual_hostable


@pytest.mark.parametrize("name", ["abc", "my-bucket", "example.com", "log-delivery-march-2020", "a" * 63, "1.2.3"])
def test_names_of_the_guide_are_valid(name):
    assert is_valid(name)
    check_new(name)


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Upper",
        "under_score",
        "-dash",
        "dash-",
        ".dot",
        "dot.",
        "two..dots",
        "192.168.5.4",
        "xn--name",
        "sthree-name",
        "sthree-configurator",
        "amzn-s3-demo-bucket",
        "name-s3alias",
        "name--ol-s3",
        "name.mrap",
        "name--x-s3",
        "name--table-s3",
        "näme",
        "name\n",
        "",
    ],
)
def test_names_against_a_rule_are_refused(name):
    with pytest.raises(errors.InvalidBucketName, match="specified bucket is not valid") as refused:
        check_new(name)
    assert refused.value.facts == {"bucket_name": name}


def test_account_regional_names_belong_to_the_creators_account_and_region():
    name = "photos-111122223333-us-west-2-an"
    own = {"account": "111122223333", "region": "us-west-2"}
    check_new(name, namespace="account-regional", **own)
    for other in ({"namespace": ""}, {"account": "444455556666"}, {"region": "eu-west-1"}):
        with pytest.raises(errors.InvalidBucketName):
            check_new(name, **{"namespace": "account-regional", **own, **other})
    with pytest.raises(errors.InvalidBucketName):
        check_new("photos", namespace="account-regional", **own)


def test_an_address_with_an_impossible_name_is_refused():
    check_addressed("amzn-s3-demo-bucket")
    check_addressed("Old_Bucket")
    for name in ("..", "a..b", "a/b", "ab", "b" * 256, "b\n"):
        with pytest.raises(errors.InvalidBucketName):
            check_addressed(name)


def test_a_dot_keeps_a_bucket_from_virtual_hosting_over_tls():
    assert is_virtual_hostable("example.com", tls=False)
    assert not is_virtual_hostable("example.com", tls=True)
    assert is_virtual_hostable("example-com", tls=True)
