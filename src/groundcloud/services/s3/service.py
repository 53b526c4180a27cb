"""The operations of S3."""

from groundcloud.operation import Service
from groundcloud.services.s3 import (
    access_log,
    acls,
    attributes,
    buckets,
    copying,
    deleting,
    listing,
    locks,
    multipart,
    notifying,
    objects,
    policies,
    reencrypting,
    replicating,
    reports,
    restoring,
    settings,
    tagging,
    uploads,
)
from groundcloud.services.s3.access import check_expected_owner
from groundcloud.services.s3.addressing import behind_access_point

service = Service(
    "s3",
    buckets,
    objects,
    attributes,
    deleting,
    listing,
    multipart,
    uploads,
    copying,
    tagging,
    policies,
    acls,
    settings,
    reports,
    replicating,
    access_log,
    restoring,
    reencrypting,
    locks,
    notifying,
    arn_prefix="arn:aws:s3:::",
    shared={
        "expected_bucket_owner": check_expected_owner,
        "request_payer": None,
        "checksum_algorithm": None,
        "content_md5": None,
        "mfa": None,
    },
    resolve=behind_access_point,
)
