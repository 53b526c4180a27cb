import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from groundcloud.services.kms.specs import SIGN, SPECS
from tests.services.kms.conftest import refused

ALGORITHMS = [
    (spec, algorithm)
    for spec, found in SPECS.items()
    if not spec.startswith("RSA_") or spec == "RSA_2048"
    for algorithm in found.algorithms.get(SIGN, ())
]


@pytest.fixture()
def signing(kms):
    return lambda spec: kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]


@pytest.mark.parametrize(("spec", "algorithm"), ALGORITHMS)
def test_a_signature_is_of_its_message_alone(kms, signing, spec, algorithm):
    asked = {"KeyId": signing(spec), "SigningAlgorithm": algorithm}
    signature = kms.sign(Message=b"message", **asked)["Signature"]
    assert kms.verify(Message=b"message", Signature=signature, **asked)["SignatureValid"] is True
    code, _ = refused(kms.verify, Message=b"another", Signature=signature, **asked)
    assert code == "KMSInvalidSignatureException"


@pytest.mark.parametrize("algorithm", ["RSASSA_PSS_SHA_384", "RSASSA_PKCS1_V1_5_SHA_256"])
def test_a_digest_is_signed_as_its_message_is(kms, signing, algorithm):
    asked = {"KeyId": signing("RSA_2048"), "SigningAlgorithm": algorithm}
    digest = hashlib.new(f"sha{algorithm[-3:]}", b"message").digest()
    signature = kms.sign(Message=digest, MessageType="DIGEST", **asked)["Signature"]
    assert kms.verify(Message=b"message", Signature=signature, **asked)["SignatureValid"] is True
    assert refused(kms.sign, Message=b"short", MessageType="DIGEST", **asked) == (
        "ValidationException",
        f"Digest is invalid length for algorithm {algorithm}.",
    )


def test_a_signature_verifies_outside_with_the_public_key(kms, signing):
    from cryptography.hazmat.primitives import hashes

    key = signing("ECC_NIST_P256")
    shown = kms.get_public_key(KeyId=key)
    assert (shown["KeySpec"], shown["SigningAlgorithms"]) == ("ECC_NIST_P256", ["ECDSA_SHA_256"])
    public = serialization.load_der_public_key(shown["PublicKey"])
    signature = kms.sign(KeyId=key, Message=b"message", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    public.verify(signature, b"message", ec.ECDSA(hashes.SHA256()))


def test_an_external_mu_is_signed_as_its_message_is(kms, signing):
    """FIPS 204: mu = SHAKE256(SHAKE256(public key, 64) || 0 || 0 || message, 64)."""
    key = signing("ML_DSA_65")
    asked = {"KeyId": key, "SigningAlgorithm": "ML_DSA_SHAKE_256"}
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"]).public_bytes_raw()
    mu = hashlib.shake_256(hashlib.shake_256(public).digest(64) + b"\0\0message").digest(64)
    signature = kms.sign(Message=mu, MessageType="EXTERNAL_MU", **asked)["Signature"]
    assert kms.verify(Message=b"message", Signature=signature, **asked)["SignatureValid"] is True


def test_a_key_does_what_it_is_for_and_nothing_else(kms, signing, key_id):
    key = signing("ECC_NIST_P256")
    arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    assert refused(kms.encrypt, KeyId=key, Plaintext=b"x") == (
        "InvalidKeyUsageException",
        f"{arn} key usage is SIGN_VERIFY which is not valid for Encrypt.",
    )
    code, _ = refused(kms.sign, KeyId=key, Message=b"x", SigningAlgorithm="ECDSA_SHA_512")
    assert code == "InvalidKeyUsageException"
    assert refused(kms.get_public_key, KeyId=key_id)[0] == "UnsupportedOperationException"


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_a_code_is_of_its_message_alone(kms, cloud, bits):
    from groundcloud.services.kms.making import purpose
    from groundcloud.services.kms.records import KeyRing

    key = kms.create_key(KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    asked = {"KeyId": key, "MacAlgorithm": f"HMAC_SHA_{bits}"}
    mac = kms.generate_mac(Message=b"message", **asked)["Mac"]
    with cloud.store.snapshot() as tx:
        (material,) = tx.get(KeyRing, cloud.account, "", key).materials
    secret = cloud.cloud.world.sealer.open(material.sealed, purpose(key))
    assert mac == hmac.digest(secret, b"message", f"sha{bits}")
    assert kms.verify_mac(Message=b"message", Mac=mac, **asked)["MacValid"] is True
    assert refused(kms.verify_mac, Message=b"another", Mac=mac, **asked)[0] == "KMSInvalidMacException"


def test_two_sides_agree_on_a_secret(kms):
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["KeyMetadata"]["KeyId"]
    own = ec.generate_private_key(ec.SECP256R1())
    public = own.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    made = kms.derive_shared_secret(KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=public)
    theirs = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert made["SharedSecret"] == own.exchange(ec.ECDH(), theirs)
    code, _ = refused(kms.derive_shared_secret, KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=b"no key")
    assert code == "ValidationException"


def test_an_encapsulated_secret_is_taken_out_again(kms):
    key = kms.create_key(KeySpec="ML_KEM_768", KeyUsage="ENCAPSULATE_DECAPSULATE")["KeyMetadata"]["KeyId"]
    asked = {"KeyId": key, "EncapsulationAlgorithm": "ML_KEM"}
    made = kms.encapsulate(**asked)
    taken = kms.decapsulate(SharedSecretCiphertextBlob=made["SharedSecretCiphertextBlob"], **asked)
    assert taken["SharedSecret"] == made["SharedSecret"]
    assert len(made["SharedSecret"]) == 32
