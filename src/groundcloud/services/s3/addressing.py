"""Buckets by other names: the ARN, the alias and the host name of an access point, put back to its bucket's name.

Sources: S3 User Guide, "Referencing access points", "Access points compatibility" (which operations take them).
"""

import re
from collections.abc import Mapping
from typing import Any

from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import POINT
from groundcloud.services.s3.records import AccessPoint, Bucket
from groundcloud.store import Transaction

_ARN = re.compile(r"arn:aws[a-z-]*:s3:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):accesspoint[/:](?P<name>.+)", re.ASCII)
_HOST = re.compile(r"(?P<name>.+)-(?P<account>\d{12})", re.ASCII)
"""What SDKs write before a custom endpoint: the name and the account."""
_ALIAS = "-s3alias"

POINT_KEYS = (POINT, "s3:dataaccesspointaccount", "s3:accesspointnetworkorigin")
"""The condition keys of calls that come through an access point."""

_TAKEN = frozenset(
    (
        "AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject",
        "DeleteObjectTagging", "DeleteObjects", "GetBucketAcl", "GetBucketCors", "GetBucketLocation",
        "GetBucketNotificationConfiguration", "GetBucketPolicy", "GetObject", "GetObjectAcl", "GetObjectAttributes",
        "GetObjectLegalHold", "GetObjectRetention", "GetObjectTagging", "HeadBucket", "HeadObject",
        "ListMultipartUploads", "ListObjectVersions", "ListObjects", "ListObjectsV2", "ListParts", "PutObject",
        "PutObjectAcl", "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "RestoreObject", "UploadPart",
        "UploadPartCopy",
    )
)  # fmt: skip


def behind_access_point(tx: Transaction, operation: str, arguments: dict[str, Any]) -> Mapping[str, str]:
    """Put the bucket in the place of its access point; the condition keys of the call. Raises `NoSuchAccessPoint`,
    `MethodNotAllowed`."""
    name = arguments.get("bucket", "")
    if not (name.endswith(_ALIAS) or name[-12:].isdecimal() or name.startswith("arn:")):
        return {}
    point = _found(tx, name)
    if point is None:
        return {}
    if operation not in _TAKEN:
        raise errors.MethodNotAllowed(resource_type="ACCESSPOINT")
    arguments["bucket"] = point.bucket
    return dict(zip(POINT_KEYS, (point.arn, point.account, "Internet"), strict=True))


def _found(tx: Transaction, name: str) -> AccessPoint | None:
    if (arn := _ARN.fullmatch(name)) is not None:
        found = tx.get(AccessPoint, arn["account"], arn["region"], arn["name"])
        if found is None:
            raise errors.NoSuchAccessPoint(access_point_name=arn["name"])
        return found
    if tx.get(Bucket, name) is not None:
        return None
    if name.endswith(_ALIAS):
        return next(tx.scan(AccessPoint, name, index="by_alias"), None)
    host = _HOST.fullmatch(name)
    return next(tx.scan(AccessPoint, host["account"], host["name"], index="by_name"), None) if host else None
