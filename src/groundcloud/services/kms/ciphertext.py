"""The ciphertext of symmetric keys: it names its key and its key material, and opens only in its encryption context.

Each encryption has a key of its own, derived from the key material and a random nonce (as AWS's "AWS KMS Cryptographic
Details" describes: a key derivation in counter mode with HMAC-SHA256, then AES-256-GCM), so that no number of
encryptions under one key wears it out. The layout is this installation's own, as AWS's is undocumented:

    version 1 | account 5 | length 1 | key id | key material id 32 | nonce 16 | IV 12 | ciphertext and tag
"""

import hmac
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = 1
_NONCE, _IV, _TAG = 16, 12, 16
RANDOM = _NONCE + _IV
"""Bytes of chance that one encryption takes."""


class NotCiphertext(Exception):
    """The bytes are no ciphertext of this installation, or are not of this key, material and context."""


class Ciphertext(NamedTuple):
    """A ciphertext taken apart; nothing of it is proven before it is opened."""

    account: str
    key_id: str
    material_id: str
    header: bytes
    random: bytes
    body: bytes


def encrypt(
    material: bytes,
    account: str,
    key_id: str,
    material_id: str,
    plaintext: bytes,
    context: Mapping[str, str],
    random: bytes,
) -> bytes:
    """The ciphertext blob. `random` is `RANDOM` bytes that are never used again."""
    name = key_id.encode()
    header = (
        bytes((_VERSION,)) + int(account).to_bytes(5, "big") + bytes((len(name),)) + name + bytes.fromhex(material_id)
    )
    cipher = AESGCM(_derived(material, random[:_NONCE]))
    return header + random + cipher.encrypt(random[_NONCE:], plaintext, header + bound(context))


def read(blob: bytes) -> Ciphertext:
    """What a ciphertext says of itself. Raises `NotCiphertext`."""
    if len(blob) < 7 or blob[0] != _VERSION:
        raise NotCiphertext
    end = 7 + blob[6] + 32
    if len(blob) < end + RANDOM + _TAG:
        raise NotCiphertext
    try:
        key_id = blob[7 : end - 32].decode()
    except UnicodeDecodeError as error:
        raise NotCiphertext from error
    account = f"{int.from_bytes(blob[1:6], 'big'):012d}"
    material_id = blob[end - 32 : end].hex()
    return Ciphertext(account, key_id, material_id, blob[:end], blob[end : end + RANDOM], blob[end + RANDOM :])


def decrypt(material: bytes, ciphertext: Ciphertext, context: Mapping[str, str]) -> bytes:
    """The plaintext. Raises `NotCiphertext`."""
    cipher = AESGCM(_derived(material, ciphertext.random[:_NONCE]))
    try:
        return cipher.decrypt(ciphertext.random[_NONCE:], ciphertext.body, ciphertext.header + bound(context))
    except InvalidTag as error:
        raise NotCiphertext from error


def bound(context: Mapping[str, str]) -> bytes:
    """An encryption context as additional authenticated data: its pairs in order, told apart by JSON's quotes."""
    return msgspec.json.encode(sorted(context.items())) if context else b""


def _derived(material: bytes, nonce: bytes) -> bytes:
    """NIST SP 800-108, counter mode, one block: 256 bits for one encryption."""
    return hmac.digest(material, b"\0\0\0\1groundcloud kms\0" + nonce + b"\0\0\1\0", "sha256")
