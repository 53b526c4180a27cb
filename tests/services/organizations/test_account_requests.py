import json
import threading

import pytest

from groundcloud.controllers import Loop
from tests.cloud import Keys


def test_an_account_is_in_progress_until_the_controller_has_made_it(company):
    asked = company.api.create_account(Email="dev@example.com", AccountName="dev")["CreateAccountStatus"]
    assert asked["State"] == "IN_PROGRESS"
    assert asked["Id"].startswith("car-")
    assert company.api.list_create_account_status(States=["SUCCEEDED"])["CreateAccountStatuses"] == []
    company.loop.settle()
    made = company.api.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
    assert made["State"] == "SUCCEEDED"
    assert made["CompletedTimestamp"] == made["RequestedTimestamp"]
    account = company.api.describe_account(AccountId=made["AccountId"])["Account"]
    assert (account["Name"], account["Email"], account["Status"]) == ("dev", "dev@example.com", "ACTIVE")
    assert account["JoinedMethod"] == "CREATED"
    assert company.api.list_create_account_status(States=["SUCCEEDED"])["CreateAccountStatuses"] == [made]


def test_the_new_account_has_a_role_for_the_management_account(company):
    iam = company.client(company.make_account("dev"), "iam")
    role = iam.get_role(RoleName="OrganizationAccountAccessRole")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{company.cloud.account}:root"}
    attached = iam.list_attached_role_policies(RoleName="OrganizationAccountAccessRole")["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["AdministratorAccess"]


def test_the_role_may_have_another_name(company):
    company.api.create_account(Email="dev@example.com", AccountName="dev", RoleName="Enter")
    company.loop.settle()
    (status,) = company.api.list_create_account_status()["CreateAccountStatuses"]
    assert company.client(status["AccountId"], "iam").get_role(RoleName="Enter")


def test_a_second_account_with_the_same_email_fails(company):
    company.make_account("dev")
    company.api.create_account(Email="dev@example.com", AccountName="other")
    company.loop.settle()
    (failed,) = company.api.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert failed["FailureReason"] == "EMAIL_ALREADY_EXISTS"
    assert "AccountId" not in failed


def test_a_role_that_cannot_be_made_leaves_no_account_and_is_tried_again(company, monkeypatch):
    accounts = company.cloud.cloud.create_account  # an account that is there already, for comparison
    accounts("other", "other@example.com")
    controller = next(each for each in company.loop._controllers if each.name == "organizations.accounts")
    call = controller._call

    def broken(*arguments, **named):
        raise OSError("no room")

    controller._call = broken
    company.api.create_account(Email="dev@example.com", AccountName="dev")
    company.loop.settle()
    (status,) = company.api.list_create_account_status()["CreateAccountStatuses"]
    assert status["State"] == "IN_PROGRESS"
    assert len(company.api.list_accounts()["Accounts"]) == 1
    controller._call = call
    company.cloud.clock.advance(seconds=1)
    company.loop.settle()
    (status,) = company.api.list_create_account_status()["CreateAccountStatuses"]
    assert status["State"] == "SUCCEEDED"


def test_tags_of_the_request_are_the_accounts(company):
    company.api.create_account(Email="dev@example.com", AccountName="dev", Tags=[{"Key": "team", "Value": "web"}])
    company.loop.settle()
    (status,) = company.api.list_create_account_status()["CreateAccountStatuses"]
    assert company.api.list_tags_for_resource(ResourceId=status["AccountId"])["Tags"] == [
        {"Key": "team", "Value": "web"}
    ]


def test_an_unknown_request_is_not_found(company):
    with pytest.raises(company.api.exceptions.CreateAccountStatusNotFoundException):
        company.api.describe_create_account_status(CreateAccountRequestId="car-" + "0" * 32)


def test_creating_accounts_takes_the_permission(company):
    iam = company.cloud.client("iam")
    iam.create_user(UserName="bob")
    statement = {"Effect": "Allow", "Action": "organizations:Describe*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": statement}
    iam.put_user_policy(UserName="bob", PolicyName="look", PolicyDocument=json.dumps(document))
    bob = company.cloud.client("organizations", Keys.of(iam.create_access_key(UserName="bob")["AccessKey"]))
    bob.describe_organization()
    with pytest.raises(bob.exceptions.AccessDeniedException, match="organizations:CreateAccount"):
        bob.create_account(Email="dev@example.com", AccountName="dev")


def test_the_loop_in_its_thread_makes_accounts_while_calls_are_answered(company):
    loop = Loop(company.cloud.store, company.cloud.loops.controllers(), now=company.cloud.clock)
    news = threading.Event()
    company.cloud.store.on_commit(news.set)
    loop.start()
    for number in range(5):
        company.api.create_account(Email=f"{number}@example.com", AccountName=f"account {number}")
    while len(company.api.list_create_account_status(States=["SUCCEEDED"])["CreateAccountStatuses"]) < 5:
        assert news.wait(10)
        news.clear()
    loop.stop()
