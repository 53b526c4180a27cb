"""Signature Version 2 of the query services, as old SDKs still write it: the signature is one of the parameters.

Source: AWS's page "Signature Version 2 signing process". The caller has parsed the parameters (of the query, or of the
form in the body), for this module reads no bodies. S3's Version 2 is another thing: see `v2`.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from groundcloud.gateway.http import Request
from groundcloud.gateway.signature.claim import Claim
from groundcloud.gateway.signature.errors import ErrorStyle, Failure
from groundcloud.gateway.signature.verify import check_time, mismatch_elements

DIGESTS = {"HmacSHA256": "sha256", "HmacSHA1": "sha1"}
NEEDED = ("AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp")


def form_claim(parameters: Mapping[str, str], style: ErrorStyle) -> Claim | None:
    """The claim among the parameters of an operation, or None if they have no signature of Version 2."""
    if "SignatureVersion" not in parameters or "AWSAccessKeyId" not in parameters:
        return None
    missing = [name for name in NEEDED if not parameters.get(name)]
    if missing:
        sentences = " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        raise style.error(Failure.QUERY_INCOMPLETE, sentences=sentences)
    if parameters["SignatureVersion"] != "2" or parameters["SignatureMethod"] not in DIGESTS:
        raise style.error(Failure.ALGORITHM, algorithm=parameters["SignatureMethod"])
    timestamp = parameters["Timestamp"]
    try:
        time = datetime.fromisoformat(timestamp)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise style.error(Failure.DATE_FORMAT, value=timestamp) from None
    token = parameters.get("SecurityToken", "")
    return Claim("v2-form", parameters["AWSAccessKeyId"], parameters["Signature"], time, token, timestamp)


def verify_form(
    claim: Claim,
    request: Request,
    parameters: Mapping[str, str],
    *,
    secret: str,
    now: datetime,
    style: ErrorStyle,
) -> None:
    """Raises unless the parameters were signed with `secret` and are in time."""
    check_time(claim, now, style)
    host = request.headers.get("host", "").lower()
    text = f"{request.method}\n{host}\n{request.path or '/'}\n{_canonical(parameters)}"
    digest = DIGESTS[parameters["SignatureMethod"]]
    computed = base64.b64encode(hmac.digest(secret.encode(), text.encode("utf-8", "replace"), digest))
    if not hmac.compare_digest(computed, claim.signature.encode("utf-8", "replace")):
        raise style.error(Failure.MISMATCH, mismatch_elements(claim, text, None))


def _canonical(parameters: Mapping[str, str]) -> str:
    """Sorted by the bytes of the names, all but unreserved characters escaped, without the signature."""
    names = sorted(
        (name for name in parameters if name != "Signature"), key=lambda name: name.encode("utf-8", "replace")
    )
    return "&".join(f"{_escaped(name)}={_escaped(parameters[name])}" for name in names)


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~", errors="replace")
