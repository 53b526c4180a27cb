"""The examples of the Organizations guide, "Inheritance syntax and inheritance for management policies"."""

from groundcloud.services.organizations.inheritance import effective


def tag(**operators):
    return {"tags": {"CostCenter": {"tag_key": {"@@assign": "CostCenter"}, "tag_value": operators}}}


def values(*levels):
    return effective(levels)["tags"]["CostCenter"].get("tag_value")


def test_operators_assign_append_and_remove():
    assert values([tag(**{"@@assign": ["a"]})]) == ["a"]
    assert values([tag(**{"@@assign": ["a"]})], [tag(**{"@@assign": ["b"]})]) == ["b"]
    assert values([tag(**{"@@assign": ["a"]})], [tag(**{"@@append": ["b", "a"]})]) == ["a", "b"]
    assert values([tag(**{"@@assign": ["a", "b"]})], [tag(**{"@@remove": ["a"]})]) == ["b"]
    assert values([tag(**{"@@append": ["a"]})], [], [tag(**{"@@append": ["b"]})]) == ["a", "b"]


def test_policies_of_one_level_come_together():
    assert values([tag(**{"@@append": ["a"]}), tag(**{"@@append": ["b"]})]) == ["a", "b"]


def test_a_policy_above_can_forbid_what_policies_below_do():
    above = tag(**{"@@assign": ["a"], "@@operators_allowed_for_child_policies": ["@@append"]})
    assert values([above], [tag(**{"@@assign": ["b"]})]) == ["a"]
    assert values([above], [tag(**{"@@append": ["b"]})]) == ["a", "b"]
    nothing = {"tags": {"@@operators_allowed_for_child_policies": ["@@none"], **tag(**{"@@assign": ["a"]})["tags"]}}
    assert values([nothing], [tag(**{"@@append": ["b"]})]) == ["a"]


def test_a_policy_below_cannot_allow_what_one_above_forbids():
    above = tag(**{"@@assign": ["a"], "@@operators_allowed_for_child_policies": ["@@append"]})
    middle = tag(**{"@@operators_allowed_for_child_policies": ["@@all"]})
    assert values([above], [middle], [tag(**{"@@assign": ["b"]})]) == ["a"]


def test_keys_are_the_same_whatever_their_capitals():
    below = {"tags": {"costcenter": {"tag_value": {"@@append": ["b"]}}}}
    assert values([tag(**{"@@assign": ["a"]})], [below]) == ["a", "b"]
