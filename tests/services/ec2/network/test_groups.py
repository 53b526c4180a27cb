"""Security groups and their rules."""

import pytest

from tests.services.ec2.conftest import refused


@pytest.fixture()
def group(ec2, vpc):
    return ec2.create_security_group(GroupName="web", Description="web servers", VpcId=vpc)["GroupId"]


def _ssh(cidr="0.0.0.0/0", **more):
    return {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": cidr, **more}]}


def _described(ec2, group):
    return ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]


def test_a_new_group_lets_everything_out_and_nothing_in(ec2, group):
    found = _described(ec2, group)
    assert found["IpPermissions"] == []
    assert found["IpPermissionsEgress"] == [
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [], "PrefixListIds": [],
         "UserIdGroupPairs": []}
    ]  # fmt: skip
    assert found["SecurityGroupArn"].endswith(f":security-group/{group}")


def test_a_group_without_a_vpc_is_in_the_default_one(ec2):
    group = ec2.create_security_group(GroupName="web", Description="web servers")["GroupId"]
    default = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    assert _described(ec2, group)["VpcId"] == default
    assert ec2.describe_security_groups(GroupNames=["web"])["SecurityGroups"][0]["GroupId"] == group
    ec2.authorize_security_group_ingress(GroupName="web", IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0")
    assert _described(ec2, group)["IpPermissions"][0]["FromPort"] == 80


def test_two_groups_of_a_vpc_differ_in_their_names(ec2, vpc, group):
    with refused("InvalidGroup.Duplicate", f"The security group 'web' already exists for VPC '{vpc}'"):
        ec2.create_security_group(GroupName="web", Description="again", VpcId=vpc)
    with refused("InvalidGroup.Reserved"):
        ec2.create_security_group(GroupName="default", Description="again", VpcId=vpc)


def test_a_rule_has_an_id_and_is_listed_by_itself(ec2, group):
    made = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[_ssh("10.1.2.3/8", Description="office")],
        TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": [{"Key": "why", "Value": "ssh"}]}],
    )["SecurityGroupRules"]
    assert made[0]["SecurityGroupRuleId"].startswith("sgr-")
    assert made[0]["CidrIpv4"] == "10.0.0.0/8"  # bits below the mask are dropped, as AWS does
    listed = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert [rule for rule in listed if not rule["IsEgress"]] == made
    assert made[0]["Tags"] == [{"Key": "why", "Value": "ssh"}]


def test_the_same_rule_twice_is_a_duplicate(ec2, group):
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_ssh()])
    words = 'the specified rule "peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW" already exists'
    with refused("InvalidPermission.Duplicate", words):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_ssh()])


def test_rules_of_one_port_are_shown_as_one_permission(ec2, group):
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_ssh("10.0.0.0/8"), _ssh("192.168.0.0/16")])
    permissions = _described(ec2, group)["IpPermissions"]
    assert len(permissions) == 1
    assert sorted(each["CidrIp"] for each in permissions[0]["IpRanges"]) == ["10.0.0.0/8", "192.168.0.0/16"]


def test_a_group_can_be_a_source_and_is_kept_while_it_is_named(ec2, vpc, group):
    database = ec2.create_security_group(GroupName="db", Description="databases", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=database,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": group}]}
        ],
    )
    with refused("DependencyViolation", f"resource {group} has a dependent object"):
        ec2.delete_security_group(GroupId=group)
    ec2.delete_security_group(GroupId=database)
    ec2.delete_security_group(GroupId=group)
    with refused("InvalidGroup.NotFound", f"The security group '{group}' does not exist"):
        ec2.describe_security_groups(GroupIds=[group])


def test_a_group_of_another_vpc_is_no_source(ec2, group):
    other = ec2.create_security_group(GroupName="far", Description="elsewhere")["GroupId"]
    with refused("InvalidGroup.NotFound", "You have specified two resources that belong to different networks."):
        ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]}]
        )


def test_a_rule_goes_by_what_it_says_or_by_its_id(ec2, group):
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_ssh()])
    gone = ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[_ssh()])
    assert len(gone["RevokedSecurityGroupRules"]) == 1
    with refused("InvalidPermission.NotFound", "The specified rule does not exist in this security group."):
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[_ssh()])
    out = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[out[0]["SecurityGroupRuleId"]])
    assert _described(ec2, group)["IpPermissionsEgress"] == []


def test_in_the_default_vpc_a_rule_that_is_not_there_is_told_and_not_refused(ec2):
    """RevokeSecurityGroupIngress, API reference."""
    group = ec2.create_security_group(GroupName="web", Description="web servers")["GroupId"]
    answer = ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[_ssh()])
    assert answer["UnknownIpPermissions"][0]["FromPort"] == 22


@pytest.mark.parametrize(
    ("permission", "code"),
    [
        ({"IpProtocol": "tcp", "FromPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, "InvalidParameterValue"),
        ({"IpProtocol": "tcp", "FromPort": 90, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
         "InvalidParameterValue"),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 70000, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
         "InvalidParameterValue"),
        ({"IpProtocol": "smtp", "FromPort": 25, "ToPort": 25, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
         "InvalidParameterValue"),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0"}]},
         "InvalidParameterValue"),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "PrefixListIds": [{"PrefixListId": "pl-1"}]},
         "InvalidPrefixListID.NotFound"),
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(ec2, group, permission, code):
    with refused(code):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


def test_a_rule_can_be_changed_in_place(ec2, group):
    rule = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_ssh()])["SecurityGroupRules"][0]
    new = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "::/0", "Description": "https"}
    ec2.modify_security_group_rules(
        GroupId=group,
        SecurityGroupRules=[{"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": new}],
    )
    changed = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert new.items() <= changed["SecurityGroupRules"][0].items()
    assert "CidrIpv4" not in changed["SecurityGroupRules"][0]


def test_descriptions_are_changed_by_rule_or_by_id(ec2, group):
    rule = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_ssh()])["SecurityGroupRules"][0]
    ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=[_ssh(Description="home")])
    assert _described(ec2, group)["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0", "Description": "home"}]
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group,
        SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "Description": "office"}],
    )
    assert _described(ec2, group)["IpPermissions"][0]["IpRanges"][0]["Description"] == "office"
    with refused("InvalidParameterValue", "Invalid rule description."):
        ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=[_ssh(Description="<br>")])


def test_a_group_holds_sixty_rules_in_each_direction(ec2, group):
    rules = [_ssh(f"10.0.{number}.0/24") for number in range(60)]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
    with refused("RulesPerSecurityGroupLimitExceeded"):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_ssh("10.1.0.0/16")])
    ipv6 = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ipv6])


def test_groups_are_found_by_their_rules(ec2, vpc, group):
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_ssh("198.51.100.0/24")])
    for name, value in [
        ("ip-permission.cidr", "198.51.100.*"),
        ("ip-permission.from-port", "22"),
        ("group-name", "w?b"),
        ("description", "web*"),
    ]:
        found = ec2.describe_security_groups(Filters=[{"Name": name, "Values": [value]}])["SecurityGroups"]
        assert [each["GroupId"] for each in found] == [group], name
    with refused("InvalidParameterValue", "The filter 'colour' is invalid"):
        ec2.describe_security_groups(Filters=[{"Name": "colour", "Values": ["red"]}])


def test_the_default_group_stays(ec2, vpc):
    default = ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"][0]["GroupId"]
    with refused("CannotDelete", f'the specified group: "{default}" name: "default" cannot be deleted by a user'):
        ec2.delete_security_group(GroupId=default)
