"""Amazon Simple Storage Service."""

from groundcloud.operation import Service
from groundcloud.services.s3 import buckets, deleting, listing, objects
from groundcloud.services.s3.access import check_expected_owner

service = Service(
    "s3",
    buckets,
    objects,
    deleting,
    listing,
    arn_prefix="arn:aws:s3:::",
    shared={"expected_bucket_owner": check_expected_owner, "request_payer": None},
)
