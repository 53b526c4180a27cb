import json
from typing import Any

import pytest

from groundcloud.controllers import Loop
from tests.cloud import TestCloud

BUCKET = "trail-logs"


@pytest.fixture()
def trail_client(cloud: TestCloud) -> Any:
    return cloud.client("cloudtrail")


def bucket_policy(account: str, bucket: str = BUCKET) -> str:
    """The policy of the guide, "Amazon S3 bucket policy for CloudTrail"."""
    service = {"Service": "cloudtrail.amazonaws.com"}
    source = {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{account}:trail/main"}
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}",
         "Condition": {"StringEquals": source}},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
         "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{account}/*",
         "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **source}}},
    ]})  # fmt: skip


@pytest.fixture()
def bucket(cloud: TestCloud) -> str:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=bucket_policy(cloud.account))
    return BUCKET


@pytest.fixture()
def work(cloud: TestCloud) -> Any:
    """Lets the controllers do what is due, with the clock moved on."""
    loop = Loop(cloud.store, cloud.loops.controllers(), now=cloud.clock, monotonic=lambda: cloud.clock().timestamp())

    def run(**units: float) -> None:
        cloud.settle()
        cloud.clock.advance(**units)
        loop.settle()

    return run
