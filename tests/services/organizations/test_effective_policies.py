import json

import pytest

TAGS = "TAG_POLICY"


def tag_policy(company, target: str, name: str, **operators) -> None:
    content = json.dumps({"tags": {"team": {"tag_key": {"@@assign": "team"}, "tag_value": operators}}})
    made = company.api.create_policy(Name=name, Description="", Type=TAGS, Content=content)["Policy"]
    company.api.attach_policy(PolicyId=made["PolicySummary"]["Id"], TargetId=target)


def test_an_account_inherits_from_the_root_down(company):
    company.enable(TAGS)
    unit = company.unit(company.root, "dev")
    account = company.make_account("dev")
    company.api.move_account(AccountId=account, SourceParentId=company.root, DestinationParentId=unit)
    tag_policy(company, company.root, "root", **{"@@assign": ["web"]})
    tag_policy(company, unit, "unit", **{"@@append": ["data"]})
    tag_policy(company, account, "account", **{"@@remove": ["web"]})
    shown = company.api.describe_effective_policy(PolicyType=TAGS, TargetId=account)["EffectivePolicy"]
    assert json.loads(shown["PolicyContent"]) == {"tags": {"team": {"tag_key": "team", "tag_value": ["data"]}}}
    assert (shown["TargetId"], shown["PolicyType"]) == (account, TAGS)
    member = company.client(account, "organizations")
    assert member.describe_effective_policy(PolicyType=TAGS)["EffectivePolicy"] == shown
    with pytest.raises(member.exceptions.AccessDeniedException):
        member.describe_effective_policy(PolicyType=TAGS, TargetId=company.cloud.account)


def test_without_a_policy_there_is_no_effective_one(company):
    company.enable(TAGS)
    with pytest.raises(company.api.exceptions.EffectivePolicyNotFoundException):
        company.api.describe_effective_policy(PolicyType=TAGS)
