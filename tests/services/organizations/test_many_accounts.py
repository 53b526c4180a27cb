"""A fresh account for every test of somebody's suite: a hundred in a row must be no burden. How long they take is
measured by `benchmarks/`; here is that they are a hundred, each its own."""

from tests.cloud import Keys


def test_a_hundred_accounts_are_asked_for_and_used(company):
    for number in range(100):
        company.api.create_account(Email=f"{number}@example.com", AccountName=f"account {number}")
    company.loop.settle()
    pages = company.api.get_paginator("list_create_account_status").paginate(States=["SUCCEEDED"])
    accounts = [status["AccountId"] for page in pages for status in page["CreateAccountStatuses"]]
    assert len(set(accounts)) == 100
    for account in accounts:
        assert company.client(account, "sts").get_caller_identity()["Account"] == account


def test_a_hundred_accounts_are_made_by_the_installation_and_used(cloud):
    for number in range(100):
        account = cloud.cloud.create_account(f"account {number}", f"{number}@example.com")
        key = cloud.cloud.create_admin(account)
        sts = cloud.client("sts", Keys(key["access_key_id"], key["secret_access_key"]))
        assert sts.get_caller_identity()["Account"] == account
