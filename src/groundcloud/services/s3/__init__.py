"""Amazon Simple Storage Service."""

from groundcloud.operation import Service
from groundcloud.services.s3 import buckets, copying, deleting, listing, multipart, objects, uploads
from groundcloud.services.s3.access import check_expected_owner

service = Service(
    "s3",
    buckets,
    objects,
    deleting,
    listing,
    multipart,
    uploads,
    copying,
    arn_prefix="arn:aws:s3:::",
    shared={"expected_bucket_owner": check_expected_owner, "request_payer": None},
)
