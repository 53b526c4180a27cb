from tests.cloud import Keys
from tests.services.iam.policies import refusal


def test_an_account_has_one_alias_and_a_new_one_takes_its_place(iam):
    """IAM guide, "Create an account alias": an account has one; making another replaces it."""
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_account_alias(AccountAlias="first")
    iam.create_account_alias(AccountAlias="second")
    assert iam.list_account_aliases()["AccountAliases"] == ["second"]
    iam.delete_account_alias(AccountAlias="second")
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_only_the_alias_that_there_is_can_be_deleted(iam):
    iam.create_account_alias(AccountAlias="ours")
    assert refusal(iam.delete_account_alias, AccountAlias="theirs")[0] == "NoSuchEntity"
    assert iam.list_account_aliases()["AccountAliases"] == ["ours"]


def test_no_two_accounts_have_the_same_alias(iam, cloud):
    """API reference, CreateAccountAlias: unique across all accounts."""
    iam.create_account_alias(AccountAlias="ours")
    key = cloud.cloud.create_admin(cloud.cloud.create_account("other", "other@example.com"))
    other = cloud.client("iam", Keys(key["access_key_id"], key["secret_access_key"]))
    assert refusal(other.create_account_alias, AccountAlias="ours") == (
        "EntityAlreadyExists",
        "The account alias ours already exists.",
    )
    iam.delete_account_alias(AccountAlias="ours")
    other.create_account_alias(AccountAlias="ours")
