import re

import pytest


def test_an_organization_is_made_and_described(bare):
    made = bare.api.create_organization()["Organization"]
    account = bare.cloud.account
    assert re.fullmatch(r"o-[a-z0-9]{10}", made["Id"])
    assert made["Arn"] == f"arn:aws:organizations::{account}:organization/{made['Id']}"
    assert made["MasterAccountId"] == account
    assert made["MasterAccountArn"] == f"arn:aws:organizations::{account}:account/{made['Id']}/{account}"
    assert made["MasterAccountEmail"] == "root@groundcloud.invalid"
    assert made["FeatureSet"] == "ALL"
    assert made["AvailablePolicyTypes"] == [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    assert bare.api.describe_organization()["Organization"] == made


def test_an_account_without_organization_is_told_so(bare):
    with pytest.raises(bare.api.exceptions.AWSOrganizationsNotInUseException) as refused:
        bare.api.describe_organization()
    assert refused.value.response["Error"]["Message"] == "Your account is not a member of an organization."
    with pytest.raises(bare.api.exceptions.AWSOrganizationsNotInUseException):
        bare.api.create_organizational_unit(ParentId="r-abcd", Name="x")


def test_an_account_is_in_one_organization_at_most(company):
    with pytest.raises(company.api.exceptions.AlreadyInOrganizationException):
        company.api.create_organization()


def test_a_new_root_has_no_policy_type_enabled(company):
    """As Terraform's acceptance tests find it on AWS (roots.0.policy_types.# is 0), whatever the guide says."""
    (root,) = company.api.list_roots()["Roots"]
    assert root["Name"] == "Root"
    assert root["PolicyTypes"] == []
    assert re.fullmatch(r"r-[a-z0-9]{4}", root["Id"])


def test_an_organization_with_members_is_not_deleted(company):
    account = company.make_account("dev")
    with pytest.raises(company.api.exceptions.OrganizationNotEmptyException):
        company.api.delete_organization()
    company.api.remove_account_from_organization(AccountId=account)
    company.api.delete_organization()
    with pytest.raises(company.api.exceptions.AWSOrganizationsNotInUseException):
        company.api.describe_organization()


def test_what_an_organization_had_goes_with_it(controlled):
    controlled.unit(controlled.root, "dev")
    controlled.control(controlled.root, "all", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    controlled.api.delete_organization()
    with controlled.cloud.store.snapshot() as tx:
        left = [key for key, _ in tx.table.range(b"\x02organizations.", b"\x02organizations.\xff", 100, False)]
    assert left == []


def test_consolidated_billing_has_no_policies(bare):
    made = bare.api.create_organization(FeatureSet="CONSOLIDATED_BILLING")["Organization"]
    assert made["AvailablePolicyTypes"] == []
    with pytest.raises(bare.api.exceptions.PolicyTypeNotAvailableForOrganizationException):
        bare.enable()
    with pytest.raises(bare.api.exceptions.PolicyTypeNotAvailableForOrganizationException):
        bare.policy("x", {"Effect": "Allow", "Action": "*", "Resource": "*"})


def test_members_see_the_organization_and_nothing_more(company):
    member = company.client(company.make_account("dev"), "organizations")
    assert member.describe_organization()["Organization"]["MasterAccountId"] == company.cloud.account
    for refused in (member.list_accounts, member.list_roots, member.delete_organization):
        with pytest.raises(member.exceptions.AccessDeniedException) as denied:
            refused()
        message = denied.value.response["Error"]["Message"]
        assert message == "You don't have permissions to access this resource."
