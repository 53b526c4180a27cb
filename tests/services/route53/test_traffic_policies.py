"""Traffic policies and their instances. Source: "Traffic policy document format" in the API reference."""

import json

import pytest

from tests.services.route53.conftest import Zone, record, refused


def document(start="StartRule", reference="root", type_="A", **parts):
    return json.dumps(
        {"AWSPolicyFormatVersion": "2015-10-01", "RecordType": type_, start: reference, "Endpoints": {}, **parts}
    )


def values(*addresses):
    return {f"e{number}": {"Type": "value", "Value": address} for number, address in enumerate(addresses)}


SIMPLE = document("StartEndpoint", "e0", Endpoints=values("192.0.2.1"))


@pytest.fixture()
def apply(route53, zone, names):
    """Makes a policy of a document and applies it to www.example.com."""

    def make(text, name="policy"):
        policy = route53.create_traffic_policy(Name=name, Document=text)["TrafficPolicy"]
        made = route53.create_traffic_policy_instance(
            HostedZoneId=zone.id, Name="www.example.com", TTL=60, TrafficPolicyId=policy["Id"], TrafficPolicyVersion=1
        )
        names.settle()
        return made["TrafficPolicyInstance"]

    return make


def test_versions_are_numbered_and_listed_from_the_newest(route53):
    made = route53.create_traffic_policy(Name="p", Document=SIMPLE, Comment="first")["TrafficPolicy"]
    assert (made["Version"], made["Type"], made["Name"]) == (1, "A", "p")
    second = route53.create_traffic_policy_version(Id=made["Id"], Document=SIMPLE)["TrafficPolicy"]
    assert second["Version"] == 2
    page = route53.list_traffic_policy_versions(Id=made["Id"], MaxItems="1")
    assert ([each["Version"] for each in page["TrafficPolicies"]], page["TrafficPolicyVersionMarker"]) == ([2], "1")
    further = route53.list_traffic_policy_versions(Id=made["Id"], TrafficPolicyVersionMarker="1")
    assert [each["Comment"] for each in further["TrafficPolicies"]] == ["first"]
    [summary] = route53.list_traffic_policies()["TrafficPolicySummaries"]
    assert (summary["LatestVersion"], summary["TrafficPolicyCount"]) == (2, 2)
    route53.update_traffic_policy_comment(Id=made["Id"], Version=2, Comment="second")
    assert route53.get_traffic_policy(Id=made["Id"], Version=2)["TrafficPolicy"]["Comment"] == "second"
    for version in (2, 1):
        route53.delete_traffic_policy(Id=made["Id"], Version=version)
    assert route53.list_traffic_policies()["TrafficPolicySummaries"] == []
    assert refused(route53.get_traffic_policy, Id=made["Id"], Version=1)[0] == "NoSuchTrafficPolicy"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "truncated"),
        (document(type_="SOA"), "RecordType SOA is not supported"),
        (document(), "the rule root is not defined"),
        (document("StartEndpoint", "e1", Endpoints=values("192.0.2.1")), "the endpoint e1 is not defined"),
        (
            document(Rules={"root": {"RuleType": "weighted", "Items": [{"RuleReference": "root", "Weight": "1"}]}}),
            "the rule root leads back to itself",
        ),
        (document(Rules={"root": {"RuleType": "dice", "Items": []}}), "has no branches"),
        (
            document("StartEndpoint", "e", Endpoints={"e": {"Type": "cloudfront", "Value": "d.cloudfront.net"}}),
            "are not in this cloud",
        ),
        (document(Rules={"root": {"RuleType": "geo", "Colour": "red"}}), "unknown field"),
    ],
)
def test_a_document_that_says_nothing_is_refused(route53, text, reason):
    code, message = refused(route53.create_traffic_policy, Name="p", Document=text)
    assert code == "InvalidTrafficPolicyDocument"
    assert reason in message


def test_a_name_is_taken_once(route53):
    route53.create_traffic_policy(Name="p", Document=SIMPLE)
    assert refused(route53.create_traffic_policy, Name="p", Document=SIMPLE)[0] == "TrafficPolicyAlreadyExists"


def test_an_instance_answers_once_it_is_applied(route53, names, apply):
    made = apply(SIMPLE)
    assert made["State"] == "Creating"
    found = route53.get_traffic_policy_instance(Id=made["Id"])["TrafficPolicyInstance"]
    assert (found["State"], found["TrafficPolicyType"], found["TTL"]) == ("Applied", "A", 60)
    assert names("www.example.com", "A") == ["192.0.2.1"]
    assert route53.get_traffic_policy_instance_count()["TrafficPolicyInstanceCount"] == 1


def test_rules_below_rules_lead_to_their_endpoints(names, apply):
    """Failover to a weighted rule, of which only one branch has weight."""
    apply(
        document(
            Endpoints=values("192.0.2.1", "192.0.2.2"),
            Rules={
                "root": {
                    "RuleType": "failover",
                    "Primary": {"RuleReference": "share", "EvaluateTargetHealth": True},
                    "Secondary": {"EndpointReference": "e0"},
                },
                "share": {
                    "RuleType": "weighted",
                    "Items": [
                        {"EndpointReference": "e0", "Weight": "0"},
                        {"EndpointReference": "e1", "Weight": "5"},
                    ],
                },
            },
        )
    )
    assert names("www.example.com", "A") == ["192.0.2.2"]


@pytest.mark.parametrize(
    "rule",
    [
        {"RuleType": "latency", "Regions": [{"EndpointReference": "e0", "Region": "us-east-1"},
                                            {"EndpointReference": "e1", "Region": "ap-northeast-2"}]},
        {"RuleType": "geo", "Locations": [{"EndpointReference": "e0", "IsDefault": True},
                                          {"EndpointReference": "e1", "Country": "KR"}]},
        {"RuleType": "geoproximity", "GeoproximityLocations": [
            {"EndpointReference": "e0", "Region": "aws:route53:us-east-1", "Bias": "10"},
            {"EndpointReference": "e1", "Latitude": "37.57", "Longitude": "126.98"}]},
    ],
)  # fmt: skip
def test_a_rule_by_place_answers_for_the_place_of_the_asker(names, apply, rule):
    """Askers are in us-east-1 as long as no setting says otherwise."""
    apply(document(Endpoints=values("192.0.2.1", "192.0.2.2"), Rules={"root": rule}))
    assert names("www.example.com", "A") == ["192.0.2.1"]


def test_a_multivalue_rule_answers_with_all(names, apply):
    items = [{"EndpointReference": "e0"}, {"EndpointReference": "e1"}]
    rule = {"RuleType": "multivalue", "Items": items}
    apply(document(Endpoints=values("192.0.2.1", "192.0.2.2"), Rules={"root": rule}))
    assert sorted(names("www.example.com", "A")) == ["192.0.2.1", "192.0.2.2"]


def test_an_instance_follows_another_version_and_takes_its_records_with_it(route53, zone, names, apply):
    made = apply(SIMPLE)
    policy = made["TrafficPolicyId"]
    other = document("StartEndpoint", "e0", Endpoints=values("192.0.2.9"))
    route53.create_traffic_policy_version(Id=policy, Document=other)
    place = {"TrafficPolicyId": policy, "TrafficPolicyVersion": 2}
    route53.update_traffic_policy_instance(Id=made["Id"], TTL=30, **place)
    names.settle()
    assert names("www.example.com", "A") == ["192.0.2.9"]
    mail = document("StartEndpoint", "e0", "MX", Endpoints={"e0": {"Type": "value", "Value": "10 mail.example.com."}})
    route53.create_traffic_policy_version(Id=policy, Document=mail)
    wrong = {"TrafficPolicyId": policy, "TrafficPolicyVersion": 3}
    assert refused(route53.update_traffic_policy_instance, Id=made["Id"], TTL=30, **wrong)[0] == "ConflictingTypes"
    assert refused(route53.delete_traffic_policy, Id=policy, Version=2)[0] == "TrafficPolicyInUse"
    route53.delete_traffic_policy_instance(Id=made["Id"])
    names.settle()
    assert names("www.example.com", "A") == []
    assert ("www.example.com.", "A") not in zone.listed()
    route53.delete_traffic_policy(Id=policy, Version=2)


def test_its_records_are_changed_by_the_instance_only(route53, zone, apply):
    made = apply(SIMPLE)
    [shown] = [
        each
        for each in route53.list_resource_record_sets(HostedZoneId=zone.id)["ResourceRecordSets"]
        if each.get("TrafficPolicyInstanceId")
    ]
    assert shown["TrafficPolicyInstanceId"] == made["Id"]
    code, message = zone.refused(record("www.example.com", "A", "192.0.2.5"), action="UPSERT")
    assert code == "InvalidChangeBatch"
    assert f"is managed by the traffic policy instance {made['Id']}" in message


def test_a_name_that_is_taken_is_refused(route53, zone, apply):
    zone.change(record("www.example.com", "A", "192.0.2.5"))
    policy = route53.create_traffic_policy(Name="other", Document=SIMPLE)["TrafficPolicy"]
    place = {"HostedZoneId": zone.id, "TTL": 60, "TrafficPolicyId": policy["Id"], "TrafficPolicyVersion": 1}
    code, message = refused(route53.create_traffic_policy_instance, Name="www.example.com", **place)
    assert (code, "already exists" in message) == ("InvalidInput", True)
    route53.create_traffic_policy_instance(Name="free.example.com", **place)
    again = refused(route53.create_traffic_policy_instance, Name="free.example.com", **place)
    assert again[0] == "TrafficPolicyInstanceAlreadyExists"


def test_lists_go_on_at_their_markers(route53, zone, cloud):
    other = Zone(route53, "example.org", "2")
    policy = route53.create_traffic_policy(Name="p", Document=SIMPLE)["TrafficPolicy"]["Id"]
    place = {"TTL": 60, "TrafficPolicyId": policy, "TrafficPolicyVersion": 1}
    for each, name in ((zone, "b.example.com"), (zone, "a.example.com"), (other, "a.example.org")):
        route53.create_traffic_policy_instance(HostedZoneId=each.id, Name=name, **place)
    found = route53.list_traffic_policy_instances_by_hosted_zone(HostedZoneId=zone.id)["TrafficPolicyInstances"]
    assert [each["Name"] for each in found] == ["a.example.com.", "b.example.com."]
    seen, markers = [], {}
    while True:
        page = route53.list_traffic_policy_instances(MaxItems="1", **markers)
        seen += [each["Name"] for each in page["TrafficPolicyInstances"]]
        if not page["IsTruncated"]:
            break
        names = ("HostedZoneIdMarker", "TrafficPolicyInstanceNameMarker", "TrafficPolicyInstanceTypeMarker")
        markers = {name: page[name] for name in names}
    assert sorted(seen) == ["a.example.com.", "a.example.org.", "b.example.com."]
    by_policy = route53.list_traffic_policy_instances_by_policy(TrafficPolicyId=policy, TrafficPolicyVersion=1)
    assert len(by_policy["TrafficPolicyInstances"]) == 3
