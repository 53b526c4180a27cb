"""The installation's key that signs messages of topics, made at its first use, and its certificate."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from groundcloud.context import World
from groundcloud.services.sns import messages
from groundcloud.services.sns.records import SigningKey

_KEY, _KEY_PURPOSE = "messages", "sns signing key"
_CERTIFICATE_LASTS = timedelta(days=3650)


class Signing:
    """Gives the signer of all messages."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._signer: messages.Signer | None = None
        self._making = asyncio.Lock()

    async def signer(self) -> messages.Signer:
        async with self._making:
            if self._signer is None:
                with self._world.store.snapshot() as tx:
                    kept = tx.get(SigningKey, _KEY)
                if kept is None:
                    pem, certificate = await asyncio.to_thread(_make_key, self._world.clock())
                    sealed = self._world.sealer.seal(pem, _KEY_PURPOSE)
                    made = SigningKey(_KEY, certificate, sealed, self._world.clock())
                    kept = await self._world.store.submit(lambda tx: tx.get(SigningKey, _KEY) or tx.put(made))
                self._signer = _signer(kept, self._world.sealer.open)
        return self._signer


def certificate_path(certificate: bytes) -> str:
    """Where a certificate is found, under any address of this cloud."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(certificate)
    return f"/SimpleNotificationService-{digest.finalize().hex()[:32]}.pem"


def _signer(kept: SigningKey, open_sealed: Callable[[bytes, str], bytes]) -> messages.Signer:
    key = serialization.load_pem_private_key(open_sealed(kept.sealed, _KEY_PURPOSE), None)
    assert isinstance(key, rsa.RSAPrivateKey)

    @lru_cache(maxsize=256)
    def sign(text: bytes, version: str) -> bytes:
        """Version 1 is SHA-1, version 2 SHA-256. All subscriptions of a topic get the same signature."""
        return key.sign(text, padding.PKCS1v15(), hashes.SHA256() if version == "2" else hashes.SHA1())  # noqa: S303

    return messages.Signer(sign, certificate_path(kept.certificate))


def _make_key(now: datetime) -> tuple[bytes, bytes]:
    """A new key and its certificate, both PEM."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _CERTIFICATE_LASTS)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)
