"""JSON Web Tokens (RFC 7519, 7515) with asymmetric signatures, verified with a JSON Web Key Set (RFC 7517).

The key decides which algorithms are possible, never the token alone: `none` and HMAC do not exist here (RFC 8725).
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from groundcloud.assertions import Expired, Rejected

_HASHES: Mapping[str, type[SHA256 | SHA384 | SHA512]] = {"256": SHA256, "384": SHA384, "512": SHA512}
_CURVES: Mapping[str, tuple[type[ec.EllipticCurve], int, str]] = {
    "P-256": (ec.SECP256R1, 32, "ES256"),
    "P-384": (ec.SECP384R1, 48, "ES384"),
    "P-521": (ec.SECP521R1, 66, "ES512"),
}
_SKEW = timedelta(minutes=5)
_SMALLEST_RSA = 2048


class UnknownKey(Rejected):
    """The key set does not have the key that the token names."""


class Jwt(msgspec.Struct, frozen=True):
    """A token taken apart; nothing of it is verified."""

    algorithm: str
    key_id: str
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


def parse(token: str) -> Jwt:
    """Raises `Rejected`."""
    parts = token.split(".")
    if len(parts) != 3:
        raise Rejected("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
    try:
        header, claims = (msgspec.json.decode(_decode(part), type=dict[str, Any]) for part in parts[:2])
        signature = _decode(parts[2])
    except (binascii.Error, ValueError, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Rejected("The ID Token provided is not a valid JWT.") from error
    if "crit" in header:
        raise Rejected("The ID Token provided has critical headers that are not understood.")
    signed = f"{parts[0]}.{parts[1]}".encode()
    return Jwt(str(header.get("alg", "")), str(header.get("kid", "")), claims, signed, signature)


def verify(token: Jwt, keys: bytes) -> None:
    """Raises `UnknownKey` if the set lacks the key, `Rejected` if the signature does not hold."""
    found = [key for key in _keys(keys) if not token.key_id or key.get("kid") == token.key_id]
    usable = [key for key in found if key.get("use", "sig") == "sig"]
    if not usable:
        raise UnknownKey("Couldn't retrieve verification key from your identity provider")
    if not any(_holds(token, key) for key in usable):
        raise Rejected("Couldn't verify the signature of the token")


def check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """Raises `Expired` after `exp`, `Rejected` before `nbf` or `iat`, or without `exp` and `iat`."""
    end, issued = _time(claims, "exp"), _time(claims, "iat")
    if end is None or issued is None:
        raise Rejected("Missing a required claim: " + ("exp" if end is None else "iat"))
    if end <= now:
        raise Expired(
            f"Token expired: current date/time {int(now.timestamp())} must be before the expiration date/time "
            f"{int(end.timestamp())}"
        )
    start = _time(claims, "nbf") or issued
    if max(start, issued) > now + _SKEW:
        raise Rejected("Token is not valid yet")


def _time(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise Rejected(f"The claim {name} is no time") from error


def _keys(document: bytes) -> list[dict[str, Any]]:
    try:
        found = msgspec.json.decode(document, type=dict[str, Any]).get("keys")
    except (msgspec.DecodeError, msgspec.ValidationError):
        return []
    return [key for key in found if isinstance(key, dict)] if isinstance(found, list) else []


def _holds(token: Jwt, key: Mapping[str, Any]) -> bool:
    try:
        if key.get("kty") == "RSA":
            return _rsa(token, key)
        return key.get("kty") == "EC" and _ec(token, key)
    except (InvalidSignature, KeyError, TypeError, ValueError, binascii.Error):
        return False


def _rsa(token: Jwt, key: Mapping[str, Any]) -> bool:
    size = token.algorithm[2:]
    if token.algorithm[:2] != "RS" or size not in _HASHES or key.get("alg", token.algorithm) != token.algorithm:
        return False
    public = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
    if public.key_size < _SMALLEST_RSA:
        return False
    public.verify(token.signature, token.signed, padding.PKCS1v15(), _HASHES[size]())
    return True


def _ec(token: Jwt, key: Mapping[str, Any]) -> bool:
    curve, size, algorithm = _CURVES[key["crv"]]
    if token.algorithm != algorithm or len(token.signature) != 2 * size:
        return False
    public = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), curve()).public_key()
    halves = (int.from_bytes(token.signature[:size], "big"), int.from_bytes(token.signature[size:], "big"))
    public.verify(encode_dss_signature(*halves), token.signed, ec.ECDSA(_HASHES[algorithm[2:]]()))
    return True


def _number(text: str) -> int:
    return int.from_bytes(_decode(text), "big")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
