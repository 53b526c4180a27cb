"""An organization, its controllers stepped by hand, and accounts in it."""

import json
from typing import Any

import pytest

from groundcloud.controllers import Loop
from tests.cloud import Keys, TestCloud

ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


class Company:
    """An organization under test, seen from its management account."""

    def __init__(self, cloud: TestCloud) -> None:
        self.cloud = cloud
        self.api = cloud.client("organizations")
        self.loop = Loop(
            cloud.store,
            cloud.loops.controllers(),
            now=cloud.clock,
            monotonic=lambda: cloud.clock().timestamp(),
        )

    @property
    def root(self) -> str:
        return self.api.list_roots()["Roots"][0]["Id"]

    def make_account(self, name: str) -> str:
        """A new member account's number."""
        status = self.api.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]
        self.loop.settle()
        made = self.api.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
        assert made["State"] == "SUCCEEDED", made
        return made["AccountId"]

    def admin(self, account: str) -> Keys:
        """The keys of a user of the account who may do everything there."""
        key = self.cloud.cloud.create_admin(account)
        return Keys(key["access_key_id"], key["secret_access_key"])

    def client(self, account: str, service: str) -> Any:
        return self.cloud.client(service, self.admin(account))

    def unit(self, parent: str, name: str) -> str:
        made = self.api.create_organizational_unit(ParentId=parent, Name=name)
        return made["OrganizationalUnit"]["Id"]

    def enable(self, kind: str = "SERVICE_CONTROL_POLICY") -> None:
        self.api.enable_policy_type(RootId=self.root, PolicyType=kind)

    def policy(self, name: str, *statements: dict[str, Any], kind: str = "SERVICE_CONTROL_POLICY") -> str:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        made = self.api.create_policy(Name=name, Description="", Type=kind, Content=json.dumps(document))
        return made["Policy"]["PolicySummary"]["Id"]

    def control(self, target: str, name: str, *statements: dict[str, Any]) -> str:
        """A service control policy attached to a target."""
        policy = self.policy(name, *statements)
        self.api.attach_policy(PolicyId=policy, TargetId=target)
        return policy


@pytest.fixture()
def bare(cloud: TestCloud) -> Company:
    """No organization yet."""
    return Company(cloud)


@pytest.fixture()
def company(bare: Company) -> Company:
    bare.api.create_organization()
    return bare


@pytest.fixture()
def controlled(company: Company) -> Company:
    """With service control policies enabled."""
    company.enable()
    return company
