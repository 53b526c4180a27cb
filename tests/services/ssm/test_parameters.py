import base64
import json
from datetime import timedelta

import pytest

from tests.services.kms.conftest import refused


def put(ssm, name: str, value: str = "value", **more) -> dict:
    return ssm.put_parameter(Name=name, Value=value, **{"Type": "String", **more})


def names(parameters) -> list[str]:
    return [parameter["Name"] for parameter in parameters]


def test_a_parameter_is_read_by_its_name_and_its_arn(ssm, cloud):
    made = put(ssm, "/shop/db/host", "db.internal")
    assert (made["Version"], made["Tier"]) == (1, "Standard")
    found = ssm.get_parameter(Name="/shop/db/host")["Parameter"]
    arn = f"arn:aws:ssm:us-east-1:{cloud.account}:parameter/shop/db/host"
    del found["LastModifiedDate"]
    assert found == {
        "Name": "/shop/db/host",
        "Type": "String",
        "Value": "db.internal",
        "Version": 1,
        "ARN": arn,
        "DataType": "text",
    }
    assert ssm.get_parameter(Name=arn)["Parameter"]["Value"] == "db.internal"
    put(ssm, "plain")
    assert ssm.get_parameter(Name="plain")["Parameter"]["ARN"].endswith(":parameter/plain")


def test_what_is_not_there_is_not_found(ssm):
    assert refused(ssm.get_parameter, Name="/none")[0] == "ParameterNotFound"
    assert refused(ssm.delete_parameter, Name="/none")[0] == "ParameterNotFound"
    put(ssm, "/a")
    found = ssm.get_parameters(Names=["/a", "/none", "/a:7"])
    assert (names(found["Parameters"]), found["InvalidParameters"]) == (["/a"], ["/none", "/a:7"])
    deleted = ssm.delete_parameters(Names=["/a", "/none"])
    assert (deleted["DeletedParameters"], deleted["InvalidParameters"]) == (["/a"], ["/none"])


def test_a_value_is_overwritten_only_when_asked(ssm):
    put(ssm, "/a", "one", Description="first")
    assert refused(put, ssm=ssm, name="/a", value="two") == (
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    )
    assert put(ssm, "/a", "two", Overwrite=True)["Version"] == 2
    history = ssm.get_parameter_history(Name="/a")["Parameters"]
    assert [(each["Version"], each["Value"], each["Description"]) for each in history] == [
        (1, "one", "first"),
        (2, "two", "first"),
    ]
    assert ssm.get_parameter(Name="/a:1")["Parameter"]["Value"] == "one"
    assert refused(ssm.get_parameter, Name="/a:3") == (
        "ParameterVersionNotFound",
        "Systems Manager could not find version 3 of /a. Verify the version and try again.",
    )
    code, _ = refused(put, ssm=ssm, name="/a", Overwrite=True, Type="SecureString")
    assert code == "HierarchyTypeMismatchException"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ssm-x", "ValidationException"),
        ("/ssm/x", "ValidationException"),
        ("aws", "AccessDeniedException"),
        ("/aws/service/x", "AccessDeniedException"),
        ("no/leading", "ValidationException"),
        ("with space", "ValidationException"),
        ("/a//b", "ValidationException"),
        ("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "HierarchyLevelLimitExceededException"),
    ],
)
def test_a_name_that_cannot_be_is_refused(ssm, name, code):
    assert refused(put, ssm=ssm, name=name)[0] == code


def test_hierarchies_are_read_by_path(ssm):
    for name in ("/shop", "/shop/db/host", "/shop/db/port", "/shop/web", "/shopping/x", "plain"):
        put(ssm, name)
    assert names(ssm.get_parameters_by_path(Path="/shop")["Parameters"]) == ["/shop/web"]
    below = ssm.get_parameters_by_path(Path="/shop/", Recursive=True)["Parameters"]
    assert names(below) == ["/shop/db/host", "/shop/db/port", "/shop/web"]
    everything = ssm.get_parameters_by_path(Path="/", Recursive=True)["Parameters"]
    assert len(everything) == 6
    assert ssm.get_parameters_by_path(Path="/none")["Parameters"] == []
    assert refused(ssm.get_parameters_by_path, Path="shop")[0] == "ValidationException"


def test_a_path_comes_in_pages_of_ten(ssm):
    for number in range(12):
        put(ssm, f"/p/{number:02}")
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path="/p"))
    assert [len(page["Parameters"]) for page in pages] == [10, 2]
    assert refused(ssm.get_parameters_by_path, Path="/p", NextToken="none")[0] == "InvalidNextToken"


def test_labels_name_versions_and_move(ssm):
    for number in range(3):
        put(ssm, "/a", str(number), Overwrite=number > 0)
    asked = ssm.label_parameter_version(Name="/a", ParameterVersion=2, Labels=["live", "1st", "aws-x"])
    assert (asked["ParameterVersion"], asked["InvalidLabels"]) == (2, ["1st", "aws-x"])
    found = ssm.get_parameter(Name="/a:live")["Parameter"]
    assert (found["Value"], found["Selector"]) == ("1", ":live")
    ssm.label_parameter_version(Name="/a", Labels=["live"])
    assert ssm.get_parameter(Name="/a:live")["Parameter"]["Value"] == "2"
    gone = ssm.unlabel_parameter_version(Name="/a", ParameterVersion=3, Labels=["live", "other"])
    assert (gone["RemovedLabels"], gone["InvalidLabels"]) == (["live"], ["other"])
    code, _ = refused(ssm.label_parameter_version, Name="/a", Labels=[f"l{number}" for number in range(10)] + ["x"])
    assert code in ("ParameterVersionLabelLimitExceeded", "ValidationException")


def test_a_hundred_versions_are_kept_and_a_labelled_one_is_not_lost(ssm):
    put(ssm, "/a", "1")
    for number in range(2, 102):
        put(ssm, "/a", str(number), Overwrite=True)
    assert refused(ssm.get_parameter, Name="/a:1")[0] == "ParameterVersionNotFound"
    assert ssm.get_parameter(Name="/a:2")["Parameter"]["Value"] == "2"
    ssm.label_parameter_version(Name="/a", ParameterVersion=2, Labels=["keep"])
    assert refused(put, ssm=ssm, name="/a", Overwrite=True)[0] == "ParameterMaxVersionLimitExceeded"


def test_a_secure_string_takes_a_decryption(ssm, kms, cloud):
    put(ssm, "/s", "hidden", Type="SecureString")
    hidden = ssm.get_parameter(Name="/s")["Parameter"]["Value"]
    assert ssm.get_parameter(Name="/s", WithDecryption=True)["Parameter"]["Value"] == "hidden"
    aliases = {alias["AliasName"]: alias.get("TargetKeyId") for alias in kms.list_aliases()["Aliases"]}
    assert aliases["alias/aws/ssm"]
    context = {"PARAMETER_ARN": f"arn:aws:ssm:us-east-1:{cloud.account}:parameter/s"}
    code, _ = refused(kms.decrypt, CiphertextBlob=base64.b64decode(hidden), EncryptionContext=context)
    assert code == "AccessDeniedException"
    (listed,) = ssm.describe_parameters()["Parameters"]
    assert (listed["KeyId"], listed["Type"]) == ("alias/aws/ssm", "SecureString")


def test_a_large_secure_string_is_under_a_data_key(ssm, kms, user):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    value = "x" * 8192
    put(ssm, "/s", value, Type="SecureString", Tier="Advanced", KeyId=key)
    assert ssm.get_parameter(Name="/s", WithDecryption=True)["Parameter"]["Value"] == value
    alice = user("alice", {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*"}, service="ssm")
    alice.get_parameter(Name="/s")
    assert refused(alice.get_parameter, Name="/s", WithDecryption=True)[0] == "AccessDeniedException"
    kms.disable_key(KeyId=key)
    assert refused(ssm.get_parameter, Name="/s", WithDecryption=True)[0] == "InvalidKeyId"
    assert refused(put, ssm=ssm, name="/t", Type="SecureString", KeyId="alias/none")[0] == "InvalidKeyId"


def test_tiers_have_their_sizes(ssm):
    code, message = refused(put, ssm=ssm, name="/a", value="x" * 4097)
    assert (code, message.startswith("Standard tier parameters support a maximum")) == ("ValidationException", True)
    assert put(ssm, "/a", "x" * 4097, Tier="Intelligent-Tiering")["Tier"] == "Advanced"
    assert put(ssm, "/b", "x", Tier="Intelligent-Tiering")["Tier"] == "Standard"
    assert refused(put, ssm=ssm, name="/a", Tier="Standard", Overwrite=True)[0] == "ValidationException"
    assert refused(put, ssm=ssm, name="/c", value="x" * 8193, Tier="Advanced")[0] == "ValidationException"


def test_a_value_fits_its_pattern(ssm):
    put(ssm, "/n", "123", AllowedPattern=r"^\d+$")
    assert refused(put, ssm=ssm, name="/n", value="abc", Overwrite=True) == (
        "ParameterPatternMismatchException",
        r"Parameter value, cannot be validated against allowedPattern: ^\d+$",
    )
    put(ssm, "/l", "1,22", Type="StringList", AllowedPattern=r"^\d+$")
    put(ssm, "/optional", "https://example.com", AllowedPattern=r"^(?:https?://)?[a-z.]+$")
    put(ssm, "/mail", "someone@mail.example.com", AllowedPattern=r"^\S+@\S+\.\S+$")
    for pattern in ("(", "(a+)+$", "(a|a)*b", "a*a*a*a*a*b", "^.*.*.*.*.*x", "^(a?){64}a{64}$", "^" + "a?" * 30):
        code, _ = refused(put, ssm=ssm, name="/p", value="a" * 60, AllowedPattern=pattern)
        assert code == "InvalidAllowedPatternException"


def test_a_parameter_expires_on_its_date(ssm, cloud, pass_time):
    at = (cloud.clock() + timedelta(days=2)).isoformat()
    policies = json.dumps([{"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": at}}])
    assert refused(put, ssm=ssm, name="/e", Policies=policies)[0] == "ValidationException"
    put(ssm, "/e", Tier="Advanced", Policies=policies)
    (listed,) = ssm.describe_parameters()["Parameters"]
    assert [policy["PolicyType"] for policy in listed["Policies"]] == ["Expiration"]
    pass_time(days=1, hours=23)
    ssm.get_parameter(Name="/e")
    pass_time(hours=1)
    assert refused(ssm.get_parameter, Name="/e")[0] == "ParameterNotFound"
    assert refused(put, ssm=ssm, name="/f", Tier="Advanced", Policies="nonsense")[0] == "InvalidPolicyTypeException"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"Key": "Name", "Values": ["/a/x"]}, ["/a/x"]),
        ({"Key": "Name", "Option": "BeginsWith", "Values": ["/a"]}, ["/a/b/y", "/a/x"]),
        ({"Key": "Name", "Option": "Contains", "Values": ["y"]}, ["/a/b/y"]),
        ({"Key": "Path", "Option": "OneLevel", "Values": ["/a"]}, ["/a/x"]),
        ({"Key": "Path", "Option": "Recursive", "Values": ["/a"]}, ["/a/b/y", "/a/x"]),
        ({"Key": "Type", "Values": ["StringList"]}, ["z"]),
        ({"Key": "tag:team", "Values": ["blue"]}, ["/a/x"]),
        ({"Key": "tag:team"}, ["/a/x"]),
        ({"Key": "Tier", "Values": ["Standard"]}, ["/a/b/y", "/a/x", "z"]),
    ],
)
def test_parameters_are_found_by_filters(ssm, wanted, found):
    put(ssm, "/a/x", Tags=[{"Key": "team", "Value": "blue"}])
    put(ssm, "/a/b/y")
    put(ssm, "z", "1,2", Type="StringList")
    assert names(ssm.describe_parameters(ParameterFilters=[wanted])["Parameters"]) == found


def test_filters_that_mean_nothing_are_refused(ssm):
    asked = [{"Key": "Type", "Option": "BeginsWith", "Values": ["x"]}]
    assert refused(ssm.describe_parameters, ParameterFilters=asked)[0] == "InvalidFilterOption"
    asked = [{"Key": "Name", "Values": ["x"]}]
    assert refused(ssm.get_parameters_by_path, Path="/", ParameterFilters=asked)[0] == "InvalidFilterKey"


def test_tags_are_set_and_removed(ssm, user):
    put(ssm, "/a")
    resource = {"ResourceType": "Parameter", "ResourceId": "/a"}
    ssm.add_tags_to_resource(**resource, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    ssm.remove_tags_from_resource(**resource, TagKeys=["a"])
    assert ssm.list_tags_for_resource(**resource)["TagList"] == [{"Key": "b", "Value": "2"}]
    assert refused(ssm.list_tags_for_resource, ResourceType="Parameter", ResourceId="/b")[0] == "InvalidResourceId"
    condition = {"StringEquals": {"ssm:resourceTag/b": "2"}}
    allow = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*", "Condition": condition}
    alice = user("alice", allow, service="ssm")
    alice.get_parameter(Name="/a")
    put(ssm, "/c")
    assert refused(alice.get_parameter, Name="/c")[0] == "AccessDeniedException"


def test_a_policy_on_a_path_opens_that_path(ssm, user, cloud):
    put(ssm, "/shop/a")
    put(ssm, "/other/a")
    arn = f"arn:aws:ssm:us-east-1:{cloud.account}:parameter/shop"
    allow = {"Effect": "Allow", "Action": "ssm:GetParameter*", "Resource": [arn, f"{arn}/*"]}
    alice = user("alice", allow, service="ssm")
    assert names(alice.get_parameters_by_path(Path="/shop")["Parameters"]) == ["/shop/a"]
    alice.get_parameters(Names=["/shop/a"])
    for call, asked in (
        (alice.get_parameters_by_path, {"Path": "/other"}),
        (alice.get_parameters, {"Names": ["/shop/a", "/other/a"]}),
        (alice.get_parameter, {"Name": "/other/a"}),
    ):
        assert refused(call, **asked)[0] == "AccessDeniedException"


def test_regions_are_public_parameters(ssm):
    path = "/aws/service/global-infrastructure/regions"
    assert ssm.get_parameter(Name=f"{path}/ap-northeast-2")["Parameter"]["Value"] == "ap-northeast-2"
    found = ssm.get_parameter(Name=f"{path}/ap-northeast-2/longName")["Parameter"]
    assert (found["Value"], found["ARN"]) == (
        "Asia Pacific (Seoul)",
        f"arn:aws:ssm:us-east-1::parameter{path}/ap-northeast-2/longName",
    )
    paginator = ssm.get_paginator("get_parameters_by_path")
    listed = [name for page in paginator.paginate(Path=path) for name in names(page["Parameters"])]
    assert f"{path}/us-east-1" in listed
    assert all(name.count("/") == 5 for name in listed)
    assert refused(ssm.get_parameter, Name="/aws/service/none")[0] == "ParameterNotFound"


def test_no_value_is_in_the_trail_on_the_disk_or_in_the_log(ssm, cloud, tmp_path):
    put(ssm, "/s", "a value that is easily found", Type="SecureString")
    ssm.get_parameter(Name="/s", WithDecryption=True)
    assert "easily found" not in str(cloud.events()) + str(cloud.calls())
    assert all(b"easily found" not in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
