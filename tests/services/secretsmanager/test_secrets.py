import json
import re
import uuid

import pytest

from tests.services.kms.conftest import refused

ABSENT = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
MARKED = (
    "InvalidRequestException",
    "You can't perform this operation on the secret because it was marked for deletion.",
)


def test_a_tree_of_json_comes_back_as_it_went(secrets, cloud):
    """What django-aws-secrets-manager keeps: one tree for all settings."""
    tree = json.dumps({"base": {"SECRET_KEY": "k"}, "production": {"DB": {"HOST": "h", "PORT": 5432}, "이름": "값"}})
    made = secrets.create_secret(Name="django/settings", SecretString=tree)
    prefix = f"arn:aws:secretsmanager:us-east-1:{cloud.account}:secret:django/settings-"
    assert re.fullmatch(re.escape(prefix) + "[A-Za-z0-9]{6}", made["ARN"])
    for name in ("django/settings", made["ARN"], made["ARN"][:-7]):
        value = secrets.get_secret_value(SecretId=name)
        assert (value["SecretString"], value["VersionStages"]) == (tree, ["AWSCURRENT"])
        assert value["VersionId"] == made["VersionId"]


def test_a_binary_secret_stays_binary(secrets):
    secrets.create_secret(Name="b", SecretBinary=bytes(range(256)))
    value = secrets.get_secret_value(SecretId="b")
    assert value["SecretBinary"] == bytes(range(256))
    assert "SecretString" not in value
    code, _ = refused(secrets.put_secret_value, SecretId="b", SecretBinary=b"x", SecretString="x")
    assert code == "InvalidParameterException"


def test_a_value_has_65536_bytes_at_most(secrets):
    secrets.create_secret(Name="large", SecretString="x" * 65536)
    assert len(secrets.get_secret_value(SecretId="large")["SecretString"]) == 65536
    assert refused(secrets.create_secret, Name="larger", SecretString="x" * 65537)[0] in (
        "ValidationException",
        "InvalidParameterException",
    )


def test_what_is_not_there_is_said_so(secrets):
    for call in (secrets.get_secret_value, secrets.describe_secret, secrets.delete_secret):
        assert refused(call, SecretId="none") == ABSENT
    secrets.delete_secret(SecretId="none", ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name="empty")
    assert refused(secrets.get_secret_value, SecretId="empty") == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    )


def test_a_new_value_is_current_and_the_old_one_previous(secrets, made):
    second = secrets.put_secret_value(SecretId="shop/db", SecretString="two")
    assert secrets.get_secret_value(SecretId="shop/db")["SecretString"] == "two"
    previous = secrets.get_secret_value(SecretId="shop/db", VersionStage="AWSPREVIOUS")
    assert (previous["SecretString"], previous["VersionId"]) == ('{"password": "one"}', made["VersionId"])
    secrets.update_secret(SecretId="shop/db", SecretString="three")
    stages = secrets.describe_secret(SecretId="shop/db")["VersionIdsToStages"]
    assert stages[second["VersionId"]] == ["AWSPREVIOUS"]
    assert made["VersionId"] not in stages
    versions = secrets.list_secret_version_ids(SecretId="shop/db")["Versions"]
    assert len(versions) == 2
    assert len(secrets.list_secret_version_ids(SecretId="shop/db", IncludeDeprecated=True)["Versions"]) == 3
    old = secrets.get_secret_value(SecretId="shop/db", VersionId=made["VersionId"])
    assert old["SecretString"] == '{"password": "one"}'


def test_the_same_request_twice_makes_one_version(secrets):
    token = str(uuid.uuid4())
    asked = {"Name": "once", "SecretString": "x", "ClientRequestToken": token}
    assert secrets.create_secret(**asked)["VersionId"] == secrets.create_secret(**asked)["VersionId"] == token
    assert refused(secrets.create_secret, **{**asked, "SecretString": "y"})[0] == "ResourceExistsException"
    assert refused(secrets.create_secret, Name="once", SecretString="x") == (
        "ResourceExistsException",
        "The operation failed because the secret once already exists.",
    )
    token = str(uuid.uuid4())
    for _ in range(2):
        secrets.put_secret_value(SecretId="once", SecretString="z", ClientRequestToken=token)
    assert len(secrets.list_secret_version_ids(SecretId="once")["Versions"]) == 2
    code, _ = refused(secrets.put_secret_value, SecretId="once", SecretString="a", ClientRequestToken=token)
    assert code == "ResourceExistsException"


def test_labels_move_between_versions(secrets, made):
    pending = secrets.put_secret_value(SecretId="shop/db", SecretString="two", VersionStages=["AWSPENDING"])
    assert secrets.get_secret_value(SecretId="shop/db")["VersionId"] == made["VersionId"]
    asked = {"SecretId": "shop/db", "VersionStage": "AWSCURRENT", "MoveToVersionId": pending["VersionId"]}
    code, message = refused(secrets.update_secret_version_stage, **asked)
    assert code == "InvalidParameterException"
    assert message.startswith("The parameter RemoveFromVersionId can't be empty.")
    secrets.update_secret_version_stage(**asked, RemoveFromVersionId=made["VersionId"])
    stages = secrets.describe_secret(SecretId="shop/db")["VersionIdsToStages"]
    assert stages == {made["VersionId"]: ["AWSPREVIOUS"], pending["VersionId"]: ["AWSPENDING", "AWSCURRENT"]}


def test_a_deleted_secret_can_be_restored_until_its_window_ends(secrets, made, pass_time):
    secrets.delete_secret(SecretId="shop/db", RecoveryWindowInDays=7)
    assert refused(secrets.get_secret_value, SecretId="shop/db") == MARKED
    assert refused(secrets.create_secret, Name="shop/db") == (
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
    assert secrets.list_secrets()["SecretList"] == []
    assert len(secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]) == 1
    secrets.restore_secret(SecretId="shop/db")
    assert secrets.get_secret_value(SecretId="shop/db")["ARN"] == made["ARN"]
    secrets.delete_secret(SecretId="shop/db")
    pass_time(days=31)
    assert refused(secrets.describe_secret, SecretId="shop/db") == ABSENT
    assert secrets.create_secret(Name="shop/db")["ARN"] != made["ARN"]


def test_deletion_without_recovery_is_at_once(secrets, made):
    secrets.delete_secret(SecretId="shop/db", ForceDeleteWithoutRecovery=True)
    assert refused(secrets.describe_secret, SecretId="shop/db") == ABSENT
    secrets.create_secret(Name="shop/db", SecretString="new")
    assert secrets.get_secret_value(SecretId="shop/db")["SecretString"] == "new"
    for arguments in ({"RecoveryWindowInDays": 6}, {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True}):
        assert refused(secrets.delete_secret, SecretId="shop/db", **arguments)[0] == "InvalidParameterException"


@pytest.mark.parametrize(
    ("key", "values", "names"),
    [
        ("name", ["shop/"], ["shop/a", "shop/b"]),
        ("name", ["!shop/"], ["Other"]),
        ("description", ["first b"], ["shop/b"]),
        ("tag-key", ["team"], ["shop/a"]),
        ("tag-value", ["blue", "red"], ["shop/a", "Other"]),
        ("all", ["BLUE"], ["shop/a"]),
    ],
)
def test_secrets_are_found_by_filters(secrets, key, values, names):
    secrets.create_secret(Name="shop/a", Description="The first", Tags=[{"Key": "team", "Value": "blue"}])
    secrets.create_secret(Name="shop/b", Description="the First bank")
    secrets.create_secret(Name="Other", Tags=[{"Key": "owner", "Value": "red"}])
    found = secrets.list_secrets(Filters=[{"Key": key, "Values": values}], SortBy="created-date", SortOrder="asc")
    assert {each["Name"] for each in found["SecretList"]} == set(names)


def test_lists_come_sorted_in_pages(secrets):
    for name in ("b", "a", "ab", "c"):
        secrets.create_secret(Name=name)
    listed = {}
    for order in ("asc", "desc"):
        paginator = secrets.get_paginator("list_secrets")
        pages = paginator.paginate(SortBy="name", SortOrder=order, PaginationConfig={"PageSize": 3})
        listed[order] = [each["Name"] for page in pages for each in page["SecretList"]]
    assert listed == {"asc": ["a", "ab", "b", "c"], "desc": ["c", "b", "ab", "a"]}


def test_many_values_are_read_at_once_and_failures_told_apart(secrets, made, user):
    secrets.create_secret(Name="shop/other", SecretString="two")
    found = secrets.batch_get_secret_value(SecretIdList=["shop/db", "none", made["ARN"]])
    assert [value["SecretString"] for value in found["SecretValues"]] == ['{"password": "one"}'] * 2
    assert found["Errors"] == [{"SecretId": "none", "ErrorCode": ABSENT[0], "Message": ABSENT[1]}]
    filters = [{"Key": "name", "Values": ["shop/"]}]
    first = secrets.batch_get_secret_value(Filters=filters, MaxResults=1)
    rest = secrets.batch_get_secret_value(Filters=filters, MaxResults=1, NextToken=first["NextToken"])
    assert [page["SecretValues"][0]["Name"] for page in (first, rest)] == ["shop/db", "shop/other"]
    assert "NextToken" not in rest
    alice = user(
        "alice",
        {"Effect": "Allow", "Action": "secretsmanager:BatchGetSecretValue", "Resource": "*"},
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": made["ARN"]},
        service="secretsmanager",
    )
    seen = alice.batch_get_secret_value(SecretIdList=["shop/db", "shop/other"])
    assert [value["Name"] for value in seen["SecretValues"]] == ["shop/db"]
    assert [error["ErrorCode"] for error in seen["Errors"]] == ["AccessDeniedException"]


def test_the_day_of_the_last_access_is_told(secrets, made, cloud):
    assert "LastAccessedDate" not in secrets.describe_secret(SecretId="shop/db")
    secrets.get_secret_value(SecretId="shop/db")
    cloud.settle()
    day = secrets.describe_secret(SecretId="shop/db")["LastAccessedDate"]
    assert day.date() == cloud.clock().date()


def test_tags_are_set_and_removed(secrets, made):
    secrets.tag_resource(SecretId="shop/db", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    secrets.untag_resource(SecretId="shop/db", TagKeys=["a"])
    assert secrets.describe_secret(SecretId="shop/db")["Tags"] == [{"Key": "b", "Value": "2"}]


def test_a_rotation_that_nobody_would_do_is_refused(secrets, made):
    assert refused(secrets.rotate_secret, SecretId="shop/db") == (
        "InvalidRequestException",
        "No Lambda rotation function ARN is associated with this secret.",
    )
    arn = "arn:aws:lambda:us-east-1:111122223333:function:rotate"
    code, message = refused(secrets.rotate_secret, SecretId="shop/db", RotationLambdaARN=arn)
    assert (code, message) == (
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to "
        "the principal secretsmanager.amazonaws.com.",
    )
    assert "RotationEnabled" not in secrets.describe_secret(SecretId="shop/db")
