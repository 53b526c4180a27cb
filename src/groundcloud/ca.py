"""The installation's own certificate authority, and the server's certificate from it.

Made at the first start, and renewed when little of its time is left. Only then is `cryptography.x509` imported: it
takes longer than the rest of a start.
"""

import base64
import ipaddress
import json
import re
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from groundcloud.folder import write_whole

_DAY = 86400
_CA_DAYS = 3650
_SERVER_DAYS = 397
"""The longest that Apple's and other clients take for a server's certificate."""
_RENEW_DAYS = 30
_BACKDATE = timedelta(hours=1)
"""Clients whose clock is a little behind take it too."""


def server_names(region: str, hosts: tuple[str, ...] = (), domains: tuple[str, ...] = ()) -> list[str]:
    """The names that the server answers to, under AWS's domain and under those that emulators use."""
    return [
        "localhost", "127.0.0.1", "::1",
        "*.amazonaws.com", f"*.{region}.amazonaws.com", f"*.s3.{region}.amazonaws.com", "*.s3.amazonaws.com",
        f"*.s3-control.{region}.amazonaws.com", f"*.s3-accesspoint.{region}.amazonaws.com",
        "localhost.localstack.cloud", "*.localhost.localstack.cloud", "*.s3.localhost.localstack.cloud",
        "*.localhost", "*.s3.localhost",
        *(name for domain in domains for name in (domain, f"*.{domain}")),
        *(host for host in hosts if host not in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::")),  # noqa: S104
    ]  # fmt: skip


def server_context(folder: Path, names: list[str], now: float | None = None) -> ssl.SSLContext:
    """The context of the TLS listener; certificates are made, or renewed, where that is needed.

    `now`: Unix time. The folder then has `ca.crt`, `ca.key`, `server.crt`, `server.key` and `made.json`, which says
    when they end and for which names they are.
    """
    now = time.time() if now is None else now
    made = _made(folder)
    if made.get("ca_ends", 0) < now + _RENEW_DAYS * _DAY:
        _make_authority(folder, now)
        made = _made(folder)
    if made.get("server_ends", 0) < now + _RENEW_DAYS * _DAY or made.get("names") != names:
        _make_server(folder, names, now)
    context = _context(folder, "server")
    context.sni_callback = _OtherNames(folder, frozenset(names)).choose
    return context


def sign(folder: Path, content: bytes) -> str:
    """A signature by the authority (ECDSA with SHA-256, DER in base64): for identity documents of machines."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return base64.b64encode(key.sign(content, ec.ECDSA(hashes.SHA256()))).decode()


def _context(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return context


_AWS_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\.(amazonaws\.com|api\.aws)")
_MOST_NAMES = 200


class _OtherNames:
    """Certificates for AWS's names that the server's own does not have (those of another region), made when a client
    first asks for one. A name of any other domain gets the server's own certificate."""

    def __init__(self, folder: Path, own: frozenset[str]) -> None:
        self._folder = folder
        self._own = own
        self._contexts: dict[str, ssl.SSLContext] = {}

    def choose(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        if name is None or _AWS_NAME.fullmatch(name) is None:
            return
        domain = name.partition(".")[2]
        if f"*.{domain}" in self._own:
            return
        found = self._contexts.get(domain)
        if found is None and len(self._contexts) < _MOST_NAMES:
            _issue(self._folder, f"names-{domain}", [f"*.{domain}", domain], time.time())
            found = self._contexts[domain] = _context(self._folder, f"names-{domain}")
        if found is not None:
            connection.context = found


def _made(folder: Path) -> dict[str, Any]:
    """What was made and until when; nothing when a file is missing, so that a half-made folder is made anew."""
    try:
        made: dict[str, Any] = json.loads((folder / "made.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    files = {"ca_ends": ("ca.crt", "ca.key"), "server_ends": ("server.crt", "server.key")}
    for field, names in files.items():
        if not all((folder / name).exists() for name in names):
            made.pop(field, None)
    return made


def _make_authority(folder: Path, now: float) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    name = _name(x509, "Groundcloud", f"Groundcloud CA {serial:x}"[:40])
    begins = datetime.fromtimestamp(now, UTC) - _BACKDATE
    ends = begins + timedelta(days=_CA_DAYS)
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), serial, begins, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _keep(folder, "ca", key, [certificate])
    _note(folder, {"ca_ends": ends.timestamp()})


def _make_server(folder: Path, names: list[str], now: float) -> None:
    ends = _issue(folder, "server", names, now)
    _note(folder, {**_made(folder), "server_ends": ends.timestamp(), "names": names})


def certificate_for(folder: Path, names: list[str], subject: str, now: float) -> tuple[bytes, bytes]:
    """A certificate for some names with the authority's behind it, and its key, as PEM: for servers that are others'
    (databases)."""
    key, chain, _ = _signed(folder, names, subject, now)
    return _pem(key, chain)


def _issue(folder: Path, name: str, names: list[str], now: float) -> datetime:
    """A certificate for some names, in files of this name; when it ends."""
    key, chain, ends = _signed(folder, names, "Groundcloud gateway", now)
    _keep(folder, name, key, chain)
    return ends


def _signed(folder: Path, names: list[str], common: str, now: float) -> tuple[Any, list[Any], datetime]:
    """A new key, its certificate with the authority's, and when it ends."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    authority_key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    begins = datetime.fromtimestamp(now, UTC) - _BACKDATE
    ends = min(begins + timedelta(days=_SERVER_DAYS), authority.not_valid_after_utc)
    subject = _name(x509, "Groundcloud", common[:64])
    certificate = (
        x509.CertificateBuilder(authority.subject, subject, key.public_key(), x509.random_serial_number(), begins, ends)
        .add_extension(x509.SubjectAlternativeName([_general_name(x509, name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return key, [certificate, authority], ends


def _name(x509: Any, organization: str, common: str) -> Any:
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common),
        ]
    )


def _general_name(x509: Any, name: str) -> Any:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _keep(folder: Path, name: str, key: Any, chain: list[Any]) -> None:
    public, private = _pem(key, chain)
    write_whole(folder / f"{name}.key", private)
    write_whole(folder / f"{name}.crt", public, 0o644)


def _pem(key: Any, chain: list[Any]) -> tuple[bytes, bytes]:
    from cryptography.hazmat.primitives import serialization

    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain), private


def _note(folder: Path, made: dict[str, Any]) -> None:
    write_whole(folder / "made.json", json.dumps(made).encode(), 0o644)
