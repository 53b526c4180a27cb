import pytest

from tests.services.organizations.conftest import ALLOW_ALL

SCP = "SERVICE_CONTROL_POLICY"


def attached(company, target: str, kind: str = SCP) -> set[str]:
    return {each["Id"] for each in company.api.list_policies_for_target(TargetId=target, Filter=kind)["Policies"]}


def test_every_target_has_full_access_once_the_type_is_enabled(company):
    unit = company.unit(company.root, "before")
    account = company.make_account("before")
    company.enable()
    later = company.unit(company.root, "after")
    for target in (company.root, unit, account, later, company.make_account("after"), company.cloud.account):
        assert attached(company, target) == {"p-FullAWSAccess"}


def test_the_last_policy_of_a_target_stays(controlled):
    """The sentence is quoted in hashicorp/terraform-provider-aws issue 26797."""
    with pytest.raises(controlled.api.exceptions.ConstraintViolationException) as refused:
        controlled.api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=controlled.root)
    assert refused.value.response["Reason"] == "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    assert refused.value.response["Error"]["Message"] == (
        "You cannot remove the last policy attached to the specified target. "
        "You must have at least one attached at all times."
    )


def test_a_policy_is_attached_once_and_detached_once(controlled):
    policy = controlled.control(controlled.root, "all", ALLOW_ALL)
    with pytest.raises(controlled.api.exceptions.DuplicatePolicyAttachmentException):
        controlled.api.attach_policy(PolicyId=policy, TargetId=controlled.root)
    controlled.api.detach_policy(PolicyId=policy, TargetId=controlled.root)
    with pytest.raises(controlled.api.exceptions.PolicyNotAttachedException):
        controlled.api.detach_policy(PolicyId=policy, TargetId=controlled.root)


def test_five_policies_of_a_type_are_the_most(controlled):
    for number in range(4):
        controlled.control(controlled.root, f"policy {number}", ALLOW_ALL)
    with pytest.raises(controlled.api.exceptions.ConstraintViolationException) as refused:
        controlled.control(controlled.root, "one more", ALLOW_ALL)
    assert refused.value.response["Reason"] == "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"


def test_a_policy_shows_where_it_is_attached(controlled):
    unit = controlled.unit(controlled.root, "dev")
    account = controlled.make_account("web")
    policy = controlled.control(controlled.root, "all", ALLOW_ALL)
    controlled.api.attach_policy(PolicyId=policy, TargetId=unit)
    controlled.api.attach_policy(PolicyId=policy, TargetId=account)
    targets = controlled.api.list_targets_for_policy(PolicyId=policy)["Targets"]
    assert {(each["TargetId"], each["Name"], each["Type"]) for each in targets} == {
        (controlled.root, "Root", "ROOT"),
        (unit, "dev", "ORGANIZATIONAL_UNIT"),
        (account, "web", "ACCOUNT"),
    }


def test_a_type_that_is_not_enabled_is_not_attached(company):
    policy = company.policy("all", ALLOW_ALL)
    with pytest.raises(company.api.exceptions.PolicyTypeNotEnabledException) as refused:
        company.api.attach_policy(PolicyId=policy, TargetId=company.root)
    assert refused.value.response["Error"]["Message"] == (
        "This operation can be performed only for enabled policy types."
    )


def test_a_target_of_nobody_is_not_found(controlled):
    with pytest.raises(controlled.api.exceptions.TargetNotFoundException):
        controlled.api.attach_policy(PolicyId="p-FullAWSAccess", TargetId="123456789012")
    with pytest.raises(controlled.api.exceptions.TargetNotFoundException):
        attached(controlled, "123456789012")


def test_the_default_resource_control_policy_stays(company):
    company.enable("RESOURCE_CONTROL_POLICY")
    assert attached(company, company.root, "RESOURCE_CONTROL_POLICY") == {"p-RCPFullAWSAccess"}
    with pytest.raises(company.api.exceptions.InvalidInputException) as refused:
        company.api.detach_policy(PolicyId="p-RCPFullAWSAccess", TargetId=company.root)
    assert refused.value.response["Reason"] == "NON_DETACHABLE_POLICY"
