"""What a request claims about its signer, read before any secret is known.

Nothing is verified here beyond the form of what was sent; `verify` does that.
"""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote_plus

from groundcloud.gateway.http import Request
from groundcloud.gateway.signature.errors import ErrorStyle, Failure, SignatureError

Kind = Literal["v4-header", "v4-query", "v2-header", "v2-query", "v2-form", "post-policy"]
ALGORITHM = "AWS4-HMAC-SHA256"
ISO_BASIC = "%Y%m%dT%H%M%SZ"
WEEK = 7 * 24 * 60 * 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_EXPIRY = 253402300799  # 9999-12-31T23:59:59Z, the last second that a datetime can name


class Claim:
    """Who signed, when, for which service, and what was signed."""

    __slots__ = (
        "access_key_id",
        "date",
        "expires",
        "kind",
        "payload_hash",
        "region",
        "service",
        "signature",
        "signed_headers",
        "time",
        "timestamp",
        "token",
    )

    def __init__(
        self,
        kind: Kind,
        access_key_id: str,
        signature: str,
        time: datetime,
        token: str = "",
        timestamp: str = "",
        date: str = "",
        region: str = "",
        service: str = "",
        signed_headers: str = "",
        expires: int | None = None,
        payload_hash: str | None = None,
    ) -> None:
        self.kind = kind
        self.access_key_id = access_key_id
        self.signature = signature
        self.time = time
        """When it was signed; for v2-query, which does not say, when it expires."""
        self.token = token
        """X-Amz-Security-Token, or empty."""
        self.timestamp = timestamp
        """The time as it stands in the string to sign (YYYYMMDDTHHMMSSZ for Signature V4)."""
        self.date = date
        """The date of the credential scope, YYYYMMDD; empty for Signature V2, as are region and service."""
        self.region = region
        self.service = service
        self.signed_headers = signed_headers
        """As sent: names joined by semicolons."""
        self.expires = expires
        """Seconds after `time`; None for signatures in headers. v2-query: 0, for `time` is the expiry."""
        self.payload_hash = payload_hash
        """x-amz-content-sha256 (header, or in a presigned query the parameter), or None."""


def claim(request: Request, style: ErrorStyle = ErrorStyle.QUERY) -> Claim | None:
    """The claim of a request, or None if it is anonymous.

    Raises the errors of `style` for what is malformed. A caller that learns the service from the claim itself may
    call this with any style, and on an error route by host name and call it again for the right wording.
    """
    authorization = request.headers.get("authorization")
    query = request.query
    if authorization is None:
        if "X-Amz-" in query and ("X-Amz-Algorithm=" in query or "X-Amz-Signature=" in query):
            return _v4_query(query, request.headers, style.of_kind("v4-query"))
        if "Signature=" in query or "AWSAccessKeyId=" in query:
            return _v2_query(query, request.headers, style)
        return None
    if style.is_s3 and ("X-Amz-Algorithm=" in query or "X-Amz-Signature=" in query):
        elements = {"ArgumentName": "Authorization", "ArgumentValue": authorization}
        raise style.error(Failure.TWO_MECHANISMS, elements)
    if authorization[:16] == ALGORITHM:
        return _v4_header(authorization, request.headers, style)
    if authorization[:4] == "AWS ":
        return _v2_header(authorization, request.headers, style)
    raise _unusable(authorization, request.headers, style)


def _v4_header(authorization: str, headers: dict[str, str], style: ErrorStyle) -> Claim:
    # All but the signature is the same in a client's requests of one day, so its parts are remembered.
    head, _, signature = authorization.rpartition(", Signature=")
    parts = _known_head(head) if len(head) < 512 else None
    if parts is None or not signature or "," in signature:
        credential, signed_headers, signature = _authorization_parts(authorization, headers, style)
        timestamp, time = _header_time(authorization, headers, style)
        key_id, date, region, service = credential_parts(credential, style)
    else:
        key_id, date, region, service, signed_headers = parts
        timestamp, time = _header_time(authorization, headers, style)
    token = headers.get("x-amz-security-token", "")
    payload_hash = headers.get("x-amz-content-sha256")
    return Claim(
        "v4-header",
        key_id,
        signature,
        time,
        token,
        timestamp,
        date,
        region,
        service,
        signed_headers,
        None,
        payload_hash,
    )


@lru_cache(maxsize=1024)
def _known_head(head: str) -> tuple[str, str, str, str, str] | None:
    """Key id, date, region, service and signed headers, if they stand as every SDK writes them."""
    prefix, _, signed_headers = head.partition(", SignedHeaders=")
    parts = prefix.removeprefix(f"{ALGORITHM} Credential=").split("/")
    if not prefix.startswith(f"{ALGORITHM} Credential=") or len(parts) != 5 or "" in parts or "," in prefix:
        return None
    if parts[4] != "aws4_request" or not signed_headers or "," in signed_headers:
        return None
    return parts[0], parts[1], parts[2], parts[3], signed_headers


def _authorization_parts(authorization: str, headers: dict[str, str], style: ErrorStyle) -> tuple[str, str, str]:
    """Credential, signed headers and signature, in whatever order and spacing."""
    found: dict[str, str] = {}
    for part in authorization[len(ALGORITHM) :].split(","):
        name, equals, value = part.strip(" ").partition("=")
        if not equals:
            raise style.error(Failure.NOT_KEY_VALUE, hashed=_hashed(authorization))
        found[name] = value
    credential, signed_headers, signature = map(found.get, ("Credential", "SignedHeaders", "Signature"))
    if not credential or not signed_headers or not signature:
        raise _unusable(authorization, headers, style)
    return credential, signed_headers, signature


def credential_parts(credential: str, style: ErrorStyle) -> tuple[str, str, str, str]:
    """Access key id, date, region and service of a credential with five parts."""
    # The key id may have slashes of its own (emulators' users choose such), the scope may not.
    parts = credential.rsplit("/", 4)
    if len(parts) != 5:
        raise style.error(Failure.CREDENTIAL, credential=credential)
    key_id, date, region, service, terminator = parts
    if terminator != "aws4_request":
        raise style.error(Failure.TERMINATOR, terminator=terminator)
    if not key_id:
        raise style.error(Failure.EMPTY_KEY)
    return key_id, date, region, service


def _hashed(text: str) -> str:
    """AWS no longer echoes the header, which may hold a secret, but its hash."""
    return base64.b64encode(hashlib.sha256(text.encode("utf-8", "replace")).digest()).decode()


def _unusable(authorization: str, headers: dict[str, str], style: ErrorStyle) -> SignatureError:
    """Says which parts of the Authorization header are missing."""
    scheme = authorization.split(" ", 1)[0]
    elements = {"ArgumentName": "Authorization", "ArgumentValue": authorization}
    if scheme.startswith("AWS4-") and scheme != ALGORITHM:
        return style.error(Failure.ALGORITHM, elements, algorithm=scheme)
    sentences = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if f"{name}=" not in authorization or f"{name}=," in authorization + ","
    ]
    if "x-amz-date" not in headers and "date" not in headers:
        sentences.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    failure = Failure.INCOMPLETE if scheme == ALGORITHM else Failure.UNSUPPORTED_TYPE
    return style.error(
        failure,
        elements if failure is Failure.UNSUPPORTED_TYPE else None,
        sentences=" ".join(sentences),
        authorization=_authorization_note(authorization),
    )


def _authorization_note(authorization: str) -> str:
    return f"(Hashed with SHA-256 and encoded with Base64) Authorization={_hashed(authorization)}"


@lru_cache(maxsize=4096)
def iso_basic(text: str) -> datetime | None:
    """YYYYMMDDTHHMMSSZ as a time, or None. Many requests share a second, hence the cache."""
    if len(text) != 16 or not text.isascii() or text[8] != "T" or text[15] != "Z":
        return None
    if not (text[:8].isdigit() and text[9:15].isdigit()):
        return None
    try:
        return datetime.strptime(text, ISO_BASIC).replace(tzinfo=UTC)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def http_date(text: str) -> datetime | None:
    """An HTTP date (RFC 9110 section 5.6.7) as a time, or None."""
    try:
        time = parsedate_to_datetime(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _header_time(authorization: str, headers: dict[str, str], style: ErrorStyle) -> tuple[str, datetime]:
    timestamp = headers.get("x-amz-date")
    if timestamp is not None:
        time = iso_basic(timestamp)
        if time is not None:
            return timestamp, time
    else:
        timestamp = headers.get("date")
        if timestamp is None:
            raise style.error(Failure.DATE_MISSING, authorization=_authorization_note(authorization))
    time = iso_basic(timestamp) or http_date(timestamp)
    if time is None:
        raise style.error(Failure.DATE_FORMAT, value=timestamp)
    return time.strftime(ISO_BASIC), time


def parameters(query: str) -> dict[str, str]:
    """The parameters of a query, decoded; the first of a name counts."""
    found: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        found.setdefault(unquote_plus(name), unquote_plus(value))
    return found


def _v4_query(query: str, headers: dict[str, str], style: ErrorStyle) -> Claim:
    sent = parameters(query)
    needed = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"]
    if style.is_s3:
        needed.append("X-Amz-Expires")
    missing = [name for name in needed if not sent.get(name)]
    if missing:
        sentences = " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        raise style.error(Failure.QUERY_INCOMPLETE, sentences=sentences)
    if sent["X-Amz-Algorithm"] != ALGORITHM:
        raise style.error(Failure.ALGORITHM, algorithm=sent["X-Amz-Algorithm"])
    timestamp = sent["X-Amz-Date"]
    time = iso_basic(timestamp)
    if time is None:
        raise style.error(Failure.DATE_FORMAT, value=timestamp)
    expires = _expires(sent.get("X-Amz-Expires", "900"), style)
    key_id, date, region, service = credential_parts(sent["X-Amz-Credential"], style)
    return Claim(
        "v4-query",
        key_id,
        sent["X-Amz-Signature"],
        time,
        token=sent.get("X-Amz-Security-Token", ""),
        timestamp=timestamp,
        date=date,
        region=region,
        service=service,
        signed_headers=sent["X-Amz-SignedHeaders"],
        expires=expires,
        payload_hash=sent.get("X-Amz-Content-Sha256") or headers.get("x-amz-content-sha256"),
    )


def _expires(text: str, style: ErrorStyle) -> int:
    """Seconds, 0 to a week."""
    digits = text[1:] if text[:1] == "-" else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19 or int(digits) >= 2**63:
        raise style.error(Failure.EXPIRES_NUMBER)
    if text[0] == "-":
        raise style.error(Failure.EXPIRES_NEGATIVE)
    seconds = int(digits)
    if seconds > WEEK:
        raise style.error(Failure.EXPIRES_LIMIT)
    return seconds


def _v2_header(authorization: str, headers: dict[str, str], style: ErrorStyle) -> Claim:
    key_id, colon, signature = authorization[4:].strip(" ").rpartition(":")
    if not (colon and key_id and signature) or not style.is_s3:
        elements = {"ArgumentName": "Authorization", "ArgumentValue": authorization}
        raise style.error(Failure.V2_HEADER, elements)
    timestamp = headers.get("x-amz-date") or headers.get("date")
    time = timestamp and (iso_basic(timestamp) or http_date(timestamp))
    if not timestamp or not time:
        raise style.error(Failure.DATE_MISSING, authorization="")
    token = headers.get("x-amz-security-token", "")
    payload_hash = headers.get("x-amz-content-sha256")
    return Claim("v2-header", key_id, signature, time, token=token, timestamp=timestamp, payload_hash=payload_hash)


def _v2_query(query: str, headers: dict[str, str], style: ErrorStyle) -> Claim | None:
    sent = parameters(query)
    if "SignatureVersion" in sent or not ("Signature" in sent or "AWSAccessKeyId" in sent):
        return None  # the former is for `form_claim`
    if not all(sent.get(name) for name in ("Signature", "AWSAccessKeyId", "Expires")):
        raise style.error(
            Failure.V2_QUERY_INCOMPLETE,
            sentences="Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
        )
    text = sent["Expires"]
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) > LATEST_EXPIRY:
        raise style.error(Failure.V2_EXPIRES, value=text)
    token = sent.get("x-amz-security-token") or headers.get("x-amz-security-token", "")
    time = EPOCH + timedelta(seconds=int(text))
    return Claim("v2-query", sent["AWSAccessKeyId"], sent["Signature"], time, token=token, timestamp=text, expires=0)
