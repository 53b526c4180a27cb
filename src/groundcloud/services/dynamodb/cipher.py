"""Items and stream records as they lie in the store under a table's own key: AES-256-GCM, a new nonce for each write.

What is closed begins with a byte that no JSON document begins with, so a table that is encrypted later may hold both.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CLOSED = 0x01
_MARK = bytes((CLOSED,))
_NONCE = 12
_BOUND = b"groundcloud dynamodb"


class Cipher:
    """Closes and opens documents under one key of 32 bytes. `entropy` gives nonces."""

    __slots__ = ("_aead", "_entropy")

    def __init__(self, key: bytes, entropy: Callable[[int], bytes]) -> None:
        self._aead = AESGCM(key)
        self._entropy = entropy

    def close(self, document: bytes) -> bytes:
        nonce = self._entropy(_NONCE)
        return _MARK + nonce + self._aead.encrypt(nonce, document, _BOUND)

    def open(self, data: bytes) -> bytes:
        """The document; what was never closed is given as it is."""
        if data[0] != CLOSED:
            return data
        return self._aead.decrypt(data[1 : 1 + _NONCE], data[1 + _NONCE :], _BOUND)
