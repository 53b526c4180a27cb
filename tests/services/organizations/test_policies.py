import json
import re

import pytest

from tests.cloud import Keys
from tests.services.organizations.conftest import ALLOW_ALL

SCP = "SERVICE_CONTROL_POLICY"


def test_a_policy_is_made_read_changed_and_deleted(company):
    content = json.dumps({"Version": "2012-10-17", "Statement": ALLOW_ALL})
    made = company.api.create_policy(Name="all", Description="everything", Type=SCP, Content=content)["Policy"]
    summary = made["PolicySummary"]
    assert re.fullmatch(r"p-[a-z0-9]{8}", summary["Id"])
    organization = company.api.describe_organization()["Organization"]["Id"]
    assert summary["Arn"] == (
        f"arn:aws:organizations::{company.cloud.account}:policy/{organization}/service_control_policy/{summary['Id']}"
    )
    assert (summary["Type"], summary["AwsManaged"]) == (SCP, False)
    assert company.api.describe_policy(PolicyId=summary["Id"])["Policy"] == made
    changed = company.api.update_policy(PolicyId=summary["Id"], Name="most", Description="")["Policy"]
    assert (changed["PolicySummary"]["Name"], changed["PolicySummary"]["Description"]) == ("most", "")
    assert changed["Content"] == content
    company.api.delete_policy(PolicyId=summary["Id"])
    with pytest.raises(company.api.exceptions.PolicyNotFoundException):
        company.api.describe_policy(PolicyId=summary["Id"])


def test_the_policies_of_a_type_are_listed_with_awss_own(company):
    made = company.policy("all", ALLOW_ALL)
    company.policy("tags", kind="TAG_POLICY")
    listed = company.api.list_policies(Filter=SCP)["Policies"]
    assert {(each["Id"], each["AwsManaged"]) for each in listed} == {(made, False), ("p-FullAWSAccess", True)}
    paged = company.api.get_paginator("list_policies").paginate(Filter=SCP, PaginationConfig={"PageSize": 1})
    assert [each["Id"] for page in paged for each in page["Policies"]] == ["p-FullAWSAccess", made]


def test_a_name_is_taken_within_its_type(company):
    company.policy("all", ALLOW_ALL)
    company.policy("all", kind="TAG_POLICY")
    with pytest.raises(company.api.exceptions.DuplicatePolicyException):
        company.policy("all", ALLOW_ALL)


def test_an_attached_policy_is_not_deleted(controlled):
    policy = controlled.control(controlled.root, "all", ALLOW_ALL)
    with pytest.raises(controlled.api.exceptions.PolicyInUseException):
        controlled.api.delete_policy(PolicyId=policy)


def test_awss_own_policy_is_not_changed(company):
    for change in (company.api.update_policy, company.api.delete_policy):
        with pytest.raises(company.api.exceptions.InvalidInputException) as refused:
            change(PolicyId="p-FullAWSAccess")
        assert refused.value.response["Reason"] == "IMMUTABLE_POLICY"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (SCP, "{"),
        (SCP, '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*"}}'),
        (SCP, json.dumps({"Version": "2012-10-17", "Statement": {**ALLOW_ALL, "Principal": "*"}})),
        (
            "RESOURCE_CONTROL_POLICY",
            json.dumps({"Version": "2012-10-17", "Statement": {**ALLOW_ALL, "Principal": "*"}}),
        ),
        ("TAG_POLICY", "[]"),
    ],
)
def test_a_document_must_be_what_its_type_asks_for(company, kind, content):
    with pytest.raises(company.api.exceptions.MalformedPolicyDocumentException) as refused:
        company.api.create_policy(Name="x", Description="", Type=kind, Content=content)
    assert refused.value.response["Error"]["Message"] == (
        "The provided policy document does not meet the requirements of the specified policy type."
    )


def test_a_document_may_be_only_so_long(company):
    with pytest.raises(company.api.exceptions.ConstraintViolationException) as refused:
        company.policy("long", {**ALLOW_ALL, "Resource": ["arn:aws:s3:::" + "a" * 6000]})
    assert refused.value.response["Reason"] == "POLICY_CONTENT_LIMIT_EXCEEDED"


def test_a_permission_can_be_bound_to_a_type_of_policy(company):
    """Service authorization reference: organizations:PolicyType is a key of CreatePolicy."""
    iam = company.cloud.client("iam")
    iam.create_user(UserName="bob")
    condition = {"StringEquals": {"organizations:PolicyType": "TAG_POLICY"}}
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "organizations:*", "Resource": "*", "Condition": condition},
    }
    iam.put_user_policy(UserName="bob", PolicyName="tags", PolicyDocument=json.dumps(document))
    bob = company.cloud.client("organizations", Keys.of(iam.create_access_key(UserName="bob")["AccessKey"]))
    bob.create_policy(Name="x", Description="", Type="TAG_POLICY", Content="{}")
    with pytest.raises(bob.exceptions.AccessDeniedException):
        bob.create_policy(
            Name="y", Description="", Type=SCP, Content=json.dumps({"Version": "2012-10-17", "Statement": ALLOW_ALL})
        )
