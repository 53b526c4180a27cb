"""Roles, users and sessions for tests of STS."""

import json
from typing import Any

import pytest

from groundcloud import totp
from groundcloud.services.iam.records import Role, Tag
from tests.cloud import Keys, TestCloud


class People:
    """Makes users, roles and accounts, and takes on roles."""

    def __init__(self, cloud: TestCloud) -> None:
        self.cloud = cloud
        self.iam = cloud.client("iam")

    def user(self, name: str, *statements: dict[str, Any]) -> Keys:
        """A user who may do what the statements say."""
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return Keys.of(self.iam.create_access_key(UserName=name)["AccessKey"])

    def role(self, name: str, trust: dict[str, Any], *statements: dict[str, Any], **fields: Any) -> str:
        """A role whose trust policy has one statement; its ARN."""
        account = fields.pop("account", self.cloud.account)
        path = fields.pop("path", "/")
        arn = f"arn:aws:iam::{account}:role{path}{name}"
        tags = [Tag(key=key, value=value) for key, value in fields.pop("tags", {}).items()]
        role = Role(
            account=account, role_name=name, role_id=fields.pop("role_id", "AROADBQP57FF2AEXAMPLE"), arn=arn, path=path,
            create_date=self.cloud.clock(), assume_role_policy_document=document(trust), tags=tags,
            inline_policies={"own": document(*statements)} if statements else {}, **fields,
        )  # fmt: skip
        self.cloud.store.write(lambda tx: tx.put(role))
        return arn

    def account(self, name: str) -> Keys:
        """Another account's admin."""
        number = self.cloud.cloud.create_account(name, f"{name}@example.com")
        key = self.cloud.cloud.create_admin(number)
        return Keys(key["access_key_id"], key["secret_access_key"])

    def assume(self, arn: str, keys: Keys | None = None, session: str = "session", **options: Any) -> Keys:
        sts = self.cloud.client("sts", keys)
        return Keys.of(sts.assume_role(RoleArn=arn, RoleSessionName=session, **options)["Credentials"])

    def mfa(self, user_name: str) -> tuple[str, bytes]:
        """An enabled device of the user: serial number and seed."""
        import base64

        made = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=user_name)["VirtualMFADevice"]
        seed = base64.b32decode(made["Base32StringSeed"])
        step = totp.counter(self.cloud.clock())
        self.iam.enable_mfa_device(
            UserName=user_name, SerialNumber=made["SerialNumber"],
            AuthenticationCode1=totp.code_at(seed, step - 1), AuthenticationCode2=totp.code_at(seed, step),
        )  # fmt: skip
        self.cloud.clock.advance(seconds=30)
        return made["SerialNumber"], seed


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def trust(principal: str | list[str], *actions: str, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions) or ["sts:AssumeRole"]}
    return {**statement, **({"Condition": condition} if condition else {})}


@pytest.fixture()
def people(cloud: TestCloud) -> People:
    return People(cloud)
