import pytest
from botocore.exceptions import ClientError


def test_accounts_are_listed_in_pages(company):
    made = {company.make_account(f"dev{number}") for number in range(22)}
    first = company.api.list_accounts()
    assert len(first["Accounts"]) == 20
    rest = company.api.list_accounts(NextToken=first["NextToken"])
    assert "NextToken" not in rest
    listed = [account["Id"] for account in first["Accounts"] + rest["Accounts"]]
    assert set(listed) == made | {company.cloud.account}
    assert listed == sorted(listed)


def test_a_forged_token_is_refused(company):
    with pytest.raises(company.api.exceptions.InvalidInputException):
        company.api.list_accounts(NextToken="made-up")


def test_an_account_knows_its_place(company):
    unit = company.unit(company.root, "dev")
    account = company.make_account("dev")
    company.api.move_account(AccountId=account, SourceParentId=company.root, DestinationParentId=unit)
    shown = company.api.describe_account(AccountId=account)["Account"]
    organization = company.api.describe_organization()["Organization"]["Id"]
    assert shown["Paths"] == [f"{organization}/{company.root}/{unit}/{account}/"]
    assert shown["Arn"] == f"arn:aws:organizations::{company.cloud.account}:account/{organization}/{account}"


def test_an_account_of_nobody_is_not_found(company):
    with pytest.raises(company.api.exceptions.AccountNotFoundException) as refused:
        company.api.describe_account(AccountId="123456789012")
    assert refused.value.response["Error"]["Message"] == "You specified an account that doesn't exist."


def test_a_closed_account_is_pending_then_suspended_and_its_keys_stop_working(company):
    account = company.make_account("dev")
    sts = company.client(account, "sts")
    assert sts.get_caller_identity()["Account"] == account
    company.api.close_account(AccountId=account)
    assert company.api.describe_account(AccountId=account)["Account"]["Status"] == "PENDING_CLOSURE"
    company.loop.settle()
    assert company.api.describe_account(AccountId=account)["Account"]["Status"] == "SUSPENDED"
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        sts.get_caller_identity()
    with pytest.raises(company.api.exceptions.AccountAlreadyClosedException):
        company.api.close_account(AccountId=account)


def test_the_management_account_is_neither_closed_nor_removed(company):
    with pytest.raises(company.api.exceptions.ConstraintViolationException) as refused:
        company.api.close_account(AccountId=company.cloud.account)
    assert refused.value.response["Reason"] == "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"
    with pytest.raises(company.api.exceptions.MasterCannotLeaveOrganizationException):
        company.api.remove_account_from_organization(AccountId=company.cloud.account)
    with pytest.raises(company.api.exceptions.MasterCannotLeaveOrganizationException):
        company.api.leave_organization()


def test_an_account_can_leave_by_itself(company):
    account = company.make_account("dev")
    member = company.client(account, "organizations")
    member.leave_organization()
    with pytest.raises(member.exceptions.AWSOrganizationsNotInUseException):
        member.describe_organization()
    assert [each["Id"] for each in company.api.list_accounts()["Accounts"]] == [company.cloud.account]


def test_a_delegated_administrator_cannot_leave(company):
    account = company.make_account("dev")
    company.api.enable_aws_service_access(ServicePrincipal="config.amazonaws.com")
    company.api.register_delegated_administrator(AccountId=account, ServicePrincipal="config.amazonaws.com")
    with pytest.raises(company.api.exceptions.ConstraintViolationException) as refused:
        company.api.remove_account_from_organization(AccountId=account)
    assert refused.value.response["Reason"] == "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
