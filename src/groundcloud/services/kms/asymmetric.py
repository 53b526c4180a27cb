"""Key pairs and secrets: making them, and the algorithms of signing, encrypting and agreeing. Bytes in, bytes out.

Private keys are PKCS #8, public keys SubjectPublicKeyInfo, both DER, as GenerateDataKeyPair and GetPublicKey give them.
It knows no records and no AWS errors: what does not fit raises `Unfit`, what does not verify `InvalidSignature`.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "ECC_NIST_P256": ec.SECP256R1,
    "ECC_NIST_P384": ec.SECP384R1,
    "ECC_NIST_P521": ec.SECP521R1,
    "ECC_SECG_P256K1": ec.SECP256K1,
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "SHA_1": hashes.SHA1,
    "SHA_256": hashes.SHA256,
    "SHA_384": hashes.SHA384,
    "SHA_512": hashes.SHA512,
}


class Unfit(Exception):
    """Bytes that do not fit the algorithm: a digest of another length, too long a message, another kind of key."""


class Pair(NamedTuple):
    """A key pair, as DER."""

    private: bytes
    public: bytes


def generate(spec: str) -> Pair:
    """A new key pair. RSA takes up to seconds: `ctx.compute` it. Raises `Unfit` where the library lacks the kind."""
    if spec.startswith("RSA_"):
        return pair_of(rsa.generate_private_key(65537, int(spec[4:])))
    if spec in _CURVES:
        return pair_of(ec.generate_private_key(_CURVES[spec]()))
    if spec == "ECC_NIST_EDWARDS25519":
        return pair_of(ed25519.Ed25519PrivateKey.generate())
    return pair_of(_post_quantum(spec).generate())


def _post_quantum(spec: str) -> Any:
    """The private key's class of an ML-DSA or ML-KEM spec."""
    try:
        if spec.startswith("ML_DSA_"):
            from cryptography.hazmat.primitives.asymmetric import mldsa

            return getattr(mldsa, f"MLDSA{spec[7:]}PrivateKey")
        from cryptography.hazmat.primitives.asymmetric import mlkem

        return getattr(mlkem, f"MLKEM{spec[7:]}PrivateKey")
    except (ImportError, AttributeError) as error:
        raise Unfit(f"The cryptography library of this installation has no {spec}.") from error


def pair_of(private: Any) -> Pair:
    """A private key of the library as DER, with its public key."""
    return Pair(
        private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )  # fmt: skip


@lru_cache(maxsize=64)
def _private(der: bytes) -> Any:
    """Reading an RSA key costs more than signing with it. It was checked when it was made or imported."""
    return serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)


@lru_cache(maxsize=64)
def _public(der: bytes) -> Any:
    return serialization.load_der_public_key(der)


def read_pair(der: bytes, spec: str) -> Pair:
    """An imported private key of this spec. Raises `Unfit`."""
    try:
        private: Any = serialization.load_der_private_key(der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Unfit("The key material is no PKCS #8 private key.") from error
    if spec_of(private) != spec:
        raise Unfit(f"The key material is no {spec} key.")
    return pair_of(private)


def spec_of(key: Any) -> str:
    """The key spec of a key of the library, private or public; empty for one that KMS does not have."""
    if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        return f"RSA_{key.key_size}"
    if isinstance(key, (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)):
        return next((spec for spec, curve in _CURVES.items() if isinstance(key.curve, curve)), "")
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey)):
        return "ECC_NIST_EDWARDS25519"
    name = type(key).__name__.upper()
    return next((f"ML_{kind}_{level}" for kind, level in _LEVELS if name.startswith(f"ML{kind}{level}P")), "")


_LEVELS = (("DSA", "44"), ("DSA", "65"), ("DSA", "87"), ("KEM", "768"), ("KEM", "1024"))


# -- signatures


def sign(private: bytes, algorithm: str, message_type: str, message: bytes) -> bytes:
    """A signature. ECDSA's are DER (RFC 3279). Raises `Unfit`."""
    key = _private(private)
    if algorithm == "ED25519_SHA_512":
        return bytes(key.sign(_raw(message_type, message, algorithm)))
    if algorithm == "ML_DSA_SHAKE_256":
        return bytes(
            key.sign_mu(_mu(message))
            if message_type == "EXTERNAL_MU"
            else key.sign(_raw(message_type, message, algorithm))
        )
    return bytes(key.sign(message, *_scheme(algorithm, message_type, message)))


def verify(public: bytes, algorithm: str, message_type: str, message: bytes, signature: bytes) -> None:
    """Raises `InvalidSignature` (of the library) for one that is not of this message and key, and `Unfit`."""
    key = _public(public)
    if algorithm == "ED25519_SHA_512":
        key.verify(signature, _raw(message_type, message, algorithm))
    elif algorithm == "ML_DSA_SHAKE_256":
        if message_type == "EXTERNAL_MU":
            key.verify_mu(signature, _mu(message))
        else:
            key.verify(signature, _raw(message_type, message, algorithm))
    else:
        key.verify(signature, message, *_scheme(algorithm, message_type, message))


def _scheme(algorithm: str, message_type: str, message: bytes) -> tuple[Any, ...]:
    """What the library wants to know of a signature algorithm over SHA-2."""
    name = _HASHES[algorithm[-7:]]()
    digest: Any = name
    if message_type == "EXTERNAL_MU":
        raise Unfit(f"MessageType EXTERNAL_MU is not valid for algorithm {algorithm}.")
    if message_type == "DIGEST":
        if len(message) != name.digest_size:
            raise Unfit(f"Digest is invalid length for algorithm {algorithm}.")
        digest = Prehashed(name)
    if algorithm.startswith("ECDSA"):
        return (ec.ECDSA(digest),)
    if algorithm.startswith("RSASSA_PSS"):
        return padding.PSS(padding.MGF1(name), name.digest_size), digest
    return padding.PKCS1v15(), digest


def _raw(message_type: str, message: bytes, algorithm: str) -> bytes:
    if message_type != "RAW":
        raise Unfit(f"MessageType {message_type} is not valid for algorithm {algorithm}.")
    return message


def _mu(message: bytes) -> bytes:
    if len(message) != 64:
        raise Unfit("Message must be 64 bytes when MessageType is EXTERNAL_MU.")
    return message


# -- encryption


def largest(spec_size: int, algorithm: str) -> int:
    """Bytes of plaintext that RSA with OAEP takes (RFC 8017, 7.1.1)."""
    return spec_size // 8 - 2 * _HASHES[algorithm.removeprefix("RSAES_OAEP_")]().digest_size - 2


def encrypt(public: bytes, algorithm: str, plaintext: bytes) -> bytes:
    return bytes(_public(public).encrypt(plaintext, oaep(algorithm.removeprefix("RSAES_OAEP_"))))


def decrypt(private: bytes, algorithm: str, ciphertext: bytes) -> bytes:
    """Raises `Unfit` for what was not encrypted for this key."""
    try:
        return bytes(_private(private).decrypt(ciphertext, oaep(algorithm.removeprefix("RSAES_OAEP_"))))
    except ValueError as error:
        raise Unfit(str(error)) from error


def modulus_size(private: bytes) -> int:
    """Bytes of an RSA key's modulus, and of what it encrypts to."""
    return int(_private(private).key_size) // 8


def oaep(name: str) -> padding.OAEP:
    """OAEP with one hash (`SHA_1`, `SHA_256`) for both the label and the mask."""
    algorithm = _HASHES[name]
    return padding.OAEP(padding.MGF1(algorithm()), algorithm(), None)


# -- agreement and encapsulation


def agree(private: bytes, public: bytes) -> bytes:
    """The shared secret of ECDH with another's public key (DER). Raises `Unfit` unless it is of the same curve."""
    try:
        other = serialization.load_der_public_key(public)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unfit("The public key is not valid.") from error
    own = _private(private)
    if spec_of(other) != spec_of(own):
        raise Unfit("The public key is not of the same curve as the KMS key.")
    return bytes(own.exchange(ec.ECDH(), other))


def encapsulate(public: bytes) -> tuple[bytes, bytes]:
    """A shared secret, and the ciphertext from which the key's owner gets it (FIPS 203)."""
    secret, ciphertext = _public(public).encapsulate()
    return bytes(secret), bytes(ciphertext)


def decapsulate(private: bytes, ciphertext: bytes) -> bytes:
    """Raises `Unfit` for a ciphertext of another length."""
    try:
        return bytes(_private(private).decapsulate(ciphertext))
    except ValueError as error:
        raise Unfit(str(error)) from error


__all__ = [
    "InvalidSignature", "Pair", "Unfit", "agree", "decapsulate", "decrypt", "encapsulate", "encrypt", "generate",
    "largest", "modulus_size", "oaep", "pair_of", "read_pair", "sign", "spec_of", "verify",
]  # fmt: skip
