"""Fetches a provider's keys over HTTPS: its discovery document (OpenID Connect Discovery 1.0), then its key set.

A server is believed if a public authority vouches for it, or one of its certificates whose SHA-1 thumbprint an account
has pinned (IAM guide, "Obtain the thumbprint for an OpenID Connect identity provider"); if nobody has pinned any, its
topmost certificate stands for itself, as when IAM obtains the thumbprint. No redirects, small answers, short waits.
"""

import asyncio
import hashlib
import http.client
import json
import socket
import ssl
from typing import Any
from urllib.parse import SplitResult, urlsplit

from groundcloud.engines.oidc import FetchedKeys, Unreachable

_SECONDS = 5.0
_LARGEST = 256 * 1024
_DISCOVERY = "/.well-known/openid-configuration"


class HttpsKeyFetcher:
    """Fulfils `KeyFetcher`. It waits in a thread of its own, never on the event loop."""

    async def fetch(self, url: str, thumbprints: frozenset[str]) -> FetchedKeys:
        return await asyncio.to_thread(fetch, url, thumbprints)


def fetch(url: str, thumbprints: frozenset[str]) -> FetchedKeys:
    """The keys of the issuer of this URL. Raises `Unreachable`."""
    try:
        return _fetch(url, thumbprints)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error


def _fetch(url: str, thumbprints: frozenset[str]) -> FetchedKeys:
    discovery, first = _get(url.rstrip("/") + _DISCOVERY, thumbprints)
    document = json.loads(discovery)
    if not isinstance(document, dict) or document.get("issuer") != url:
        raise Unreachable("the discovery document is of another issuer")
    keys, second = _get(str(document.get("jwks_uri", "")), thumbprints)
    if not isinstance(json.loads(keys), dict):
        raise Unreachable("the key set is no JSON object")
    return FetchedKeys(keys, [host for host in (first, second) if host])


def _get(url: str, thumbprints: frozenset[str]) -> tuple[bytes, list[str]]:
    """The body, and which of the server's certificates vouch for it; none where a public authority does."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise Unreachable("only https is taken")
    try:
        return _read(parts, ssl.create_default_context()), []
    except ssl.SSLCertVerificationError:
        chain = _chain(parts)
    pinned = [each for each in chain if _thumbprint(each) in thumbprints] if thumbprints else chain[-1:]
    vouching = []
    body = b""
    for certificate in pinned:
        try:
            body = _read(parts, _trusting(certificate))
        except ssl.SSLCertVerificationError:
            continue
        vouching.append(_thumbprint(certificate))
    if not vouching:
        raise Unreachable("neither a public authority nor a pinned certificate vouches for the server")
    return body, vouching


def _trusting(certificate: bytes) -> ssl.SSLContext:
    """A context in which only this certificate is trusted, with what it has signed, or as the server's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate)
    return context


def _read(parts: SplitResult, context: ssl.SSLContext) -> bytes:
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=_SECONDS, context=context)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"Accept": "application/json", "Connection": "close"})
        response = connection.getresponse()
        body = response.read(_LARGEST + 1)
    finally:
        connection.close()
    if response.status != 200 or len(body) > _LARGEST:
        raise Unreachable(f"the server answered {response.status} with {len(body)} bytes")
    return body


def _chain(parts: SplitResult) -> list[bytes]:
    """The certificates that a server shows (DER), its own first; none of them is believed yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only to look: what is read is read again over a verified connection
    address = (parts.hostname or "", parts.port or 443)
    with (
        socket.create_connection(address, _SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname) as secure,
    ):
        return _shown(secure)


def _shown(secure: ssl.SSLSocket) -> list[bytes]:
    if hasattr(secure, "get_unverified_chain"):  # Python 3.13
        return [bytes(each) for each in secure.get_unverified_chain()]
    inner: Any = secure._sslobj  # type: ignore[attr-defined]  # before 3.13 the chain is only there
    return [each.public_bytes(2) for each in inner.get_unverified_chain()]  # 2: DER


def _thumbprint(certificate: bytes) -> str:
    return hashlib.sha1(certificate, usedforsecurity=False).hexdigest()
