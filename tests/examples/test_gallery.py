"""The gallery's own tests, as a program of its own: with files in folders, and with files in a real cloud's S3."""

import os
import subprocess
import sys

import pytest

from tests.clouds import CommandLine
from tests.examples.loading import EXAMPLES


def run_its_tests(tmp_path, **environment):
    done = subprocess.run(
        [sys.executable, "manage.py", "test", "--noinput"],
        cwd=EXAMPLES / "gallery",
        env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/db", "SECRET_KEY": "of a test", **environment},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Ran 8 tests" in done.stderr


def test_the_gallery_runs_with_files_in_folders(tmp_path):
    run_its_tests(tmp_path, FILES=str(tmp_path))


@pytest.mark.clients
def test_the_gallery_runs_with_static_files_and_uploads_in_one_bucket(tmp_path):
    command = CommandLine(tmp_path / "home")
    try:
        cloud = command.up(tmp_path / "cloud", "--no-machines")
        cloud.client("s3").create_bucket(Bucket="gallery-files")
        run_its_tests(
            tmp_path, BUCKET="gallery-files", AWS_ENDPOINT_URL=cloud.endpoint, AWS_DEFAULT_REGION="us-east-1",
            AWS_ACCESS_KEY_ID=cloud.printed["access_key_id"],
            AWS_SECRET_ACCESS_KEY=cloud.printed["secret_access_key"],
        )  # fmt: skip
        found = cloud.client("s3").list_objects_v2(Bucket="gallery-files", Prefix="static/photos/")["Contents"]
        assert [each["Key"] for each in found] == ["static/photos/gallery.css"]
    finally:
        command.close()
