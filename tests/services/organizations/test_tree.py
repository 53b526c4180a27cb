import pytest


def test_the_tree_is_walked_down_and_up(company):
    unit = company.unit(company.root, "dev")
    account = company.make_account("dev")
    company.api.move_account(AccountId=account, SourceParentId=company.root, DestinationParentId=unit)
    children = company.api.list_children(ParentId=company.root, ChildType="ORGANIZATIONAL_UNIT")["Children"]
    assert children == [{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]
    below = company.api.list_children(ParentId=unit, ChildType="ACCOUNT")["Children"]
    assert below == [{"Id": account, "Type": "ACCOUNT"}]
    assert company.api.list_parents(ChildId=account)["Parents"] == [{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]
    assert company.api.list_parents(ChildId=unit)["Parents"] == [{"Id": company.root, "Type": "ROOT"}]
    accounts = company.api.list_accounts_for_parent(ParentId=unit)["Accounts"]
    assert [each["Id"] for each in accounts] == [account]


def test_a_move_names_where_from_and_where_to(company):
    unit = company.unit(company.root, "dev")
    account = company.make_account("dev")
    move = company.api.move_account
    with pytest.raises(company.api.exceptions.DuplicateAccountException):
        move(AccountId=account, SourceParentId=company.root, DestinationParentId=company.root)
    with pytest.raises(company.api.exceptions.DestinationParentNotFoundException):
        move(AccountId=account, SourceParentId=company.root, DestinationParentId=unit[:-8] + "00000000")
    with pytest.raises(company.api.exceptions.SourceParentNotFoundException):
        move(AccountId=account, SourceParentId="r-none", DestinationParentId=unit)
    with pytest.raises(company.api.exceptions.AccountNotFoundException):
        move(AccountId="123456789012", SourceParentId=company.root, DestinationParentId=unit)


def test_a_child_of_nobody_is_not_found(company):
    with pytest.raises(company.api.exceptions.ChildNotFoundException):
        company.api.list_parents(ChildId="123456789012")
