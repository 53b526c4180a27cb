import json

import pytest

from tests.services.kms.conftest import refused


def test_a_new_key_is_described_as_aws_does(kms, cloud):
    made = kms.create_key(Description="mine", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
    key_id = made["KeyId"]
    assert made["Arn"] == f"arn:aws:kms:us-east-1:{cloud.account}:key/{key_id}"
    shown = kms.describe_key(KeyId=made["Arn"])["KeyMetadata"]
    assert shown == made
    assert {
        name: shown[name] for name in shown if name not in ("Arn", "KeyId", "CreationDate", "CurrentKeyMaterialId")
    } == {
        "AWSAccountId": cloud.account,
        "Enabled": True,
        "Description": "mine",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }
    assert len(shown["CurrentKeyMaterialId"]) == 64
    assert kms.list_resource_tags(KeyId=key_id)["Tags"] == [{"TagKey": "a", "TagValue": "b"}]


def test_keys_are_listed_in_pages(kms):
    made = sorted(kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(5))
    pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2}))
    assert [key["KeyId"] for page in pages for key in page["Keys"]] == made
    assert [page["Truncated"] for page in pages] == [True, True, False]
    assert refused(kms.list_keys, Marker="no marker")[0] == "InvalidMarkerException"


@pytest.mark.parametrize(
    ("spec", "usage", "member", "first"),
    [
        ("RSA_2048", "SIGN_VERIFY", "SigningAlgorithms", "RSASSA_PKCS1_V1_5_SHA_256"),
        ("ECC_NIST_P256", "KEY_AGREEMENT", "KeyAgreementAlgorithms", "ECDH"),
        ("HMAC_512", "GENERATE_VERIFY_MAC", "MacAlgorithms", "HMAC_SHA_512"),
        ("ML_DSA_44", "SIGN_VERIFY", "SigningAlgorithms", "ML_DSA_SHAKE_256"),
    ],
)
def test_a_key_tells_its_algorithms(kms, spec, usage, member, first):
    made = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
    assert (made["KeySpec"], made["KeyUsage"], made[member][0]) == (spec, usage, first)


def test_what_does_not_go_together_makes_no_key(kms):
    assert refused(kms.create_key, KeySpec="RSA_2048") == (
        "ValidationException",
        "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
    )
    assert refused(kms.create_key, KeySpec="ECC_NIST_P256", KeyUsage="ENCRYPT_DECRYPT") == (
        "ValidationException",
        "KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256",
    )
    assert kms.list_keys()["Keys"] == []


def test_a_disabled_key_does_nothing_until_it_is_enabled(kms, key_id):
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key_id)
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    for call, arguments in (
        (kms.encrypt, {"KeyId": key_id, "Plaintext": b"x"}),
        (kms.decrypt, {"CiphertextBlob": blob}),
    ):
        assert refused(call, **arguments) == ("DisabledException", f"{arn} is disabled.")
    kms.enable_key(KeyId=key_id)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_key_is_deleted_when_its_waiting_period_is_over(kms, key_id, pass_time, cloud):
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key_id)
    scheduled = kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    assert (scheduled["KeyState"], scheduled["PendingWindowInDays"]) == ("PendingDeletion", 7)
    arn = f"arn:aws:kms:us-east-1:{cloud.account}:key/{key_id}"
    assert refused(kms.encrypt, KeyId=key_id, Plaintext=b"x") == (
        "KMSInvalidStateException",
        f"{arn} is pending deletion.",
    )
    pass_time(days=6, hours=23)
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["DeletionDate"] == scheduled["DeletionDate"]
    pass_time(hours=2)
    assert refused(kms.describe_key, KeyId=key_id) == ("NotFoundException", f"Key '{arn}' does not exist")
    assert [alias for alias in kms.list_aliases()["Aliases"] if alias["AliasName"] == "alias/mine"] == []


def test_a_deletion_can_be_cancelled(kms, key_id, pass_time):
    kms.schedule_key_deletion(KeyId=key_id)
    kms.cancel_key_deletion(KeyId=key_id)
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "Disabled"
    pass_time(days=31)
    kms.enable_key(KeyId=key_id)
    assert refused(kms.cancel_key_deletion, KeyId=key_id)[0] == "KMSInvalidStateException"
    assert refused(kms.schedule_key_deletion, KeyId=key_id, PendingWindowInDays=6)[0] == "ValidationException"


def test_a_policy_must_let_its_writer_write_the_next_one(kms, cloud, user):
    other = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": other})
    message = "The new key policy will not allow you to update the key policy in the future."
    assert refused(kms.create_key, Policy=document) == ("MalformedPolicyDocumentException", message)
    made = kms.create_key(Policy=document, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]
    code, _ = refused(kms.describe_key, KeyId=made["KeyId"])
    assert code == "AccessDeniedException"
    assert refused(kms.create_key, Policy="{}")[0] == "MalformedPolicyDocumentException"


def test_random_bytes_are_as_many_as_asked_for(kms):
    assert len(kms.generate_random(NumberOfBytes=1024)["Plaintext"]) == 1024


def test_a_data_key_comes_in_the_clear_and_encrypted(kms, key_id):
    made = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256", EncryptionContext={"a": "b"})
    assert len(made["Plaintext"]) == 32
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "b"})
    assert opened["Plaintext"] == made["Plaintext"]
    hidden = kms.generate_data_key_without_plaintext(KeyId=key_id, NumberOfBytes=64)
    assert "Plaintext" not in hidden
    assert len(kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]) == 64
    assert refused(kms.generate_data_key, KeyId=key_id) == (
        "ValidationException",
        "Please specify either number of bytes or key spec.",
    )


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P384", "ECC_NIST_EDWARDS25519"])
def test_a_data_key_pair_belongs_together(kms, key_id, spec):
    from cryptography.hazmat.primitives import serialization as s

    made = kms.generate_data_key_pair(KeyId=key_id, KeyPairSpec=spec)
    private = s.load_der_private_key(made["PrivateKeyPlaintext"], None)
    public = private.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
    assert public == made["PublicKey"]
    opened = kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"])
    assert opened["Plaintext"] == made["PrivateKeyPlaintext"]
    assert "PrivateKeyPlaintext" not in kms.generate_data_key_pair_without_plaintext(KeyId=key_id, KeyPairSpec=spec)


def test_uses_are_counted_by_key_and_month(kms, key_id, cloud):
    from groundcloud.services.kms.records import KeyUse

    assert kms.get_key_last_usage(KeyId=key_id)["KeyLastUsage"] == {}
    for _ in range(3):
        blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    cloud.settle()
    kms.encrypt(KeyId=key_id, Plaintext=b"x")
    cloud.settle()
    with cloud.store.snapshot() as tx:
        use = tx.get(KeyUse, cloud.account, "us-east-1", key_id, f"{cloud.clock():%Y-%m}")
    assert use.counts == {"Encrypt": 4, "Decrypt": 1}
    assert kms.get_key_last_usage(KeyId=key_id)["KeyLastUsage"]["Operation"] == "Encrypt"
