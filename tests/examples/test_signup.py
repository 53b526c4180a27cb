"""The form of the AWS 101 lesson, without machines: S3 is a cloud in this process, the table a list."""

import io
from types import SimpleNamespace

import pytest
from botocore.exceptions import NoCredentialsError

from tests.examples.loading import EXAMPLES, load


class Rows:
    """The table of users, in memory."""

    def __init__(self):
        self.rows = []

    def add(self, name, email, password, attachment):
        self.rows.append({"id": len(self.rows) + 1, "name": name, "email": email, "password": password,
                          "attachment": attachment})  # fmt: skip

    def all(self):
        return [{k: v for k, v in row.items() if k != "password"} for row in reversed(self.rows)]


@pytest.fixture()
def signup(monkeypatch):
    """The application, with `rows` and its own `client`."""
    monkeypatch.setenv("S3_REGION", "us-east-1")
    config, attachments, users, form = load(monkeypatch, "signup", "config", "attachments", "users", "form")
    rows = Rows()
    monkeypatch.setattr(form, "users", rows)
    return SimpleNamespace(
        config=config, attachments=attachments, users=users, form=form, rows=rows, client=form.app.test_client()
    )


@pytest.fixture()
def bucket(signup, cloud, monkeypatch):
    """A bucket in a cloud, which the application has credentials for."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="awslab-s3-1")
    monkeypatch.setattr(signup.attachments.Attachments, "_client", lambda self, endpoint=None: s3)
    monkeypatch.setattr(signup.config, "S3_BUCKET", "awslab-s3-1")
    return s3


ANNE = {"name": "Anne", "email": "anne@example.com", "password": "asdf1234"}


def with_file(**more):
    return {**ANNE, "attachment": (io.BytesIO(b"hello"), "note.txt"), **more}


def test_the_form_is_there_before_there_is_a_database(signup):
    page = signup.client.get("/")
    assert page.status_code == 200
    assert b'enctype="multipart/form-data"' in page.data


def test_who_signs_up_is_in_the_admins_list(signup):
    assert signup.client.post("/", data=ANNE, follow_redirects=True).status_code == 200
    page = signup.client.get("/admin").text
    assert "Anne" in page
    assert "anne@example.com" in page


def test_a_password_is_stored_as_a_hash_only_and_shown_to_nobody(signup):
    signup.client.post("/", data=ANNE)
    kept = signup.rows.rows[0]["password"]
    assert kept.startswith("pbkdf2:sha256:")
    assert "asdf1234" not in kept
    assert len(kept) < 255
    assert kept not in signup.client.get("/admin").text


@pytest.mark.parametrize("wrong", [{"name": ""}, {"password": ""}, {"email": "nobody"}])
def test_what_is_missing_is_said_and_nothing_is_stored(signup, wrong):
    answer = signup.client.post("/", data={**ANNE, **wrong})
    assert answer.status_code == 400
    assert "are needed" in answer.text
    assert signup.rows.rows == []


def test_what_somebody_types_is_no_html(signup):
    signup.client.post("/", data={**ANNE, "name": "<script>"})
    assert "<script>" not in signup.client.get("/admin").text


def test_without_a_bucket_an_attachment_is_refused(signup):
    assert "No bucket" in signup.client.post("/", data=with_file()).text


def test_an_attachment_lies_in_the_bucket(signup, bucket):
    signup.client.post("/", data=with_file())
    key = signup.rows.rows[0]["attachment"]
    assert key.endswith("/note.txt")
    assert bucket.get_object(Bucket="awslab-s3-1", Key=key)["Body"].read() == b"hello"


def test_a_files_name_leads_nowhere_else(signup, bucket):
    signup.client.post("/", data={**ANNE, "attachment": (io.BytesIO(b"x"), "../../etc/passwd")})
    assert signup.rows.rows[0]["attachment"].count("/") == 1


def test_plain_links_are_of_the_buckets_region(signup, bucket, monkeypatch):
    monkeypatch.setattr(signup.config, "S3_REGION", "ap-northeast-2")
    signup.client.post("/", data=with_file())
    assert f"https://awslab-s3-1.s3.ap-northeast-2.amazonaws.com/{signup.rows.rows[0]['attachment']}" in (
        signup.client.get("/admin").text
    )


def test_presigned_links_carry_a_signature_and_their_end(signup, bucket, monkeypatch):
    monkeypatch.setattr(signup.config, "PRESIGNED_URL", True)
    signup.client.post("/", data=with_file())
    page = signup.client.get("/admin").text
    assert "Signature=" in page
    assert "Expires=" in page


def test_links_are_signed_for_the_host_name_of_the_region(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("S3_BUCKET", "awslab-s3-1")
    monkeypatch.setenv("PRESIGNED_URL", "True")
    config, attachments = load(monkeypatch, "signup", "config", "attachments")
    link = attachments.Attachments(config).link("a/b.txt")
    assert link.startswith("https://awslab-s3-1.s3.ap-northeast-2.amazonaws.com/a/b.txt?")
    assert "X-Amz-Expires=300" in link
    monkeypatch.setattr(config, "S3_LINKS", "http://127.0.0.1:4566")
    assert attachments.Attachments(config).link("a/b.txt").startswith("http://127.0.0.1:4566/awslab-s3-1/a/b.txt?")


def test_without_credentials_the_page_fails_and_the_log_says_why(signup, monkeypatch, caplog):
    """Step "Storage" of the lesson: botocore.exceptions.NoCredentialsError: Unable to locate credentials."""
    monkeypatch.setattr(signup.config, "S3_BUCKET", "awslab-s3-1")
    answer = signup.client.post("/", data=with_file())
    assert answer.status_code == 500
    assert "The application's log says why" in answer.get_data(as_text=True).replace("&#39;", "'")
    assert caplog.records[-1].exc_info[0] is NoCredentialsError
    assert signup.rows.rows == []


def test_nothing_of_the_examples_knows_this_cloud():
    for path in EXAMPLES.rglob("*.py"):
        assert "import groundcloud" not in path.read_text(), path
        assert "from groundcloud" not in path.read_text(), path
