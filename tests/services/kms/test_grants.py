import pytest

from tests.services.kms.conftest import refused


@pytest.fixture()
def alice(user):
    """A user whom no policy allows anything."""
    return user("alice")


@pytest.fixture()
def alice_arn(cloud):
    return f"arn:aws:iam::{cloud.account}:user/alice"


def test_a_grant_allows_what_it_lists_until_it_is_revoked(kms, key_id, alice, alice_arn):
    assert refused(alice.encrypt, KeyId=key_id, Plaintext=b"x")[0] == "AccessDeniedException"
    made = kms.create_grant(KeyId=key_id, GranteePrincipal=alice_arn, Operations=["Encrypt"])
    blob = alice.encrypt(KeyId=key_id, Plaintext=b"x", GrantTokens=[made["GrantToken"]])["CiphertextBlob"]
    assert refused(alice.decrypt, CiphertextBlob=blob)[0] == "AccessDeniedException"
    (listed,) = kms.list_grants(KeyId=key_id)["Grants"]
    assert (listed["GrantId"], listed["GranteePrincipal"]) == (made["GrantId"], alice_arn)
    assert listed["KeyId"].startswith("arn:aws:kms:")
    kms.revoke_grant(KeyId=key_id, GrantId=made["GrantId"])
    assert refused(alice.encrypt, KeyId=key_id, Plaintext=b"x")[0] == "AccessDeniedException"
    assert refused(kms.revoke_grant, KeyId=key_id, GrantId=made["GrantId"])[0] == "NotFoundException"


@pytest.mark.parametrize(
    ("kind", "context", "allowed"),
    [
        ("EncryptionContextSubset", {"a": "b", "more": "x"}, True),
        ("EncryptionContextSubset", {"a": "c"}, False),
        ("EncryptionContextSubset", {}, False),
        ("EncryptionContextEquals", {"a": "b"}, True),
        ("EncryptionContextEquals", {"a": "b", "more": "x"}, False),
    ],
)
def test_constraints_bind_a_grant_to_encryption_contexts(kms, key_id, alice, alice_arn, kind, context, allowed):
    constraints = {kind: {"a": "b"}}
    kms.create_grant(KeyId=key_id, GranteePrincipal=alice_arn, Operations=["Encrypt"], Constraints=constraints)
    if allowed:
        alice.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext=context)
    else:
        code, _ = refused(alice.encrypt, KeyId=key_id, Plaintext=b"x", EncryptionContext=context)
        assert code == "AccessDeniedException"


def test_a_grantee_passes_on_what_it_has_and_no_more(kms, key_id, alice, alice_arn, user, cloud):
    """Developer Guide, "Granting CreateGrant permission"."""
    bob = user("bob")
    bob_arn = f"arn:aws:iam::{cloud.account}:user/bob"
    kms.create_grant(KeyId=key_id, GranteePrincipal=alice_arn, Operations=["Encrypt", "CreateGrant"])
    alice.create_grant(KeyId=key_id, GranteePrincipal=bob_arn, Operations=["Encrypt"])
    bob.encrypt(KeyId=key_id, Plaintext=b"x")
    code, _ = refused(alice.create_grant, KeyId=key_id, GranteePrincipal=bob_arn, Operations=["Decrypt"])
    assert code == "AccessDeniedException"


def test_an_explicit_deny_stands_above_a_grant(kms, key_id, user, cloud):
    deny = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}
    carol = user("carol", deny)
    arn = f"arn:aws:iam::{cloud.account}:user/carol"
    kms.create_grant(KeyId=key_id, GranteePrincipal=arn, Operations=["Encrypt"])
    assert refused(carol.encrypt, KeyId=key_id, Plaintext=b"x")[0] == "AccessDeniedException"


def test_a_grant_is_retired_by_whom_it_names(kms, key_id, alice, alice_arn, user, cloud):
    bob = user("bob")
    bob_arn = f"arn:aws:iam::{cloud.account}:user/bob"
    made = kms.create_grant(KeyId=key_id, GranteePrincipal=alice_arn, RetiringPrincipal=bob_arn, Operations=["Encrypt"])
    assert [grant["GrantId"] for grant in kms.list_retirable_grants(RetiringPrincipal=bob_arn)["Grants"]] == [
        made["GrantId"]
    ]
    assert refused(alice.retire_grant, GrantToken=made["GrantToken"])[0] == "AccessDeniedException"
    bob.retire_grant(GrantToken=made["GrantToken"])
    assert kms.list_grants(KeyId=key_id)["Grants"] == []


def test_the_same_request_by_name_gives_the_same_grant(kms, key_id, alice, alice_arn):
    asked = {"KeyId": key_id, "GranteePrincipal": alice_arn, "Operations": ["Encrypt"], "Name": "once"}
    assert kms.create_grant(**asked)["GrantId"] == kms.create_grant(**asked)["GrantId"]
    assert kms.create_grant(**{**asked, "Name": "twice"})["GrantId"] != kms.create_grant(**asked)["GrantId"]
    assert len(kms.list_grants(KeyId=key_id)["Grants"]) == 2


def test_what_fits_no_grant_is_refused(kms, key_id, alice_arn):
    code, _ = refused(kms.create_grant, KeyId=key_id, GranteePrincipal=alice_arn, Operations=["Sign"])
    assert code == "ValidationException"
    assert refused(kms.encrypt, KeyId=key_id, Plaintext=b"x", GrantTokens=["bm8="])[0] == "InvalidGrantTokenException"
