import os
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from tests.services.kms.conftest import refused

MATERIAL = bytes(range(32))


@pytest.fixture()
def empty(kms):
    return kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]


def wrapped(public_key: bytes, algorithm: str, material: bytes) -> bytes:
    public = serialization.load_der_public_key(public_key)
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    if algorithm.startswith("RSAES"):
        return public.encrypt(material, oaep)
    inner = os.urandom(32)
    return public.encrypt(inner, oaep) + keywrap.aes_key_wrap_with_padding(inner, material)


def bring(kms, key_id: str, material: bytes = MATERIAL, algorithm: str = "RSAES_OAEP_SHA_256", **more):
    asked = {"KeyId": key_id, "WrappingAlgorithm": algorithm, "WrappingKeySpec": "RSA_2048"}
    parameters = kms.get_parameters_for_import(**asked)
    if "ValidTo" not in more:
        more["ExpirationModel"] = "KEY_MATERIAL_DOES_NOT_EXPIRE"
    return kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrapped(parameters["PublicKey"], algorithm, material),
        **more,
    )


@pytest.mark.parametrize(
    "algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"]
)
def test_a_key_works_once_its_material_is_there(kms, empty, algorithm):
    arn = kms.describe_key(KeyId=empty)["KeyMetadata"]["Arn"]
    assert refused(kms.encrypt, KeyId=empty, Plaintext=b"x") == (
        "KMSInvalidStateException",
        f"{arn} is pending import.",
    )
    made = bring(kms, empty, algorithm=algorithm)
    shown = kms.describe_key(KeyId=empty)["KeyMetadata"]
    assert (shown["KeyState"], shown["ExpirationModel"]) == ("Enabled", "KEY_MATERIAL_DOES_NOT_EXPIRE")
    assert shown["CurrentKeyMaterialId"] == made["KeyMaterialId"]
    blob = kms.encrypt(KeyId=empty, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_the_same_material_comes_back_and_no_other(kms, empty):
    bring(kms, empty)
    blob = kms.encrypt(KeyId=empty, Plaintext=b"x")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=empty)
    assert kms.describe_key(KeyId=empty)["KeyMetadata"]["KeyState"] == "PendingImport"
    assert refused(kms.decrypt, CiphertextBlob=blob)[0] == "KMSInvalidStateException"
    assert refused(bring, kms=kms, key_id=empty, material=bytes(32))[0] == "IncorrectKeyMaterialException"
    bring(kms, empty)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_material_expires_on_its_date(kms, empty, cloud, pass_time):
    bring(kms, empty, ValidTo=cloud.clock() + timedelta(days=2))
    kms.encrypt(KeyId=empty, Plaintext=b"x")
    pass_time(days=2)
    assert refused(kms.encrypt, KeyId=empty, Plaintext=b"x")[0] == "KMSInvalidStateException"
    assert kms.describe_key(KeyId=empty)["KeyMetadata"]["KeyState"] == "PendingImport"


def test_a_token_is_of_its_key_and_of_a_day(kms, empty, pass_time):
    asked = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    other = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    parameters = kms.get_parameters_for_import(KeyId=empty, **asked)
    given = {
        "ImportToken": parameters["ImportToken"],
        "EncryptedKeyMaterial": wrapped(parameters["PublicKey"], "RSAES_OAEP_SHA_256", MATERIAL),
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }
    assert refused(kms.import_key_material, KeyId=other, **given)[0] == "InvalidImportTokenException"
    bad = {**given, "EncryptedKeyMaterial": b"x" * 256}
    assert refused(kms.import_key_material, KeyId=empty, **bad)[0] == "InvalidCiphertextException"
    pass_time(hours=25)
    assert refused(kms.import_key_material, KeyId=empty, **given)[0] == "ExpiredImportTokenException"


def test_another_material_waits_for_a_rotation_on_demand(kms, empty):
    first = bring(kms, empty)["KeyMaterialId"]
    blob = kms.encrypt(KeyId=empty, Plaintext=b"old")["CiphertextBlob"]
    second = bring(kms, empty, bytes(32), ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    assert kms.describe_key(KeyId=empty)["KeyMetadata"]["CurrentKeyMaterialId"] == first
    kms.rotate_key_on_demand(KeyId=empty)
    assert kms.describe_key(KeyId=empty)["KeyMetadata"]["CurrentKeyMaterialId"] == second
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"old"
    assert refused(kms.rotate_key_on_demand, KeyId=empty)[0] == "KMSInvalidStateException"


def test_an_own_private_key_signs(kms):
    key = kms.create_key(Origin="EXTERNAL", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    private = ec.generate_private_key(ec.SECP256R1())
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    bring(kms, key, der, "RSA_AES_KEY_WRAP_SHA_256")
    signature = kms.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    private.public_key().verify(signature, b"m", ec.ECDSA(hashes.SHA256()))
