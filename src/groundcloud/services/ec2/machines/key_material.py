"""Keys for ssh: making them, reading what people import, and the fingerprints that AWS computes. Pure.

Source: "Verify the fingerprint of your key pair" in the EC2 user guide; PuTTY's documentation, appendix
"PPK file format".
"""

import base64
import binascii
import hashlib
import hmac
import struct
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
    load_ssh_public_key,
)

PublicKey = RSAPublicKey | Ed25519PublicKey
PrivateKey = RSAPrivateKey | Ed25519PrivateKey

_RSA_BITS = (1024, 2048, 4096)
"""The lengths that EC2 imports."""


class MadeKey(NamedTuple):
    material: str
    """The private key as a file: PEM or PPK."""
    fingerprint: str
    public_key: str


class NotAKey(ValueError):
    """It is no public key that EC2 takes."""


def make(key_type: str, key_format: str) -> MadeKey:
    """A new key pair of a type (`rsa`, `ed25519`) as a file of a format (`pem`, `ppk`)."""
    key: PrivateKey = Ed25519PrivateKey.generate() if key_type == "ed25519" else generate_private_key(65537, 2048)
    public_key = openssh(key.public_key())
    if isinstance(key, RSAPrivateKey):
        encoded = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        fingerprint = _colons(hashlib.sha1(encoded, usedforsecurity=False).hexdigest())
        layout = PrivateFormat.TraditionalOpenSSL
    else:
        fingerprint, layout = _sha256(public_key), PrivateFormat.OpenSSH
    pem = key.private_bytes(Encoding.PEM, layout, NoEncryption()).decode().rstrip("\n")
    return MadeKey(_ppk(key) if key_format == "ppk" else pem, fingerprint, public_key)


def read_public(material: bytes) -> PublicKey:
    """A public key from OpenSSH's, the SSH2 (RFC 4716), the PEM or the DER form. Raises `NotAKey`."""
    for load in (_load_openssh, _load_rfc4716, load_pem_public_key, _load_base64_der):
        try:
            key = load(material.strip())
        except (ValueError, UnsupportedAlgorithm, binascii.Error):
            continue
        if isinstance(key, Ed25519PublicKey) or (isinstance(key, RSAPublicKey) and key.key_size in _RSA_BITS):
            return key
    raise NotAKey


def imported_fingerprint(key: PublicKey) -> str:
    """Of a key that was made elsewhere: MD5 of the public key for RSA, SHA-256 for ED25519."""
    if isinstance(key, RSAPublicKey):
        encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return _colons(hashlib.md5(encoded, usedforsecurity=False).hexdigest())
    return _sha256(openssh(key))


def openssh(key: PublicKey) -> str:
    """`ssh-rsa AAAA...`, without a comment."""
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _load_openssh(material: bytes) -> object:
    return load_ssh_public_key(material)


def _load_rfc4716(material: bytes) -> object:
    lines = material.decode().splitlines()
    if not lines or "BEGIN SSH2 PUBLIC KEY" not in lines[0]:
        raise ValueError
    blob = "".join(line for line in lines[1:-1] if ":" not in line)
    name_length = int.from_bytes(base64.b64decode(blob)[:4], "big")
    name = base64.b64decode(blob)[4 : 4 + name_length]
    return load_ssh_public_key(name + b" " + blob.encode())


def _load_base64_der(material: bytes) -> object:
    return load_der_public_key(base64.b64decode(material, validate=True))


def _colons(digits: str) -> str:
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def _sha256(public_key: str) -> str:
    return base64.b64encode(hashlib.sha256(base64.b64decode(public_key.split()[1])).digest()).decode()


def _ppk(key: PrivateKey) -> str:
    """The key in PuTTY's format, version 2, without a passphrase."""
    algorithm, encoded = openssh(key.public_key()).split()
    public = base64.b64decode(encoded)
    if isinstance(key, RSAPrivateKey):
        numbers = key.private_numbers()
        private = b"".join(_mpint(number) for number in (numbers.d, numbers.p, numbers.q, numbers.iqmp))
    else:
        raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        private = _string(raw)
    signed = b"".join(_string(part) for part in (algorithm.encode(), b"none", b"", public, private))
    secret = hashlib.sha1(b"putty-private-key-file-mac-key", usedforsecurity=False).digest()
    mac = hmac.new(secret, signed, hashlib.sha1).hexdigest()
    return "\r\n".join(
        [
            f"PuTTY-User-Key-File-2: {algorithm}", "Encryption: none", "Comment: ",
            *_lines("Public", public), *_lines("Private", private), f"Private-MAC: {mac}", "",
        ]
    )  # fmt: skip


def _lines(name: str, content: bytes) -> list[str]:
    text = base64.b64encode(content).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return [f"{name}-Lines: {len(lines)}", *lines]


def _string(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _mpint(number: int) -> bytes:
    return _string(number.to_bytes(number.bit_length() // 8 + 1, "big"))
