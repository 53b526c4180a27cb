import json

import dns.edns
import dns.message
import pytest

from groundcloud.services.route53.query_log_controller import QueryLogWriter
from tests.services.route53.conftest import Zone, record, refused


@pytest.fixture()
def logs(cloud):
    client = cloud.client("logs")
    client.create_log_group(logGroupName="/dns")
    return client


@pytest.fixture()
def arn(cloud, logs):
    return logs.describe_log_groups()["logGroups"][0]["arn"].removesuffix(":*")


def allow(logs):
    statement = {
        "Effect": "Allow", "Principal": {"Service": "route53.amazonaws.com"}, "Resource": "*",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
    }  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    logs.put_resource_policy(policyName="dns", policyDocument=document)


def test_queries_are_logged_in_the_words_of_the_guide(cloud, route53, zone, names, logs, arn):
    """Form: "Values that appear in DNS query logs" in the Route 53 developer guide."""
    allow(logs)
    zone.change(record("www.example.com", "A", "192.0.2.1"))
    made = route53.create_query_logging_config(HostedZoneId=zone.id, CloudWatchLogsLogGroupArn=arn)
    config = made["QueryLoggingConfig"]
    assert route53.get_query_logging_config(Id=config["Id"])["QueryLoggingConfig"] == config
    assert route53.list_query_logging_configs(HostedZoneId=zone.id)["QueryLoggingConfigs"] == [config]
    writer = QueryLogWriter(cloud.store, cloud.cloud.query_log, cloud.cloud.act)
    names.settle()
    answer = cloud.cloud.dns.answering.answer
    question = dns.message.make_query("WWW.example.com", "A").to_wire()
    answer(question, "192.0.2.53")
    answer(question, "192.0.2.53")  # what is remembered is logged, too
    subnet = dns.edns.ECSOption("198.51.100.0", 24)
    answer(dns.message.make_query("no.example.com", "MX", options=[subnet]).to_wire(), "192.0.2.54", tcp=True)
    answer(dns.message.make_query("example.org", "A").to_wire(), "192.0.2.54")
    writer.write()
    stream = f"{zone.id}/LOC1"
    events = logs.get_log_events(logGroupName="/dns", logStreamName=stream, startFromHead=True)["events"]
    at = f"{cloud.clock():%Y-%m-%dT%H:%M:%S}.000Z"
    assert [event["message"] for event in events] == [
        f"1.0 {at} {zone.id} www.example.com A NOERROR UDP LOC1 192.0.2.53 -",
        f"1.0 {at} {zone.id} www.example.com A NOERROR UDP LOC1 192.0.2.53 -",
        f"1.0 {at} {zone.id} no.example.com MX NXDOMAIN TCP LOC1 192.0.2.54 198.51.100.0/24",
    ]
    route53.delete_query_logging_config(Id=config["Id"])
    names.settle()
    answer(question, "192.0.2.53")
    assert cloud.cloud.query_log.take() == {}


def test_the_group_must_be_there_be_in_us_east_1_and_let_route_53_write(route53, zone, logs, arn):
    def code(group):
        return refused(route53.create_query_logging_config, HostedZoneId=zone.id, CloudWatchLogsLogGroupArn=group)[0]

    assert code(arn) == "InsufficientCloudWatchLogsResourcePolicy"
    allow(logs)
    assert code(arn + "-none") == "NoSuchCloudWatchLogsLogGroup"
    assert code(arn.replace("us-east-1", "eu-west-1")) == "NoSuchCloudWatchLogsLogGroup"
    assert code("dns") == "InvalidInput"
    route53.create_query_logging_config(HostedZoneId=zone.id, CloudWatchLogsLogGroupArn=arn)
    assert code(arn) == "QueryLoggingConfigAlreadyExists"


def test_what_belongs_to_a_deleted_zone_goes_with_it(route53, logs, arn):
    allow(logs)
    zone = Zone(route53, "example.net", "2")
    config = route53.create_query_logging_config(HostedZoneId=zone.id, CloudWatchLogsLogGroupArn=arn)
    route53.delete_hosted_zone(Id=zone.id)
    found = refused(route53.get_query_logging_config, Id=config["QueryLoggingConfig"]["Id"])
    assert found[0] == "NoSuchQueryLoggingConfig"
