import base64

import pytest

from tests.services.kms.conftest import refused


def test_what_was_encrypted_is_decrypted_without_naming_the_key(kms, key_id):
    made = kms.encrypt(KeyId=key_id, Plaintext=b"secret")
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    assert made["KeyId"] == arn
    assert made["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"])
    assert (opened["Plaintext"], opened["KeyId"]) == (b"secret", arn)


def test_equal_plaintexts_have_different_ciphertexts(kms, key_id):
    blobs = {kms.encrypt(KeyId=key_id, Plaintext=b"same")["CiphertextBlob"] for _ in range(3)}
    assert len(blobs) == 3


def test_a_ciphertext_opens_only_in_its_encryption_context(kms, key_id):
    context = {"app": "shop", "stage": "live"}
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext=context)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=dict(reversed(context.items())))["Plaintext"] == b"x"
    for other in ({}, {"app": "shop"}, {"app": "shop", "stage": "test"}, {"App": "shop", "stage": "live"}):
        assert refused(kms.decrypt, CiphertextBlob=blob, EncryptionContext=other)[0] == "InvalidCiphertextException"


@pytest.mark.parametrize("place", [0, 3, 10, 60, 90, 120, -1])
def test_a_changed_ciphertext_does_not_open(kms, key_id, place):
    blob = bytearray(kms.encrypt(KeyId=key_id, Plaintext=b"x" * 30)["CiphertextBlob"])
    blob[place] ^= 1
    code, _ = refused(kms.decrypt, CiphertextBlob=bytes(blob))
    assert code in ("InvalidCiphertextException", "AccessDeniedException")


def test_bytes_that_are_no_ciphertext_are_refused(kms, key_id):
    assert refused(kms.decrypt, CiphertextBlob=b"nonsense")[0] == "InvalidCiphertextException"
    assert refused(kms.decrypt, CiphertextBlob=b"\x00" * 300, KeyId=key_id)[0] == "InvalidCiphertextException"


def test_another_key_is_the_incorrect_one(kms, key_id):
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    assert refused(kms.decrypt, CiphertextBlob=blob, KeyId=other) == (
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )


def test_re_encrypt_moves_a_ciphertext_to_another_key_and_context(kms, key_id):
    other = kms.create_key()["KeyMetadata"]
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
    moved = kms.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext={"a": "b"},
        DestinationKeyId=other["KeyId"],
        DestinationEncryptionContext={"c": "d"},
    )
    assert moved["KeyId"] == other["Arn"]
    assert moved["SourceKeyId"].endswith(key_id)
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"c": "d"})["Plaintext"] == b"x"


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
def test_rsa_keys_encrypt_what_their_modulus_takes(kms, algorithm):
    """Developer Guide, "RSA key specs for encryption and decryption": 214 and 190 bytes for RSA_2048."""
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    most = 214 if algorithm.endswith("_1") else 190
    blob = kms.encrypt(KeyId=key, Plaintext=b"x" * most, EncryptionAlgorithm=algorithm)["CiphertextBlob"]
    assert len(blob) == 256
    opened = kms.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)
    assert opened["Plaintext"] == b"x" * most
    assert refused(kms.encrypt, KeyId=key, Plaintext=b"x" * (most + 1), EncryptionAlgorithm=algorithm) == (
        "ValidationException",
        f"Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {most} bytes.",
    )


def test_a_plaintext_of_more_than_4096_bytes_is_refused(kms, key_id):
    kms.encrypt(KeyId=key_id, Plaintext=b"x" * 4096)
    assert refused(kms.encrypt, KeyId=key_id, Plaintext=b"x" * 4097)[0] == "ValidationException"


def test_a_key_that_is_not_there_is_named(kms, cloud, key_id):
    absent = "1234abcd-12ab-34cd-56ef-1234567890ab"
    arn = f"arn:aws:kms:us-east-1:{cloud.account}:key/{absent}"
    assert refused(kms.encrypt, KeyId=absent, Plaintext=b"x") == ("NotFoundException", f"Key '{arn}' does not exist")
    assert refused(kms.encrypt, KeyId="nonsense", Plaintext=b"x") == ("NotFoundException", "Invalid keyId 'nonsense'")
    alias = f"arn:aws:kms:us-east-1:{cloud.account}:alias/none"
    assert refused(kms.encrypt, KeyId="alias/none", Plaintext=b"x") == (
        "NotFoundException",
        f"Alias {alias} is not found.",
    )
    assert refused(kms.encrypt, KeyId="arn:aws:kms:us-east-1:key", Plaintext=b"x")[0] == "InvalidArnException"


def test_a_dry_run_does_nothing_but_say_so(kms, key_id):
    assert refused(kms.encrypt, KeyId=key_id, Plaintext=b"x", DryRun=True) == (
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun option is set.",
    )


def test_the_material_is_not_on_the_disk(kms, key_id, cloud, tmp_path):
    """What the store's file holds of a key is sealed under the installation's key."""
    from groundcloud.services.kms.making import purpose
    from groundcloud.services.kms.records import KeyRing

    with cloud.store.snapshot() as tx:
        (material,) = tx.get(KeyRing, cloud.account, "", key_id).materials
    secret = cloud.cloud.world.sealer.open(material.sealed, purpose(key_id))
    assert len(secret) == 32
    assert all(secret not in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())


def test_no_plaintext_is_in_the_trail_or_the_log(kms, key_id, cloud):
    plaintext = b"a value that is easily found"
    blob = kms.encrypt(KeyId=key_id, Plaintext=plaintext)["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    kept = str(cloud.events()) + str(cloud.calls())
    assert "Encrypt" in kept
    assert plaintext.decode() not in kept
    assert base64.b64encode(plaintext).decode() not in kept
