"""Decides whether a claim is true: time, scope, and the signature itself. Pure: the time is an argument.

The caller looks up the secret of `claim.access_key_id` in between, and caches `signing_key`.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import NoReturn

from groundcloud.gateway.http import Request
from groundcloud.gateway.signature import v2
from groundcloud.gateway.signature.canonical import canonical_path, canonical_query, canonical_request, signed_names
from groundcloud.gateway.signature.claim import ALGORITHM, ISO_BASIC, Claim
from groundcloud.gateway.signature.errors import ErrorStyle, Failure

SKEW = timedelta(minutes=15)
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
S3_SERVICES = frozenset(("s3", "s3express", "s3-object-lambda", "s3-outposts"))
"""Signing names whose paths are neither normalized nor encoded twice."""
STREAMING = frozenset(
    (
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    )
)
"""Values of x-amz-content-sha256 whose bodies a `ChunkDecoder` reads."""
EVENTS = "STREAMING-AWS4-HMAC-SHA256-EVENTS"


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key that Signature V4 derives from a secret for one day, region and service."""
    key = f"AWS4{secret}".encode("utf-8", "replace")
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode("utf-8", "replace"), "sha256")
    return key


def payload_hash_of(claim: Claim, body: bytes = b"", *, unsigned: bool = False, style: ErrorStyle) -> str:
    """The payload hash for the canonical request of a Signature V4 claim.

    S3 takes what x-amz-content-sha256 says (the caller checks a body against it with `body_hash_of` or a
    `ChunkDecoder`), and `UNSIGNED-PAYLOAD` for presigned requests. Every other service hashes `body`; `unsigned` is for
    operations whose model says `v4-unsigned-body`.
    """
    claimed = claim.payload_hash
    if claim.service not in S3_SERVICES:
        if claimed is not None and ((unsigned and claimed == UNSIGNED) or claimed == EVENTS):
            return claimed
        return hashlib.sha256(body).hexdigest() if body else EMPTY_SHA256
    if claimed is None:
        if claim.kind == "v4-query":
            return UNSIGNED
        raise style.error(Failure.CONTENT_HASH_MISSING)
    if claimed == UNSIGNED or claimed in STREAMING or _is_sha256(claimed):
        return claimed
    raise style.error(Failure.CONTENT_HASH_INVALID, {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": claimed})


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and all(character in "0123456789abcdefABCDEF" for character in text)


class BodyHash:
    """Hashes a body as it passes, and refuses it at its end if it is not the one that was signed."""

    def __init__(self, claimed: str, style: ErrorStyle = ErrorStyle.S3) -> None:
        self._claimed = claimed
        self._style = style
        self._hash = hashlib.sha256()

    def update(self, data: bytes) -> None:
        self._hash.update(data)

    def finish(self) -> None:
        """Raises XAmzContentSHA256Mismatch (S3's code; other styles have a signature mismatch)."""
        computed = self._hash.hexdigest()
        if computed != self._claimed.lower():
            elements = {"ClientComputedContentSHA256": self._claimed, "S3ComputedContentSHA256": computed}
            raise self._style.error(Failure.CONTENT_HASH_MISMATCH, elements)


def body_hash_of(claim: Claim, style: ErrorStyle = ErrorStyle.S3) -> BodyHash | None:
    """The check of a streamed body, or None if the claim does not name its hash."""
    claimed = claim.payload_hash
    return BodyHash(claimed, style) if claimed is not None and _is_sha256(claimed) else None


def check_scope(claim: Claim, *, service: str, region: str | None, style: ErrorStyle) -> None:
    """Refuses a credential scope for another service or region; `region` None accepts any, V2 has no scope.

    S3 names the first mistake, the others all of them.
    """
    if not claim.date:
        return
    style = style.of_kind(claim.kind)
    elements = {}
    if claim.kind == "post-policy":
        credential = f"{claim.access_key_id}/{claim.date}/{claim.region}/{claim.service}/aws4_request"
        elements = {"ArgumentName": "X-Amz-Credential", "ArgumentValue": credential}
    errors = []
    if region is not None and claim.region != region:
        errors.append(style.error(Failure.REGION, elements | {"Region": region}, region=claim.region, expected=region))
    if claim.service != service:
        errors.append(style.error(Failure.SERVICE, elements, service=claim.service, expected=service))
    if len(errors) > 1 and not style.is_s3:
        raise style.error(Failure.SCOPE, sentences=" ".join(error.message for error in errors))
    if errors:
        raise errors[0]


def verify(
    claim: Claim,
    request: Request,
    *,
    secret: str | None,
    signing_key: bytes,
    payload_hash: str,
    now: datetime,
    style: ErrorStyle,
    bucket: str = "",
) -> None:
    """Raises unless the request was signed by the holder of the secret and is in time.

    Signature V4 needs `signing_key` and `payload_hash`, Signature V2 `secret` and, when the bucket's name stands in
    the host name, `bucket`. `now` has a time zone.
    """
    if claim.kind == "v4-header" or claim.kind == "v4-query":
        _verify_v4(claim, request, signing_key, payload_hash, now, style)
    elif claim.kind == "v2-header" or claim.kind == "v2-query":
        check_time(claim, now, style)
        text = v2.string_to_sign(claim, request, bucket)
        signature = v2.signature(secret or "", text)
        if secret is None or not _equal(signature, claim.signature):
            raise style.error(Failure.MISMATCH, mismatch_elements(claim, text, None))
    else:
        raise ValueError(f"{claim.kind} is verified by verify_post or verify_form")


def _verify_v4(
    claim: Claim, request: Request, signing_key: bytes, payload_hash: str, now: datetime, style: ErrorStyle
) -> None:
    headers = request.headers
    presigned = claim.kind == "v4-query"
    if presigned:
        style = style.of_kind("v4-query")
    check_time(claim, now, style)
    if claim.timestamp[:8] != claim.date:
        expected = claim.timestamp[:8]
        raise style.error(Failure.SCOPE_DATE, date=claim.date, expected=expected, timestamp=claim.timestamp)
    signed = signed_names(claim.signed_headers)
    if "host" not in signed and ":authority" not in signed:
        raise style.error(Failure.HOST_UNSIGNED, {"HeadersNotSigned": "host"})
    if style.is_s3:
        unsigned = [name for name in headers if name[:6] == "x-amz-" and name not in signed]
        if unsigned:
            raise style.error(Failure.HEADERS_UNSIGNED, {"HeadersNotSigned": ", ".join(unsigned)})
    path = canonical_path(request.path, normalize=claim.service not in S3_SERVICES)
    query = canonical_query(request.query, ("X-Amz-Signature",) if presigned else ())
    canonical = canonical_request(request.method, path, query, headers, claim.signed_headers, payload_hash)
    text = string_to_sign(claim, canonical)
    if _equal(hmac.digest(signing_key, text.encode("utf-8", "replace"), "sha256").hex(), claim.signature):
        return
    if presigned and claim.token and not style.is_s3:
        # Some services (AWS IoT) have the token appended to the query after it was signed.
        query = canonical_query(request.query, ("X-Amz-Signature", "X-Amz-Security-Token"))
        bare = canonical_request(request.method, path, query, headers, claim.signed_headers, payload_hash)
        bare_text = string_to_sign(claim, bare)
        if _equal(hmac.digest(signing_key, bare_text.encode("utf-8", "replace"), "sha256").hex(), claim.signature):
            return
    _refuse(claim, text, canonical, style)


def _refuse(claim: Claim, text: str, canonical: str, style: ErrorStyle) -> NoReturn:
    raise style.error(Failure.MISMATCH, mismatch_elements(claim, text, canonical))


def mismatch_elements(claim: Claim, string_to_sign: str, canonical: str | None) -> dict[str, str]:
    """What S3 adds to SignatureDoesNotMatch, in its order; bytes as hex pairs."""
    elements = {
        "AWSAccessKeyId": claim.access_key_id,
        "StringToSign": string_to_sign,
        "SignatureProvided": claim.signature,
        "StringToSignBytes": string_to_sign.encode("latin-1", "replace").hex(" "),
    }
    if canonical is not None:
        elements["CanonicalRequest"] = canonical
        elements["CanonicalRequestBytes"] = canonical.encode("latin-1", "replace").hex(" ")
    return elements


def string_to_sign(claim: Claim, canonical: str) -> str:
    """Signature V4's string to sign for a canonical request."""
    digest = hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
    return f"{ALGORITHM}\n{claim.timestamp}\n{claim.date}/{claim.region}/{claim.service}/aws4_request\n{digest}"


def _equal(computed: str, sent: str) -> bool:
    return hmac.compare_digest(computed.encode(), sent.encode("utf-8", "replace"))


def check_time(claim: Claim, now: datetime, style: ErrorStyle) -> None:
    """Refuses what was signed more than fifteen minutes ago or ahead, or has expired."""
    if claim.expires is not None:
        _check_presigned(claim, claim.expires, now, style)
    elif claim.time < now - SKEW:
        raise style.error(Failure.EXPIRED, _skew_elements(claim, now), **_skew_facts(claim, now, now - SKEW))
    elif claim.time > now + SKEW:
        raise style.error(Failure.NOT_YET_CURRENT, _skew_elements(claim, now), **_skew_facts(claim, now, now + SKEW))


def _check_presigned(claim: Claim, expires: int, now: datetime, style: ErrorStyle) -> None:
    late = now - claim.time
    allowed = timedelta(seconds=expires)
    if not style.is_s3:
        # STS and its like take a presigned request for fifteen minutes, whatever shorter time it names.
        allowed = max(allowed, SKEW)
    if late > allowed:
        elements = {
            "X-Amz-Expires": str(expires),
            "Expires": _iso(claim.time + timedelta(seconds=expires)),
            "ServerTime": _iso(now),
        }
        if claim.kind == "v2-query":
            del elements["X-Amz-Expires"]
        raise style.error(Failure.PRESIGNED_EXPIRED, elements, **_skew_facts(claim, now, now - SKEW))
    if late < -SKEW and claim.kind == "v4-query":
        elements = {"X-Amz-Expires": str(expires), "X-Amz-Date": claim.timestamp, "ServerTime": _iso(now)}
        raise style.error(Failure.PRESIGNED_NOT_YET, elements, **_skew_facts(claim, now, now + SKEW))


def _skew_facts(claim: Claim, now: datetime, limit: datetime) -> dict[str, object]:
    return {"time": claim.time.strftime(ISO_BASIC), "limit": limit.strftime(ISO_BASIC), "now": now.strftime(ISO_BASIC)}


def _skew_elements(claim: Claim, now: datetime) -> dict[str, str]:
    return {"RequestTime": claim.timestamp, "ServerTime": _iso(now), "MaxAllowedSkewMilliseconds": "900000"}


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
