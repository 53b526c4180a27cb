"""A KMS client, a key, and the controllers of keys stepped by hand."""

import json
from collections.abc import Callable
from typing import Any

import botocore.auth
import pytest
from botocore.exceptions import ClientError

from groundcloud.controllers import Loop
from tests.cloud import Keys, TestCloud


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """Code and message of a call that is refused."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    found = error.value.response["Error"]
    return found["Code"], found["Message"]


@pytest.fixture()
def kms(cloud: TestCloud) -> Any:
    return cloud.client("kms")


@pytest.fixture()
def key_id(kms: Any) -> str:
    """A symmetric key with the default policy."""
    return kms.create_key()["KeyMetadata"]["KeyId"]


@pytest.fixture()
def user(cloud: TestCloud) -> Callable[..., Any]:
    """Makes a user of the account with one inline policy's statements, and gives a KMS client of theirs."""
    iam = cloud.client("iam")

    def make(name: str, *statements: dict[str, Any], service: str = "kms") -> Any:
        iam.create_user(UserName=name)
        if statements:
            document = {"Version": "2012-10-17", "Statement": list(statements)}
            iam.put_user_policy(UserName=name, PolicyName="it", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return cloud.client(service, Keys.of(key))

    return make


@pytest.fixture()
def pass_time(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Moves the clock, botocore's as well, and lets the controllers do what is due."""
    loop = Loop(cloud.store, cloud.loops.controllers(), now=cloud.clock, monotonic=lambda: cloud.clock().timestamp())
    loop.settle()

    def advance(**units: float) -> None:
        cloud.clock.advance(**units)
        monkeypatch.setattr(
            botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: cloud.clock().replace(tzinfo=None)
        )
        loop.settle()

    return advance
