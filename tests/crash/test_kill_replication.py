"""`kill -9` while objects are replicated: the next start replicates what was acknowledged, all of it and once."""

import hashlib
import json
import os
import signal
import time
from pathlib import Path

import boto3
import pytest

from tests.crash.test_kill import start
from tests.crash.test_kill_s3 import s3_of

pytestmark = pytest.mark.slow

OBJECTS = 40
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"},
}
ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}


def prepare(up):
    keys = {"aws_access_key_id": up["access_key_id"], "aws_secret_access_key": up["secret_access_key"]}
    iam = boto3.client("iam", endpoint_url=up["endpoint"], region_name="us-east-1", **keys)
    role = iam.create_role(RoleName="replication", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="replication", PolicyName="all", PolicyDocument=json.dumps(ALL))
    s3 = s3_of(up)
    for name in ("source", "target"):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::target"}}
    s3.put_bucket_replication(Bucket="source", ReplicationConfiguration={"Role": role, "Rules": [rule]})
    return s3


def replicated(s3, keys):
    """Which of the keys are done; those that are not yet are asked for again."""
    until = time.monotonic() + 180
    left = set(keys)
    while left and time.monotonic() < until:
        left = {key for key in left if s3.head_object(Bucket="source", Key=key).get("ReplicationStatus") != "COMPLETED"}
        time.sleep(0.05)
    return set(keys) - left


def test_what_was_acknowledged_before_a_kill_is_replicated_after_it(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    up = start(folder, "")
    try:
        s3 = prepare(up)
        bodies = {f"k{number}": os.urandom(1000 if number % 2 else 200_000) for number in range(OBJECTS)}
        for key, body in bodies.items():
            s3.put_object(Bucket="source", Key=key, Body=body)
        os.kill(up["pid"], signal.SIGKILL)
        up = start(folder, "")
        s3 = s3_of(up)
        assert replicated(s3, bodies) == set(bodies)
        listed = s3.list_object_versions(Bucket="target")["Versions"]
        assert sorted(each["Key"] for each in listed) == sorted(bodies)  # none twice
        for key, body in bodies.items():
            found = s3.get_object(Bucket="target", Key=key)
            assert hashlib.md5(found["Body"].read()).digest() == hashlib.md5(body).digest()
            assert found["ReplicationStatus"] == "REPLICA"
    finally:
        os.kill(up["pid"], signal.SIGKILL)
