"""The AWS SDK for JavaScript, unmodified, from npm."""

import json
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "js"

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def sdk() -> Path:
    """The folder of the program, with its packages installed."""
    if not (FOLDER / "node_modules" / "@aws-sdk" / "client-iam").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, capture_output=True)
    return FOLDER


@pytest.mark.parametrize("endpoint", ["endpoint", "tls_endpoint"])
def test_it_makes_a_user_and_reads_errors(sdk: Path, owner, endpoint: str):
    done = subprocess.run(
        ["node", "calls.mjs"],
        cwd=sdk,
        env={
            **owner.environment,
            "AWS_ENDPOINT_URL": owner.printed[endpoint],
            "AWS_REGION": "us-east-1",
            "NODE_EXTRA_CA_CERTS": owner.printed["ca_certificate"],
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["arn"] == f"arn:aws:iam::{owner.account}:user/admin"
    assert said["userArn"] == f"arn:aws:iam::{owner.account}:user/sdk/from-javascript"
    assert said["users"] == ["from-javascript"]
    assert said["refused"] == "NoSuchEntityException"


@pytest.mark.parametrize("endpoint", ["endpoint", "tls_endpoint"])
def test_it_keeps_objects_also_of_a_length_that_nobody_knows(sdk: Path, user, endpoint: str):
    """With the checksums that the SDK sends by itself, and uploads of lib-storage."""
    done = subprocess.run(
        ["node", "s3.mjs"],
        cwd=sdk,
        env={
            **user.environment,
            "AWS_ENDPOINT_URL": user.cloud.printed[endpoint],
            "NODE_EXTRA_CA_CERTS": user.cloud.printed["ca_certificate"],
            "BUCKET": f"from-javascript-{endpoint.replace('_', '-')}",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "text": "hello",
        "metadata": {"team": "blue"},
        "checksum": True,
        "same": True,
        "range": True,
        "parts": "3",
        "keys": ["a b/ü+&.txt", "copy", "large"],
        "refused": "NoSuchKey",
        "removed": 3,
    }
