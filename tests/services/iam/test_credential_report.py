import csv
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from groundcloud.services.iam.credential_report import COLUMNS
from groundcloud.services.iam.provider_records import CredentialReport
from tests.cloud import TestCloud


def report(iam) -> dict[str, dict[str, str]]:
    content = iam.get_credential_report()["Content"].decode()
    return {row["user"]: row for row in csv.DictReader(content.splitlines())}


def test_a_report_is_made_and_then_complete(iam, cloud: TestCloud):
    with pytest.raises(ClientError) as absent:
        iam.get_credential_report()
    assert absent.value.response["Error"]["Code"] == "ReportNotPresent"
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    found = iam.get_credential_report()
    assert found["ReportFormat"] == "text/csv"
    assert found["GeneratedTime"] == cloud.clock()
    assert found["Content"].decode().splitlines()[0] == ",".join(COLUMNS)


def test_a_report_expires_after_four_hours(iam, cloud: TestCloud):
    """IAM guide, "Generate credential reports for your AWS account"."""
    old = CredentialReport(cloud.account, cloud.clock() - timedelta(hours=4), b"")
    cloud.store.write(lambda tx: tx.put(old))
    with pytest.raises(ClientError) as expired:
        iam.get_credential_report()
    assert expired.value.response["Error"]["Code"] == "ReportExpired"
    assert iam.generate_credential_report()["State"] == "STARTED"


def test_each_user_has_a_line_and_the_root_user_too(iam, cloud: TestCloud):
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password="Correct-Horse-9")
    iam.generate_credential_report()
    rows = report(iam)
    assert list(rows) == ["<root_account>", "admin", "alice"]
    assert rows["<root_account>"]["arn"] == f"arn:aws:iam::{cloud.account}:root"
    assert rows["<root_account>"]["password_enabled"] == "not_supported"
    now = cloud.clock().isoformat()
    assert rows["alice"]["user_creation_time"] == now
    assert rows["alice"]["password_enabled"] == "true"
    assert rows["alice"]["password_last_used"] == "no_information"
    assert rows["alice"]["password_last_changed"] == now
    assert rows["alice"]["mfa_active"] == "false"
    assert rows["alice"]["access_key_1_active"] == "false"
    assert rows["alice"]["access_key_1_last_rotated"] == "N/A"
    assert rows["admin"]["access_key_1_active"] == "true"
    assert rows["admin"]["password_enabled"] == "false"
    assert rows["admin"]["password_last_used"] == "N/A"
