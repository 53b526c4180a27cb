"""Secrets at rest: sealed under the installation's key with AES-256-GCM.

The key is a file of its own (mode 0600). What is sealed says by `purpose` what it is for and opens for nothing else.
"""

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class NotOurs(Exception):
    """The bytes were not sealed by this installation, or not for this purpose."""


class Sealer:
    """Seals and opens small secrets under one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, secret: bytes, purpose: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """The secret. Raises `NotOurs`."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise NotOurs(purpose) from error


def installation_key(path: Path) -> bytes:
    """The key in this file; it is made, and is on the disk, when the file is not there yet."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    key = AESGCM.generate_key(256)
    made = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, key)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(made, path)  # whoever comes first wins; the others read what it made
    except FileExistsError:
        pass
    finally:
        made.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return path.read_bytes()
