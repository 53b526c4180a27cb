import pytest

from groundcloud.services.iam.errors import PasswordPolicyViolation
from groundcloud.services.iam.password_policy import check_password
from groundcloud.services.iam.records import PasswordPolicy
from tests.services.iam.policies import refusal


def test_an_account_without_rules_of_its_own_has_none_to_show(iam, cloud):
    assert refusal(iam.get_account_password_policy) == (
        "NoSuchEntity",
        f"The Password Policy with domain name {cloud.account} cannot be found.",
    )
    assert refusal(iam.delete_account_password_policy) == (
        "NoSuchEntity",
        "The account policy with name PasswordPolicy cannot be found.",
    )


def test_what_is_not_given_has_its_default(iam):
    """As recorded on AWS."""
    iam.update_account_password_policy()
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": False,
        "MinimumPasswordLength": 6,
        "RequireLowercaseCharacters": False,
        "RequireNumbers": False,
        "RequireSymbols": False,
        "RequireUppercaseCharacters": False,
    }


def test_rules_are_set_set_anew_and_deleted(iam):
    """API reference, UpdateAccountPasswordPolicy: no partial updates."""
    rules = {
        "AllowUsersToChangePassword": True,
        "HardExpiry": True,
        "MaxPasswordAge": 60,
        "MinimumPasswordLength": 10,
        "PasswordReusePrevention": 3,
        "RequireLowercaseCharacters": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "RequireUppercaseCharacters": True,
    }
    iam.update_account_password_policy(**rules)
    assert iam.get_account_password_policy()["PasswordPolicy"] == {**rules, "ExpirePasswords": True}
    iam.update_account_password_policy(RequireNumbers=True)
    found = iam.get_account_password_policy()["PasswordPolicy"]
    assert found["MinimumPasswordLength"] == 6
    assert "MaxPasswordAge" not in found
    iam.delete_account_password_policy()
    assert refusal(iam.get_account_password_policy)[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    ("password", "good"),
    [("Abcdefg1", True), ("abcdef-1", True), ("Abcdef1", False), ("abcdefg1", False), ("ABCDEFGH", False)],
)
def test_without_rules_a_password_is_eight_long_and_of_three_kinds(password, good):
    """IAM guide, "Setting an account password policy for IAM users", Default password policy."""
    if good:
        check_password(None, password)
    else:
        with pytest.raises(PasswordPolicyViolation):
            check_password(None, password)


@pytest.mark.parametrize(
    ("rule", "password", "lacking"),
    [
        ("require_uppercase_characters", "abc123-", "uppercase letter"),
        ("require_lowercase_characters", "ABC123-", "lowercase letter"),
        ("require_numbers", "abcDEF-", "number"),
        ("require_symbols", "abcDEF1", "symbol"),
    ],
)
def test_a_rule_names_what_a_password_lacks(rule, password, lacking):
    check_password(PasswordPolicy("1"), password)
    with pytest.raises(PasswordPolicyViolation, match=f"at least one {lacking}"):
        check_password(PasswordPolicy("1", **{rule: True}), password)
