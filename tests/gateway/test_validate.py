"""Validation by the model. The forms of the messages are those that AWS's services answer with."""

from functools import cache

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from groundcloud.errors import AwsError
from groundcloud.gateway.validate import input_validator


@cache
def service(name):
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def refusal(service_name, operation, **arguments):
    with pytest.raises(AwsError) as raised:
        input_validator(service(service_name).operation_model(operation))(arguments)
    return raised.value.code, raised.value.message


def test_an_empty_name_is_too_short():
    code, message = refusal("iam", "CreateUser", user_name="")
    assert code == "ValidationError"
    assert message == (
        "2 validation errors detected: Value '' at 'userName' failed to satisfy constraint: Member must have length "
        "greater than or equal to 1; Value '' at 'userName' failed to satisfy constraint: Member must satisfy regular "
        "expression pattern: [\\w+=,.@-]+"
    )


def test_a_missing_member_is_null():
    assert refusal("kms", "DescribeKey") == (
        "ValidationException",
        "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    )


def test_all_violations_are_in_one_error_and_nested_ones_have_a_path():
    _, message = refusal(
        "iam", "CreateUser", user_name="a b", tags=[{"key": "k", "value": "v"}, {"key": "", "value": "v"}]
    )
    assert message.startswith("3 validation errors detected: Value 'a b' at 'userName' ")
    assert (
        "; Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater than"
        in message
    )


def test_a_number_out_of_range():
    assert refusal("iam", "ListUsers", max_items=0)[1] == (
        "1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )


def test_an_enum_lists_its_values():
    message = refusal("iam", "UpdateAccessKey", access_key_id="AKIAIOSFODNN7EXAMPLE", status="On")[1]
    assert message.startswith(
        "1 validation error detected: Value 'On' at 'status' failed to satisfy constraint: "
        "Member must satisfy enum value set: [Active, Inactive"
    )


def test_a_secret_is_not_quoted():
    message = refusal("iam", "CreateLoginProfile", user_name="Bob", password="")[1]
    assert "Value at 'password' failed to satisfy constraint" in message


def test_a_long_value_is_not_quoted():
    message = refusal("iam", "CreateUser", user_name="x" * 5000)[1]
    assert message.startswith("1 validation error detected: Value at 'userName' failed") and len(message) < 200


def test_map_keys_are_named_with_all_their_constraints():
    """The form is that of https://github.com/hashicorp/terraform/issues/20076."""
    message = refusal(
        "cognito-identity", "SetIdentityPoolRoles", identity_pool_id="us-east-1:1-2", roles={"x": "a" * 20}
    )[1]
    assert "Value '{x=aaaaaaaaaaaaaaaaaaaa}' at 'roles' failed to satisfy constraint: Map keys must satisfy" in message
    assert "Member must satisfy regular expression pattern: (un)?authenticated]" in message


def test_scalars_in_a_list_are_one_violation():
    message = refusal("iam", "SimulateCustomPolicy", policy_input_list=["{}"], action_names=["a"])[1]
    assert message.startswith(
        "1 validation error detected: Value '[a]' at 'actionNames' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 128, "
        "Member must have length greater than or equal to 3"
    )


def test_unicode_letters_are_letters():
    validate = input_validator(service("iam").operation_model("TagUser"))
    validate({"user_name": "Bob", "tags": [{"key": "Größe 漢字", "value": "ü"}]})
    with pytest.raises(AwsError, match=r"tags\.1\.member\.key"):
        validate({"user_name": "Bob", "tags": [{"key": "a;b", "value": ""}]})


def test_ec2_names_the_first_missing_parameter():
    assert refusal("ec2", "CreateSubnet") == ("MissingParameter", "The request must contain the parameter VpcId")


def test_a_recursive_shape_is_checked_at_every_depth():
    item = {"m": {"a": {"l": [{"s": "x"}]}}}
    assert (
        input_validator(service("dynamodb").operation_model("PutItem"))({"table_name": "abc", "item": {"k": item}})
        is None
    )


def test_what_allows_everything_needs_no_validator():
    assert input_validator(service("sts").operation_model("GetCallerIdentity")) is None
