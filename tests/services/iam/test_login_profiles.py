import pytest

from groundcloud.services.iam.records import LoginProfileSecret
from tests.services.iam.policies import allow, keys_for, refusal

FIRST, SECOND, THIRD = "Correct-horse-1", "Correct-horse-2", "Correct-horse-3"


@pytest.fixture()
def alice(iam, cloud):
    """A client of a user who has a password and may change it."""
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=allow("iam:ChangePassword"))
    iam.create_login_profile(UserName="alice", Password=FIRST)
    return keys_for(cloud, iam, "alice")


def test_a_login_profile_is_made_changed_and_deleted(iam):
    iam.create_user(UserName="alice")
    made = iam.create_login_profile(UserName="alice", Password=FIRST, PasswordResetRequired=True)["LoginProfile"]
    assert (made["UserName"], made["PasswordResetRequired"]) == ("alice", True)
    iam.update_login_profile(UserName="alice", PasswordResetRequired=False)
    assert iam.get_login_profile(UserName="alice")["LoginProfile"] == {**made, "PasswordResetRequired": False}
    iam.delete_login_profile(UserName="alice")
    missing = ("NoSuchEntity", "Login Profile for User alice cannot be found.")
    for call in (iam.get_login_profile, iam.delete_login_profile, iam.update_login_profile):
        assert refusal(call, UserName="alice") == missing
    iam.create_login_profile(UserName="alice", Password=FIRST)


def test_a_user_has_one_login_profile(iam, alice):
    assert refusal(iam.create_login_profile, UserName="alice", Password=SECOND) == (
        "EntityAlreadyExists",
        "Login Profile for user alice already exists.",
    )


def test_the_user_is_looked_for_first(iam):
    missing = ("NoSuchEntity", "The user with name nobody cannot be found.")
    assert refusal(iam.create_login_profile, UserName="nobody", Password=FIRST) == missing
    assert refusal(iam.delete_login_profile, UserName="nobody") == missing


def test_only_a_hash_of_the_password_is_stored(iam, cloud, alice):
    """Two users with one password have different hashes, and no file of the cloud has the password."""
    iam.create_user(UserName="bob")
    iam.create_login_profile(UserName="bob", Password=FIRST)
    with cloud.store.snapshot() as tx:
        ours, theirs = (tx.get(LoginProfileSecret, cloud.account, name) for name in ("alice", "bob"))
        assert ours.hash != theirs.hash
        assert FIRST.encode() not in ours.hash + ours.salt
        assert all(FIRST.encode() not in data for _, data in tx.table.range(b"", b"\xff", 100_000, False))


def test_a_user_changes_its_password_with_the_old_one(iam, alice):
    iam.update_login_profile(UserName="alice", PasswordResetRequired=True)
    assert refusal(alice.change_password, OldPassword="wrong", NewPassword=SECOND) == (
        "AccessDenied",
        "The old password was incorrect.",
    )
    alice.change_password(OldPassword=FIRST, NewPassword=SECOND)
    assert refusal(alice.change_password, OldPassword=FIRST, NewPassword=THIRD)[0] == "AccessDenied"
    alice.change_password(OldPassword=SECOND, NewPassword=THIRD)
    assert iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"] is False


def test_an_administrator_sets_a_new_password(iam, alice):
    iam.update_login_profile(UserName="alice", Password=SECOND)
    alice.change_password(OldPassword=SECOND, NewPassword=THIRD)


def test_who_is_no_user_has_no_password_to_change(iam, cloud):
    """API reference, ChangePassword: the root user's password is not changed with it."""
    from groundcloud.services.iam.identities import root_principal
    from tests.cloud import Keys

    root = root_principal(cloud.account)
    key = cloud.store.write(lambda tx: cloud.cloud.call(tx, root, "iam", "CreateAccessKey"))["access_key"]
    client = cloud.client("iam", Keys(key["access_key_id"], key["secret_access_key"]))
    assert refusal(client.change_password, OldPassword=FIRST, NewPassword=SECOND) == (
        "InvalidUserType",
        "Only IAM Users can change their own password",
    )


def test_a_password_follows_the_accounts_rules(iam, alice):
    iam.update_account_password_policy(MinimumPasswordLength=12, RequireSymbols=True)
    short = ("PasswordPolicyViolation", "Password should have a minimum length of 12")
    assert refusal(alice.change_password, OldPassword=FIRST, NewPassword="Short-1") == short
    assert refusal(iam.update_login_profile, UserName="alice", Password="Short-1") == short
    plain = ("PasswordPolicyViolation", "Password should have at least one symbol")
    assert refusal(iam.update_login_profile, UserName="alice", Password="ThisHasNone12") == plain


def test_an_earlier_password_may_be_forbidden(iam, alice):
    """API reference, PasswordReusePrevention: as many of the passwords before may not come again."""
    iam.update_account_password_policy(PasswordReusePrevention=2)
    alice.change_password(OldPassword=FIRST, NewPassword=SECOND)
    for known in (FIRST, SECOND):
        found = refusal(alice.change_password, OldPassword=SECOND, NewPassword=known)
        assert found[0] == "PasswordPolicyViolation"
    alice.change_password(OldPassword=SECOND, NewPassword=THIRD)
    alice.change_password(OldPassword=THIRD, NewPassword=FIRST)


def test_the_accounts_rules_may_let_every_user_change_its_password(iam, cloud):
    """IAM guide, "Setting an account password policy": AllowUsersToChangePassword needs no policy of the user's, and
    lets users read the rules; an explicit Deny still holds."""
    iam.create_user(UserName="bob")
    iam.create_login_profile(UserName="bob", Password=FIRST)
    bob = keys_for(cloud, iam, "bob")
    assert refusal(bob.change_password, OldPassword=FIRST, NewPassword=SECOND)[0] == "AccessDenied"
    assert refusal(bob.get_account_password_policy)[0] == "AccessDenied"
    iam.update_account_password_policy(AllowUsersToChangePassword=True)
    bob.change_password(OldPassword=FIRST, NewPassword=SECOND)
    assert bob.get_account_password_policy()["PasswordPolicy"]["AllowUsersToChangePassword"]
    deny = allow("iam:ChangePassword").replace("Allow", "Deny")
    iam.put_user_policy(UserName="bob", PolicyName="no", PolicyDocument=deny)
    code, message = refusal(bob.change_password, OldPassword=SECOND, NewPassword=THIRD)
    assert code == "AccessDenied"
    assert "explicit deny" in message
