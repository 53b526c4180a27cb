"""What IAM's tests share: small policies, and how a refusal reads."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

EC2_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def allow(*actions: str, resource: str = "*", **more: Any) -> str:
    """A policy with one statement that allows actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """Code and message of the error that a call must end in."""
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]
        return found["Code"], found["Message"]
    raise AssertionError(f"{call.__name__} was not refused")


def keys_for(cloud: Any, iam: Any, user_name: str) -> Any:
    """A boto3 IAM client with a new key of a user."""
    from tests.cloud import Keys

    return cloud.client("iam", Keys.of(iam.create_access_key(UserName=user_name)["AccessKey"]))
