"""The policy that lets the delivery service write flow logs into a bucket: whoever makes a flow log and may change the
bucket's policy need not do it by hand. Source: "Amazon S3 bucket permissions for flow logs" in the VPC user guide."""

import json
from contextlib import suppress
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError

_ID = "AWSLogDeliveryWrite20150319"


def let_deliver(ctx: Context, destination: str, *, hive: bool) -> None:
    """Where the caller may not, the bucket's owner has to; until then the flow log says that it is not delivered."""
    bucket, _, prefix = destination.removeprefix("arn:aws:s3:::").partition("/")
    folder = f"AWSLogs/aws-account-id={ctx.account}" if hive else f"AWSLogs/{ctx.account}"
    added = _statements(ctx, bucket, "/".join(filter(None, (prefix.rstrip("/"), folder))))
    with suppress(AwsError):
        document = _policy(ctx, bucket)
        known = [{**each, "Sid": ""} for each in document["Statement"]]
        missing = [each for each in added if {**each, "Sid": ""} not in known]
        if missing:
            taken = {each.get("Sid") for each in document["Statement"]}
            for each in missing:
                each["Sid"] = _free(each["Sid"], taken)
            document["Statement"] += missing
            ctx.call("s3", "put_bucket_policy", bucket=bucket, policy=json.dumps(document))


def _policy(ctx: Context, bucket: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(ctx.call("s3", "get_bucket_policy", bucket=bucket)["policy"])
    except AwsError as error:
        if error.code != "NoSuchBucketPolicy":
            raise
        return {"Version": "2012-10-17", "Id": _ID, "Statement": []}
    if not isinstance(found.get("Statement"), list):
        found["Statement"] = [found["Statement"]]
    return found


def _free(sid: str, taken: set[str]) -> str:
    number = 1
    while f"{sid}{number}" in taken:
        number += 1
    taken.add(f"{sid}{number}")
    return f"{sid}{number}"


def _statements(ctx: Context, bucket: str, folder: str) -> list[dict[str, Any]]:
    by_service = {"Service": "delivery.logs.amazonaws.com"}
    here = {"aws:SourceAccount": ctx.account}
    source = {"aws:SourceArn": f"arn:aws:logs:{ctx.region}:{ctx.account}:*"}
    return [
        {
            "Sid": "AWSLogDeliveryWrite", "Effect": "Allow", "Principal": by_service, "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/{folder}/*",
            "Condition": {
                "StringEquals": {**here, "s3:x-amz-acl": "bucket-owner-full-control"}, "ArnLike": source,
            },
        },
        {
            "Sid": "AWSLogDeliveryAclCheck", "Effect": "Allow", "Principal": by_service,
            "Action": ["s3:GetBucketAcl", "s3:ListBucket"], "Resource": f"arn:aws:s3:::{bucket}",
            "Condition": {"StringEquals": here, "ArnLike": source},
        },
    ]  # fmt: skip
