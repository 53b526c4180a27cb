"""Digest files: what was delivered in an hour, signed, each naming the one before it.

Source: "CloudTrail digest file structure" and "Custom implementations of CloudTrail log file integrity validation".
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from groundcloud.services.cloudtrail.destinations import base_of
from groundcloud.services.cloudtrail.records import Delivery, LogFile, Trail

_BITS = 2048


class Digest(NamedTuple):
    """A digest file, ready to be delivered."""

    key: str
    content: bytes
    hash: str
    signature: str
    metadata: dict[str, str]


def new_pair() -> tuple[bytes, bytes, str]:
    """A region's keys: private (PKCS #8), public (PKCS #1), and the fingerprint by which digests name them."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    public = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return der, public, hashlib.md5(public).hexdigest()


def display(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _listed(file: LogFile) -> dict[str, str]:
    return {
        "s3Bucket": file.bucket,
        "s3Object": file.object,
        "hashValue": file.hash,
        "hashAlgorithm": "SHA-256",
        "newestEventTime": file.newest,
        "oldestEventTime": file.oldest,
    }


def digest(
    trail: Trail, delivery: Delivery, end: datetime, files: Sequence[LogFile], private: bytes, fingerprint: str
) -> Digest:
    """The digest of one region's hour that ends at a time."""
    region, account = delivery.region, delivery.of_account
    key = (
        f"{base_of(trail, account)}CloudTrail-Digest/{region}/{end:%Y/%m/%d}/{account}_CloudTrail-Digest_{region}_"
        f"{trail.name}_{trail.region}_{end:%Y%m%dT%H%M%SZ}.json.gz"
    )
    document: dict[str, Any] = {
        "awsAccountId": account,
        "digestStartTime": display(delivery.digest_start or end),
        "digestEndTime": display(end),
        "digestS3Bucket": trail.s3_bucket_name,
        "digestS3Object": key,
        "digestPublicKeyFingerprint": fingerprint,
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": max((file.newest for file in files), default=None),
        "oldestEventTime": min((file.oldest for file in files), default=None),
        "previousDigestS3Bucket": delivery.previous_bucket,
        "previousDigestS3Object": delivery.previous_object,
        "previousDigestHashValue": delivery.previous_hash,
        "previousDigestHashAlgorithm": "SHA-256" if delivery.previous_hash else None,
        "previousDigestSignature": delivery.previous_signature,
        "logFiles": [_listed(file) for file in files],
    }
    content = msgspec.json.encode(document)
    found = hashlib.sha256(content).hexdigest()
    previous = delivery.previous_signature or "null"
    to_sign = f"{display(end)}\n{trail.s3_bucket_name}/{key}\n{found}\n{previous}".encode()
    loaded = serialization.load_der_private_key(private, None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    signature = loaded.sign(to_sign, padding.PKCS1v15(), hashes.SHA256()).hex()
    return Digest(key, content, found, signature, {"signature": signature, "signature-algorithm": "SHA256withRSA"})
