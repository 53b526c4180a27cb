import pytest

from tests.services.cloudwatch.test_alarms import ALARM


def test_a_dashboard_is_kept_listed_and_deleted(cloudwatch):
    body = '{"widgets": []}'
    cloudwatch.put_dashboard(DashboardName="site", DashboardBody=body)
    cloudwatch.put_dashboard(DashboardName="other", DashboardBody="{}")
    assert cloudwatch.get_dashboard(DashboardName="site")["DashboardBody"] == body
    [entry] = cloudwatch.list_dashboards(DashboardNamePrefix="s")["DashboardEntries"]
    assert entry["DashboardArn"].endswith(":dashboard/site")
    assert entry["Size"] == len(body)
    cloudwatch.delete_dashboards(DashboardNames=["site"])
    with pytest.raises(cloudwatch.exceptions.ClientError) as absent:
        cloudwatch.get_dashboard(DashboardName="site")
    assert absent.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_dashboard_is_a_document(cloudwatch):
    with pytest.raises(cloudwatch.exceptions.ClientError) as refused:
        cloudwatch.put_dashboard(DashboardName="site", DashboardBody="no")
    assert refused.value.response["Error"]["Code"] == "InvalidParameterInput"


def test_alarms_and_dashboards_have_tags(cloudwatch):
    cloudwatch.put_metric_alarm(**ALARM, Tags=[{"Key": "team", "Value": "blue"}])
    cloudwatch.put_dashboard(DashboardName="site", DashboardBody="{}")
    alarm = cloudwatch.describe_alarms()["MetricAlarms"][0]["AlarmArn"]
    dashboard = cloudwatch.get_dashboard(DashboardName="site")["DashboardArn"]
    for arn in (alarm, dashboard):
        cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "stage", "Value": "test"}])
    cloudwatch.untag_resource(ResourceARN=alarm, TagKeys=["team"])
    for arn in (alarm, dashboard):
        assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "stage", "Value": "test"}]
    with pytest.raises(cloudwatch.exceptions.ResourceNotFoundException):
        cloudwatch.list_tags_for_resource(ResourceARN=alarm + "x")
