"""What a cloud tells of itself without a signature."""

import json
import urllib.error
import urllib.request

import pytest


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def test_health_names_services_and_store(running):
    health = json.loads(get(f"{running.endpoint}/_groundcloud/health"))
    assert health["status"] == "available"
    assert health["services"]["sts"] == "available"
    assert health["store"]["kind"] == "sqlite"


def test_tools_made_for_localstack_find_its_form(running):
    health = json.loads(get(f"{running.endpoint}/_localstack/health"))
    assert health["services"]["iam"] == "available"
    assert set(health) == {"services", "edition", "version"}


def test_metrics_count_calls(running):
    running.client("sts").get_caller_identity()
    running.client("sts").get_caller_identity()
    metrics = get(f"{running.endpoint}/_groundcloud/metrics")
    sample = 'groundcloud_calls_total{service="sts",operation="GetCallerIdentity",status="200"} 2'
    assert sample in metrics.splitlines()


def test_other_internal_paths_are_no_aws_call(running):
    with pytest.raises(urllib.error.HTTPError) as absent:
        get(f"{running.endpoint}/_groundcloud/nothing")
    assert absent.value.code == 404
    assert "/_groundcloud/health" in json.loads(absent.value.read())["pages"]
