import pytest

from groundcloud.services.cloudwatch import rules
from tests.services.cloudwatch.test_alarms import ALARM


@pytest.fixture()
def state(cloudwatch):
    def work(name: str) -> str:
        [shown] = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        return shown["StateValue"]

    return work


@pytest.fixture()
def children(cloudwatch):
    for name in ("a", "b"):
        cloudwatch.put_metric_alarm(**{**ALARM, "AlarmName": name})

    def turn(name: str, value: str) -> None:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=value, StateReason="a rehearsal")

    return turn


def test_a_composite_alarm_follows_its_children(cloudwatch, children, state):
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("a") AND ALARM(b)')
    assert state("both") == "OK"
    children("a", "ALARM")
    assert state("both") == "OK"
    children("b", "ALARM")
    assert state("both") == "ALARM"
    [shown] = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert ":alarm:b transitioned to ALARM at " in shown["StateReason"]
    children("a", "OK")
    assert state("both") == "OK"


def test_composite_alarms_stand_upon_one_another(cloudwatch, children, state):
    cloudwatch.put_composite_alarm(AlarmName="inner", AlarmRule="ALARM(a) OR ALARM(b)")
    cloudwatch.put_composite_alarm(AlarmName="outer", AlarmRule="NOT OK(inner)")
    children("a", "ALARM")
    assert state("outer") == "ALARM"
    found = cloudwatch.describe_alarms(ChildrenOfAlarmName="inner")
    assert [alarm["AlarmName"] for alarm in found["MetricAlarms"]] == ["a", "b"]
    found = cloudwatch.describe_alarms(ParentsOfAlarmName="inner")
    assert [alarm["AlarmName"] for alarm in found["CompositeAlarms"]] == ["outer"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("ALARM(nobody)", "alarms [nobody] in the alarm rule do not exist"),
        ("ALARM(a) AND", "it ends too early"),
        ("ALARM(a) ALARM(b)", "unexpected b"),
        ("ALARM(loop)", "leads back to loop"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(cloudwatch, children, rule: str, message: str):
    with pytest.raises(cloudwatch.exceptions.ClientError) as refused:
        cloudwatch.put_composite_alarm(AlarmName="loop", AlarmRule=rule)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert message in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("TRUE", True),
        ("NOT TRUE OR TRUE", True),
        ("NOT (TRUE OR TRUE)", False),
        ("TRUE OR TRUE AND FALSE", True),
        ("ALARM('one two')", True),
        ('OK("arn:aws:cloudwatch:us-east-1:000000000000:alarm:b")', True),
        ("INSUFFICIENT_DATA(b)", False),
    ],
)
def test_rules_are_read_by_their_precedence(rule: str, holds: bool):
    assert rules.holds(rules.parse(rule), {"one two": "ALARM", "b": "OK"}) is holds
