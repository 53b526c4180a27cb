"""The site's name: a hosted zone, a health check, a mail when it fails, and a page in S3 that takes over then."""

import json
import time
from typing import Any

from signup_deployment import ground
from signup_deployment.plan import Plan, unless_gone

WEBSITE_ZONES = {
    "us-east-1": "Z3AQBSTGFYJSTF", "us-east-2": "Z2O1EMRO9K5GLX", "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M", "ap-northeast-1": "Z2M4EHUR26P7ZW", "ap-northeast-2": "Z3W03O7B5YMIYP",
    "ap-south-1": "Z11RGJOFQNVJUP", "ap-southeast-1": "Z3O0J2DXBE1FTB", "ap-southeast-2": "Z1WCIGYICN2BYD",
    "ca-central-1": "Z1QDHH18159H29", "eu-central-1": "Z21DNDUVLTQW6Q", "eu-north-1": "Z3BAZG2TWCNX0D",
    "eu-west-1": "Z1BKCTXD74EZPE", "eu-west-2": "Z3GKZC51ZF0DB4", "eu-west-3": "Z3R1K369G5AVDG",
    "sa-east-1": "Z7KQH4QJS55SO",
}  # fmt: skip
"""The hosted zones of S3's website endpoints: AWS General Reference, "Amazon S3 website endpoints"."""

HOME = "us-east-1"
"""Route 53's metrics, and so their alarms, are in this Region."""


def _zone(plan: Plan) -> str | None:
    found = plan.client("route53").list_hosted_zones_by_name(DNSName=plan.domain, MaxItems="1")["HostedZones"]
    return next((zone["Id"] for zone in found if zone["Name"] == plan.domain + "."), None)


def make_zone(plan: Plan) -> str:
    route53 = plan.client("route53")
    zone = _zone(plan)
    if zone is None:
        zone = route53.create_hosted_zone(Name=plan.domain, CallerReference=f"{plan.name}-{time.time()}")["HostedZone"][
            "Id"
        ]
    plan.found["zone"] = zone
    servers = route53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]
    return f"{plan.domain}, answered by {servers[0]}"


def delete_zone(plan: Plan) -> None:
    zone = _zone(plan)
    if zone:
        _change(plan, zone, "DELETE", _records(plan, zone))
        plan.client("route53").delete_hosted_zone(Id=zone)


def _records(plan: Plan, zone: str) -> list[dict[str, Any]]:
    """The site's records that are there."""
    found = plan.client("route53").list_resource_record_sets(
        HostedZoneId=zone, StartRecordName=plan.host, StartRecordType="A"
    )["ResourceRecordSets"]
    return [each for each in found if each["Name"] == plan.host + "." and each["Type"] == "A"]


def _change(plan: Plan, zone: str, action: str, records: list[dict[str, Any]]) -> None:
    if records:
        changes = [{"Action": action, "ResourceRecordSet": each} for each in records]
        plan.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def _health_checks(plan: Plan) -> list[dict[str, Any]]:
    route53 = plan.client("route53")
    found = []
    for page in route53.get_paginator("list_health_checks").paginate():
        for check in page["HealthChecks"]:
            tags = route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId=check["Id"])
            if {"Key": "Deployment", "Value": plan.name} in tags["ResourceTagSet"]["Tags"]:
                found.append(check)
    return found


def make_health_check(plan: Plan) -> str:
    route53 = plan.client("route53")
    found = _health_checks(plan)
    if found:
        check = found[0]["Id"]
        route53.update_health_check(HealthCheckId=check, IPAddress=plan.found["address"])
    else:
        asked = {
            "Type": "HTTP", "IPAddress": plan.found["address"], "Port": 80, "ResourcePath": "/health",
            "RequestInterval": 10, "FailureThreshold": 2,
        }  # fmt: skip
        check = route53.create_health_check(CallerReference=f"{plan.name}-{time.time()}", HealthCheckConfig=asked)[
            "HealthCheck"
        ]["Id"]
        tags = [*plan.tags, {"Key": "Name", "Value": plan.host}]
        route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=check, AddTags=tags)
    plan.found["check"] = check
    return f"asks http://{plan.found['address']}/health every 10 seconds"


def delete_health_check(plan: Plan) -> None:
    for check in _health_checks(plan):
        plan.client("route53").delete_health_check(HealthCheckId=check["Id"])


def _alarm(plan: Plan) -> str:
    return f"{plan.name}-health"


def make_alarm(plan: Plan) -> str:
    sns = plan.client("sns", HOME)
    topic = sns.create_topic(Name=f"{plan.name}_route53_health", Tags=plan.tags)["TopicArn"]
    there = [each["Endpoint"] for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]]
    if plan.email not in there:
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=plan.email)
    plan.found["topic"] = topic
    if plan.alarm:
        plan.client("cloudwatch", HOME).put_metric_alarm(
            AlarmName=_alarm(plan), Namespace="AWS/Route53", MetricName="HealthCheckStatus",
            Dimensions=[{"Name": "HealthCheckId", "Value": plan.found["check"]}], Statistic="Minimum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="LessThanThreshold", AlarmActions=[topic],
            TreatMissingData="breaching", Tags=plan.tags,
        )  # fmt: skip
    return f"mails {plan.email}, once the subscription is confirmed" + ("" if plan.alarm else " (topic only)")


def delete_alarm(plan: Plan) -> None:
    if plan.alarm:
        plan.client("cloudwatch", HOME).delete_alarms(AlarmNames=[_alarm(plan)])
    topic = f"arn:aws:sns:{HOME}:{plan.account}:{plan.name}_route53_health"
    unless_gone(plan.client("sns", HOME).delete_topic, TopicArn=topic)


def make_maintenance(plan: Plan) -> str:
    """A public bucket with one page. Its name has to be the site's: S3 finds it by the Host header."""
    s3 = plan.client("s3")
    ground.make_bucket_named(plan, plan.host)
    s3.delete_public_access_block(Bucket=plan.host)
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{plan.host}/*"}
    s3.put_bucket_policy(Bucket=plan.host, Policy=json.dumps({"Version": "2012-10-17", "Statement": [read]}))
    page = (ground.APPLICATION / "maintenance.html").read_bytes()
    s3.put_object(Bucket=plan.host, Key="maintenance.html", Body=page, ContentType="text/html; charset=utf-8")
    index = {"IndexDocument": {"Suffix": "maintenance.html"}, "ErrorDocument": {"Key": "maintenance.html"}}
    s3.put_bucket_website(Bucket=plan.host, WebsiteConfiguration=index)
    return f"http://{plan.host}.s3-website.{plan.region}.amazonaws.com/"


def delete_maintenance(plan: Plan) -> None:
    ground.empty_and_delete(plan, plan.host)


def make_failover(plan: Plan) -> str:
    name = {"Name": plan.host, "Type": "A"}
    primary = {
        **name, "SetIdentifier": "primary", "Failover": "PRIMARY", "TTL": 30, "HealthCheckId": plan.found["check"],
        "ResourceRecords": [{"Value": plan.found["address"]}],
    }  # fmt: skip
    target = {
        "HostedZoneId": WEBSITE_ZONES[plan.region],
        "DNSName": f"s3-website.{plan.region}.amazonaws.com",
        "EvaluateTargetHealth": False,
    }
    secondary = {**name, "SetIdentifier": "secondary", "Failover": "SECONDARY", "AliasTarget": target}
    _change(plan, plan.found["zone"], "UPSERT", [primary, secondary])
    return f"{plan.host} is {plan.found['address']}, or the maintenance page"
