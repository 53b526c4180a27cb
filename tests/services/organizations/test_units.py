import re

import pytest


def test_a_unit_is_made_named_and_deleted(company):
    root = company.root
    made = company.api.create_organizational_unit(ParentId=root, Name="dev")["OrganizationalUnit"]
    assert re.fullmatch(rf"ou-{root[2:]}-[a-z0-9]{{8}}", made["Id"])
    renamed = company.api.update_organizational_unit(OrganizationalUnitId=made["Id"], Name="test")
    assert renamed["OrganizationalUnit"]["Name"] == "test"
    shown = company.api.describe_organizational_unit(OrganizationalUnitId=made["Id"])["OrganizationalUnit"]
    assert shown == {**made, "Name": "test"}
    company.api.delete_organizational_unit(OrganizationalUnitId=made["Id"])
    with pytest.raises(company.api.exceptions.OrganizationalUnitNotFoundException):
        company.api.describe_organizational_unit(OrganizationalUnitId=made["Id"])


def test_a_name_is_taken_only_under_the_same_parent(company):
    unit = company.unit(company.root, "dev")
    company.unit(unit, "dev")
    with pytest.raises(company.api.exceptions.DuplicateOrganizationalUnitException) as refused:
        company.unit(company.root, "dev")
    assert refused.value.response["Error"]["Message"] == "An OU with the same name already exists."


def test_units_are_five_levels_deep_at_most(company):
    parent = company.root
    for depth in range(5):
        parent = company.unit(parent, f"level {depth + 1}")
    with pytest.raises(company.api.exceptions.ConstraintViolationException) as refused:
        company.unit(parent, "level 6")
    assert refused.value.response["Reason"] == "OU_DEPTH_LIMIT_EXCEEDED"


def test_a_unit_with_something_in_it_is_not_deleted(company):
    outer = company.unit(company.root, "outer")
    inner = company.unit(outer, "inner")
    with pytest.raises(company.api.exceptions.OrganizationalUnitNotEmptyException):
        company.api.delete_organizational_unit(OrganizationalUnitId=outer)
    account = company.make_account("dev")
    company.api.move_account(AccountId=account, SourceParentId=company.root, DestinationParentId=inner)
    with pytest.raises(company.api.exceptions.OrganizationalUnitNotEmptyException):
        company.api.delete_organizational_unit(OrganizationalUnitId=inner)


def test_units_are_listed_under_their_parent(company):
    units = {company.unit(company.root, name) for name in ("a", "b", "c")}
    listed = company.api.list_organizational_units_for_parent(ParentId=company.root)["OrganizationalUnits"]
    assert {each["Id"] for each in listed} == units
    with pytest.raises(company.api.exceptions.ParentNotFoundException):
        company.api.list_organizational_units_for_parent(ParentId="r-none")
