"""The kinds of keys: what each may be used for, and the algorithms it takes. Data only.

Source: AWS KMS Developer Guide, "Key spec reference". SM2 (China Regions) and ML_KEM_512 are missing because the
`cryptography` library has neither; ML-DSA and ML-KEM need a version of it that has them.
"""

from typing import NamedTuple

ENCRYPT, SIGN, MAC, AGREE, ENCAPSULATE = (
    "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE",
)  # fmt: skip

_OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
_RSA_SIGNATURES = (
    "RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512",
)  # fmt: skip


class Spec(NamedTuple):
    """One key spec: its usages, and the algorithms for each of them."""

    algorithms: dict[str, tuple[str, ...]]
    size: int = 0
    """Bytes of a secret, bits of an RSA modulus."""

    @property
    def symmetric(self) -> bool:
        return MAC in self.algorithms or self.algorithms.get(ENCRYPT) == ("SYMMETRIC_DEFAULT",)


def _curve(algorithm: str, agreement: bool = True) -> Spec:
    return Spec({SIGN: (algorithm,), **({AGREE: ("ECDH",)} if agreement else {})})


SPECS: dict[str, Spec] = {
    "SYMMETRIC_DEFAULT": Spec({ENCRYPT: ("SYMMETRIC_DEFAULT",)}, 32),
    **{f"RSA_{bits}": Spec({ENCRYPT: _OAEP, SIGN: _RSA_SIGNATURES}, bits) for bits in (2048, 3072, 4096)},
    "ECC_NIST_P256": _curve("ECDSA_SHA_256"),
    "ECC_NIST_P384": _curve("ECDSA_SHA_384"),
    "ECC_NIST_P521": _curve("ECDSA_SHA_512"),
    "ECC_SECG_P256K1": _curve("ECDSA_SHA_256", agreement=False),
    "ECC_NIST_EDWARDS25519": Spec({SIGN: ("ED25519_SHA_512",)}),
    **{f"HMAC_{bits}": Spec({MAC: (f"HMAC_SHA_{bits}",)}, bits // 8) for bits in (224, 256, 384, 512)},
    **{f"ML_DSA_{level}": Spec({SIGN: ("ML_DSA_SHAKE_256",)}) for level in (44, 65, 87)},
    **{f"ML_KEM_{level}": Spec({ENCAPSULATE: ("ML_KEM",)}) for level in (768, 1024)},
}
