"""Signature Version 2 as S3 has it: AWS's page "Signing and authenticating REST requests".

Only the text that is signed; `verify` compares and checks the time.
"""

import base64
import hmac
from urllib.parse import unquote

from groundcloud.gateway.http import Request
from groundcloud.gateway.signature.claim import Claim, parameters

SUBRESOURCES = frozenset(
    (
        "accelerate",
        "acl",
        "analytics",
        "cors",
        "defaultObjectAcl",
        "delete",
        "encryption",
        "intelligent-tiering",
        "inventory",
        "legal-hold",
        "lifecycle",
        "location",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "ownershipControls",
        "partNumber",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "replication",
        "requestPayment",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "restore",
        "retention",
        "select",
        "select-type",
        "storageClass",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
    )
)
"""Parameters that belong to the resource and are therefore signed."""


def signature(secret: str, text: str) -> str:
    """Base64 of HMAC-SHA1."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("latin-1", "replace"), "sha1")).decode()


def string_to_sign(claim: Claim, request: Request, bucket: str = "") -> str:
    """Method, Content-MD5, Content-Type, Date, x-amz- headers and resource.

    `bucket` is the bucket that the host name names, or empty when the path does. A presigned query may carry the
    x-amz- headers, Content-MD5 and Content-Type that were signed.
    """
    headers = request.headers
    sent = {}
    date = claim.timestamp if "x-amz-date" not in headers else ""
    if claim.kind == "v2-query":
        sent = {name.lower(): value for name, value in parameters(request.query).items()}
        date = claim.timestamp
    amz = {name: value for name, value in (sent | headers).items() if name[:6] == "x-amz-"}
    lines = [
        request.method,
        headers.get("content-md5", sent.get("content-md5", "")).strip(),
        headers.get("content-type", sent.get("content-type", "")).strip(),
        date.strip(),
    ]
    lines += [f"{name}:{' '.join(amz[name].split(chr(10))).strip(' ')}" for name in sorted(amz)]
    return "\n".join(lines) + "\n" + canonical_resource(request.path, request.query, bucket)


def canonical_resource(path: str, query: str, bucket: str) -> str:
    """The path as sent, with the bucket of a virtual host before it and the sub-resources, decoded, behind it."""
    resource = f"/{bucket}{path}" if bucket else path or "/"
    signed = []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if name in SUBRESOURCES:
            signed.append(f"{name}={unquote(value, encoding='latin-1')}" if equals else name)
    return f"{resource}?{'&'.join(sorted(signed))}" if signed else resource
