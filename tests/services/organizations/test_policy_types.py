import pytest

from tests.services.organizations.conftest import ALLOW_ALL


def test_a_type_is_enabled_once_and_shown_in_the_root(company):
    shown = company.api.enable_policy_type(RootId=company.root, PolicyType="TAG_POLICY")["Root"]
    assert shown["PolicyTypes"] == [{"Type": "TAG_POLICY", "Status": "ENABLED"}]
    assert company.api.list_roots()["Roots"] == [shown]
    with pytest.raises(company.api.exceptions.PolicyTypeAlreadyEnabledException):
        company.enable("TAG_POLICY")


def test_disabling_a_type_detaches_its_policies_everywhere(controlled):
    policy = controlled.control(controlled.root, "all", ALLOW_ALL)
    shown = controlled.api.disable_policy_type(RootId=controlled.root, PolicyType="SERVICE_CONTROL_POLICY")["Root"]
    assert shown["PolicyTypes"] == []
    assert controlled.api.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    with pytest.raises(controlled.api.exceptions.PolicyTypeNotEnabledException):
        controlled.api.disable_policy_type(RootId=controlled.root, PolicyType="SERVICE_CONTROL_POLICY")
    controlled.enable()
    targets = controlled.api.list_targets_for_policy(PolicyId="p-FullAWSAccess")["Targets"]
    assert {each["TargetId"] for each in targets} == {controlled.root, controlled.cloud.account}


def test_a_root_of_nobody_is_not_found(company):
    with pytest.raises(company.api.exceptions.RootNotFoundException):
        company.api.enable_policy_type(RootId="r-none", PolicyType="TAG_POLICY")
